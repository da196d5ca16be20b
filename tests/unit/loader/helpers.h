// Short ways to load a text and to look into what came out.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "loader/late.h"
#include "loader/load.h"
#include "loader/policy_keys.h"

inline wsspec::loader::LoadInput input_of(std::string text, std::string name = "test.json") {
  wsspec::loader::LoadInput input;
  input.suites.push_back({std::move(name), std::move(text), false});
  return input;
}

inline wsspec::loader::LoadOutput load_text(std::string text) {
  return wsspec::loader::load(input_of(std::move(text)));
}

/// A suite "s" with one scenario "a" of the given steps; `more` stands beside `steps`.
inline std::string suite_with(const std::string& steps, const std::string& more = "") {
  return "{\"suite\": \"s\", \"scenarios\": [{\"id\": \"a\"" + (more.empty() ? "" : ", " + more) +
         ",\n\"steps\": [\n" + steps + "\n]}]}\n";
}

inline std::string texts(const std::vector<wsspec::scenario::Problem>& problems) {
  std::string out;
  for (const auto& problem : problems) out += problem.text() + "\n";
  return out;
}

inline std::vector<std::string> texts(
    const std::vector<wsspec::scenario::Requirement>& requirements) {
  std::vector<std::string> out;
  for (const auto& need : requirements) out.push_back(need.text());
  return out;
}

inline std::string octets(const wsspec::scenario::Payload& payload) {
  const auto head = payload.head(1 << 20);
  return std::string(head.begin(), head.end());
}

template <typename What>
const What& as(const wsspec::scenario::Step& step) {
  return std::get<What>(step.what);
}

inline const wsspec::scenario::Item& sent(const wsspec::scenario::Scenario& scenario,
                                          std::size_t step) {
  return as<wsspec::scenario::SendStep>(scenario.steps.at(step)).items.at(0);
}

inline const wsspec::scenario::ExpectStep& expected(const wsspec::scenario::Scenario& scenario,
                                                    std::size_t step) {
  return as<wsspec::scenario::ExpectStep>(scenario.steps.at(step));
}
