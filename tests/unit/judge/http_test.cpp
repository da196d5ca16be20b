// The answer to a handshake.
#include "table.h"

using namespace wsspec;
using namespace wsspec::judge::test;
using result::Cause;
using result::Class;
using scenario::HttpRule;

JUDGE_RULE(status, "http: the status is one of those that were asked for") {
  const Seen got_403 = Record().at(5).answered(403);
  const Seen got_101 = Record().at(5).opened();
  HttpRule client_errors;
  client_errors.ranges = {{400, 499}};
  return {
      {"the status itself", got_403, http({403}), {}, passes()},
      {"one of two", got_403, http({401, 403}), {}, passes()},
      {"another", got_403, http({401}), {}, fails(Class::other_code, Cause::other_status)},
      {"any", got_403, http(std::vector<int>{}), {}, passes()},
      {"the first of a range", Record().at(5).answered(400), http(client_errors), {}, passes()},
      {"the last of a range", Record().at(5).answered(499), http(client_errors), {}, passes()},
      {"above a range",
       Record().at(5).answered(500),
       http(client_errors),
       {},
       fails(Class::other_code, Cause::other_status)},
      {"below a range",
       Record().at(5).answered(302),
       http(client_errors),
       {},
       fails(Class::other_code, Cause::other_status)},
      {"101 where a refusal was due",
       got_101,
       http({403}),
       {},
       fails(Class::accepted, Cause::handshake_accepted)},
      {"101 where it was asked for", got_101, http({101}), {}, passes()},
      {"a refusal where 101 was due",
       got_403,
       http({101}),
       {},
       fails(Class::other_code, Cause::other_status)},
      {"a 101 that is none",
       Record().answered(101).failed(session::Failure::bad_101),
       http({101}),
       {},
       fails(Class::broken, Cause::accept_header)},
      {"the deadline does not change what came", got_403, http({403}), Given().deadline(),
       passes()},
      {"the answer was followed by the end",
       Record().at(5).answered(403).at(6).eof(),
       http({403}),
       {},
       passes()},
  };
}

JUDGE_RULE(no_answer, "http: without an answer, the end decides what it was") {
  return {
      {"an answer", Record().connected().at(5).answered(400), http({400}), {}, passes()},
      {"not yet", Record().connected().at(5), http({400}), {}, waits()},
      {"never", Record().connected().at(2000), http({400}), Given().deadline(),
       fails(Class::hung, Cause::no_http_answer)},
      {"an end of stream",
       Record().connected().at(5).eof(),
       http({400}),
       {},
       fails(Class::drop, Cause::closed_without_answer)},
      {"a reset",
       Record().connected().at(5).reset(),
       http({400}),
       {},
       fails(Class::drop, Cause::reset_without_answer)},
      {"an end inside the handshake",
       Record().failed(session::Failure::hangup),
       http({400}),
       {},
       fails(Class::drop, Cause::ended_before_answer)},
      {"no answer in time",
       Record().failed(session::Failure::timeout),
       http({400}),
       {},
       fails(Class::hung, Cause::handshake_timeout)},
      {"an answer that is no HTTP",
       Record().failed(session::Failure::not_http),
       http({400}),
       {},
       fails(Class::broken, Cause::not_http)},
      {"TCP refused",
       Record().failed(session::Failure::connect),
       http({400}),
       {},
       fails(Class::drop, Cause::connect_refused)},
  };
}

JUDGE_RULE(headers, "http headers: they are there and fit, or they are absent") {
  HttpRule basic, no_protocol;
  basic.headers = {{"WWW-Authenticate", {pattern("^Bearer"), pattern("insecure")}}};
  no_protocol.absent = {"Sec-WebSocket-Protocol"};
  const auto said = [](wire::HeaderList headers) -> Seen {
    return Record().at(5).answered(401, std::move(headers));
  };
  return {
      {"fits", said({{"WWW-Authenticate", "Bearer realm=x"}}), http(basic), {}, passes()},
      {"names know no case", said({{"www-authenticate", "Bearer"}}), http(basic), {}, passes()},
      {"does not fit",
       said({{"WWW-Authenticate", "Basic"}}),
       http(basic),
       {},
       fails(Class::other_code, Cause::header_mismatch)},
      {"holds what it must not",
       said({{"WWW-Authenticate", "Bearer, insecure"}}),
       http(basic),
       {},
       fails(Class::other_code, Cause::header_match)},
      {"is missing", said({}), http(basic), {}, fails(Class::other_code, Cause::header_mismatch)},
      {"two lines are one list",
       said({{"WWW-Authenticate", "Bearer"}, {"WWW-Authenticate", "Basic"}}),
       http([] {
         HttpRule rule;
         rule.headers = {{"WWW-Authenticate", {pattern("^Bearer, Basic$"), {}}}};
         return rule;
       }()),
       {},
       passes()},
      {"absent", said({}), http(no_protocol), {}, passes()},
      {"not absent",
       said({{"Sec-WebSocket-Protocol", "chat"}}),
       http(no_protocol),
       {},
       fails(Class::other_code, Cause::header_present)},
      {"not absent, but empty",
       said({{"sec-websocket-protocol", ""}}),
       http(no_protocol),
       {},
       fails(Class::other_code, Cause::header_present)},
  };
}

JUDGE_RULE(interim, "http interim: such answers came before") {
  HttpRule rule;
  rule.interim = {100};
  rule.statuses = {101};
  HttpRule two = rule;
  two.interim = {100, 103};
  return {
      {"a 100 before the 101", Record().interim(100).opened(), http(rule), {}, passes()},
      {"none",
       Record().opened(),
       http(rule),
       {},
       fails(Class::other_code, Cause::no_interim_answer)},
      {"another",
       Record().interim(103).opened(),
       http(rule),
       {},
       fails(Class::other_code, Cause::no_interim_answer)},
      {"both of two", Record().interim(103).interim(100).opened(), http(two), {}, passes()},
      {"one of two",
       Record().interim(100).opened(),
       http(two),
       {},
       fails(Class::other_code, Cause::no_interim_answer)},
      {"the status goes first",
       Record().interim(100).answered(400),
       http(rule),
       {},
       fails(Class::other_code, Cause::other_status)},
  };
}

JUDGE_RULE(last, "http last: no other answer comes until the connection ends") {
  HttpRule rule;
  rule.last = true;
  const auto further = [](session::ExchangeRecord& record) { record.further_answer = 404; };
  return {
      {"it may still come", Record().at(5).answered(400), http(rule), {}, waits()},
      {"the connection ended", Record().at(5).answered(400).at(6).eof(), http(rule), {}, passes()},
      {"none came", Record().at(5).answered(400), http(rule), Given().deadline(), passes()},
      {"one came",
       Record().at(5).answered(400).with(further),
       http(rule),
       {},
       fails(Class::none, Cause::another_answer)},
      {"one came, then the end",
       Record().at(5).answered(400).with(further).at(6).eof(),
       http(rule),
       {},
       fails(Class::none, Cause::another_answer)},
      {"of a 101 it says nothing", Record().at(5).opened(), http(rule), {}, passes()},
  };
}

JUDGE_RULE(head, "http head: the head as it came fits") {
  HttpRule match, no_match;
  match.head.matches = pattern("^HTTP/1\\.1 401 [^\\r\\n]*\\r\\n");
  no_match.head.not_matches = pattern("X-Powered-By");
  HttpRule far;
  far.head.matches = pattern("needle");
  const auto with_head = [](std::string head) -> Seen {
    return Record().at(5).answered(401).with(
        [&](session::ExchangeRecord& record) { record.response_head = head; });
  };
  return {
      {"matches", with_head("HTTP/1.1 401 No\r\n\r\n"), http(match), {}, passes()},
      {"does not match",
       with_head("HTTP/1.0 401 No\r\n\r\n"),
       http(match),
       {},
       fails(Class::other_code, Cause::head_mismatch)},
      {"not_matches, and it does not",
       with_head("HTTP/1.1 401 No\r\n\r\n"),
       http(no_match),
       {},
       passes()},
      {"not_matches, but it does",
       with_head("HTTP/1.1 401 No\r\nX-Powered-By: x\r\n\r\n"),
       http(no_match),
       {},
       fails(Class::other_code, Cause::head_match)},
      {"octets that are not UTF-8 before it",
       with_head("HTTP/1.1 401 \xff\xfe\x80needle"),
       http(far),
       {},
       passes()},
      {"the longest head",
       with_head(std::string(wire::kMaxHead - 6, 'x') + "needle"),
       http(far),
       {},
       passes()},
  };
}

JUDGE_RULE(slow_handshake, "http not_before_ms: a script's slow handshake is awaited to its end") {
  const auto answered_at = [](double ms) -> Seen {
    return Record()
        .at(50)
        .connected()
        .at(100)
        .with([](session::ExchangeRecord& record) { record.last_octet_at = moment(100); })
        .at(ms)
        .opened();
  };
  return {
      {"answered in its time", answered_at(700), http({101}), Given().not_before(500), passes()},
      {"answered too early", answered_at(598), http({101}), Given().not_before(500),
       fails(Class::none, Cause::answered_too_early)},
      {"1 ms of rounding is forgiven", answered_at(599), http({101}), Given().not_before(500),
       passes()},
      {"answered too late", answered_at(1201), http({101}), Given().not_before(500).within(1000),
       fails(Class::none, Cause::answered_too_late)},
      {"before the script sends: from TCP's connection",
       Record().at(50).connected().at(500).answered(408), http({408}), Given().not_before(500),
       fails(Class::none, Cause::answered_too_early)},
      {"the wrong status goes first", answered_at(200), http({400}), Given().not_before(500),
       fails(Class::accepted, Cause::handshake_accepted)},
  };
}
