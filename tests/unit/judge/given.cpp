// What the judge is told beside the record, and the outcomes that are asked of it.
#include "records.h"

namespace wsspec::judge::test {

using scenario::MessageRule;
using scenario::Outcome;

scenario::Pattern pattern(std::string_view source) {
  return scenario::Pattern::compile(std::string(source)).value();
}

namespace {

Outcome of(Outcome::Kind kind) {
  Outcome outcome;
  outcome.kind = kind;
  return outcome;
}

}  // namespace

Outcome closes(std::initializer_list<scenario::CodeRange> ranges) {
  Outcome outcome = of(Outcome::Kind::close);
  outcome.codes.ranges = ranges;
  return outcome;
}

Outcome closes(int code) {
  return closes({{code, code}});
}

Outcome closes_because(int code, std::string_view matches, std::string_view not_matches) {
  Outcome outcome = closes(code);
  if (!matches.empty()) outcome.codes.reason.matches = pattern(matches);
  if (!not_matches.empty()) outcome.codes.reason.not_matches = pattern(not_matches);
  return outcome;
}

Outcome accepted() {
  return of(Outcome::Kind::accepted);
}

Outcome echoed(std::uint64_t n) {
  Outcome outcome = of(Outcome::Kind::echo);
  outcome.count = n;
  return outcome;
}

Outcome ponged(bool all) {
  Outcome outcome = of(Outcome::Kind::pong);
  outcome.count = all ? 0 : 1;
  return outcome;
}

Outcome message(MessageRule rule) {
  Outcome outcome = of(Outcome::Kind::message);
  outcome.message = std::move(rule);
  return outcome;
}

Outcome http(std::vector<int> statuses) {
  Outcome outcome = of(Outcome::Kind::http);
  outcome.http.statuses = std::move(statuses);
  return outcome;
}

Outcome http(scenario::HttpRule rule) {
  Outcome outcome = of(Outcome::Kind::http);
  outcome.http = std::move(rule);
  return outcome;
}

Outcome drops(scenario::DropRule::End end, std::optional<int> within_ms) {
  Outcome outcome = of(Outcome::Kind::drop);
  outcome.drop = {.end = end, .within_ms = within_ms};
  return outcome;
}

Outcome stays_open(int ms) {
  Outcome outcome = of(Outcome::Kind::open_for);
  outcome.duration_ms = ms;
  return outcome;
}

Outcome silent(int ms) {
  Outcome outcome = of(Outcome::Kind::silence);
  outcome.duration_ms = ms;
  return outcome;
}

Outcome any_of(std::vector<Outcome> any) {
  Outcome outcome = of(Outcome::Kind::any_of);
  outcome.any = std::move(any);
  return outcome;
}

Outcome by_payload() {
  return of(Outcome::Kind::by_payload);
}

Outcome by_policy(std::string key) {
  Outcome outcome = of(Outcome::Kind::by_policy);
  outcome.policy_key = std::move(key);
  return outcome;
}

MessageRule typed(MessageRule::Type type) {
  MessageRule rule;
  rule.type = type;
  return rule;
}

MessageRule equal_to(std::string_view octets) {
  MessageRule rule;
  rule.equals = scenario::Payload::text(octets);
  return rule;
}

MessageRule like(std::string_view source) {
  MessageRule rule;
  rule.matches = pattern(source);
  return rule;
}

MessageRule json_at(std::string pointer, std::string value) {
  MessageRule rule;
  rule.json.emplace_back(std::move(pointer), std::move(value));
  return rule;
}

scenario::Policy policy(std::string key, scenario::PolicyAction action) {
  scenario::Policy policy;
  policy.key = std::move(key);
  policy.action = action;
  return policy;
}

Given::Given() {
  scenario.suite = "utf8";
}

Given& Given::no_echo() {
  facts.echo = false;
  return *this;
}

Given& Given::no_ping() {
  facts.ping = false;
  return *this;
}

Given& Given::chatty() {
  facts.chatty = true;
  return *this;
}

Given& Given::greets() {
  facts.greets = true;
  return *this;
}

Given& Given::settles_in(int ms) {
  facts.settle_ms = ms;
  return *this;
}

Given& Given::policy(scenario::Policy policy) {
  std::string key = policy.key;
  profile.policies.insert_or_assign(std::move(key), std::move(policy));
  return *this;
}

Given& Given::about_policy() {
  scenario.about_policy = true;
  return *this;
}

Given& Given::tag(std::string name) {
  scenario.tags.push_back(std::move(name));
  return *this;
}

Given& Given::requires_(std::string_view name) {
  scenario.requires_.push_back(scenario::requirement_of(name));
  return *this;
}

Given& Given::within(int ms) {
  step.within_ms = ms;
  return *this;
}

Given& Given::not_before(int ms) {
  step.not_before_ms = ms;
  return *this;
}

Given& Given::since_connect() {
  step.since_connect = true;
  return *this;
}

Given& Given::next() {
  step.next = true;
  return *this;
}

Given& Given::latency(int ms) {
  step.latency_ms = ms;
  return *this;
}

Given& Given::after_messages(std::optional<std::uint64_t> min, std::optional<std::uint64_t> max) {
  step.after_messages_min = min;
  step.after_messages_max = max;
  return *this;
}

Given& Given::begun(int at_ms) {
  begun_ms_ = at_ms;
  return *this;
}

Given& Given::deadline() {
  deadline_ = true;
  return *this;
}

Given& Given::taken_messages(std::uint64_t n) {
  received_next_ = n;
  return *this;
}

Given& Given::close_taken() {
  close_taken_ = true;
  return *this;
}

Given& Given::tolerated_instead() {
  own_outcome_ = false;
  return *this;
}

Given& Given::awaits_reply(MessageRule rule, std::uint64_t from, bool numbered) {
  reply_ = AwaitedReply{.rule = std::move(rule), .from = from, .numbered = numbered};
  return *this;
}

// Step, facts and profile are copied: pointers into them must not come from another row.
Judgement Given::judge(const Seen& seen, const Outcome& outcome) const {
  TargetFacts target = facts;
  target.profile = &profile;
  scenario::ExpectStep own = step;
  own.outcome = outcome;
  Searched searched;
  const JudgeInput input{.facts = target,
                         .scenario = scenario,
                         .step = own,
                         .now = moment(seen.now_ms),
                         .deadline = deadline_,
                         .received_next = received_next_,
                         .close_taken = close_taken_,
                         .reply = reply_ ? &*reply_ : nullptr,
                         .searched = &searched,
                         .begun = moment(begun_ms_)};
  return judge::judge(own_outcome_ ? own.outcome : outcome, seen.record, input);
}

}  // namespace wsspec::judge::test
