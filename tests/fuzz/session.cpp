// A server that says anything to a whole session: its answer to our opening handshake, frames, how
// TCP ends. The session notes the same facts and writes the same octets however what came was cut,
// keeps within its bounds, and every judgement of its record comes to an end.
//
// Off the end: what the session is and sends, how the stream ends, three sizes of pieces.
#include <array>

#include "../unit/session/memory_transport.h"
#include "../unit/session/record_facts.h"
#include "fuzz.h"
#include "judge/judge.h"
#include "session/session.h"
#include "wire/handshake.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;
using scenario::Item;
using scenario::Outcome;

namespace {

/// What a run keeps of one connection, several times over.
constexpr std::size_t kKept = 8u << 20;

Item item(Item::Kind kind, std::string_view payload) {
  Item out;
  out.kind = kind;
  out.payload = scenario::Payload::text(std::string(payload));
  return out;
}

struct Plan {
  bool deflate, subprotocol, handshake, chatty, answered;
  std::uint8_t sends, ends;

  explicit Plan(fuzz::Input& input) {
    const std::uint8_t bits = input.octet();
    deflate = (bits & 1) != 0;
    subprotocol = (bits & 2) != 0;
    handshake = (bits & 4) == 0;
    chatty = (bits & 8) != 0;
    answered = (bits & 16) == 0;  // the handshake is accepted, and the input is what comes then
    sends = input.octet();
    ends = input.octet();
  }

  session::SessionSetup setup() const {
    session::SessionSetup out;
    out.host = "a.example";
    out.path = "/";
    out.peer = "memory";
    out.handshake = handshake;
    out.chatty = chatty;
    if (deflate) out.extensions = {"permessage-deflate"};
    if (subprotocol) out.subprotocols = {"v1", "v2"};
    return out;
  }

  std::vector<Item> items() const {
    std::vector<Item> out;
    if (!handshake) out.push_back(item(Item::Kind::handshake, ""));
    if ((sends & 1) != 0) out.push_back(item(Item::Kind::text, "hello"));
    if ((sends & 2) != 0) out.push_back(item(Item::Kind::ping, "p"));
    if ((sends & 4) != 0) out.push_back(item(Item::Kind::binary, std::string(300, 'b')));
    if ((sends & 8) != 0) out.push_back(item(Item::Kind::text, "\xc0\xaf"));
    return out;
  }

  /// The 101 for what was asked.
  std::string answer(const std::string& asked) const {
    constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
    const auto at = asked.find(kKey);
    if (!answered || at == std::string::npos) return {};
    const std::string key = asked.substr(at + kKey.size(), 24);
    std::string out =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
        wire::accept_for(key) + "\r\n";
    if (deflate) out += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    if (subprotocol) out += "Sec-WebSocket-Protocol: v2\r\n";
    return out + "\r\n";
  }
};

struct Played {
  session::test::Link link;
  std::unique_ptr<session::Session> session;
  std::string written;

  Played(const Plan& plan, wire::Octets comes, const fuzz::Cuts* cuts) {
    session::SessionSetup setup = plan.setup();
    setup.transport = link.factory();
    session =
        std::make_unique<session::Session>(session::test::shared_loop(), std::move(setup), [] {});
    session->start();
    scenario::SendStep step;
    step.items = plan.items();
    if (!plan.handshake) session->send(step, false);
    deliver(wire::as_octets(plan.answer(link.written)), cuts);
    if (plan.handshake && session->record().is_connected() && !step.items.empty())
      session->send(step, false);
    deliver(comes, cuts);
    if (plan.ends % 3 == 1) link.end(net::EndKind::eof);
    if (plan.ends % 3 == 2) link.end(net::EndKind::reset);
    written = link.written;
  }

  void deliver(wire::Octets octets, const fuzz::Cuts* cuts) {
    if (octets.empty()) return;
    if (cuts == nullptr) return link.deliver(octets);
    cuts->cut(octets, [this](wire::Octets piece) {
      if (!piece.empty()) link.deliver(piece);
    });
  }
  std::string facts() const { return session::test::facts_of(session->record()); }
};

void check_bounds(const session::ExchangeRecord& record) {
  std::size_t kept = record.close_reason.size() + record.response_head.size();
  for (const auto& message : record.received) kept += message.octets.size();
  for (const auto& pong : record.sent.pongs) kept += pong.size();
  expect(kept <= kKept, "a session keeps a bounded part of what came");
  expect(record.close_reason.size() <= 125, "a Close's reason is that of one control frame");
}

void check_judgements(const session::ExchangeRecord& record, const Plan& plan) {
  if (record.violation) return;
  using Kind = Outcome::Kind;
  scenario::Profile profile;
  scenario::Scenario scenario;
  judge::TargetFacts facts;
  facts.profile = &profile;
  facts.chatty = plan.chatty;
  for (const auto kind : {Kind::close, Kind::accepted, Kind::echo, Kind::pong, Kind::http,
                          Kind::drop, Kind::by_payload}) {
    scenario::ExpectStep step;
    step.outcome.kind = kind;
    if (kind == Kind::close) step.outcome.codes.ranges = {{1007, 1007}};
    for (const bool deadline : {false, true}) {
      const judge::JudgeInput input{.facts = facts,
                                    .scenario = scenario,
                                    .step = step,
                                    .now = net::Clock::now(),
                                    .deadline = deadline};
      const auto judged = judge::judge(step.outcome, record, input);
      expect(!deadline || judged.state != judge::Judgement::State::pending,
             "nothing is pending when the time is over");
    }
  }
}

}  // namespace

FUZZ_TARGET(session) {
  const Plan plan(input);
  const fuzz::Cuts cuts(input);
  const Played whole(plan, input.rest(), nullptr);
  const Played cut(plan, input.rest(), &cuts);
  expect_same(whole.facts(), cut.facts(), "a session notes the same however what came was cut");
  expect_same(whole.written, cut.written, "and writes the same");
  check_bounds(whole.session->record());
  check_judgements(whole.session->record(), plan);
}
