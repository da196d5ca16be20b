// `wsspec list --coverage`: the requirements that a client can observe (of RFC 6455 and RFC 7692,
// of text and of policies) and the cases of the Autobahn|Testsuite, each with the scenarios that
// carry its id as a tag.
#include "app/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/safe_text.h"
#include "loader/load.h"
#include "text/escape.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNamesShown = 3;
constexpr std::string_view kAutobahn = "autobahn:";

/// A row of scenarios/coverage/, with the scenarios that cover it.
struct Row {
  Json facts;
  std::string id;
  std::vector<std::string> scenarios;
  std::string reason;  ///< why no client can observe it
};

using Tagged = std::map<std::string, std::vector<std::string>>;

std::vector<Row> rows(std::string_view file, std::string_view prefix, const Tagged& tagged,
                      const std::map<std::string, std::string>& reasons) {
  std::vector<Row> out;
  for (auto& facts : Json::parse(loader::built_in_file(file), nullptr, false)) {
    Row row;
    row.id = facts.value("id", "");
    row.facts = std::move(facts);
    if (const auto found = tagged.find(std::string(prefix) + row.id); found != tagged.end())
      row.scenarios = found->second;
    if (const auto found = reasons.find(row.id); found != reasons.end()) row.reason = found->second;
    out.push_back(std::move(row));
  }
  return out;
}

struct Totals {
  std::size_t rows = 0, covered = 0, unobservable = 0;
  std::set<std::string> scenarios;
  std::size_t missing() const { return rows - covered - unobservable; }
};

Totals totals_of(const std::vector<Row>& rows) {
  Totals out;
  out.rows = rows.size();
  for (const Row& row : rows) {
    if (!row.scenarios.empty()) {
      ++out.covered;
    } else if (!row.reason.empty()) {
      ++out.unobservable;
    }
    out.scenarios.insert(row.scenarios.begin(), row.scenarios.end());
  }
  return out;
}

/// What the row says, and below it what covers it.
std::string lines(const Row& row, std::size_t width) {
  std::string by;
  for (std::size_t i = 0; i < std::min(row.scenarios.size(), kNamesShown); ++i)
    by += (i > 0 ? ", " : "") + row.scenarios[i];
  if (row.scenarios.size() > kNamesShown)
    by += fmt::format(" and {} more", row.scenarios.size() - kNamesShown);
  if (!by.empty()) by = count_of(row.scenarios.size(), "scenario") + ": " + by;
  if (by.empty())
    by = row.reason.empty() ? std::string("NOT COVERED") : "cannot be observed: " + row.reason;
  const std::string level = row.facts.value("level", ""), sent = row.facts.value("sent", "");
  const std::string says =
      sent.empty() ? row.facts.value("title", "") : sent + " -> " + row.facts.value("wanted", "");
  return fmt::format("{:<{}}  {}{}\n    {}\n", row.id, width,
                     level.empty() ? "" : fmt::format("{:<10}  ", level),
                     text::printable(says, 400), text::printable(by, 400));
}

std::string table(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.id.size());
  std::string out;
  for (const Row& row : rows) out += lines(row, width);
  return out;
}

std::string totals_line(std::string_view what, const Totals& totals) {
  std::string out = fmt::format("{}: {} of {} covered, by {}", what, totals.covered, totals.rows,
                                count_of(totals.scenarios.size(), "scenario"));
  if (totals.unobservable > 0)
    out += fmt::format("; {} cannot be observed by a client", totals.unobservable);
  if (totals.missing() > 0) out += fmt::format("; {} NOT COVERED", totals.missing());
  return out + "\n";
}

Json json_of(const std::vector<Row>& rows) {
  Json out = Json::array();
  for (const Row& row : rows) {
    Json entry = row.facts;
    entry["scenarios"] = row.scenarios;
    if (!row.reason.empty()) entry["reason"] = row.reason;
    out.push_back(std::move(entry));
  }
  return out;
}

Json json_of(const Totals& totals) {
  return {{"rows", totals.rows},
          {"covered", totals.covered},
          {"unobservable", totals.unobservable},
          {"missing", totals.missing()},
          {"scenarios", totals.scenarios.size()}};
}

}  // namespace

tl::expected<std::string, std::string> coverage(const Suites& suites,
                                                const scenario::Selection& selection, bool json) {
  const auto chosen = scenario::select(suites.scenarios(), selection);
  if (chosen.empty()) return tl::unexpected(nothing_matched(suites.scenarios(), selection));
  Tagged tagged;
  for (const std::size_t index : chosen) {
    const auto& one = suites.scenarios()[index];
    for (const auto& tag : one.tags) tagged[tag].push_back(one.name);
  }
  std::map<std::string, std::string> reasons;
  for (const auto& entry :
       Json::parse(loader::built_in_file("coverage/exceptions.json"), nullptr, false))
    reasons[entry.value("id", "")] = entry.value("reason", "");

  const auto requirements = rows("coverage/requirements.json", "", tagged, reasons);
  const auto autobahn = rows("coverage/autobahn.json", kAutobahn, tagged, {});
  const Totals rfc = totals_of(requirements), cases = totals_of(autobahn);
  if (json) {
    Json out;
    out["requirements"] = json_of(requirements);
    out["autobahn"] = json_of(autobahn);
    out["totals"] = {{"requirements", json_of(rfc)}, {"autobahn", json_of(cases)}};
    return text::json_text(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
  }
  return "Requirements of RFC 6455 and RFC 7692, of text (u-) and of policies (p-)\n" +
         table(requirements) + "\nCases of the Autobahn|Testsuite\n" + table(autobahn) + "\n" +
         totals_line("requirements", rfc) + totals_line("Autobahn", cases);
}

}  // namespace wsspec
