#include "loader/rule.h"

#include <map>

#include "loader/json.h"
#include "loader/load.h"

namespace wsspec::loader {
namespace {

// The table has the words of RFC 2119; a prohibition binds like a command.
Level level_of_row(const std::string& word) {
  if (word.starts_with("SHOULD")) return Level::should;
  if (word == "MAY") return Level::may;
  if (word == "ROBUST") return Level::robust;
  return Level::must;
}

const std::map<std::string, Rule, std::less<>>& rules() {
  static const auto table = [] {
    std::map<std::string, Rule, std::less<>> out;
    for (const auto& row : Json::parse(built_in_file("coverage/requirements.json"))) {
      Rule rule{row.at("id"), row.at("spec"), level_of_row(row.at("level")), row.at("sent"),
                row.at("wanted")};
      std::string id = rule.id;
      out.emplace(std::move(id), std::move(rule));
    }
    return out;
  }();
  return table;
}

}  // namespace

const Rule* find_rule(std::string_view id) {
  const auto found = rules().find(id);
  return found == rules().end() ? nullptr : &found->second;
}

std::vector<std::string> rule_ids() {
  std::vector<std::string> out;
  for (const auto& [id, rule] : rules()) out.push_back(id);
  return out;
}

}  // namespace wsspec::loader
