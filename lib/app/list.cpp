#include "app/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/collect_secrets.h"
#include "text/escape.h"
#include "text/printable.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

tl::expected<std::string, std::string> list(const Suites& suites,
                                            const scenario::Selection& selection, bool json) {
  const auto& scenarios = suites.scenarios();
  const auto chosen = scenario::select(scenarios, selection);
  if (chosen.empty()) return tl::unexpected(nothing_matched(scenarios, selection));
  const text::Secrets secrets = secrets_of({}, suites);
  if (json) {
    Json out;
    out["scenarios"] = Json::array();
    for (const std::size_t index : chosen) {
      const auto& one = scenarios[index];
      Json entry;
      entry["name"] = one.name;
      entry["title"] = text::show(one.title, secrets).for_json();
      entry["tags"] = one.tags;
      entry["rule"] = one.rule;
      entry["level"] = scenario::level_name(one.level);
      entry["impact"] = scenario::impact_name(one.impact);
      entry["spec"] = text::show(one.spec, secrets).for_json();
      out["scenarios"].push_back(std::move(entry));
    }
    return text::json_text(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
  }
  std::size_t wide = 0;
  for (const std::size_t index : chosen) wide = std::max(wide, scenarios[index].name.size());
  wide = std::min<std::size_t>(wide, 48);
  std::string out;
  for (const std::size_t index : chosen) {
    const auto& one = scenarios[index];
    out += fmt::format("{:<{}}  {:<6}  {}\n", one.name, wide, scenario::level_name(one.level),
                       text::show(one.title, secrets).for_terminal(200));
  }
  return out;
}

}  // namespace wsspec
