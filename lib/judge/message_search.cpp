#include "judge/message_search.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wsspec::judge {
namespace {

using nlohmann::json;

bool message_fits(const scenario::MessageRule& rule, const session::Received& message) {
  using Type = scenario::MessageRule::Type;
  if (rule.type == Type::text && message.type != wire::Opcode::text) return false;
  if (rule.type == Type::binary && message.type != wire::Opcode::binary) return false;
  const std::string_view text = wire::as_chars(message.octets);
  if (rule.equals) {
    if (rule.equals->length() != message.length || !message.whole) return false;
    const auto wanted = rule.equals->head(message.octets.size());
    if (wanted != message.octets) return false;
  }
  if (rule.matches && !rule.matches->found_in(text)) return false;
  if (!rule.json.empty()) {
    const json value = json::parse(text, nullptr, false);
    if (value.is_discarded()) return false;
    for (const auto& [pointer, wanted] : rule.json) {
      const json expected = json::parse(wanted, nullptr, false);
      try {
        if (value.at(json::json_pointer(pointer)) != expected) return false;
      } catch (const json::exception&) {
        return false;
      }
    }
  }
  return true;
}

bool holds(wire::Octets octets, std::string_view part) {
  return wire::as_chars(octets).find(part) != std::string_view::npos;
}

}  // namespace

const session::Received* find_message(const scenario::MessageRule& rule,
                                      const session::ExchangeRecord& record, std::uint64_t from,
                                      Searched* searched) {
  if (searched != nullptr) {
    auto& next = (*searched)[&rule];
    from = std::max(from, next);
    next = record.messages;
  }
  for (const session::Received& message : record.received) {
    if (message.serial < from || !message_fits(rule, message)) continue;
    if (searched != nullptr) (*searched)[&rule] = message.serial;
    return &message;
  }
  return nullptr;
}

// A decoder that replaces what it cannot read writes U+FFFD; in JSON it may stand as an escape.
bool passed_on_repaired(const session::ExchangeRecord& record, std::uint64_t from) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  for (const auto& entry : record.sent.ledger)
    if (entry.kind == session::LedgerEntry::Kind::message && entry.digest.holds_replacement())
      return false;
  const auto& received = record.received;
  return std::any_of(received.begin(), received.end(), [&](const session::Received& message) {
    return message.serial >= from &&
           (holds(message.octets, kReplacement) || holds(message.octets, "\\ufffd") ||
            holds(message.octets, "\\uFFFD"));
  });
}

}  // namespace wsspec::judge
