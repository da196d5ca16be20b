#include "loader/frame_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "loader/parse.h"
#include "text/did_you_mean.h"
#include "text/escape.h"
#include "wire/header_text.h"

namespace wsspec::loader {
namespace {

using scenario::FrameShape;
using scenario::Item;

constexpr std::size_t kShown = 60;  ///< octets of a text shown in an error

/// "what, at octet N: near 'text'" with the place marked.
std::string at_place(std::string what, std::string_view text, std::size_t at) {
  constexpr std::size_t kAhead = 24, kAfter = 24;
  const std::size_t from = at > kAhead ? at - kAhead : 0;
  const std::string before = text::printable(text.substr(from, at - from), kShown * 4);
  const std::string after = text::printable(text.substr(at, kAfter), kShown * 4);
  std::size_t columns = 0;
  for (const char c : before) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  const std::string dots = from > 0 ? "..." : "";
  return fmt::format("{} (at {})\n  {}{}{}\n  {:>{}}", what, at + 1, dots, before, after, '^',
                     dots.size() + columns + 1);
}

struct HexProblem {
  std::string what;
  std::size_t at = 0;
};

tl::expected<wire::OctetVector, HexProblem> read_hex(std::string_view text) {
  wire::OctetVector out;
  std::optional<std::size_t> high;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') continue;
    if (wire::hex_value(text[i]) < 0)
      return tl::unexpected(HexProblem{"no hex: only the digits 0-9 a-f and spaces", i});
    if (!high) {
      high = i;
      continue;
    }
    out.push_back(
        static_cast<std::uint8_t>(wire::hex_value(text[*high]) * 16 + wire::hex_value(text[i])));
    high.reset();
  }
  if (high) return tl::unexpected(HexProblem{"an odd number of hex digits", *high});
  return out;
}

std::optional<std::uint64_t> number_of(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty() ||
      value > most)
    return std::nullopt;
  return value;
}

std::optional<bool> yes_or_no(std::string_view text) {
  if (text == "1" || text == "yes" || text == "true") return true;
  if (text == "0" || text == "no" || text == "false") return false;
  return std::nullopt;
}

const std::vector<std::string> kKeys = {"fin", "rsv", "opcode", "mask", "length", "length_encoding",
                                        "hex", "text"};

constexpr std::pair<std::string_view, std::uint8_t> kOpcodes[] = {
    {"continuation", 0}, {"text", 1}, {"binary", 2}, {"close", 8}, {"ping", 9}, {"pong", 10}};

/// What is wrong with the value, or nothing.
std::string read_opcode(std::string_view value, FrameShape& frame) {
  for (const auto& [name, opcode] : kOpcodes)
    if (value == name) {
      frame.opcode = opcode;
      return {};
    }
  const auto number = number_of(value, 15);
  if (!number) return "an opcode is 0 to 15, or continuation, text, binary, close, ping, pong";
  frame.opcode = static_cast<std::uint8_t>(*number);
  return {};
}

std::string read_mask(std::string_view value, FrameShape& frame) {
  if (const auto masked = yes_or_no(value); masked && value.size() != 8) {
    frame.mask = *masked ? FrameShape::Mask::random : FrameShape::Mask::none;
    return {};
  }
  const auto key = read_hex(value);
  if (!key || key->size() != frame.key.size())
    return "mask is yes, no, or a key of four octets in hex";
  frame.mask = FrameShape::Mask::fixed;
  std::copy(key->begin(), key->end(), frame.key.begin());
  return {};
}

std::string read_encoding(std::string_view value, FrameShape& frame) {
  if (value == "7")
    frame.form = wire::LengthForm::bits7;
  else if (value == "16")
    frame.form = wire::LengthForm::bits16;
  else if (value == "64")
    frame.form = wire::LengthForm::bits64;
  else
    return "length_encoding is 7, 16 or 64";
  return {};
}

std::string read_key(std::string_view key, std::string_view value, FrameShape& frame) {
  if (key == "fin") {
    const auto fin = yes_or_no(value);
    if (!fin) return "fin is 0 or 1";
    frame.fin = *fin;
    return {};
  }
  if (key == "rsv") {
    const auto rsv = number_of(value, 7);
    if (!rsv) return "rsv is 0 to 7 (4 = RSV1)";
    frame.rsv = static_cast<std::uint8_t>(*rsv);
    return {};
  }
  if (key == "length") {
    const auto length = number_of(value, UINT64_MAX);
    if (!length) return "length is 0 to 18446744073709551615";
    frame.declared_length = *length;
    return {};
  }
  if (key == "opcode") return read_opcode(value, frame);
  if (key == "mask") return read_mask(value, frame);
  return read_encoding(value, frame);
}

/// What fits the glob, as a pattern of RE2: '*' any octets, '?' one.
std::string pattern_of_glob(std::string_view glob) {
  std::string out = "(?s)^";
  for (const char c : glob) {
    if (c == '*') {
      out += ".*";
    } else if (c == '?') {
      out += '.';
    } else {
      if (std::string_view("\\.+()[]{}^$|").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out + "$";
}

/// "1007,4000-4999" as a list of JSON: numbers and ranges, what is neither as a string.
Json list_of(std::string_view text) {
  Json out = Json::array();
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, comma);
    const auto number = number_of(one, UINT32_MAX);
    out.push_back(number ? Json(*number) : Json(std::string(one)));
    if (comma == text.size()) return out;
    text.remove_prefix(comma + 1);
  }
}

constexpr std::string_view kOutcomeWords =
    "close [CODES], http [STATUSES], text [GLOB], binary, message, echo, pong, drop [eof|reset], "
    "open MS, silence MS, or JSON as in a scenario file";

std::optional<Json> outcome_json(std::string_view word, std::string_view rest) {
  const bool bare = rest.empty();
  if (word == "close")
    return Json{
        {"close", bare ? Json(Json::array({"0-1005", "1007-1014", "1016-65535"})) : list_of(rest)}};
  if (word == "http") return Json{{"http", bare ? Json(true) : list_of(rest)}};
  if (word == "text") {
    Json rule{{"type", "text"}};
    if (!bare) rule["matches"] = pattern_of_glob(rest);
    return Json{{"message", std::move(rule)}};
  }
  if (word == "binary" && bare) return Json{{"message", {{"type", "binary"}}}};
  if ((word == "message" || word == "pong" || word == "drop") && bare)
    return Json{{std::string(word), true}};
  if (word == "echo" && bare) return Json{{"echo", 1}};
  if (word == "drop") return Json{{"drop", {{"end", std::string(rest)}}}};
  const auto ms = number_of(rest, 3'600'000);
  if (word == "open" && ms) return Json{{"open_for_ms", *ms}};
  if (word == "silence" && ms) return Json{{"silence_ms", *ms}};
  return std::nullopt;
}

/// It needs what only a scenario file or a profile says.
bool by_file(const scenario::Outcome& outcome) {
  using Kind = scenario::Outcome::Kind;
  return outcome.kind == Kind::by_policy || outcome.kind == Kind::by_payload ||
         std::any_of(outcome.any.begin(), outcome.any.end(), by_file);
}

}  // namespace

tl::expected<wire::OctetVector, std::string> hex_octets(std::string_view text) {
  auto octets = read_hex(text);
  if (!octets) return tl::unexpected(at_place(octets.error().what, text, octets.error().at));
  return std::move(*octets);
}

tl::expected<Item, std::string> frame_item(std::string_view text) {
  Item item;
  item.kind = Item::Kind::frame;
  item.carrier = false;
  std::vector<std::string_view> seen;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t equals = text.find('=', at);
    const std::string_view key =
        text.substr(at, std::min(text.find_first_of(",=", at), text.size()) - at);
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      const std::string meant = text::did_you_mean(key, kKeys);
      return tl::unexpected(
          at_place(fmt::format("'{}' is no key of a frame: {}", text::printable(key, kShown),
                               meant.empty() ? fmt::format("{}", fmt::join(kKeys, ", "))
                                             : fmt::format("did you mean '{}'?", meant)),
                   text, at));
    }
    if (equals != at + key.size())
      return tl::unexpected(
          at_place(fmt::format("'{}' needs a value: {}=...", key, key), text, at));
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      return tl::unexpected(at_place(fmt::format("'{}' stands there twice", key), text, at));
    seen.push_back(key);
    const std::size_t value_at = equals + 1;
    if (key == "hex" || key == "text") {
      const std::string_view rest = text.substr(value_at);
      if (key == "text") {
        item.payload = scenario::Payload::text(rest);
        return item;
      }
      auto octets = read_hex(rest);
      if (!octets) {
        const bool comma = rest[octets.error().at] == ',';
        return tl::unexpected(
            at_place(comma ? "hex takes all that follows: write it last" : octets.error().what,
                     text, value_at + octets.error().at));
      }
      item.payload = scenario::Payload::octets(std::move(*octets));
      return item;
    }
    const std::size_t end = std::min(text.find(',', value_at), text.size());
    const std::string wrong = read_key(key, text.substr(value_at, end - value_at), item.frame);
    if (!wrong.empty()) return tl::unexpected(at_place(wrong, text, value_at));
    at = end + 1;
  }
  return item;
}

tl::expected<Item, std::string> close_item(std::string_view text) {
  Item item;
  item.kind = Item::Kind::close;
  if (text.empty()) return item;
  const std::size_t colon = std::min(text.find_first_of(": "), text.size());
  const auto code = number_of(text.substr(0, colon), 65535);
  if (!code)
    return tl::unexpected(at_place("a Close is CODE or CODE:REASON, a code 0 to 65535", text, 0));
  wire::OctetVector octets = {static_cast<std::uint8_t>(*code >> 8),
                              static_cast<std::uint8_t>(*code & 0xff)};
  if (colon < text.size()) {
    const auto reason = wire::as_octets(text.substr(colon + 1));
    octets.insert(octets.end(), reason.begin(), reason.end());
  }
  item.payload = scenario::Payload::octets(std::move(octets));
  return item;
}

tl::expected<scenario::Outcome, std::string> outcome_of(std::string_view text) {
  const auto trimmed = [](std::string_view part) {
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    return part;
  };
  text = trimmed(text);
  std::string source(text);
  if (!text.starts_with('{')) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const auto json = outcome_json(text.substr(0, space), trimmed(text.substr(space)));
    if (!json)
      return tl::unexpected(
          fmt::format("'{}' is no outcome: {}", text::printable(text, kShown), kOutcomeWords));
    source = json->dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  Document document;
  document.text = JsonText("--expect", source);
  ProblemList problems;
  Json json;
  scenario::Outcome out;
  if (document.text.parse(json, problems) && problems.empty()) {
    Reader reader(document, problems);
    out = parse_outcome(reader, Node{&json, ""}, {}, "an outcome");
    if (problems.empty() && by_file(out))
      return tl::unexpected(std::string("'by_policy' and 'by_payload' are for scenario files"));
  }
  if (problems.empty()) return out;
  const auto& first = problems.first();
  return tl::unexpected(first.what + (first.hint.empty() ? "" : ": " + first.hint));
}

}  // namespace wsspec::loader
