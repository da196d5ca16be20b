// The members of a JSON object against a plain list of pairs.
#include "scenario/ordered_members.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

#include "scenario/json.h"

using wsspec::scenario::Json;

namespace {

using Plain = std::vector<std::pair<std::string, int>>;

void check_same(const Json& json, const Plain& plain) {
  REQUIRE(json.size() == plain.size());
  std::size_t at = 0;
  for (const auto& [key, value] : json.items()) {
    REQUIRE(key == plain[at].first);
    REQUIRE(value == plain[at++].second);
  }
  for (int k = 0; k < 60; ++k) {
    const std::string key = "k" + std::to_string(k);
    const auto found =
        std::find_if(plain.begin(), plain.end(), [&](const auto& one) { return one.first == key; });
    REQUIRE(json.contains(key) == (found != plain.end()));
    if (found != plain.end()) REQUIRE(json.at(key) == found->second);
  }
}

}  // namespace

TEST_CASE(
    "members keep their order and are found after any additions, removals, copies and moves") {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    Json json = Json::object();
    Plain plain;
    for (int step = 0; step < 120; ++step) {
      const std::string key = "k" + std::to_string(random() % 60);
      const auto found = std::find_if(plain.begin(), plain.end(),
                                      [&](const auto& one) { return one.first == key; });
      switch (random() % 8) {
        case 0:
          json.erase(key);
          if (found != plain.end()) plain.erase(found);
          break;
        case 1: {
          Json copy = json;
          copy["copied"] = 1;
          REQUIRE(json.count("copied") == 0);
          Json moved = std::move(json);
          json = Json::object();
          REQUIRE(json.count(key) == 0);
          json = std::move(moved);
          break;
        }
        default:
          json[key] = step;
          if (found == plain.end())
            plain.emplace_back(key, step);
          else
            found->second = step;
      }
      if (step % 10 == 0) check_same(json, plain);
    }
    check_same(json, plain);
  }
}

TEST_CASE("the first of two equal keys is kept, and clear forgets all") {
  Json json = Json::object();
  for (int i = 0; i < 100; ++i) json[std::to_string(i)] = i;
  CHECK_FALSE(json.emplace("7", 70).second);
  CHECK(json["7"] == 7);
  json.clear();
  CHECK_FALSE(json.contains("7"));
  for (int i = 0; i < 100; ++i) json[std::to_string(99 - i)] = i;
  CHECK(json["7"] == 92);
  CHECK(json.begin().key() == "99");
}
