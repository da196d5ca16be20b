// Outcomes in JSON: what `expect` asks for and what `tolerate` allows.
#include <algorithm>
#include <charconv>

#include "loader/parse.h"
#include "loader/policy.h"

namespace wsspec::loader {
namespace {

constexpr std::string_view kNeverTravels = "1006 and 1015 never travel in a Close frame";
constexpr std::string_view kUseDrop = "the end of a connection without a Close is 'drop'";

constexpr std::string_view kSyntax = "https://github.com/google/re2/wiki/Syntax has the syntax";

std::optional<int> to_code(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > 65535) return std::nullopt;
  return value;
}

std::optional<CodeRange> to_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    const auto code = to_code(text);
    if (!code) return std::nullopt;
    return CodeRange{*code, *code};
  }
  const auto from = to_code(text.substr(0, dash));
  const auto to = to_code(text.substr(dash + 1));
  if (!from || !to || *from > *to) return std::nullopt;
  return CodeRange{*from, *to};
}

void parse_code(Reader& reader, const Node& node, std::vector<CodeRange>& out) {
  if (node.wild()) return;
  std::optional<CodeRange> range;
  if (node->is_string()) {
    range = to_range(node->get_ref<const std::string&>());
  } else if (node->is_number_integer()) {
    range = to_range(node->dump());
  }
  if (!range) {
    reader.fail(node,
                "a close code (0 to 65535) or a range such as \"4000-4999\" is expected here");
    return;
  }
  if (range->from == range->to && (range->from == 1006 || range->from == 1015)) {
    reader.fail(node, std::string(kNeverTravels), std::string(kUseDrop));
    return;
  }
  out.push_back(*range);
}

/// The value, or each entry of it where it is a list.
template <typename Each>
void one_or_all(const Node& value, Each each) {
  if (!value->is_array()) return each(value);
  for (std::size_t i = 0; i < value->size(); ++i) each(value.entry(i));
}

// What to write instead of an ECMAScript or Perl construct.
std::string_view pattern_hint(const PatternError& error) {
  if (error.part.starts_with("(?=") || error.part.starts_with("(?!") ||
      error.part.starts_with("(?<"))
    return "RE2 does not look ahead or back: say what must not be there with 'not_matches'";
  if (error.part.size() == 2 && error.part[0] == '\\' && error.part[1] >= '1' &&
      error.part[1] <= '9')
    return "RE2 has no back-references: write the text once more";
  return kSyntax;
}

// The part as it stands between the quotes of a JSON string.
std::string in_json(std::string_view part) {
  std::string quoted = Json(part).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

HttpRule parse_http(Reader& reader, const Node& node) {
  HttpRule out;
  const auto status = [&](const Node& value) {
    if (value.wild()) return;
    const auto* text = value->get_ptr<const std::string*>();
    const auto range = text != nullptr ? to_range(*text) : std::nullopt;
    if (text != nullptr && (!range || range->from < 100 || range->to > 599)) {
      reader.fail(value, "a status (100 to 599) or a range such as \"400-499\" is expected here");
    } else if (range && range->from < range->to) {
      out.ranges.push_back(*range);
    } else {
      out.statuses.push_back(range ? range->from
                                   : static_cast<int>(reader.natural(value, 599, 100)));
    }
  };
  const auto statuses = [&](const Node& value) { one_or_all(value, status); };
  if (node.wild() || (node->is_boolean() && node->get<bool>())) return out;  // true = any status
  if (!node->is_object()) {
    statuses(node);
    return out;
  }
  Members members(reader, node, "'http'");
  if (const auto value = members.take("status")) statuses(*value);
  if (const auto headers = members.take("headers")) {
    if (headers->json->is_object()) {
      for (const auto& [name, pattern] : (*headers)->items()) {
        out.headers.emplace_back(
            name, parse_value_rule(reader, Node{&pattern, pointer_to(headers->at, name)}));
      }
    } else if (!headers->wild()) {
      reader.wrong_type(*headers, "an object of header names and patterns");
    }
  }
  if (const auto absent = members.take("absent")) out.absent = reader.strings(*absent);
  if (const auto interim = members.take("interim")) {
    one_or_all(*interim, [&](const Node& value) {
      const auto code = static_cast<int>(reader.natural(value, 199, 100));
      if (!value.wild()) out.interim.push_back(code);
    });
  }
  if (const auto head = members.take("head")) out.head = parse_text_rule(reader, *head);
  if (const auto last = members.take("last")) {
    reader.just_true(*last);
    out.last = true;
  }
  members.finish();
  return out;
}

DropRule parse_drop(Reader& reader, const Node& node) {
  DropRule out;
  if (node.wild()) return out;
  if (!node->is_object()) {
    reader.just_true(node);
    return out;
  }
  Members members(reader, node, "'drop'");
  if (const auto end = members.take("end")) {
    using End = DropRule::End;
    const std::string name = reader.string(*end);
    if (name == "eof") {
      out.end = End::eof;
    } else if (name == "reset") {
      out.end = End::reset;
    } else if (name == "close_notify") {
      out.end = End::close_notify;
    } else if (!end->wild()) {
      reader.fail(*end, "'end' must be \"eof\", \"reset\" or \"close_notify\"");
    }
  }
  if (const auto value = members.take("within_ms")) out.within_ms = reader.milliseconds(*value);
  members.finish();
  return out;
}

// How long, or {"ms", "of"}: of which messages.
void parse_silence(Reader& reader, const Node& node, Outcome& out) {
  if (!node->is_object()) {
    out.duration_ms = reader.milliseconds(node);
    return;
  }
  Members members(reader, node, "'silence_ms'");
  if (const auto value = members.need("ms")) out.duration_ms = reader.milliseconds(*value);
  if (const auto value = members.need("of")) {
    out.message = parse_message_rule(reader, *value);
    out.silence_of = true;
  }
  members.finish();
}

Outcome parse_kind(Reader& reader, const std::string& kind, const Node& value) {
  using Kind = Outcome::Kind;
  Outcome out;
  if (kind == "close") {
    out.kind = Kind::close;
    out.codes = parse_codes(reader, value);
  } else if (kind == "accepted") {
    out.kind = Kind::accepted;
    reader.just_true(value);
  } else if (kind == "echo") {
    out.kind = Kind::echo;
    if (!(value->is_boolean() && value->get<bool>()))
      out.count = reader.natural(value, UINT32_MAX, 1);
  } else if (kind == "message") {
    out.kind = Kind::message;
    out.message = parse_message_rule(reader, value);
  } else if (kind == "pong") {
    out.kind = Kind::pong;
    if (!value->is_string())
      reader.just_true(value);
    else if (value->get_ref<const std::string&>() == "all")
      out.count = 0;
    else if (!value.wild())
      reader.fail(value, "'pong' takes true or \"all\"");
  } else if (kind == "http") {
    out.kind = Kind::http;
    out.http = parse_http(reader, value);
  } else if (kind == "drop") {
    out.kind = Kind::drop;
    out.drop = parse_drop(reader, value);
  } else if (kind == "open_for_ms") {
    out.kind = Kind::open_for;
    out.duration_ms = reader.milliseconds(value);
  } else if (kind == "silence_ms") {
    out.kind = Kind::silence;
    parse_silence(reader, value, out);
  } else if (kind == "by_payload") {
    out.kind = Kind::by_payload;
    if (const std::string what = reader.string(value); what != "utf8" && !value.wild()) {
      reader.fail(value, "'by_payload' takes only \"utf8\"");
    }
  } else if (kind == "by_policy") {
    out.kind = Kind::by_policy;
    out.policy_key = reader.string(value);
    if (!value.wild() && value->is_string() && !find_policy_key(out.policy_key)) {
      reader.fail(value, "unknown policy '" + out.policy_key + "'",
                  hint_for(out.policy_key, policy_key_names()));
    }
  } else {
    out.kind = Kind::any_of;
    if (reader.list(value, "a list of outcomes")) {
      for (std::size_t i = 0; i < value->size(); ++i) {
        out.any.push_back(parse_tolerated(reader, value.entry(i)));
      }
      if (out.any.empty()) reader.fail(value, "'any_of' needs at least one outcome");
    }
  }
  return out;
}

}  // namespace

Pattern parse_pattern(Reader& reader, const Node& node) {
  auto out = Pattern::compile(reader.string(node));
  if (out) return *std::move(out);
  const PatternError& error = out.error();
  reader.fail(node, "RE2 cannot read this pattern: " + error.reason,
              std::string(pattern_hint(error)), in_json(error.part));
  return {};
}

TextRule parse_text_rule(Reader& reader, const Node& node) {
  TextRule out;
  Members members(reader, node, "'" + last_token(node.at) + "'");
  if (const auto value = members.take("matches")) out.matches = parse_pattern(reader, *value);
  if (const auto value = members.take("not_matches"))
    out.not_matches = parse_pattern(reader, *value);
  members.finish();
  return out;
}

TextRule parse_value_rule(Reader& reader, const Node& node) {
  if (node->is_object()) return parse_text_rule(reader, node);
  TextRule out;
  out.matches = parse_pattern(reader, node);
  return out;
}

CodeSet parse_codes(Reader& reader, const Node& node) {
  CodeSet out;
  if (node.wild()) return out;
  const auto codes = [&](const Node& value) {
    if (value->is_array()) {
      for (std::size_t i = 0; i < value->size(); ++i) {
        parse_code(reader, value.entry(i), out.ranges);
      }
      if (value->empty()) reader.fail(value, "an empty list of close codes");
    } else {
      parse_code(reader, value, out.ranges);
    }
  };
  if (!node->is_object()) {
    codes(node);
    return out;
  }
  Members members(reader, node, "'close'");
  if (const auto value = members.need("code")) codes(*value);
  if (const auto reason = members.take("reason")) out.reason = parse_text_rule(reader, *reason);
  members.finish();
  return out;
}

CodeRange parse_code_key(Reader& reader, const Node& object, const std::string& key) {
  if (const auto range = to_range(key)) return *range;
  reader.fail_key(object, key, "a close code such as \"1007\" is expected as the key");
  return {-1, -1};
}

MessageRule parse_message_rule(Reader& reader, const Node& node) {
  MessageRule out;
  if (node.wild() || (node->is_boolean() && node->get<bool>())) return out;
  Members members(reader, node, "'message'");
  if (const auto type = members.take("type")) {
    const std::string name = reader.string(*type);
    if (name == "text") {
      out.type = MessageRule::Type::text;
    } else if (name == "binary") {
      out.type = MessageRule::Type::binary;
    } else if (!type->wild()) {
      reader.fail(*type, "'type' must be \"text\" or \"binary\"");
    }
  }
  int rules = 0;
  if (const auto value = members.take("equals")) {
    out.equals = parse_payload(reader, *value);
    ++rules;
  }
  if (const auto value = members.take("matches")) {
    out.matches = parse_pattern(reader, *value);
    ++rules;
  }
  if (const auto value = members.take("json")) {
    ++rules;
    if (value->json->is_object()) {
      for (const auto& [pointer, wanted] : (*value)->items()) {
        if (!pointer.empty() && pointer[0] != '/') {
          reader.fail_key(*value, pointer, "'" + pointer + "' is not a JSON pointer",
                          "it begins with '/': \"/" + pointer + "\"");
        }
        if (!is_wildcard(wanted)) out.json.emplace_back(pointer, compact(wanted));
      }
    } else if (!value->wild()) {
      reader.wrong_type(*value, "an object of JSON pointers and values");
    }
  }
  members.finish();
  if (rules > 1) reader.fail(node, "a message rule has one of 'equals', 'matches' and 'json'");
  return out;
}

Outcome parse_tolerated(Reader& reader, const Node& node) {
  Outcome out = parse_outcome(reader, node, {"because"}, "an outcome");
  if (node->is_object()) {
    if (const auto found = node->find("because"); found != node->end()) {
      out.because = reader.string(Node{&*found, pointer_to(node.at, "because")});
    }
  }
  return out;
}

Outcome parse_outcome(Reader& reader, const Node& node, const std::vector<std::string>& modifiers,
                      std::string_view what) {
  static const std::vector<std::string> kinds = {
      "close", "accepted",    "echo",       "message", "pong",       "http",
      "drop",  "open_for_ms", "silence_ms", "any_of",  "by_payload", "by_policy"};
  const auto kind = one_kind(reader, node, kinds, modifiers, what);
  if (!kind) return {};
  std::vector<std::string> known = modifiers;
  known.push_back(*kind);
  for (const auto& [key, value] : node->items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      reader.fail_key(node, key, "unknown key '" + key + "' in " + std::string(what),
                      hint_for(key, known));
    }
  }
  return parse_kind(reader, *kind, Node{&(*node)[*kind], pointer_to(node.at, *kind)});
}

}  // namespace wsspec::loader
