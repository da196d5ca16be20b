// Steps: one step key, and beside it only `on` and, with `send`, `after_close`.
#include <algorithm>

#include "loader/late.h"
#include "loader/parse.h"
#include "scenario/select.h"

namespace wsspec::loader {
namespace {

constexpr std::uint64_t kMaxTimes = 1'000'000'000;

void use(Implied& implied, const std::string& requirement) {
  add_once(implied.requires_, requirement);
}

void use_policies(Implied& implied, const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::by_policy && !outcome.policy_key.empty()) {
    use(implied, "policy." + outcome.policy_key);
  }
  for (const Outcome& one : outcome.any) use_policies(implied, one);
}

void use_deflate(Implied& implied, const std::vector<Item>& items) {
  for (const Item& item : items)
    if (item.deflate && item.deflate->on && !item.deflate->where_agreed) use(implied, "deflate");
}

// Every string and every long number of a captured value may be a token.
Json without_secrets(Json value) {
  if (value.is_string() || (value.is_number() && value.dump().size() >= 6)) return "***";
  if (value.is_structured()) {
    for (Json& member : value) member = without_secrets(std::move(member));
  }
  return value;
}

RepeatStep parse_repeat(Reader& reader, const Node& node, const Node& raw,
                        const std::shared_ptr<const StepContext>& context, const Json* shown,
                        Implied& implied) {
  RepeatStep out;
  Members members(reader, node, "'repeat'");
  members.know({"steps"});
  if (const auto value = members.need("times")) out.times = reader.natural(*value, kMaxTimes);
  if (const auto value = members.take("every_ms")) out.every_ms = reader.milliseconds(*value);
  if (const auto value = members.take("background")) out.background = reader.boolean(*value);
  members.finish();
  if (!raw->is_object()) return out;
  const auto steps = raw->find("steps");
  if (steps == raw->end()) {
    reader.fail(raw, "'repeat' needs 'steps'");
    return out;
  }
  const Node list{&*steps, raw.at + "/steps"};
  if (!reader.list(list, "a list of steps")) return out;
  if (list->empty()) reader.fail(list, "an empty list of steps");
  out.steps.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json* inner = nullptr;
    if (shown && shown->is_object() && shown->contains("steps") && (*shown)["steps"].is_array() &&
        i < (*shown)["steps"].size()) {
      inner = &(*shown)["steps"][i];
    }
    // Always with stand-ins: ${i} of these steps is this repeat's, known only in its rounds.
    out.steps.push_back(parse_step(reader, list.entry(i), context, nullptr, inner, implied));
  }
  return out;
}

BurstStep parse_burst(Reader& reader, const Node& node) {
  BurstStep out;
  Members members(reader, node, "'burst'");
  if (const auto value = members.need("send")) out.items = parse_items(reader, *value);
  if (const auto value = members.need("count")) out.count = reader.natural(*value, kMaxTimes);
  if (const auto value = members.take("per_second")) {
    const double rate = reader.number(*value);
    if (!value->wild() && !(rate > 0)) reader.fail(*value, "'per_second' must be above 0");
    if (rate > 0) out.per_second = rate;
  }
  if (const auto value = members.take("over_ms")) {
    const int ms = reader.milliseconds(*value);
    if (members.take("per_second")) {
      reader.fail(*value, "a burst has 'per_second' or 'over_ms', not both");
    } else if (ms > 0) {
      out.per_second = static_cast<double>(out.count) * 1000 / ms;
    } else if (!value->wild()) {
      reader.fail(*value, "'over_ms' must be above 0");
    }
  }
  if (const auto value = members.take("until")) {
    out.until_closed = reader.string(*value) == "closed";
    if (!out.until_closed && !value->wild()) reader.fail(*value, "'until' takes only \"closed\"");
  }
  members.finish();
  return out;
}

ReadStep parse_read(Reader& reader, const Node& node) {
  ReadStep out;
  if (node->is_object()) {
    out.mode = ReadStep::Mode::rate;
    Members members(reader, node, "'read'");
    if (const auto value = members.need("per_second")) {
      out.per_second = reader.natural(*value, UINT64_MAX, 1);
    }
    members.finish();
    return out;
  }
  const std::string mode = node->is_string() ? node->get<std::string>() : "";
  if (mode == "pause") {
    out.mode = ReadStep::Mode::pause;
  } else if (mode != "resume" && !node.wild()) {
    reader.fail(node, "'read' must be \"pause\", \"resume\" or {\"per_second\": n}");
  }
  return out;
}

ConnectStep parse_connect_step(Reader& reader, const Node& node, Implied& implied) {
  ConnectStep out;
  if (node->is_boolean() && node->get<bool>()) return out;
  Members members(reader, node, "the 'connect' step");
  if (const auto value = members.take("token")) {
    out.token = parse_token_choice(reader, *value);
    for (const std::string& need : needs_of_token(*out.token)) use(implied, need);
  }
  if (const auto value = members.take("path")) out.path = parse_path(reader, *value);
  if (const auto value = members.take("handshake")) {
    out.handshake = value->wild() || reader.boolean(*value);
  }
  members.finish();
  return out;
}

TriggerStep parse_trigger(Reader& reader, const Node& node, const StepContext& context,
                          Implied& implied) {
  TriggerStep out;
  out.name = reader.string(node);
  if (out.name.empty()) {
    if (node->is_string()) reader.fail(node, "a trigger's name is expected here");
    return out;
  }
  const bool known =
      context.triggers && std::find(context.triggers->begin(), context.triggers->end(), out.name) !=
                              context.triggers->end();
  if (!known) {
    use(implied, "trigger." + out.name);
    implied.missing = true;
  }
  return out;
}

// Steps that have no members.
void parse_bare(Reader& reader, const std::string& kind, const Node& value, Step& out) {
  reader.just_true(value);
  if (kind == "shutdown") {
    out.what = ShutdownStep{};
  } else if (kind == "reset") {
    out.what = ResetStep{};
  } else {
    out.what = DisconnectStep{};
  }
}

std::string parse_on(Reader& reader, const Node& on, const StepContext& context) {
  const std::string name = reader.string(on);
  if (on->is_string() && !context.known_groups.contains(name))
    reader.fail(on, "no connection or group is called '" + name + "'",
                hint_for(name, context.groups));
  return name;
}

}  // namespace

void add_once(std::vector<std::string>& list, const std::string& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

std::string one_line(const Json& json, std::size_t limit) {
  std::string out = compact(json, true);
  if (out.size() > limit) {
    out.resize(limit - 3);
    out += "...";
  }
  return out;
}

Step parse_step(Reader& reader, const Node& node, const std::shared_ptr<const StepContext>& context,
                const RunValues* values, const Json* shown, Implied& implied) {
  static const std::vector<std::string> kinds = {"send",    "expect",     "repeat",   "burst",
                                                 "wait_ms", "read",       "shutdown", "reset",
                                                 "connect", "disconnect", "trigger"};
  Step out;
  const auto kind = one_kind(reader, node, kinds, {"on", "after_close"}, "a step");
  if (!kind) return out;

  // The step without the steps inside it: those have run-time values of their own.
  auto expander = Expander::at_run(reader.document(), reader.problems(), values);
  Json own;
  if (*kind == "repeat") {
    own = *node;
    if (own["repeat"].is_object()) own["repeat"].erase("steps");
    own = expander.expand(own, node.at);
  } else {
    own = expander.expand(*node, node.at);
  }
  const bool late = expander.late() && !values;
  if (late) {
    out.late = std::make_shared<const LateStep>(
        LateStep{context, *node, node.at, shown ? *shown : Json()});
  }
  out.summary = one_line(shown ? *shown : late || *kind == "repeat" ? *node : own);

  const Node settled{&own, node.at};
  Members members(reader, settled, "a step");
  const Node value = *members.take(*kind);
  if (*kind == "send") {
    SendStep send{parse_items(reader, value)};
    use_deflate(implied, send.items);
    out.what = std::move(send);
  } else if (*kind == "expect") {
    ExpectStep expect = parse_expect(reader, value, context->tolerate_for);
    use_policies(implied, expect.outcome);
    if (expect.outcome.kind == Outcome::Kind::echo) use(implied, "echo");
    for (const Outcome& one : expect.tolerate) use_policies(implied, one);
    out.what = std::move(expect);
  } else if (*kind == "repeat") {
    const Node raw{&(*node)["repeat"], value.at};
    const Json* inner =
        shown && shown->is_object() && shown->contains("repeat") ? &(*shown)["repeat"] : nullptr;
    out.what = parse_repeat(reader, value, raw, context, inner, implied);
  } else if (*kind == "burst") {
    BurstStep burst = parse_burst(reader, value);
    use_deflate(implied, burst.items);
    out.what = std::move(burst);
  } else if (*kind == "wait_ms") {
    out.what = WaitStep{reader.milliseconds(value)};
  } else if (*kind == "read") {
    out.what = parse_read(reader, value);
  } else if (*kind == "connect") {
    out.what = parse_connect_step(reader, value, implied);
  } else if (*kind == "trigger") {
    out.what = parse_trigger(reader, value, *context, implied);
  } else {
    parse_bare(reader, *kind, value, out);
  }
  if (const auto on = members.take("on"); on && !on->wild())
    out.on = parse_on(reader, *on, *context);
  if (*kind == "send") {
    if (const auto flag = members.take("after_close")) out.after_close = reader.boolean(*flag);
  } else if (own.contains("after_close")) {
    reader.fail_key(settled, "after_close", "'after_close' goes with 'send'");
    members.know({"after_close"});
  }
  members.finish();
  return out;
}

std::vector<Step> load_steps(Reader& reader, const Node& node, const Scope& scope,
                             const std::shared_ptr<const StepContext>& context,
                             std::vector<std::string>& requires_) {
  std::vector<Step> out;
  if (!reader.list(node, "a list of steps")) return out;
  out.reserve(node->size());
  for (std::size_t i = 0; i < node->size(); ++i) {
    const Node raw = node.entry(i);
    Expander expander(reader.document(), reader.problems(), scope, {});
    const Json fixed = expander.expand(*raw, raw.at);
    Json shown;
    if (expander.secret()) {
      ProblemList ignored;
      Expander hiding(reader.document(), ignored, scope,
                      {Expander::Stage::fixed, nullptr, true, true});
      shown = hiding.expand(*raw, raw.at);
    }
    Implied implied;
    Step step = parse_step(reader, Node{&fixed, raw.at}, context, nullptr,
                           expander.secret() ? &shown : nullptr, implied);
    for (const std::string& need : expander.needs()) add_once(requires_, need);
    for (const std::string& need : implied.requires_) add_once(requires_, need);
    if (!expander.missing() && !implied.missing) out.push_back(std::move(step));
  }
  return out;
}

Result<Step> resolve(const Step& step, const RunValues& values) {
  if (!step.late) return step;
  const LateStep& late = *step.late;
  ProblemList problems;
  Reader reader(*late.context->document, problems);
  Implied implied;
  Step out = parse_step(reader, Node{&late.json, late.at}, late.context, &values,
                        late.shown.is_null() ? nullptr : &late.shown, implied);
  if (!problems.empty()) return tl::make_unexpected(problems.first());
  return out;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): it is changed, which the check does not see
Step shown(const Step& step, RunValues values, bool captured) {
  if (!step.late) return step;
  if (!captured)
    for (auto& [name, value] : values.captures)
      value = compact(without_secrets(Json::parse(value, nullptr, false)));
  const LateStep& late = *step.late;
  ProblemList problems;
  Reader reader(*late.context->document, problems);
  Implied implied;
  Step out = parse_step(reader, Node{&late.json, late.at}, late.context, &values, nullptr, implied);
  if (!problems.empty()) return step;
  if (!late.shown.is_null()) {
    auto expander = Expander::at_run(*late.context->document, problems, &values, true);
    out.summary = one_line(expander.expand(late.shown, late.at));
  }
  return out;
}

Result<std::string> resolve(const std::string& text, const RunValues& values) {
  const Document nowhere;
  ProblemList problems;
  auto expander = Expander::at_run(nowhere, problems, &values);
  const Json json = expander.expand(Json(text), "");
  if (!problems.empty()) return tl::make_unexpected(problems.first());
  return json.is_string() ? json.get<std::string>() : compact(json);
}

}  // namespace wsspec::loader
