// The end of TCP: without a Close, or after one that was asked for; in order, by a reset, after
// TLS's close_notify; and how soon.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;
using End = scenario::DropRule::End;
using TlsEnd = result::TlsObserved::End;

JUDGE_RULE(dropped, "drop: the connection ends without a Close") {
  return {
      {"an end of stream",
       Record().opened().text("a\xff").at(10).eof(),
       drops(),
       {},
       passes(Class::drop)},
      {"a reset", Record().opened().text("a\xff").at(10).reset(), drops(), {}, passes(Class::drop)},
      {"a Close",
       Record().opened().text("a\xff").at(10).close(1007),
       drops(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"a Close, then the end",
       Record().opened().text("a\xff").at(10).close(1007).at(11).eof(),
       drops(),
       {},
       fails(Class::other_code, Cause::other_close)},
      {"not yet", Record().opened().text("a\xff").at(10), drops(), {}, waits()},
      {"never", Record().opened().text("a\xff").at(2000), drops(), Given().deadline(),
       fails(Class::hung, Cause::silent)},
      {"never, and pings are answered",
       Record().opened().text("a\xff").at(100).probe().at(101).probe_pong().at(2000), drops(),
       Given().deadline(), fails(Class::accepted, Cause::open_and_alive)},
      {"it waits for the rest of a frame", Record().opened().cut_frame(1, "a").at(2000), drops(),
       Given().deadline(), fails(Class::accepted, Cause::waits_for_rest)},
      {"a connection without a handshake",
       Record().connected().at(10).eof(),
       drops(),
       {},
       passes(Class::drop)},
  };
}

JUDGE_RULE(drop_time, "drop: in its time") {
  const auto ended_at = [](double ms) -> Seen {
    return Record().at(50).opened().at(100).text("a").at(ms).eof();
  };
  return {
      {"in time", ended_at(1200), drops(), Given().within(1000), passes(Class::drop)},
      {"too late", ended_at(1201), drops(), Given().within(1000),
       fails(Class::none, Cause::ended_too_late)},
      {"too early", ended_at(500), drops(), Given().not_before(500),
       fails(Class::none, Cause::ended_too_early)},
      {"not too early", ended_at(600), drops(), Given().not_before(500), passes(Class::drop)},
      {"since connect", ended_at(550), drops(), Given().not_before(500).since_connect(),
       passes(Class::drop)},
      {"the rule's own within_ms", ended_at(1200), drops(End::any, 1000), {}, passes(Class::drop)},
      {"later than the rule's own",
       ended_at(1201),
       drops(End::any, 1000),
       {},
       fails(Class::none, Cause::tcp_ended_late)},
  };
}

JUDGE_RULE(drop_how, "drop: how TCP ends, where that was asked for") {
  const Seen eof = Record().opened().text("a").at(10).eof();
  const Seen reset = Record().opened().text("a").at(10).reset();
  const Seen notified = Record().tls(TlsEnd::close_notify).opened().text("a").at(10).eof();
  const Seen truncated = Record().tls(TlsEnd::truncated).opened().text("a").at(10).eof();
  return {
      {"FIN for FIN", eof, drops(End::eof), {}, passes(Class::drop)},
      {"RST for FIN", reset, drops(End::eof), {}, fails(Class::none, Cause::tcp_reset)},
      {"RST for RST", reset, drops(End::reset), {}, passes(Class::drop)},
      {"FIN for RST", eof, drops(End::reset), {}, fails(Class::none, Cause::tcp_ended_in_order)},
      {"a close_notify", notified, drops(End::close_notify), {}, passes(Class::drop)},
      {"FIN without a close_notify",
       truncated,
       drops(End::close_notify),
       {},
       fails(Class::none, Cause::no_close_notify)},
      {"no TLS, so no close_notify",
       eof,
       drops(End::close_notify),
       {},
       fails(Class::none, Cause::no_close_notify)},
      {"a close_notify and then RST",
       Record().tls(TlsEnd::close_notify).opened().text("a").at(10).reset(),
       drops(End::close_notify),
       {},
       fails(Class::none, Cause::tcp_reset)},
      {"FIN alone is asked for, TLS is cut", truncated, drops(End::eof), {}, passes(Class::drop)},
  };
}

JUDGE_RULE(after_close, "drop after a Close that was asked for: TCP ends") {
  const Given taken = Given().close_taken();
  const auto ended_after = [](double ms) -> Seen {
    return Record().opened().text("a\xff").at(1000).close(1007).at(1000 + ms).eof();
  };
  return {
      {"it ends", ended_after(10), drops(), taken, passes()},
      {"by a reset", Record().opened().our_close().at(10).close(1000).reset(), drops(), taken,
       passes()},
      {"not yet", Record().opened().our_close().at(10).close(1000).at(500), drops(), taken,
       waits()},
      {"never", Record().opened().our_close().at(10).close(1000).at(2000), drops(),
       Given(taken).deadline(), fails(Class::hung, Cause::close_but_no_end)},
      {"counted from the Close: in time", ended_after(600), drops(), Given(taken).within(500),
       passes()},
      {"counted from the Close: too late", ended_after(601), drops(), Given(taken).within(500),
       fails(Class::none, Cause::ended_too_late)},
      {"counted from the Close: too early", ended_after(10), drops(), Given(taken).not_before(500),
       fails(Class::none, Cause::ended_too_early)},
      {"the rule's own within_ms", ended_after(601), drops(End::any, 500), taken,
       fails(Class::none, Cause::tcp_ended_late)},
      {"the wrong kind of end", Record().opened().our_close().at(10).close(1000).reset(),
       drops(End::eof), taken, fails(Class::none, Cause::tcp_reset)},
      {"the right kind of end", ended_after(10), drops(End::eof), taken, passes()},
      {"no step has asked for the Close",
       ended_after(10),
       drops(),
       {},
       fails(Class::other_code, Cause::other_close)},
  };
}

JUDGE_RULE(refusals, "drop: connections that never opened") {
  const Seen refused = Record().failed(session::Failure::connect);
  return {
      {"a policy may refuse TCP", refused, drops(), Given().about_policy(),
       passes(Class::drop, Cause::tcp_refused)},
      {"a scenario that requires a policy, too", refused, drops(),
       Given().requires_("policy.connections"), passes(Class::drop, Cause::tcp_refused)},
      {"elsewhere the server is gone",
       refused,
       drops(),
       {},
       fails(Class::drop, Cause::connect_refused)},
      {"no answer in time is no drop", Record().failed(session::Failure::timeout), drops(),
       Given().about_policy(), fails(Class::hung, Cause::handshake_timeout)},
      {"an HTTP refusal is no drop",
       Record().at(5).answered(503),
       drops(),
       {},
       fails(Class::other_code, Cause::handshake_refused)},
      {"after a refusal that was asked for: the connection ends",
       Record().at(5).answered(401).at(10).eof(), drops(), Given().close_taken(),
       passes(Class::drop)},
      {"after a refusal that was asked for: not yet", Record().at(5).answered(401).at(10), drops(),
       Given().close_taken(), waits()},
      {"after a refusal that was asked for: never", Record().at(5).answered(401).at(2000), drops(),
       Given().close_taken().deadline(), fails(Class::hung, Cause::refused_but_no_end)},
  };
}
