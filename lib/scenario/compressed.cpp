#include "scenario/compressed.h"

#include <algorithm>

namespace wsspec::scenario {
namespace {

struct Found {
  bool message = false;  ///< a text or binary message
  bool obstacle = false;
};

void look(const std::vector<Item>& items, Found& found) {
  for (const Item& item : items) {
    if (is_message(item)) found.message = true;
    if (item.hold || item.deflate) found.obstacle = true;
  }
}

void look(const std::vector<Step>& steps, Found& found) {
  for (const Step& step : steps) {
    if (const auto* send = std::get_if<SendStep>(&step.what)) look(send->items, found);
    if (const auto* burst = std::get_if<BurstStep>(&step.what)) look(burst->items, found);
    if (const auto* repeat = std::get_if<RepeatStep>(&step.what)) look(repeat->steps, found);
  }
}

bool compressible(const Scenario& scenario) {
  const auto& needs = scenario.requires_;
  if (about_a_policy(needs) || requires_capability(needs, "deflate")) return false;
  if (!scenario.connect.handshake) return false;  // it may speak before anything is agreed on
  Found found;
  look(scenario.steps, found);
  return found.message && !found.obstacle;
}

}  // namespace

std::vector<Scenario> with_compressed(std::vector<Scenario> scenarios, DeflateMode mode) {
  if (mode == DeflateMode::off) return scenarios;
  std::vector<Scenario> out;
  for (Scenario& scenario : scenarios) {
    const bool compress = compressible(scenario);
    if (!compress || mode == DeflateMode::both) out.push_back(scenario);
    if (!compress) continue;
    Scenario made = std::move(scenario);
    made.name += kCompressedSuffix;
    made.title += ", compressed";
    made.tags.emplace_back("deflate");
    made.requires_.push_back(requirement_of("deflate"));
    made.compress = true;
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace wsspec::scenario
