// Which scenario runs once more: because of what is ours, or because what the server did may pass.
#include "engine/runner.h"

namespace wsspec::engine {
namespace {

constexpr int kMaxRefusals = 3;
constexpr int kMaxSecondLooks = 5;
/// What our own connections have used up is free again.
constexpr std::chrono::milliseconds kPasses{100};

}  // namespace

// What it met is this machine's trouble, or ours, and may pass: it runs once more, alone. If it
// meets that again, it is not judged.
bool Runner::wants_quiet(Job& job) const {
  if (!job.run->seen().own_trouble || job.own_trouble || fail_fast_reached()) return false;
  job.own_trouble = true;
  job.not_before = net::Clock::now() + kPasses;
  admission_.make_exclusive(job);
  return true;
}

// It was refused with HTTP 503, and not because that is what it is about: does the server still
// count connections that have ended? One look is enough.
bool Runner::may_be_turned_away(Job& job) const {
  const bool looks_so = job.run->seen().full && job.result.verdict != result::Verdict::pass &&
                        context_.ends.may_fill_a_server() && !judge::is_policy(*job.scenario);
  if (!looks_so || job.looked_for_slots || fail_fast_reached()) return false;
  job.looked_for_slots = true;
  return true;
}

// A refusal may pass: the server, or a proxy, has too much to do, perhaps because of us.
bool Runner::tries_again(Job& job) const {
  const bool refused = job.run->seen().refused;
  const int tries = refused ? kMaxRefusals : job.run->seen().unreachable ? 1 : 0;
  if (job.refusals >= tries || fail_fast_reached()) return false;
  job.not_before = net::Clock::now() + std::chrono::milliseconds(100 << job.refusals);
  ++job.refusals;
  return true;
}

// No answer in time, while other scenarios (or another program on this machine) kept the server
// busy: a scenario that hung runs once more, alone. A server that hangs a few times needs no more
// proof.
bool Runner::wants_second_look(Job& job) {
  const bool hangs = job.result.verdict == result::Verdict::fail && job.run->seen().unanswered;
  if (!hangs || job.second_look || admission_.slots() == 1 || second_looks_ >= kMaxSecondLooks ||
      fail_fast_reached())
    return false;
  job.second_look = true;
  admission_.make_exclusive(job);
  ++second_looks_;
  return true;
}

}  // namespace wsspec::engine
