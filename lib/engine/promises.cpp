#include "engine/promises.h"

#include <algorithm>
#include <climits>

namespace wsspec::engine {
namespace {

using result::Cause;
using result::Fact;
using scenario::Carrier;
using scenario::Item;
using scenario::Policy;
using scenario::Scenario;
using scenario::Step;

/// A server counts a message when it reads it, which may be later than we send it, and not always
/// by the same time.
constexpr auto kSpare = std::chrono::milliseconds(100);
/// A scenario that would have to wait for longer than this is skipped.
constexpr double kPatienceMs = 5000;
/// Two clocks.
constexpr int kClockSlackMs = 20;

/// The message that is being sent, over the parts that it is made of.
struct Message {
  std::uint64_t octets = 0, frames = 0;
  bool open = false;
};

/// Calls `with` for every step that sends, and how often it is run.
template <class With>
void each_sending(const std::vector<Step>& steps, std::uint64_t times, const With& with) {
  for (const Step& step : steps) {
    if (const auto* repeat = std::get_if<scenario::RepeatStep>(&step.what))
      each_sending(repeat->steps, times * std::max<std::uint64_t>(1, repeat->times), with);
    else if (const auto sending = sending_of(step))
      with(step, *sending, times);
  }
}

std::uint64_t members_of(const Scenario& scenario, const std::string& group) {
  for (const auto& declared : scenario.groups)
    if (declared.name == group) return declared.count;
  return 1;
}

Fact above(Cause cause, std::uint64_t ours, std::uint64_t limit) {
  return {.cause = cause, .count = ours, .total = limit};
}

}  // namespace

net::TimePoint Pace::free_at(std::uint64_t amount, net::TimePoint now) const {
  std::uint64_t sum = amount;
  // From the newest back: the one that exceeds the limit has to leave the window.
  for (auto past = taken_.rbegin(); past != taken_.rend(); ++past) {
    if (past->first + window_ <= now) break;
    sum += past->second;
    if (sum > limit_) return past->first + window_;
  }
  return now;
}

void Pace::take(std::uint64_t amount, net::TimePoint at) {
  if (amount == 0) return;
  taken_.emplace_back(at, amount);
  while (taken_.front().first + window_ < at) taken_.pop_front();
}

void Pace::renew(net::TimePoint at) {
  if (!taken_.empty()) taken_.back().first = std::max(taken_.back().first, at);
}

Promises::Promises(const scenario::Profile& profile, const Scenario& scenario) {
  const auto kept = [&](const char* key) -> const Policy* {
    const auto found = profile.policies.find(key);
    if (found == profile.policies.end() || scenario::requires_policy(scenario.requires_, key))
      return nullptr;
    return &found->second;
  };
  const auto limit = [&](const char* key) {
    const Policy* policy = kept(key);
    return policy == nullptr ? 0 : policy->limit;
  };
  message_bytes_ = limit("message_bytes");
  frame_bytes_ = limit("frame_bytes");
  fragments_ = limit("fragments");
  text_only_ = kept("text_only") != nullptr;
  binary_only_ = kept("binary_only") != nullptr;
  if (const Policy* policy = kept("subprotocol")) subprotocols_ = policy->required;
  for (const char* key : {"message_rate", "byte_rate", "control_rate"})
    if (const Policy* policy = kept(key); policy != nullptr && policy->limit > 0)
      rates_.push_back({*policy, std::string_view(key) == "byte_rate"});
  // A bucket that holds less than a window allows is what may come at once.
  if (const std::uint64_t depth = limit("bucket"); depth > 0)
    for (Rate& rate : rates_)
      if (rate.policy.key == "message_rate") rate.policy.limit = std::min(rate.policy.limit, depth);
  for (const char* key : {"session_ms", "idle_timeout_ms"})
    if (const Policy* policy = kept(key); policy != nullptr && policy->limit > 0)
      lives_.push_back({std::string("policy.") + key,
                        static_cast<int>(std::min<std::uint64_t>(policy->limit, INT_MAX)),
                        policy->close, std::string_view(key) == "idle_timeout_ms"});
  for (const char* key : {"connections", "sessions_per_token", "connect_rate"})
    if (const Policy* policy = kept(key);
        policy != nullptr && policy->action == scenario::PolicyAction::refuse)
      refusals_.insert(refusals_.end(), policy->statuses.begin(), policy->statuses.end());
  if (const Policy* token = kept("token"); token != nullptr && token->ttl_ms > 0)
    lives_.push_back({"policy.token.ttl_ms", token->ttl_ms, token->close});
}

// Half of what all connections share may be used up when a scenario begins (SharedRates).
std::uint64_t Promises::Rate::limit() const {
  return whose() == Whose::connection ? policy.limit : policy.limit - policy.limit / 2;
}

net::Duration Promises::Rate::window() const {
  return std::chrono::milliseconds(policy.window_ms) + kSpare;
}

std::uint64_t Promises::Rate::amount(const Sending& sending, const Carrier& carrier) const {
  const auto counts = [&](const char* kind) {
    return std::find(policy.counts.begin(), policy.counts.end(), kind) != policy.counts.end();
  };
  std::uint64_t round = 0;
  for (const Item& item : sending.items) {
    const auto opcode = data_opcode(item);
    const bool control = item.kind == Item::Kind::ping || item.kind == Item::Kind::pong;
    if (control && counts(item.kind == Item::Kind::ping ? "ping" : "pong")) ++round;
    if (!opcode) continue;
    if (octets) {
      round += scenario::carried(item, carrier).length();
      continue;
    }
    if (*opcode == 0 && !counts("fragment")) continue;
    if (*opcode != 0 && !counts(*opcode == 1 ? "text" : "binary")) continue;
    if (!counts("fragment")) {
      ++round;
      continue;
    }
    const std::vector<Item> one{item};
    for (const Outgoing& part : outgoing(Sending{one}, carrier, true)) round += part.frames;
  }
  std::uint64_t rounds = sending.rounds;
  if (sending.per_second) {  // no more than that in any window
    const double seconds = std::chrono::duration<double>(window()).count();
    rounds = std::min(rounds, static_cast<std::uint64_t>(*sending.per_second * seconds) + 1);
  }
  return round * rounds;
}

std::vector<Pace> Promises::paces(Whose whose) const {
  std::vector<Pace> out;
  for (const Rate& rate : rates_)
    if (rate.whose() == whose) out.emplace_back(rate.limit(), rate.window());
  return out;
}

std::vector<std::uint64_t> Promises::amounts(Whose whose, const Sending& sending,
                                             const Carrier& carrier) const {
  std::vector<std::uint64_t> out;
  for (const Rate& rate : rates_)
    if (rate.whose() == whose) out.push_back(rate.amount(sending, carrier));
  return out;
}

std::optional<Fact> Promises::wrong_type(std::optional<int> opcode) const {
  if (opcode == 2 && text_only_) return result::fact(Cause::policy_declared, "policy.text_only");
  if (opcode == 1 && binary_only_)
    return result::fact(Cause::policy_declared, "policy.binary_only");
  return std::nullopt;
}

std::optional<Fact> Promises::broken_by(const Sending& sending, const Carrier& carrier,
                                        const session::SentRecord& before) const {
  for (const Rate& rate : rates_)
    if (const auto amount = rate.amount(sending, carrier); amount > rate.limit())
      return Fact{.cause = Cause::burst_above_promise,
                  .text = "policy." + rate.policy.key,
                  .detail = rate.octets ? "octets" : "frames",
                  .count = amount,
                  .total = rate.policy.limit};
  for (const Item& item : sending.items)
    if (item.kind == Item::Kind::handshake && !offers(item))
      return result::fact(Cause::subprotocol_promised);
  if (!text_only_ && !binary_only_ && message_bytes_ == 0 && frame_bytes_ == 0 && fragments_ == 0)
    return std::nullopt;
  Message message{before.open_octets, before.open_frames, before.in_message};
  for (const Outgoing& part : outgoing(sending, carrier, before.at_frame_boundary)) {
    if (auto fact = wrong_type(part.opcode)) return fact;
    const bool begins = part.opcode != 0 || !message.open;
    const std::uint64_t rounds = begins ? 1 : sending.rounds;
    if (begins) message = {};
    message.octets += part.octets * rounds;
    message.frames += part.frames * rounds;
    message.open = !part.ends;
    if (frame_bytes_ > 0 && part.longest > frame_bytes_)
      return above(Cause::frame_above_promise, part.longest, frame_bytes_);
    if (fragments_ > 0 && message.frames > fragments_)
      return above(Cause::fragments_above_promise, message.frames, fragments_);
    if (message_bytes_ > 0 && message.octets > message_bytes_)
      return above(Cause::message_above_promise, message.octets, message_bytes_);
  }
  return std::nullopt;
}

bool Promises::offers(const Item& handshake) const {
  if (subprotocols_.empty() || !handshake.handshake.raw) return true;
  // Where ${headers} stands, the connection's own are.
  const auto& raw = *handshake.handshake.raw;
  const auto octets = raw.head(static_cast<std::size_t>(raw.length()));
  const std::string_view text = wire::as_chars(octets);
  const auto holds = [&](std::string_view part) { return text.find(part) != text.npos; };
  return holds("${headers}") || std::any_of(subprotocols_.begin(), subprotocols_.end(), holds);
}

bool Promises::offers(const scenario::ConnectOptions& connect) const {
  if (subprotocols_.empty() || !connect.subprotocols) return true;
  return std::any_of(
      connect.subprotocols->begin(), connect.subprotocols->end(), [&](const std::string& name) {
        return std::find(subprotocols_.begin(), subprotocols_.end(), name) != subprotocols_.end();
      });
}

std::optional<Fact> Promises::broken_by(const Scenario& scenario) const {
  if (!offers(scenario.connect) ||
      std::any_of(scenario.groups.begin(), scenario.groups.end(),
                  [&](const auto& group) { return !offers(group.connect); }))
    return result::fact(Cause::subprotocol_promised);
  if (!text_only_ && !binary_only_ && rates_.empty()) return std::nullopt;
  std::optional<Fact> out;
  std::vector<std::uint64_t> sums(rates_.size());
  each_sending(scenario.steps, 1, [&](const Step& step, const Sending& sending, std::uint64_t n) {
    for (const Item& item : sending.items)
      if (!out) out = wrong_type(data_opcode(item));
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      const bool shared = rates_[i].whose() == Whose::shared;
      sums[i] += rates_[i].amount(sending, {}) * n * (shared ? members_of(scenario, step.on) : 1);
    }
  });
  for (std::size_t i = 0; i < rates_.size() && !out; ++i) {
    const Rate& rate = rates_[i];
    const auto windows = static_cast<double>(sums[i] / rate.limit());
    const double ms = windows * std::chrono::duration<double, std::milli>(rate.window()).count();
    if (sums[i] > rate.limit() && ms > kPatienceMs)
      out = Fact{.cause = Cause::waits_above_promise,
                 .text = "policy." + rate.policy.key,
                 .detail = rate.octets ? "octets" : "frames",
                 .count = sums[i],
                 .total = rate.policy.limit};
  }
  return out;
}

bool Promises::refused(const session::ExchangeRecord& record) const {
  return record.response &&
         std::find(refusals_.begin(), refusals_.end(), record.response->status) != refusals_.end();
}

std::optional<Fact> Promises::ended(const session::ExchangeRecord& record) const {
  if (!record.close_at || !record.close_code || record.said_goodbye()) return std::nullopt;
  for (const Life& life : lives_) {
    if (!life.close.has(*record.close_code)) continue;
    // The server counts from what it has read, which is never before we sent it.
    const auto from = life.idle ? record.reference() : record.connected_at;
    if (net::ms_between(from, *record.close_at) < life.ms - kClockSlackMs) continue;
    return Fact{.cause = Cause::life_above_promise, .text = life.name, .limit_ms = life.ms};
  }
  return std::nullopt;
}

}  // namespace wsspec::engine
