// The `expect` step: one outcome, its modifiers, and what tolerate_for adds.
#include <algorithm>

#include "loader/parse.h"

namespace wsspec::loader {
namespace {

bool meets(const CodeRange& range, const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::close:
      return std::any_of(
          outcome.codes.ranges.begin(), outcome.codes.ranges.end(),
          [&](const CodeRange& r) { return r.from <= range.to && range.from <= r.to; });
    case Outcome::Kind::by_payload:
      return range.from <= 1007 && 1007 <= range.to;
    case Outcome::Kind::any_of:
      return std::any_of(outcome.any.begin(), outcome.any.end(),
                         [&](const Outcome& one) { return meets(range, one); });
    default:
      return false;
  }
}

std::vector<Outcome> parse_tolerate(Reader& reader, const Node& node) {
  std::vector<Outcome> out;
  if (!reader.list(node, "a list of outcomes")) return out;
  for (std::size_t i = 0; i < node->size(); ++i) {
    out.push_back(parse_tolerated(reader, node.entry(i)));
  }
  return out;
}

HowMany parse_how_many(Reader& reader, const Node& node) {
  HowMany out;
  const auto kind = one_kind(reader, node, {"exactly", "at_least", "at_most"}, {}, "'how_many'");
  if (!kind) return out;
  Members members(reader, node, "'how_many'");
  out.kind = *kind == "exactly"    ? HowMany::Kind::exactly
             : *kind == "at_least" ? HowMany::Kind::at_least
                                   : HowMany::Kind::at_most;
  out.n = reader.natural(*members.take(*kind));
  members.finish();
  return out;
}

void parse_capture(Reader& reader, const Node& node, ExpectStep& out) {
  if (node.wild()) return;
  if (!node->is_object()) {
    reader.wrong_type(node, "an object of names and JSON pointers");
    return;
  }
  for (const auto& [name, value] : node->items()) {
    const Node entry{&value, pointer_to(node.at, name)};
    if (!is_name(name)) {
      reader.fail_key(node, name, "'" + name + "' is not a name", "letters, digits and '_'");
    }
    std::string pointer = reader.string(entry);
    if (!entry.wild() && !pointer.empty() && pointer[0] != '/') {
      reader.fail(entry, "'" + pointer + "' is not a JSON pointer",
                  "it begins with '/': \"/" + pointer + "\"");
    }
    out.capture.emplace_back(name, std::move(pointer));
  }
  const auto reads_message = [](const Outcome& outcome) {
    return outcome.kind == Outcome::Kind::message;
  };
  const auto& any = out.outcome.any;
  if (!reads_message(out.outcome) && std::none_of(any.begin(), any.end(), reads_message)) {
    reader.fail(node, "'capture' reads a message: it goes with 'message', or an 'any_of' with one");
  }
}

void parse_latency(Reader& reader, const Node& node, ExpectStep& out) {
  Members members(reader, node, "'latency'");
  if (!members.ok()) return;
  if (const auto value = members.take("p99_ms")) out.latency_ms = reader.milliseconds(*value);
  if (const auto value = members.take("as")) {
    out.latency_as = reader.string(*value);
    if (!value->wild() && !is_name(out.latency_as)) {
      reader.fail(*value, "'" + out.latency_as + "' is not a name", "letters, digits and '_'");
    }
  }
  members.finish();
  if (node->empty()) reader.fail(node, "'latency' needs 'p99_ms', 'as' or both");
  using Kind = Outcome::Kind;
  if (out.outcome.kind != Kind::accepted && out.outcome.kind != Kind::echo) {
    reader.fail(node, "'latency' is that of answers: it goes with 'accepted' or 'echo'");
  }
}

}  // namespace

TolerateFor parse_tolerate_for(Reader& reader, const Node& node) {
  TolerateFor out;
  if (node.wild()) return out;
  if (!node->is_object()) {
    reader.wrong_type(node, "an object of close codes and lists of outcomes");
    return out;
  }
  for (const auto& [code, value] : node->items()) {
    const Node entry{&value, pointer_to(node.at, code)};
    const CodeRange range = parse_code_key(reader, node, code);
    out.emplace_back(range, parse_tolerate(reader, entry));
  }
  return out;
}

ExpectStep parse_expect(Reader& reader, const Node& node, const TolerateFor& tolerate_for) {
  static const std::vector<std::string> modifiers = {"within_ms",      "not_before_ms", "since",
                                                     "after_messages", "next",          "how_many",
                                                     "latency",        "capture",       "tolerate"};
  ExpectStep out;
  out.outcome = parse_outcome(reader, node, modifiers, "an expectation");
  if (!node->is_object()) return out;
  Members members(reader, node, "an expectation");  // unknown keys: parse_outcome has told
  if (const auto value = members.take("within_ms")) out.within_ms = reader.milliseconds(*value);
  if (const auto value = members.take("not_before_ms")) {
    out.not_before_ms = reader.milliseconds(*value);
    if (out.within_ms && *out.within_ms < out.not_before_ms) {
      reader.fail(*value, "'not_before_ms' is later than 'within_ms'");
    }
  }
  if (const auto value = members.take("since")) {
    out.since_connect = reader.string(*value) == "connect";
    if (!out.since_connect && !value->wild()) {
      reader.fail(*value, "'since' takes only \"connect\"");
    }
  }
  if (const auto value = members.take("after_messages")) {
    Members bounds(reader, *value, "'after_messages'");
    if (const auto least = bounds.take("min")) out.after_messages_min = reader.natural(*least);
    if (const auto most = bounds.take("max")) out.after_messages_max = reader.natural(*most);
    bounds.finish();
    if (out.after_messages_min && out.after_messages_max &&
        *out.after_messages_min > *out.after_messages_max) {
      const bool known = !is_wildcard((**value)["min"]) && !is_wildcard((**value)["max"]);
      if (known) reader.fail(*value, "'min' is above 'max'");
    }
  }
  if (const auto value = members.take("how_many")) out.how_many = parse_how_many(reader, *value);
  if (const auto value = members.take("next")) {
    reader.just_true(*value);
    out.next = true;
    using Kind = Outcome::Kind;
    const Kind kind = out.outcome.kind;
    if (kind != Kind::message && kind != Kind::close && kind != Kind::pong &&
        kind != Kind::by_policy) {
      reader.fail(*value, "'next' goes with 'message', 'close', 'pong' or 'by_policy'");
    }
  }
  if (const auto value = members.take("latency")) parse_latency(reader, *value, out);
  if (const auto value = members.take("capture")) parse_capture(reader, *value, out);
  if (const auto value = members.take("tolerate")) out.tolerate = parse_tolerate(reader, *value);
  for (const auto& [range, outcomes] : tolerate_for) {
    if (meets(range, out.outcome)) {
      out.tolerate.insert(out.tolerate.end(), outcomes.begin(), outcomes.end());
    }
  }
  return out;
}

}  // namespace wsspec::loader
