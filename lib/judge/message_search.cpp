#include "judge/message_search.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wsspec::judge {

using nlohmann::json;

namespace {

bool holds(wire::Octets octets, std::string_view part) {
  return wire::as_chars(octets).find(part) != std::string_view::npos;
}

bool fits_type(const scenario::MessageRule& rule, const session::Received& message) {
  using Type = scenario::MessageRule::Type;
  return rule.type == Type::any ||
         message.type == (rule.type == Type::text ? wire::Opcode::text : wire::Opcode::binary);
}

}  // namespace

bool fits(const scenario::MessageRule& rule, const session::Received& message) {
  if (!fits_type(rule, message)) return false;
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

bool fits_so_far(const scenario::MessageRule& rule, const session::Received& unfinished) {
  const auto& [type, length, octets, at, whole, serial] = unfinished;
  if (length == 0 || !rule.json.empty() || !fits_type(rule, unfinished)) return false;
  if (rule.equals && (length > rule.equals->length() || rule.equals->head(octets.size()) != octets))
    return false;
  return !rule.matches || rule.matches->found_in(wire::as_chars(octets));
}

namespace {

/// Octets of a stream that are looked at together.
constexpr std::size_t kStream = 256u << 10;

bool stream_fits(const scenario::MessageRule& rule, wire::Octets stream) {
  if (rule.equals) {
    const auto wanted = rule.equals->head(
        static_cast<std::size_t>(std::min<std::uint64_t>(rule.equals->length(), kStream + 1)));
    if (!holds(stream, wire::as_chars(wanted))) return false;
  }
  return !rule.matches || rule.matches->found_in(wire::as_chars(stream));
}

/// JSON has an end of its own, but no reader here that would find it: such a rule is for messages.
const session::Received* find_in_stream(const scenario::MessageRule& rule,
                                        const session::ExchangeRecord& record, std::uint64_t from) {
  wire::OctetVector stream;
  const session::Received* last = nullptr;
  for (const session::Received& message : record.received) {
    if (message.serial < from || !fits_type(rule, message)) continue;
    stream.insert(stream.end(), message.octets.begin(), message.octets.end());
    if (stream.size() > 2 * kStream)
      stream.erase(stream.begin(), stream.end() - static_cast<std::ptrdiff_t>(kStream));
    last = &message;
  }
  return last != nullptr && stream_fits(rule, stream) ? last : nullptr;
}

}  // namespace

const session::Received* find_message(const scenario::MessageRule& rule,
                                      const session::ExchangeRecord& record, std::uint64_t from,
                                      Searched* searched, bool stream) {
  if (stream && rule.json.empty()) return find_in_stream(rule, record, from);
  if (searched != nullptr) {
    auto& next = (*searched)[&rule];
    from = std::max(from, next);
    next = record.messages;
  }
  for (const session::Received& message : record.received) {
    if (message.serial < from || !fits(rule, message)) continue;
    if (searched != nullptr) (*searched)[&rule] = message.serial;
    return &message;
  }
  return nullptr;
}

namespace {

bool looks_into_messages(const scenario::Outcome& outcome) {
  return outcome.kind == scenario::Outcome::Kind::message || outcome.silence_of ||
         std::any_of(outcome.any.begin(), outcome.any.end(),
                     [](const auto& one) { return looks_into_messages(one); });
}

}  // namespace

bool looks_into_messages(const std::vector<scenario::Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const scenario::Step& step) {
    if (const auto* repeat = std::get_if<scenario::RepeatStep>(&step.what))
      return looks_into_messages(repeat->steps);
    const auto* expect = std::get_if<scenario::ExpectStep>(&step.what);
    if (expect == nullptr) return false;
    return step.late != nullptr || looks_into_messages(expect->outcome) ||
           std::any_of(expect->tolerate.begin(), expect->tolerate.end(),
                       [](const auto& one) { return looks_into_messages(one); });
  });
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
