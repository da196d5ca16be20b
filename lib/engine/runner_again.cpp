// Which scenario runs once more: because of what is ours, or because what the server did may pass.
#include "engine/runner.h"

namespace wsspec::engine {
namespace {

constexpr int kMaxRefusals = 3;
constexpr int kMaxSecondLooks = 5;
constexpr int kMaxLooksAtLate = 2;
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

// No answer in time, or a Close only after what was held back, while other scenarios (or another
// program on this machine) kept the server busy: it runs once more, alone. A server that does so a
// few times needs no more proof.
bool Runner::wants_second_look(Job& job) {
  using result::Class, result::Verdict;
  const result::ScenarioResult& result = job.result;
  const bool hangs = result.verdict == Verdict::fail && job.run->seen().unanswered;
  const bool late = result.verdict == Verdict::tolerated && result.cls == Class::late;
  int& looks = second_looks_[result.cls];
  if (!(hangs || late) || job.second_look || admission_.slots() == 1 ||
      looks >= (late ? kMaxLooksAtLate : kMaxSecondLooks) || fail_fast_reached())
    return false;
  job.second_look = result.cls;
  admission_.make_exclusive(job);
  ++looks;
  return true;
}

}  // namespace wsspec::engine
