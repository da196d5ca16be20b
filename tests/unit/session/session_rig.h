// A session on a transport in memory, and an exchange that is played to it: stages of what it is
// to send and what comes then, cut into pieces.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "memory_transport.h"
#include "record_facts.h"
#include "session/session.h"
#include "wire/handshake.h"

namespace wsspec::session::test {

inline scenario::Item item_of(scenario::Item::Kind kind, std::string_view payload) {
  scenario::Item item;
  item.kind = kind;
  item.payload = scenario::Payload::text(std::string(payload));
  return item;
}
inline scenario::Item text_item(std::string_view payload) {
  return item_of(scenario::Item::Kind::text, payload);
}

/// One frame of the session's peer. `first`: FIN, RSV and opcode.
inline std::string frame(wire::Role sender, unsigned first, std::string_view payload) {
  wire::FrameHeader header;
  header.fin = first >= 0x80;
  header.rsv = static_cast<std::uint8_t>(first >> 4 & 7);
  header.opcode = static_cast<std::uint8_t>(first & 0xf);
  header.masked = wire::masks(sender);
  header.key = {0x37, 0xfa, 0x21, 0x3d};
  const auto octets = wire::encode_frame(header, wire::as_octets(payload));
  return std::string(wire::as_chars(octets));
}

inline std::string close_body(int code, std::string_view reason = {}) {
  std::string body{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return body + std::string(reason);
}

struct Rig {
  explicit Rig(SessionSetup setup) {
    setup.transport = link.factory();
    setup.peer = "memory";
    session = std::make_unique<Session>(shared_loop(), std::move(setup), [this] { ++changes; });
  }
  const ExchangeRecord& record() const { return session->record(); }
  void send(std::vector<scenario::Item> items) {
    scenario::SendStep step;
    step.items = std::move(items);
    session->send(step, false);
    link.write_on();
  }
  void deliver(std::string_view octets) { link.deliver(wire::as_octets(octets)); }

  Link link;  // outlives the session
  std::unique_ptr<Session> session;
  int changes = 0;
};

struct Stage {
  std::vector<scenario::Item> send{};
  std::string come{};
  /// Where it depends on what the session wrote.
  std::function<std::string(const std::string& written)> answer{};
};

struct Exchange {
  const char* name;
  SessionSetup setup{};
  std::vector<Stage> stages{};
  enum class End { eof, reset, open } end = End::eof;
  /// A word that the record must hold: each exchange is what its name says.
  const char* holds = "";
};

/// The pieces of one run: cut before the octet `at` of all that comes, or before each.
struct Cut {
  std::size_t at = 0;
  bool everywhere = false;
};

struct Outcome {
  std::string facts, written;
  std::size_t octets = 0;
};

inline Outcome play(const Exchange& exchange, Cut cut) {
  Rig rig(exchange.setup);
  rig.session->start();
  Outcome outcome;
  for (const Stage& stage : exchange.stages) {
    if (!stage.send.empty() && (!rig.record().is_over() || rig.session->can_ask_again()))
      rig.send(stage.send);
    outcome.written += rig.link.written;
    std::string come = stage.come;
    if (stage.answer) come = stage.answer(rig.link.written) + come;
    rig.link.written.clear();
    std::size_t from = 0;
    for (std::size_t i = 1; i < come.size(); ++i) {
      if (!cut.everywhere && outcome.octets + i != cut.at) continue;
      rig.deliver(std::string_view(come).substr(from, i - from));
      from = i;
    }
    if (!come.empty()) rig.deliver(std::string_view(come).substr(from));
    outcome.octets += come.size();
  }
  using End = Exchange::End;
  if (exchange.end != End::open)
    rig.link.end(exchange.end == End::eof ? net::EndKind::eof : net::EndKind::reset);
  outcome.written += rig.link.written;
  outcome.facts = facts_of(rig.record());
  return outcome;
}

/// Plays it whole, octet by octet, and cut at each place: the same facts, the same octets written.
/// Returns the number of places.
inline std::size_t check_every_cut(const Exchange& exchange) {
  const std::string name = exchange.name;
  CAPTURE(name);
  const Outcome whole = play(exchange, {});
  CHECK_MESSAGE(whole.facts.find(exchange.holds) != std::string::npos, whole.facts);
  const auto same = [&](const Outcome& other, std::size_t at) {
    if (other.facts == whole.facts && other.written == whole.written) return;
    FAIL_CHECK("cut at " << at << "\n--- whole\n"
                         << whole.facts << "--- cut\n"
                         << other.facts
                         << (other.written == whole.written ? "" : "what was written differs"));
  };
  same(play(exchange, {.everywhere = true}), 0);
  for (std::size_t at = 1; at < whole.octets; ++at) same(play(exchange, {.at = at}), at);
  return whole.octets - 1;
}

}  // namespace wsspec::session::test
