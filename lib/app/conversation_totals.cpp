#include "app/conversation_totals.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/conversation_text.h"

namespace wsspec {
namespace {

std::size_t index_of(observe::Role side) {
  return side == observe::Role::client ? 0 : 1;
}

std::string count(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string size_text(std::uint64_t n) {
  if (n < 10000) return count(n, "octet");
  if (n < 10u << 20) return fmt::format("{:.1f} KiB", static_cast<double>(n) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(n) / (1 << 20));
}

}  // namespace

void ConversationTotals::add(const Ending& ending) {
  ++connections_;
  if (ending.refused)
    ++refused_[ending.status];
  else if (!ending.opened)
    ++unopened_;
  else if (ending.closed)
    ++codes_[index_of(ending.closer)][ending.code];
  else if (ending.reset)
    ++reset_;
  else
    ++dropped_;
}

void ConversationTotals::add(const observe::Message& event) {
  Messages& messages = messages_[index_of(event.side)];
  ++messages.count;
  messages.octets += event.octets;
}

void ConversationTotals::add(const observe::Ping& event) {
  ++pings_[index_of(event.side)];
  if (round_trips_.size() < kRoundTrips)
    round_trips_.push_back(static_cast<float>(event.round_trip_ms));
}

void ConversationTotals::add(const observe::Broken& event) {
  ++violations_[index_of(event.side)];
}

std::string ConversationTotals::text() const {
  std::string out = count(connections_, "connection") + "\n";
  for (const auto side : {observe::Role::client, observe::Role::server})
    for (const auto& [code, times] : codes_[index_of(side)])
      out +=
          fmt::format("  {:>6}  the {} closed first: {}\n", times, wire::role_name(side),
                      close_text(code == 1005 ? std::nullopt
                                              : std::optional(static_cast<std::uint16_t>(code))));
  const auto line = [&](std::uint64_t times, std::string_view what) {
    if (times > 0) out += fmt::format("  {:>6}  {}\n", times, what);
  };
  line(dropped_, "no Close (1006 to an API)");
  line(reset_, "no Close, but a reset (1006 to an API)");
  for (const auto& [status, times] : refused_)
    line(times, fmt::format("the server answered HTTP {}", status));
  line(unopened_, "no opening handshake that succeeded");
  if (unreachable_ > 0)
    out += fmt::format("{} to a target that could not be reached\n",
                       count(unreachable_, "connection"));
  for (const auto side : {observe::Role::client, observe::Role::server}) {
    const std::size_t i = index_of(side);
    out += fmt::format("the {} sent {}, {}; {}\n",
                       side == observe::Role::client ? "clients" : "server",
                       count(messages_[i].count, "message"), size_text(messages_[i].octets),
                       count(violations_[i], "violation"));
  }
  if (!round_trips_.empty()) {
    auto sorted = round_trips_;
    std::sort(sorted.begin(), sorted.end());
    out += fmt::format("{} answered: {:.1f} / {:.1f} / {:.1f} ms (min / median / max)\n",
                       count(pings_[0] + pings_[1], "ping"), sorted.front(),
                       sorted[sorted.size() / 2], sorted.back());
  }
  return out;
}

void EndingNote::on_response(const observe::Response& event) {
  if (event.interim) return;
  ending_.opened = event.response.status == 101;
  ending_.refused = !ending_.opened;
  ending_.status = event.response.status;
}

void EndingNote::on_close(const observe::Close& event) {
  if (std::exchange(ending_.closed, true)) return;
  ending_.closer = event.side;
  ending_.code = event.code.value_or(1005);
}

void EndingNote::on_end(const observe::End& event) {
  if (event.kind == observe::EndKind::reset) ending_.reset = true;
}

}  // namespace wsspec
