// Problems word for word: position, source line, caret, hint.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace wsspec::loader;

namespace {

std::string problems_of(const std::string& text) {
  return texts(load_text(text).problems);
}
std::string step_problem(const std::string& step) {
  return problems_of(suite_with(step));
}

}  // namespace

TEST_CASE("JSON that is not strict") {
  CHECK(problems_of("{\"suite\": \"s\",\n  \"scenarios\": [],\n}") ==
        "test.json:3:1: error: a key in double quotes is expected here\n"
        "  }\n"
        "  ^\n"
        "  hint: JSON allows no comma before the end\n");
  CHECK(problems_of("{\"suite\": \"s\" // name\n}") ==
        "test.json:1:15: error: ',' or '}' is expected here\n"
        "  {\"suite\": \"s\" // name\n"
        "                ^\n");
  CHECK(problems_of("{\"suite\": \"s\",\n \"suite\": \"t\", \"scenarios\": []}") ==
        "test.json:2:2: error: duplicate key 'suite'\n"
        "   \"suite\": \"t\", \"scenarios\": []}\n"
        "   ^\n");
  CHECK(problems_of("{\"suite\": \"\\ud800\"}") ==
        "test.json:1:12: error: half of a surrogate pair\n"
        "  {\"suite\": \"\\ud800\"}\n"
        "             ^\n"
        "  hint: octets that are not UTF-8 are written {\"hex\": \"ed a0 80\"}\n");
  CHECK(problems_of("{\"suite\": \"\xff\"}") ==
        "test.json:1:12: error: the file is not UTF-8 here\n"
        "  {\"suite\": \"?\"}\n"
        "             ^\n");
  CHECK(problems_of("") == "test.json: error: the file ends where a value is expected\n");
  CHECK(problems_of("{} x").substr(0, 68) ==
        "test.json:1:4: error: text after the end of the JSON document\n  {} x");
  CHECK(problems_of("[01]").find("a number must not begin with 0") != std::string::npos);
  CHECK(problems_of(std::string(200, '[')).find("more than 100 levels") != std::string::npos);
}

TEST_CASE("misspelt keys, kinds and names") {
  CHECK(problems_of("{\"suite\": \"s\", \"titel\": \"\xc3\xa9\", \"scenarios\": []}") ==
        "test.json:1:16: error: unknown key 'titel' in a suite file\n"
        "  {\"suite\": \"s\", \"titel\": \"\xc3\xa9\", \"scenarios\": []}\n"
        "                 ^\n"
        "  hint: did you mean 'title'?\n");
  CHECK(step_problem(R"({"expct": {"close": 1007}})") ==
        "test.json:3:2: error: unknown key 'expct' in a step\n"
        "  {\"expct\": {\"close\": 1007}}\n"
        "   ^\n"
        "  hint: did you mean 'expect'?\n");
  CHECK(step_problem(R"({"send": {"text": "a", "squeeze": true}})") ==
        "test.json:3:24: error: unknown key 'squeeze' in an item\n"
        "  {\"send\": {\"text\": \"a\", \"squeeze\": true}}\n"
        "                         ^\n"
        "  hint: known: text, fragments, chop, hold, fault, carrier, deflate\n");
  CHECK(step_problem(R"({"send": {"text": "\u00e9${hold} x"}})") ==
        "test.json:3:26: error: unknown parameter 'hold'\n"
        "  {\"send\": {\"text\": \"\\u00e9${hold} x\"}}\n"
        "                           ^\n"
        "  hint: known: i, conn, nonce, capture, env, policy, seed\n");
  CHECK(step_problem(R"({"expect": {"by_policy": "mesage_rate"}})") ==
        "test.json:3:26: error: unknown policy 'mesage_rate'\n"
        "  {\"expect\": {\"by_policy\": \"mesage_rate\"}}\n"
        "                           ^\n"
        "  hint: did you mean 'message_rate'?\n");
  CHECK(step_problem(R"({"wait_ms": 1, "on": "crowd"})") ==
        "test.json:3:22: error: no connection or group is called 'crowd'\n"
        "  {\"wait_ms\": 1, \"on\": \"crowd\"}\n"
        "                       ^\n"
        "  hint: known: main\n");
  CHECK(step_problem(R"({"wait_ms": "${policy.message_rate.limt}"})")
            .find("policy 'message_rate' has no member 'limt'") != std::string::npos);
  CHECK(problems_of(suite_with(R"({"wait_ms": 1})", R"("requires": ["ehco"])")) ==
        "test.json:1:55: error: unknown requirement 'ehco'\n"
        "  {\"suite\": \"s\", \"scenarios\": [{\"id\": \"a\", \"requires\": [\"ehco\"],\n" +
            std::string(56, ' ') + "^\n" + "  hint: did you mean 'echo'?\n");
}

TEST_CASE("values that mean nothing") {
  CHECK(step_problem(R"({"expect": {"close": 1006}})") ==
        "test.json:3:22: error: 1006 and 1015 never travel in a Close frame\n"
        "  {\"expect\": {\"close\": 1006}}\n"
        "                       ^\n"
        "  hint: the end of a connection without a Close is 'drop'\n");
  CHECK(step_problem(R"({"expect": {"close": [1000, 70000]}})") ==
        "test.json:3:29: error: a close code (0 to 65535) or a range such as \"4000-4999\" is "
        "expected here\n"
        "  {\"expect\": {\"close\": [1000, 70000]}}\n"
        "                              ^\n");
  CHECK(step_problem(R"({"wait_ms": "soon"})") ==
        "test.json:3:13: error: 'wait_ms' must be a whole number, not a string\n"
        "  {\"wait_ms\": \"soon\"}\n"
        "              ^\n");
  CHECK(step_problem(R"({"expect": {"close": 1000, "drop": true}})") ==
        "test.json:3:28: error: an expectation has one kind, but 'close' and 'drop' stand side by "
        "side\n"
        "  {\"expect\": {\"close\": 1000, \"drop\": true}}\n"
        "                             ^\n");
  CHECK(step_problem(R"({"send": {"ping": "a", "fragments": [1]}})")
            .find("only 'text' and 'binary' have fragments") != std::string::npos);
  CHECK(step_problem(R"({"trigger": ""})").find("3:13: error: a trigger's name is expected here") !=
        std::string::npos);
  CHECK(
      step_problem(R"({"send": {"text": 5}})")
          .find(
              "'text' must be a payload (a string or an object such as {\"hex\": \"c0 af\"}), not "
              "a number") != std::string::npos);
  CHECK(step_problem(R"({"expect": {"message": {"matches": "("}}})")
            .find("RE2 cannot read this pattern: missing ): (") != std::string::npos);
  CHECK(step_problem(R"({"send": {"frame": {"mask": "00"}}})")
            .find("a masking key has four octets, this has 1") != std::string::npos);
  CHECK(step_problem(R"({"send": {"close": {"reason": "x"}}})")
            .find("a reason needs a code before it") != std::string::npos);
  CHECK(problems_of(R"({"suite": "carrier", "scenarios": []})")
            .find("a suite cannot be called 'carrier'") != std::string::npos);
  CHECK(problems_of(R"({"suite": "s", "params": {"i": 1}, "scenarios": []})")
            .find("the name 'i' is taken") != std::string::npos);
  CHECK(problems_of("[]") ==
        "test.json:1:1: error: a suite file must be an object, not a list\n"
        "  []\n"
        "  ^\n");
}

TEST_CASE("defaults are read although every scenario has its own, or there is none") {
  CHECK(
      problems_of("{\"suite\": \"s\", \"defaults\": {\"level\": \"shall\"}, \"scenarios\": []}") ==
      "test.json:1:38: error: unknown level 'shall'\n"
      "  {\"suite\": \"s\", \"defaults\": {\"level\": \"shall\"}, \"scenarios\": []}\n"
      "                                       ^\n"
      "  hint: known: must, should, may, robust\n");
  CHECK(problems_of(R"({"suite": "s", "defaults": {"spec": 5}, "scenarios": [
      {"id": "a", "spec": "S", "steps": [{"wait_ms": 1}]}]})")
            .find("test.json:1:37: error: 'spec' must be a string") != std::string::npos);
  CHECK(problems_of(R"({"suite": "s", "params": {"a": 1}, "defaults": {"tolerate_for": []}})")
            .find("'tolerate_for' must be an object") != std::string::npos);
  // An expression waits for its scenario: `row` has no meaning before.
  CHECK(problems_of(R"({"suite": "s", "defaults": {"tags": ["${row}"]}, "scenarios": [
      {"id": "a-${row}", "for_each": {"row": ["x"]}, "steps": [{"wait_ms": 1}]}]})") == "");
}

TEST_CASE("two scenarios of one name") {
  CHECK(problems_of("{\"suite\": \"s\", \"scenarios\": [\n"
                    "{\"id\": \"a\", \"steps\": [{\"wait_ms\": 1}]},\n"
                    "{\"id\": \"a\", \"steps\": [{\"wait_ms\": 1}]}]}") ==
        "test.json:3:8: error: a second scenario is called 's/a'\n"
        "  {\"id\": \"a\", \"steps\": [{\"wait_ms\": 1}]}]}\n"
        "         ^\n"
        "  hint: the first is at test.json:2\n");
}

TEST_CASE("all slips are told at once, each once, at most 20 a file") {
  const std::string loop = R"({"suite": "s", "scenarios": [{"id": "a${n}",
    "for_each": {"n": {"range": [1, 50]}}, "steps": [{"sned": 1}, {"wait_ms": "x"}]}]})";
  CHECK(load_text(loop).problems.size() == 2);
  std::string steps = R"({"sned": 1})";
  for (int i = 0; i < 50; ++i) steps += R"(, {"sned": 1})";
  CHECK(load_text(suite_with(steps)).problems.size() == 20);
}

TEST_CASE("a long line is cut around the column") {
  const std::string text = suite_with(R"({"send": {"text": ")" + std::string(500, 'x') +
                                      R"(", "chopp": 1, "fault": true}})" + std::string(300, ' '));
  const auto problems = load_text(text).problems;
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].source.size() == 160);
  CHECK(problems[0].caret == 80);
  CHECK(problems[0].source.substr(80, 7) == "\"chopp\"");
  CHECK(problems[0].column == 523);
}

TEST_CASE("a long line of stray continuation octets is cut after the column, never before it") {
  const auto problems = load_text("{\"suite\": \"" + std::string(300, '\xb6') + "\"}").problems;
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].column == 12);
  CHECK(problems[0].caret == 11);
  CHECK(problems[0].source.size() > 11);
  CHECK(problems[0].source.size() <= 160);
}

TEST_CASE("a missing file is a problem") {
  const auto missing = read_sources("/no/such/file.json");
  REQUIRE(!missing);
  CHECK(missing.error().text() == "/no/such/file.json: error: no such file");
}

TEST_CASE("a pattern that RE2 cannot do: the place, its reason and what to do instead") {
  const std::string ahead = suite_with(R"s({"expect": {"message": {"matches": "ab(?!c)"}}})s");
  CHECK(texts(load_text(ahead).problems) ==
        "test.json:3:39: error: RE2 cannot read this pattern: invalid perl operator: (?!\n"
        "  {\"expect\": {\"message\": {\"matches\": \"ab(?!c)\"}}}\n"
        "                                        ^\n"
        "  hint: RE2 does not look ahead or back: say what must not be there with "
        "'not_matches'\n");
  const std::string back = suite_with(R"s({"expect": {"message": {"matches": "(a)\\2"}}})s");
  CHECK(texts(load_text(back).problems) ==
        "test.json:3:40: error: RE2 cannot read this pattern: invalid escape sequence: \\2\n"
        "  {\"expect\": {\"message\": {\"matches\": \"(a)\\\\2\"}}}\n"
        "                                         ^\n"
        "  hint: RE2 has no back-references: write the text once more\n");
}
