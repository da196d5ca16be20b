// Outcomes as words for people and as JSON for reports.
#include "scenario/outcome.h"

#include <algorithm>

#include "scenario/json.h"
#include "wire/utf8.h"

namespace wsspec::scenario {
namespace {

// Longer payloads are shown by their head; such a rule can be read, but not loaded again.
constexpr std::uint64_t kMaxShown = 1024;

std::string range_text(const CodeRange& range) {
  return range.from == range.to ? std::to_string(range.from)
                                : std::to_string(range.from) + "-" + std::to_string(range.to);
}

template <typename List, typename Text>
std::string joined(const List& list, Text text) {
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += i + 1 == list.size() ? " or " : ", ";
    out += text(list[i]);
  }
  return out;
}

// The one entry alone, else the list.
Json short_list(Json list) {
  return list.size() == 1 ? list[0] : list;
}

Json text_rule_json(const TextRule& rule) {
  Json out = Json::object();
  if (rule.matches) out["matches"] = rule.matches->source;
  if (rule.not_matches) out["not_matches"] = rule.not_matches->source;
  return out;
}

// "matching /a/ and not matching /b/"
std::string text_rule_text(const TextRule& rule) {
  std::string out;
  if (rule.matches) out += "matching /" + rule.matches->source + "/";
  if (rule.not_matches)
    out +=
        (out.empty() ? "not matching /" : " and not matching /") + rule.not_matches->source + "/";
  return out;
}

Json code_json(const CodeSet& codes) {
  Json list = Json::array();
  for (const CodeRange& range : codes.ranges) {
    list.push_back(range.from == range.to ? Json(range.from) : Json(range_text(range)));
  }
  list = short_list(std::move(list));
  if (codes.reason.empty()) return list;
  return {{"code", std::move(list)}, {"reason", text_rule_json(codes.reason)}};
}

Json http_json(const HttpRule& rule) {
  if (rule.any_status() && rule.only_status()) return true;
  Json statuses = Json(rule.statuses);
  for (const CodeRange& range : rule.ranges) statuses.push_back(range_text(range));
  statuses = short_list(std::move(statuses));
  if (rule.only_status()) return statuses;
  Json out = Json::object();
  if (!rule.any_status()) out["status"] = statuses;
  for (const auto& [name, value] : rule.headers)
    out["headers"][name] =
        value.matches && !value.not_matches ? Json(value.matches->source) : text_rule_json(value);
  if (!rule.absent.empty()) out["absent"] = rule.absent;
  if (!rule.interim.empty()) out["interim"] = short_list(Json(rule.interim));
  if (!rule.head.empty()) out["head"] = text_rule_json(rule.head);
  if (rule.last) out["last"] = true;
  return out;
}

Json payload_json(const Payload& payload) {
  const bool whole = payload.length() <= kMaxShown;
  const wire::OctetVector head = payload.head(whole ? kMaxShown : 64);
  if (whole && !wire::check_utf8(head)) return std::string(wire::as_chars(head));
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t octet : head) {
    if (!hex.empty()) hex += ' ';
    hex += kDigits[octet >> 4];
    hex += kDigits[octet & 15];
  }
  Json out{{"hex", hex}};
  if (!whole) out["of"] = payload.length();
  return out;
}

Json message_json(const MessageRule& rule) {
  Json out = Json::object();
  if (rule.type == MessageRule::Type::text) out["type"] = "text";
  if (rule.type == MessageRule::Type::binary) out["type"] = "binary";
  if (rule.equals) out["equals"] = payload_json(*rule.equals);
  if (rule.matches) out["matches"] = rule.matches->source;
  for (const auto& [pointer, value] : rule.json) {
    Json wanted = Json::parse(value, nullptr, false);
    out["json"][pointer] = wanted.is_discarded() ? Json(value) : std::move(wanted);
  }
  return out.empty() ? Json(true) : out;
}

// In the order of DropRule::End.
constexpr const char* kEnds[] = {"any", "eof", "reset", "close_notify"};
constexpr const char* kEndTexts[] = {"", " in order (FIN)", " by a reset", " after a close_notify"};

Json drop_json(const DropRule& rule) {
  Json out = Json::object();
  if (rule.end != DropRule::End::any) out["end"] = kEnds[static_cast<std::size_t>(rule.end)];
  if (rule.within_ms) out["within_ms"] = *rule.within_ms;
  return out.empty() ? Json(true) : out;
}

std::string drop_text(const DropRule& rule) {
  if (rule.end == DropRule::End::any && !rule.within_ms)
    return "the connection drops without a Close";
  std::string out = "TCP ends";
  out += kEndTexts[static_cast<std::size_t>(rule.end)];
  if (rule.within_ms) out += " within " + std::to_string(*rule.within_ms) + " ms";
  return out;
}

Json to_json(const Outcome& outcome) {
  using Kind = Outcome::Kind;
  Json out = Json::object();
  switch (outcome.kind) {
    case Kind::close:
      out["close"] = code_json(outcome.codes);
      break;
    case Kind::accepted:
      out["accepted"] = true;
      break;
    case Kind::echo:
      out["echo"] = outcome.count == 1 ? Json(true) : Json(outcome.count);
      break;
    case Kind::message:
      out["message"] = message_json(outcome.message);
      break;
    case Kind::pong:
      out["pong"] = outcome.count == 0 ? Json("all") : Json(true);
      break;
    case Kind::http:
      out["http"] = http_json(outcome.http);
      break;
    case Kind::drop:
      out["drop"] = drop_json(outcome.drop);
      break;
    case Kind::open_for:
      out["open_for_ms"] = outcome.duration_ms;
      break;
    case Kind::silence:
      out["silence_ms"] = outcome.duration_ms;
      if (outcome.silence_of)
        out["silence_ms"] = {{"ms", outcome.duration_ms}, {"of", message_json(outcome.message)}};
      break;
    case Kind::any_of:
      out["any_of"] = Json::array();
      for (const Outcome& one : outcome.any) out["any_of"].push_back(to_json(one));
      break;
    case Kind::by_payload:
      out["by_payload"] = "utf8";
      break;
    case Kind::by_policy:
      out["by_policy"] = outcome.policy_key;
      break;
  }
  if (!outcome.because.empty()) out["because"] = outcome.because;
  return out;
}

std::string close_text(const CodeSet& codes) {
  std::string out = "Close";
  if (codes.ranges.size() == 1 && codes.ranges[0].from == 1005 && codes.ranges[0].to == 1005) {
    out += " without a code";
  } else if (!codes.ranges.empty()) {
    out += " " + joined(codes.ranges, range_text);
  }
  if (!codes.reason.empty()) out += " with a reason " + text_rule_text(codes.reason);
  return out;
}

std::string http_text(const HttpRule& rule) {
  std::vector<std::string> statuses;
  for (const int status : rule.statuses) statuses.push_back(std::to_string(status));
  for (const CodeRange& range : rule.ranges) statuses.push_back(range_text(range));
  std::string out =
      "HTTP " +
      (statuses.empty() ? "with any status" : joined(statuses, [](const auto& s) { return s; }));
  for (const auto& [name, value] : rule.headers) out += ", " + name + " " + text_rule_text(value);
  for (const std::string& name : rule.absent) out += ", no " + name;
  if (!rule.interim.empty())
    out += ", " + joined(rule.interim, [](int n) { return std::to_string(n); }) + " before it";
  if (!rule.head.empty()) out += ", a head " + text_rule_text(rule.head);
  if (rule.last) out += ", no other answer after it";
  return out;
}

std::string message_text(const MessageRule& rule) {
  std::string out = rule.type == MessageRule::Type::text     ? "a text message"
                    : rule.type == MessageRule::Type::binary ? "a binary message"
                                                             : "a message";
  if (rule.equals) {
    out += rule.equals->length() <= 64
               ? " equal to " + compact(payload_json(*rule.equals), true)
               : " of the " + std::to_string(rule.equals->length()) + " octets given";
  }
  if (rule.matches) out += " that matches /" + rule.matches->source + "/";
  for (std::size_t i = 0; i < rule.json.size(); ++i) {
    out += (i == 0 ? " with " : " and ") + rule.json[i].first + " = " + rule.json[i].second;
  }
  return out;
}

}  // namespace

bool CodeSet::has(int code) const {
  return std::any_of(ranges.begin(), ranges.end(), [&](const CodeRange& range) {
    return range.from <= code && code <= range.to;
  });
}

bool HttpRule::has(int status) const {
  if (any_status()) return true;
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end() ||
         std::any_of(ranges.begin(), ranges.end(), [&](const CodeRange& range) {
           return range.from <= status && status <= range.to;
         });
}

std::string Outcome::text() const {
  switch (kind) {
    case Kind::close:
      return close_text(codes);
    case Kind::accepted:
      return "everything sent is accepted";
    case Kind::echo:
      return count == 1 ? "the echo" : "the next " + std::to_string(count) + " echoes";
    case Kind::message:
      return message_text(message);
    case Kind::pong:
      return count == 0 ? "a pong for each ping, in order" : "a pong";
    case Kind::http:
      return http_text(http);
    case Kind::drop:
      return drop_text(drop);
    case Kind::open_for:
      return "the connection stays open for " + std::to_string(duration_ms) + " ms";
    case Kind::silence:
      return (silence_of ? "not " + message_text(message) : "nothing") + " arrives for " +
             std::to_string(duration_ms) + " ms";
    case Kind::any_of:
      return "any of: " + joined(any, [](const Outcome& one) { return one.text(); });
    case Kind::by_payload:
      return "accepted if the text is UTF-8, else Close 1007";
    case Kind::by_policy:
      return "what the target promises for " + policy_key;
  }
  return {};
}

std::string Outcome::json() const {
  return compact(to_json(*this));
}

}  // namespace wsspec::scenario
