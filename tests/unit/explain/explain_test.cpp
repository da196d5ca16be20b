// `wsspec explain`: every code has an answer, and the answers do not contradict the scenarios.
#include "explain/explain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "wire/close_code.h"

using namespace wsspec;
using namespace wsspec::explain;
using nlohmann::json;

namespace {

const std::vector<int> kCodes = {1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009,
                                 1010, 1011, 1012, 1013, 1014, 1015, 3000, 3003, 3008};
const std::vector<int> kStatuses = {200, 301, 302, 307, 308, 400, 401, 403, 404, 405,
                                    407, 408, 426, 429, 500, 502, 503, 504, 505};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Words joined by one space, so that line breaks do not matter.
std::string flat(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n';
    if (!space) out += c;
    if (space && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

}  // namespace

TEST_CASE("every entry says everything, in plain ASCII") {
  for (const CodeText* text : all_code_texts()) {
    CAPTURE(text->from);
    CHECK(!text->name.empty());
    CHECK(!text->meaning.empty());
    CHECK(!text->sender.empty());
    CHECK(!text->reconnect.empty());
    CHECK(!text->seen.empty());
    CHECK(!text->server.empty());
    CHECK(!text->client.empty());
    CHECK(!text->related.empty());
    CHECK(!text->spec.empty());
    CHECK(!text->links.empty());
    for (const auto* list : {&text->seen, &text->server, &text->client, &text->links})
      for (const auto line : *list) CHECK(!line.empty());
    for (const auto link : text->links) CHECK(link.starts_with("https://"));
    for (const int other : text->related) {
      CAPTURE(other);
      REQUIRE(code_text(other) != nullptr);
      CHECK(code_text(other) != text);
    }
    for (const int number : {text->from, text->to})
      for (const char c : explain_text(number, 80) + explain_json(number))
        CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
  }
}

TEST_CASE("every registered code and every status has an entry of its own") {
  for (const int code : kCodes) {
    CAPTURE(code);
    REQUIRE(code_text(code) != nullptr);
    CHECK(kind_of(*code_text(code)) == CodeKind::close_code);
    CHECK(code_text(code)->name == wire::close_code_name(code));
  }
  for (const int status : kStatuses) {
    CAPTURE(status);
    REQUIRE(code_text(status) != nullptr);
    CHECK(kind_of(*code_text(status)) == CodeKind::http_status);
    CHECK(has(explain_text(status, 80), "HTTP " + std::to_string(status)));
  }
}

TEST_CASE("every number of two octets is explained, by the range's name where it has none") {
  const std::set<int> own(kCodes.begin(), kCodes.end());
  for (int number = 0; number <= 65535; ++number) {
    const CodeText* text = code_text(number);
    REQUIRE(text != nullptr);
    if (kind_of(*text) != CodeKind::range) continue;
    REQUIRE(text->name == wire::close_code_name(number));
    REQUIRE(!own.contains(number));
  }
  CHECK(code_text(-1) == nullptr);
  CHECK(code_text(65536) == nullptr);
  CHECK(has(explain_text(4008, 80), "4008: private use (the range 4000-4999)"));
  CHECK(has(explain_text(2000, 80), "1016-2999"));
  CHECK(has(explain_text(5000, 80), "5000 and above"));
}

TEST_CASE("the codes that never travel say so and tell what was on the wire") {
  for (const int code : {1005, 1006, 1015}) {
    CAPTURE(code);
    const std::string text = flat(explain_text(code, 80));
    CHECK(has(text, "(never travels)"));
    CHECK(has(text, std::to_string(code) + " never travels. What "));
    CHECK(json::parse(explain_json(code))["travels"] == false);
  }
  CHECK(has(explain_text(1005, 80), "88 00"));
  CHECK(json::parse(explain_json(1007))["travels"] == true);
  CHECK(!json::parse(explain_json(403)).contains("travels"));
}

TEST_CASE("what travels is shown as octets") {
  CHECK(has(explain_text(1007, 80), "88 02 03 ef"));
  CHECK(has(explain_text(1008, 80), "88 02 03 f0"));
  CHECK(has(explain_text(4008, 80), "88 02 0f a8"));
}

TEST_CASE("text keeps to the width") {
  for (const std::size_t width : {70u, 80u, 120u}) {
    for (const CodeText* entry : all_code_texts()) {
      const std::string text =
          explain_text(entry->from, width) + explain_text(entry->from, 1002, width);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        CAPTURE(line);
        if (!has(line, "https://")) CHECK(line.size() <= width);
        CHECK((line.empty() || line.back() != ' '));
        at = end + 1;
      }
    }
  }
}

TEST_CASE("JSON has what the text has") {
  for (const CodeText* entry : all_code_texts()) {
    const json out = json::parse(explain_json(entry->to));
    CHECK(out["code"] == entry->to);
    CHECK(out["name"] == entry->name);
    CHECK(out["description"] == entry->meaning);
    CHECK(out["seen"].size() == entry->seen.size());
    CHECK(out["server"].size() == entry->server.size());
    CHECK(out["client"].size() == entry->client.size());
    CHECK(out["related"].size() == entry->related.size());
  }
}

TEST_CASE("a comparison says the same in either order, with the columns exchanged") {
  std::vector<int> all = kCodes;
  all.insert(all.end(), kStatuses.begin(), kStatuses.end());
  all.insert(all.end(), {2000, 3500, 4008, 9999});
  for (const int a : all) {
    for (const int b : all) {
      if (a >= b) continue;
      CAPTURE(a);
      CAPTURE(b);
      const json forth = json::parse(explain_json(a, b));
      const json back = json::parse(explain_json(b, a));
      REQUIRE(forth["rows"].size() == back["rows"].size());
      CHECK(forth["rows"].size() >= 3);
      for (std::size_t i = 0; i < forth["rows"].size(); ++i) {
        CHECK(forth["rows"][i]["aspect"] == back["rows"][i]["aspect"]);
        CHECK(forth["rows"][i]["values"][0] == back["rows"][i]["values"][1]);
        CHECK(forth["rows"][i]["values"][1] == back["rows"][i]["values"][0]);
      }
      if (pair_text(a, b) != nullptr) CHECK(forth["choose"] == back["choose"]);
      CHECK(!forth["choose"].get<std::string>().empty());
    }
  }
}

TEST_CASE("the pairs that people confuse have a comparison of their own") {
  const std::vector<std::pair<int, int>> pairs = {
      {1007, 1008}, {1002, 1007}, {1003, 1007}, {1008, 1009}, {1008, 1013},
      {1011, 1013}, {1000, 1001}, {1005, 1006}, {1008, 4008}, {403, 1008}};
  for (const auto& pair : pairs) {
    const int a = pair.first, b = pair.second;
    CAPTURE(a);
    CAPTURE(b);
    CHECK(pair_text(a, b) != nullptr);
    CHECK(pair_text(b, a) == pair_text(a, b));
  }
  CHECK(pair_text(1000, 1015) == nullptr);
  CHECK(pair_text(1007, 1008)->rows.size() >= 8);
  for (const PairText& pair : pair_texts()) {
    CHECK(pair.first != pair.second);
    CHECK(pair_text(pair.first, pair.second) == &pair);
    CHECK(!pair.choose.empty());
    for (const PairRow& row : pair.rows) {
      CHECK(!row.aspect.empty());
      CHECK(!row.first.empty());
      CHECK(!row.second.empty());
    }
  }
  const std::string text = explain_text(1008, 1007, 80);
  CHECK(text.find("1008 policy") < text.find("1007 invalid"));
}

TEST_CASE("two numbers of one range are explained once") {
  CHECK(has(explain_text(4001, 4008, 80), "4001 and 4008 are in the same range"));
  CHECK(explain_text(1007, 1007, 80) == explain_text(1007, 80));
}

TEST_CASE("numbers and words of names are read, others get a hint") {
  CHECK(parse_code("1007") == 1007);
  CHECK(parse_code("0") == 0);
  CHECK(parse_code("01007") == 1007);
  CHECK(parse_code("65535") == 65535);
  CHECK(parse_code("policy") == 1008);
  CHECK(parse_code("Going Away") == 1001);
  for (const char* bad : {"", "65536", "99999999999999999999", "-1", "10.7", "polcy", "a", "1007x",
                          "forbidden", "\x1b[31m"}) {
    CAPTURE(bad);
    const auto code = parse_code(bad);
    REQUIRE(!code);
    CHECK(!has(code.error(), "\x1b"));
    CHECK(!has(code.error(), "\n"));
  }
  CHECK(has(parse_code("polcy").error(), "did you mean 'policy'?"));
  CHECK(has(parse_code("forbidden").error(), "3003 forbidden"));
}
