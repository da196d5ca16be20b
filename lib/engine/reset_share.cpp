#include "engine/reset_share.h"

#include <algorithm>

namespace wsspec::engine {
namespace {

using judge::Judgement;
using result::Cause;
using State = Judgement::State;

bool is_lost(const Judgement& judgement) {
  return judgement.state == State::mismatch && judgement.fact.cause == Cause::reset_without_close;
}

/// `"drop": {"end": "reset"}` that is to come true for none, or for so many at most.
bool forbids_resets(const scenario::ExpectStep& expect) {
  return expect.how_many.kind == scenario::HowMany::Kind::at_most &&
         expect.outcome.kind == scenario::Outcome::Kind::drop &&
         expect.outcome.drop.end == scenario::DropRule::End::reset;
}

}  // namespace

bool counts_resets(const scenario::ExpectStep& expect, const std::vector<Judgement>& judged) {
  if (forbids_resets(expect)) return true;
  return expect.how_many.kind == scenario::HowMany::Kind::all &&
         std::all_of(judged.begin(), judged.end(), [](const Judgement& one) {
           return one.state != State::mismatch || is_lost(one);
         });
}

std::optional<result::Fact> reset_share(const scenario::ExpectStep& expect,
                                        const std::vector<Judgement>& judged, bool close_seen) {
  const auto count = [&](const auto& which) {
    return static_cast<std::uint64_t>(std::count_if(judged.begin(), judged.end(), which));
  };
  const std::uint64_t total = judged.size();
  if (forbids_resets(expect)) {
    const auto reset = count([](const Judgement& one) { return one.state == State::match; });
    const auto unclosed = count([](const Judgement& one) {
      return one.state == State::match && one.cls == result::Class::drop;
    });
    if (reset == 0 || unclosed > 0) return std::nullopt;
    return result::Fact{.cause = Cause::reset_after_close, .count = total - reset, .total = total};
  }
  const std::uint64_t lost = count(is_lost);
  const auto matched = count([](const Judgement& one) { return one.state == State::match; });
  // Without a Close it is not known whether there was one to lose.
  if (expect.how_many.kind != scenario::HowMany::Kind::all || !close_seen || total < 2 ||
      lost == 0 || lost + matched != total)
    return std::nullopt;
  return result::Fact{.cause = Cause::close_lost_to_reset, .count = matched, .total = total};
}

}  // namespace wsspec::engine
