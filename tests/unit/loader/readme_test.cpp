// The tables of scenarios/README.md, and the schema, say what policy_keys() says, row by row.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "helpers.h"
#include "source_dir.h"

using namespace wsspec::loader;

namespace {

std::string readme() {
  std::ifstream in(source_dir() + "/scenarios/README.md");
  REQUIRE(in);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The rows (without head and rule) of the table between "<!-- NAME -->" and "<!-- end -->".
std::vector<std::string> rows_of(const std::string& name) {
  const std::string text = readme();
  const std::string mark = "<!-- " + name + " -->";
  const std::size_t begin = text.find(mark);
  REQUIRE_MESSAGE(begin != std::string::npos, mark);
  const std::size_t end = text.find("<!-- end -->", begin);
  REQUIRE(end != std::string::npos);
  std::vector<std::string> out;
  std::istringstream lines(text.substr(begin, end - begin));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| `", 0) == 0) out.push_back(line);
  }
  return out;
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

std::string in_code_font(std::string_view members) {
  std::string out;
  for (const std::string& word : words(members)) out += (out.empty() ? "`" : ", `") + word + "`";
  return out.empty() ? "-" : out;
}

}  // namespace

TEST_CASE("README: the policy keys") {
  const std::vector<std::string> rows = rows_of("policy keys");
  for (std::size_t i = 0; i < policy_keys().size(); ++i) {
    const PolicyKey& key = policy_keys()[i];
    const std::string unit = key.unit.empty() ? "-" : std::string(key.unit);
    const std::string expected = "| `" + std::string(key.key) + "` | " + in_code_font(key.members) +
                                 " | " + unit + " | " + std::to_string(key.default_code) + " | " +
                                 std::string(key.what) + " |";
    CHECK((i < rows.size() ? rows[i] : "(no row)") == expected);
  }
  CHECK(rows.size() == policy_keys().size());
}

TEST_CASE("README: the members of policies") {
  const auto firsts = [](const std::vector<std::string>& rows) {
    std::vector<std::string> out;
    for (const std::string& row : rows) out.push_back(row.substr(3, row.find('`', 3) - 3));
    return out;
  };
  CHECK(firsts(rows_of("common policy members")) == words(common_policy_members()));

  std::set<std::string> own;
  for (const PolicyKey& key : policy_keys()) {
    for (const std::string& word : words(key.members)) own.insert(word);
  }
  const std::vector<std::string> told = firsts(rows_of("own policy members"));
  CHECK(std::set<std::string>(told.begin(), told.end()) == own);
  CHECK(told.size() == own.size());
}

TEST_CASE("the schema: the policy keys, what they mean and their members") {
  std::ifstream in(source_dir() + "/scenarios/scenario.schema.json");
  REQUIRE(in);
  const auto schema = nlohmann::ordered_json::parse(in);
  const auto& defs = schema["$defs"];
  const auto& told = defs["profile"]["properties"]["policy"]["properties"];
  std::vector<std::string> names, alternatives;
  for (const PolicyKey& key : policy_keys()) {
    const std::string name(key.key);
    names.push_back(name);
    CAPTURE(name);
    REQUIRE(told.contains(name));
    const std::string unit = key.unit.empty() ? "" : " Unit: " + std::string(key.unit) + ".";
    CHECK(told[name]["description"] ==
          std::string(key.what) + unit + " Default code " + std::to_string(key.default_code) + ".");
    // "#/$defs/limitPolicy" -> what a member may be called there
    const std::string ref = told[name]["$ref"];
    const auto& members = defs[ref.substr(ref.rfind('/') + 1)]["anyOf"][0]["allOf"];
    std::vector<std::string> expected = words(key.members);
    for (const std::string& common : words(common_policy_members())) expected.push_back(common);
    CHECK(members[1]["propertyNames"]["enum"] == expected);
  }
  CHECK(told.size() == names.size());
  CHECK(defs["policyKey"]["anyOf"][0]["enum"] == names);
  std::string pattern = "^!?policy\\.(";
  for (const std::string& name : names) pattern += (name == names.front() ? "" : "|") + name;
  CHECK(defs["requirement"]["anyOf"][1]["pattern"] == pattern + ")(\\.[A-Za-z0-9_-]+)*$");
}
