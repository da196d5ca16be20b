// Target profiles and the policies that scenarios take from them.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "helpers.h"

using namespace wsspec::loader;

namespace {

constexpr const char* kProfile = R"({
  "url": "ws://localhost:9001",
  "headers": [["X-Id", "${capture.id}"]],
  "subprotocols": ["v1"],
  "message": {"send": {"text": "hello"}, "reply": {"type": "text", "matches": "^hi"}},
  "carrier": {"prefix": "{\"m\": \"", "suffix": "\"}"},
  "chatty": true,
  "capabilities": {"echo": false, "ping": true},
  "prologue": [{"send": {"text": "login"}}, {"expect": {"message": true, "capture": {"t": "/t"}}}],
  "triggers": {"revoke": [{"send": {"text": "revoke"}}]},
  "policy": {
    "message_rate": {"limit": 20, "window_ms": 500, "counts": ["text"], "close": [1008, "4000-4999"], "penalty_ms": 5, "within_ms": 300},
    "message_bytes": 1000,
    "text_only": true,
    "binary_only": {"close": [1003, 1008]},
    "throws": {"messages": ["boom"]},
    "connections": {"limit": 5, "action": "refuse", "status": 429, "scope": "address"},
    "token": {"send": {"header": "Authorization", "value": "Bearer ${token}"}, "valid": "${capture.t}",
              "wrong": ["x"], "ttl_ms": 3000},
    "forbidden": {"messages": [{"text": "badword"}], "near_misses": ["badwort"], "trace": "badw[o0]rd"},
    "strikes": {"limit": 3, "breach": "?", "action": "error_reply", "reply": {"matches": "no"}}
  }
})";

ProfileOutput profile(const std::string& text, std::vector<Setting> settings = {}) {
  return load_profile({"p.json", text, false}, settings);
}

}  // namespace

TEST_CASE("a full profile") {
  const auto [made, problems] = profile(kProfile);
  REQUIRE(texts(problems) == "");
  CHECK(made.url == "ws://localhost:9001");
  CHECK(made.headers.at(0).second == "${capture.id}");
  CHECK(made.subprotocols == std::vector<std::string>{"v1"});
  CHECK(octets(made.message->send.payload) == "hello");
  CHECK(made.message->reply->matches->source == "^hi");
  CHECK_FALSE(made.message->numbered);
  CHECK_FALSE(made.message->late);
  CHECK(octets(made.carrier->prefix) == "{\"m\": \"");
  CHECK(octets(made.carrier->suffix) == "\"}");
  CHECK_FALSE(made.carrier->json);
  CHECK_FALSE(carrier_is_late(made));
  CHECK(made.chatty);
  CHECK(made.capabilities == std::map<std::string, bool>{{"echo", false}, {"ping", true}});
  CHECK(made.prologue.size() == 2);
  CHECK(made.triggers.at("revoke").size() == 1);
  CHECK(made.token_valid == "${capture.t}");
  CHECK(made.token_place->kind == TokenPlace::Kind::header);
  CHECK(made.token_place->name == "Authorization");
  CHECK(made.token_place->format == "Bearer ${token}");

  const Policy& rate = made.policies.at("message_rate");
  CHECK(rate.close.has(4500));
  CHECK(rate.window_ms == 500);
  CHECK(rate.penalty_ms == 5);
  CHECK(rate.within_ms == 300);
  CHECK(made.policies.at("message_bytes").within_ms == 1000);
  CHECK(made.policies.at("message_bytes").close.has(1009));
  CHECK(made.policies.at("text_only").close.has(1003));
  const Policy& connections = made.policies.at("connections");
  CHECK(connections.action == PolicyAction::refuse);
  CHECK(connections.statuses == std::vector<int>{429});
  CHECK(connections.scope == PolicyScope::address);
  CHECK(connections.close.has(1008));
  CHECK(made.policies.at("strikes").error_reply->matches->source == "no");

  const auto json = nlohmann::json::parse(made.json);
  CHECK(json["policy"]["message_bytes"]["limit"] == 1000);
  CHECK(json["policy"]["message_bytes"]["close"] == nlohmann::json::array({1009}));
  CHECK(json["policy"]["text_only"]["action"] == "close");
  CHECK(json["policy"]["text_only"]["within_ms"] == 1000);
  CHECK(json["policy"]["forbidden"]["trace"] == "badw[o0]rd");
  CHECK(made.policies.at("binary_only").close.has(1008));
  CHECK(made.policies.at("throws").close.has(1011));
  CHECK(json["policy"]["token"]["valid"] == "${capture.t}");
}

TEST_CASE("a profile's TLS files stand beside it, those of --set where the user is") {
  const std::string text = R"({"tls": {"insecure": true, "cacert": "a.pem", "cert": "/b.pem"}})";
  auto out = load_profile({"dir/p.json", text, false}, {});
  REQUIRE(texts(out.problems) == "");
  CHECK(out.profile.tls.insecure);
  CHECK(out.profile.tls.cacert == "dir/a.pem");
  CHECK(out.profile.tls.cert == "/b.pem");
  CHECK(out.profile.tls.key == "");
  out = load_profile({"dir/p.json", text, false},
                     {{"tls.insecure", "false"}, {"tls.cacert", "c.pem"}, {"tls.key", "k.pem"}});
  REQUIRE(texts(out.problems) == "");
  CHECK_FALSE(out.profile.tls.insecure);
  CHECK(out.profile.tls.cacert == "c.pem");
  CHECK(out.profile.tls.key == "k.pem");
}

TEST_CASE("--set makes and changes a profile") {
  auto out = profile("", {{"policy.message_rate", "5"}, {"url", "ws://x"}, {"utf8.n", "1"}});
  REQUIRE(texts(out.problems) == "");
  CHECK(out.profile.url == "ws://x");
  CHECK(nlohmann::json::parse(out.profile.json)["policy"]["message_rate"]["limit"] == 5);
  CHECK(out.profile.policies.at("message_rate").window_ms == 1000);

  out = profile(kProfile, {{"policy.message_bytes.close", "[1009, 1008]"},
                           {"policy.message_rate.limit", "7"},
                           {"policy.ratio", "true"}});
  REQUIRE(texts(out.problems) == "");
  CHECK(out.profile.policies.at("message_bytes").close.has(1008));
  CHECK(out.profile.policies.count("ratio") == 1);
  const auto json = nlohmann::json::parse(out.profile.json);
  CHECK(json["policy"]["message_bytes"]["limit"] == 1000);
  CHECK(json["policy"]["message_rate"]["limit"] == 7);
  CHECK(json["policy"]["message_rate"]["window_ms"] == 500);

  // No policy key: one of suite `policy`'s parameters may be meant, so the loader tells.
  LoadInput input = input_of(suite_with(R"({"wait_ms": 1})"));
  input.settings = {{"policy.mesage_rate.limit", "5"}};
  CHECK(texts(load(input).problems) ==
        "--set policy.mesage_rate.limit: error: unknown policy 'mesage_rate'\n"
        "  hint: did you mean 'message_rate'?\n");
  CHECK(texts(profile("", {{"policy.message_rate.limit", "many"}}).problems) ==
        "--set policy.message_rate.limit: error: 'limit' must be a whole number, not a string\n");
  CHECK(texts(profile(kProfile, {{"url.x", "1"}}).problems) ==
        "--set url.x: error: 'url' is a string and has no member 'x'\n");
}

TEST_CASE("policies that mean nothing") {
  const auto told = [](const std::string& policy) {
    return texts(profile("{\"policy\": {" + policy + "}}").problems);
  };
  CHECK(told(R"("text_only": false)") ==
        "p.json:1:26: error: a policy is never false\n"
        "  {\"policy\": {\"text_only\": false}}\n"
        "                           ^\n"
        "  hint: leave 'text_only' out\n");
  CHECK(told(R"("text_only": "yes")").find("must be true or an object, not a string") !=
        std::string::npos);
  CHECK(told(R"("bucket": "yes")").find("must be a number, true or an object, not a string") !=
        std::string::npos);
  CHECK(told(R"("bucket": {"limit": 1, "counts": ["text", "txet"]})")
            .find("p.json:1:55: error: 'counts' does not know 'txet'") != std::string::npos);
}

TEST_CASE("message and carrier take what only a connection knows") {
  const Profile target = profile(R"({
    "message": {"send": {"text": "${capture.s}: ${nonce} ${i}"},
                "reply": {"json": {"/said": "${nonce} ${i}"}}},
    "carrier": {"prefix": "{${capture.s}|", "suffix": "}", "escape": "json"}})")
                             .profile;
  CHECK(target.message->numbered);
  CHECK(carrier_is_late(target));
  const RunValues values{7, 0, {{"s", "\"abc\""}}, "n1"};
  const auto message = resolve_message(target, values);
  REQUIRE(message);
  CHECK(octets(message->send.payload) == "abc: n1 7");
  CHECK_FALSE(message->send.carrier);
  CHECK(message->numbered);
  CHECK(message->reply->json.at(0) == std::pair<std::string, std::string>{"/said", "\"n1 7\""});
  const auto carrier = resolve_carrier(target, values);
  REQUIRE(carrier);
  CHECK(octets(carrier->prefix) == "{abc|");
  CHECK(octets(carrier->suffix) == "}");
  CHECK(carrier->json);
  const auto failed = resolve_carrier(target, RunValues{});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().what == "nothing was captured as 's'");

  // Only in one of the two, the number tells no reply from another.
  CHECK_FALSE(profile(R"({"message": {"send": {"text": "${i}"}, "reply": {"matches": "ok"}}})")
                  .profile.message->numbered);
}

TEST_CASE("a carrier with a length, and one that names each message's number and octets") {
  const auto out = profile(R"({"stream": true, "carrier": {"prefix": "0t", "length":
      {"order": "varint", "bytes": 2, "at": 1}}, "policy": {"subprotocol": {"required": ["a"]},
      "token": {"send": {"query": "t"}, "valid": "x", "ttl_ms": 400}}})");
  REQUIRE(texts(out.problems) == "");
  CHECK(out.profile.stream);
  REQUIRE(out.profile.carrier->length);
  CHECK(out.profile.carrier->length->order == LengthField::Order::varint);
  CHECK(out.profile.carrier->length->octets == 2);
  CHECK(out.profile.carrier->length->at == 1);
  CHECK(out.profile.policies.at("subprotocol").required == std::vector<std::string>{"a"});
  CHECK(out.profile.policies.at("token").ttl_ms == 400);

  const auto late = profile(R"({"carrier": {"prefix": "${n}:${carrier.length}:${capture.s}|"}})");
  REQUIRE(texts(late.problems) == "");
  CHECK(late.profile.carrier->numbered);
  CHECK(late.profile.carrier->sized);
  RunValues values;
  values.captures["s"] = "\"abc\"";
  const auto carrier = resolve_carrier(late.profile, values);
  REQUIRE(carrier);
  Item item;
  item.payload = Payload::text("hello");
  CHECK(octets(carried(item, *carrier)) == "0:5:abc|hello");
  CHECK(octets(fitted(*carrier, item, 7).prefix) == "7:5:abc|");
}

TEST_CASE("what a profile takes from the environment is known as such") {
  setenv("WSSPEC_TEST_SECRET", "from-outside", 1);
  const auto out = profile(R"({"prologue": [{"send": {"text": "${env.WSSPEC_TEST_SECRET}"}}]})");
  REQUIRE(texts(out.problems) == "");
  CHECK(out.profile.environment == std::vector<std::string>{"from-outside"});
}

TEST_CASE("slips in a profile") {
  const auto first = [](const std::string& text) {
    const auto out = profile(text);
    return out.problems.empty() ? std::string() : out.problems[0].what;
  };
  CHECK(first(R"({"ulr": "x"})") == "unknown key 'ulr' in a target profile");
  CHECK(first(R"({"policy": {"origin": 5}})") == "policy 'origin' has no limit");
  CHECK(first(R"({"policy": {"origin": {"alowed": []}}})") ==
        "unknown key 'alowed' in policy 'origin'");
  CHECK(first(R"({"policy": {"ratio": {"action": "clos"}}})") == "unknown action 'clos'");
  CHECK(first(R"({"policy": {"ratio": {"action": "error_reply"}}})") ==
        "the action 'error_reply' needs 'reply', a rule for the error message");
  CHECK(first(R"({"policy": {"token": {"send": {"header": "A", "value": "x"}}}})") ==
        "the token's place is not marked");
  CHECK(first(R"({"prologue": [{"trigger": "x"}]})") == "there is no trigger 'x' before this");
  CHECK(first(R"({"prologue": [{"send": {"text": "${policy.token.valid}"}}]})") ==
        "this needs 'policy.token', which the profile does not declare");
  CHECK(first(R"({"capabilities": {"ecoh": true}})") == "unknown key 'ecoh' in 'capabilities'");
  CHECK(first(R"({"carrier": {"escape": "xml"}})") == "'escape' takes only \"json\"");
  CHECK(first(R"({"message": {"send": {"text": "a", "chop": 1}}})") ==
        "a harmless message has no 'chop', 'hold' or 'fault'");
  CHECK(first(R"({"message": {"send": {"text": {"cycle": "a", "length": 1048577}}}})") ==
        "a harmless message has at most 1 MiB");
  CHECK(first(R"({"url": "ws://h/${nonce}"})") ==
        "'nonce' is known only while a scenario runs; it cannot be used here");
  CHECK(first("[1]") == "a target profile must be an object, not a list");
}

TEST_CASE("the policy key table is complete") {
  std::set<std::string_view> seen;
  for (const PolicyKey& row : policy_keys()) {
    CHECK(seen.insert(row.key).second);
    CHECK(row.what.size() > 20);
    CHECK(row.what.back() == '.');
    CHECK((row.type == "number") == (row.members.find("limit") != std::string_view::npos));
    const std::string text = "{\"policy\": {\"" + std::string(row.key) + "\": true}}";
    const auto out = profile(text);
    CHECK(texts(out.problems) == "");
    const Policy& policy = out.profile.policies.at(std::string(row.key));
    CHECK(policy.close.has(row.default_code));
    CHECK(policy.action == row.default_action);
    CHECK(policy.statuses == row.default_statuses);
  }
  CHECK(seen.size() == 34);
}

TEST_CASE("look-alikes of an origin and names in other letters are made up where none are given") {
  const auto json = [](const std::string& policy) {
    const auto out = profile("{\"policy\": {" + policy + "}}");
    CHECK(texts(out.problems) == "");
    return nlohmann::json::parse(out.profile.json)["policy"];
  };
  const auto list = [](const nlohmann::json& from) { return from.get<std::vector<std::string>>(); };
  CHECK(
      list(json(R"("origin": {"allowed": ["https://a.example:444"]})")["origin"]["look_alikes"]) ==
      std::vector<std::string>{"https://a.example:444.evil.example", "https://evil-a.example:444",
                               "https://evil.a.example:444", "http://a.example:444",
                               "https://a.example", "https://a.example.:444",
                               "https://a.example:444/", "HTTPS://A.EXAMPLE:444",
                               "https://xn--a-9na.example:444", "null"});
  const nlohmann::json open = json(R"("origin": {"allowed": ["https://a.example", "null",
                                                    "https://a.example:8443"]})");
  const auto made = list(open["origin"]["look_alikes"]);
  CHECK(made.size() == 8);
  CHECK(std::find(made.begin(), made.end(), "null") == made.end());
  CHECK(list(json(R"("origin": {"allowed": ["https://a.example"], "look_alikes": ["x"]})")
                 ["origin"]["look_alikes"]) == std::vector<std::string>{"x"});
  CHECK_FALSE(
      json(R"("origin": {"denied": ["https://a.example"]})")["origin"].contains("look_alikes"));
  CHECK(list(json(
            R"("subprotocol": {"supported": ["chat.V1", "1.0"]})")["subprotocol"]["other_case"]) ==
        std::vector<std::string>{"CHAT.v1"});
}

TEST_CASE("scenarios take values from the profile's policies") {
  const Profile target = profile(kProfile).profile;
  LoadInput input = input_of(R"({"suite": "s", "scenarios": [
    {"id": "rate", "steps": [
      {"burst": {"send": {"text": "x"}, "count": "${policy.message_rate.limit * 2}"}},
      {"expect": {"close": "${policy.message_rate.close}"}},
      {"send": {"text": "${policy.token.valid}"}}, {"trigger": "revoke"}]},
    {"id": "word-${n}", "for_each": {"m": "${policy.forbidden.messages}", "n": [1]},
     "steps": [{"send": {"text": "${m}"}}, {"expect": {"by_policy": "forbidden"}}]}]})");
  input.profile = &target;
  const LoadOutput out = load(input);
  REQUIRE(texts(out.problems) == "");
  CHECK(texts(out.scenarios[0].requires_) ==
        std::vector<std::string>{"policy.message_rate", "policy.token"});
  REQUIRE(out.scenarios[0].steps.size() == 4);
  CHECK(as<BurstStep>(out.scenarios[0].steps[0]).count == 40);
  CHECK(expected(out.scenarios[0], 1).outcome.codes.has(4321));
  const Step& token = out.scenarios[0].steps[2];
  REQUIRE(token.late);
  CHECK(token.summary == R"({"send":{"text":"${policy.token.valid}"}})");
  const auto resolved = resolve(token, RunValues{0, 0, {{"t", "\"abc\""}}});
  CHECK(octets(as<SendStep>(*resolved).items[0].payload) == "abc");
  CHECK(octets(sent(out.scenarios[1], 0).payload) == "badword");
  CHECK(texts(out.scenarios[1].requires_) == std::vector<std::string>{"policy.forbidden"});
}

TEST_CASE("what is not declared becomes a requirement, and its steps are left out but checked") {
  const std::string text = R"({"suite": "s", "params": {"n": "${policy.connections.limit}"},
    "scenarios": [
    {"id": "rate", "connections": {"crowd": {"count": "${n + 10}"}}, "steps": [
      {"wait_ms": 1}, {"wait_ms": "${policy.message_rate.window_ms + 1}"},
      {"send": {"text": {"cycle": "${policy.strikes.breach}", "length": 10}}},
      {"trigger": "revoke"},
      {"expect": {"by_policy": "ratio"}}]},
    {"id": "w-${m}", "for_each": {"m": "${policy.forbidden.messages}"}, "tags": ["a", "${m}"],
     "steps": [{"send": {"text": "${m}"}}]}]})";
  LoadOutput out = load_text(text);
  REQUIRE(texts(out.problems) == "");
  REQUIRE(out.scenarios.size() == 2);
  CHECK(texts(out.scenarios[0].requires_) ==
        std::vector<std::string>{"policy.connections", "policy.message_rate", "policy.strikes",
                                 "trigger.revoke", "policy.ratio"});
  CHECK(out.scenarios[0].steps.size() == 2);
  CHECK(out.scenarios[1].name == "s/w-any");
  CHECK(texts(out.scenarios[1].requires_) == std::vector<std::string>{"policy.forbidden"});

  const Profile target = profile("", {{"policy.message_rate", "true"}}).profile;
  LoadInput input = input_of(suite_with(R"({"wait_ms": "${policy.message_rate.limit}"})"));
  input.profile = &target;
  out = load(input);
  REQUIRE(texts(out.problems) == "");
  CHECK(texts(out.scenarios[0].requires_) ==
        std::vector<std::string>{"policy.message_rate", "policy.message_rate.limit"});
  CHECK(out.scenarios[0].steps.empty());
  CHECK(load_text(suite_with(R"({"wait_ms": "${policy.ratio.limit}", "onn": "main"})"))
            .problems.size() == 1);
}

TEST_CASE("what a profile declares, by path") {
  const Profile target = profile(R"({"policy": {
    "message_rate": {"limit": 20, "counts": ["text", "ping"], "scope": "token"},
    "token": {"send": {"message": "${token}"}, "wrong": ["a", ""]},
    "origin": {"allowed": [], "absent": false}, "text_only": true}})")
                             .profile;
  for (const char* path :
       {"message_rate", "message_rate.limit", "message_rate.counts.ping", "message_rate.counts.0",
        "message_rate.scope.token", "message_rate.action.close", "token.wrong", "token.wrong.1",
        "token.send.message", "text_only"})
    CHECK_MESSAGE(is_declared(target, path), path);
  for (const char* path :
       {"byte_rate", "message_rate.penalty_ms", "message_rate.counts.binary",
        "message_rate.counts.2", "message_rate.scope.address", "token.wrong.2", "token.expired",
        "token.send.query", "origin.absent", "origin.allowed", "origin.allowed.0"})
    CHECK_FALSE_MESSAGE(is_declared(target, path), path);
}

TEST_CASE("a token that is not declared, or an empty list, is a requirement") {
  const Profile target = profile(R"({"policy": {
    "token": {"send": {"query": "t"}, "valid": "v", "wrong": []},
    "forbidden": {"messages": ["x", {"hex": "00"}], "near_misses": []}}})")
                             .profile;
  LoadInput input = input_of(R"({"suite": "s", "scenarios": [
    {"id": "expired", "connect": {"token": "expired"}, "steps": [{"wait_ms": 1}]},
    {"id": "third", "steps": [{"connect": {"token": 2}}]},
    {"id": "none", "steps": [{"connect": {"token": "none"}}]},
    {"id": "prefix", "connect": {"token": "almost:prefix"}, "steps": [{"wait_ms": 1}]},
    {"id": "wrong-${w.n}", "for_each": {"w": {"entries": "${policy.token.wrong}"}},
     "connect": {"token": "${w.n}"}, "steps": [{"wait_ms": 1}]},
    {"id": "bad-${b.n}", "for_each": {"b": {"entries": "${policy.forbidden.messages}"}},
     "steps": [{"send": {"text": "${b.value}"}}]},
    {"id": "near-${b}", "for_each": {"b": "${policy.forbidden.near_misses}"},
     "steps": [{"wait_ms": 1}]}]})");
  input.profile = &target;
  const LoadOutput out = load(input);
  REQUIRE(texts(out.problems) == "");
  const auto needs = [&](std::size_t i) { return texts(out.scenarios.at(i).requires_); };
  using Strings = std::vector<std::string>;
  CHECK(needs(0) == Strings{"policy.token", "policy.token.expired"});
  CHECK(needs(1) == Strings{"policy.token", "policy.token.wrong.2"});
  CHECK(needs(2) == Strings{"policy.token", "policy.token.send"});
  CHECK(needs(3) == Strings{"policy.token", "policy.token.valid", "policy.token.send"});
  CHECK(out.scenarios[4].name == "s/wrong-any");
  CHECK(needs(4) == Strings{"policy.token", "policy.token.wrong"});
  CHECK(out.scenarios[5].name == "s/bad-0");
  CHECK(octets(sent(out.scenarios[5], 0).payload) == "x");
  CHECK(out.scenarios[6].name == "s/bad-1");
  CHECK(octets(sent(out.scenarios[6], 0).payload) == std::string(1, '\0'));
  CHECK(needs(7) == Strings{"policy.forbidden", "policy.forbidden.near_misses"});
}
