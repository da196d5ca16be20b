// Every kind of step, item and outcome becomes what it says.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace wsspec::loader;

namespace {

Scenario one(const std::string& steps, const std::string& more = "") {
  const LoadOutput out = load_text(suite_with(steps, more));
  REQUIRE(texts(out.problems) == "");
  REQUIRE(out.scenarios.size() == 1);
  return out.scenarios[0];
}

Item item_of(const std::string& item) {
  return sent(one("{\"send\": " + item + "}"), 0);
}

Outcome outcome_of(const std::string& outcome) {
  return expected(one("{\"expect\": " + outcome + "}"), 0).outcome;
}

}  // namespace

TEST_CASE("items: data, control, close") {
  CHECK(item_of(R"({"binary": "x", "carrier": false, "fault": true})").carrier == false);
  CHECK(item_of(R"({"binary": "x", "fault": true})").fault);
  CHECK(item_of(R"({"binary": "x"})").kind == Item::Kind::binary);
  CHECK(item_of(R"({"ping": "x"})").kind == Item::Kind::ping);
  CHECK(octets(item_of(R"({"pong": {"text": "y"}})").payload) == "y");
  CHECK(octets(item_of(R"({"close": {"code": 1000, "reason": "bye"}})").payload) ==
        "\x03\xe8"
        "bye");
  CHECK(octets(item_of(R"({"close": {"code": 1000, "reason": {"hex": "ff"}}})").payload) ==
        "\x03\xe8\xff");
  CHECK(octets(item_of(R"({"close": 1001})").payload) == "\x03\xe9");
  CHECK(octets(item_of(R"({"close": {"hex": "03"}})").payload) == "\x03");
  CHECK(item_of(R"({"close": {}})").payload.length() == 0);
  CHECK(octets(item_of(R"({"bytes": {"hex": "8180"}})").payload) == "\x81\x80");
}

TEST_CASE("items: compressed messages need permessage-deflate") {
  const Scenario scenario = one(R"({"send": {"text": "x", "deflate": true}})");
  CHECK(texts(scenario.requires_) == std::vector<std::string>{"deflate"});
  CHECK(sent(scenario, 0).deflate->on);
  const Scenario plain = one(R"({"send": {"text": "x", "deflate": false}})");
  CHECK(plain.requires_.empty());
  CHECK(!sent(plain, 0).deflate->on);
  const Item bent = item_of(R"({"binary": "x", "deflate": {"level": 9, "keep_tail": true,
      "bfinal": true, "takeover": false}})");
  CHECK(bent.deflate->on);
  CHECK(bent.deflate->how.level == 9);
  CHECK(bent.deflate->how.keep_tail);
  CHECK(bent.deflate->how.bfinal);
  CHECK(bent.deflate->how.takeover == false);
  CHECK(!item_of(R"({"text": "x"})").deflate);
}

TEST_CASE("items: a bent frame") {
  const Item item = item_of(R"({"frame": {"fin": false, "rsv": 4, "opcode": 3,
      "mask": "00 00 00 01", "length": 9223372036854775808, "length_encoding": 64,
      "payload": "ab"}})");
  CHECK(item.kind == Item::Kind::frame);
  CHECK(!item.frame.fin);
  CHECK(item.frame.rsv == 4);
  CHECK(item.frame.opcode == 3);
  CHECK(item.frame.mask == FrameShape::Mask::fixed);
  CHECK(item.frame.key == wsspec::wire::MaskingKey{0, 0, 0, 1});
  CHECK(item.frame.declared_length == 9223372036854775808u);
  CHECK(item.frame.form == wsspec::wire::LengthForm::bits64);
  CHECK(octets(item.payload) == "ab");
  CHECK(item_of(R"({"frame": {"mask": false}})").frame.mask == FrameShape::Mask::none);
  CHECK(item_of(R"({"frame": {"mask": true}})").frame.mask == FrameShape::Mask::random);
  CHECK(item_of(R"({"frame": {}})").frame.opcode == 1);
}

TEST_CASE("items: handshakes, built and raw") {
  const Item built =
      item_of(R"({"handshake": {"method": "POST", "path": "/x", "version": "HTTP/1.0",
      "headers": [["Host", ""], ["X", "1"], ["X", "2"]]}})");
  CHECK(built.handshake.method == "POST");
  CHECK(built.handshake.headers == wsspec::wire::HeaderList{{"Host", ""}, {"X", "1"}, {"X", "2"}});
  const Item raw = item_of(R"({"handshake": {"raw": "GET ${path} ${key} $${x} ${1 + 1}\r\n"}})");
  REQUIRE(raw.handshake.raw);
  CHECK(octets(*raw.handshake.raw) == "GET ${path} ${key} ${x} 2\r\n");
  const Item pieces = item_of(R"({"handshake": {"headers": [["Host", "${host}:1"]], "raw":
      {"concat": ["${scheme} ${query}", {"hex": "00 ff"}, "${headers}"]}}})");
  CHECK(octets(*pieces.handshake.raw) == std::string("${scheme} ${query}\0\xff${headers}", 30));
  CHECK(pieces.handshake.headers == wsspec::wire::HeaderList{{"Host", "${host}:1"}});
  CHECK(!item_of(R"({"handshake": true})").handshake.raw);
}

TEST_CASE("what the engine fills into a handshake, in one pass") {
  const HandshakeNames names = {{"path", "/${key}"}, {"key", "abc"}};
  CHECK(fill_handshake("GET ${path} ${key}${key}", names) == "GET /${key} abcabc");
  CHECK(fill_handshake("${host} $${ ${ ${key", names) == "${host} $${ ${ ${key");
  CHECK(fill_handshake("", names).empty());
}

TEST_CASE("item modifiers") {
  const Item listed = item_of(R"({"text": "abc", "fragments": [1, 0, 2], "chop": 1,
      "hold": {"at": 2}})");
  CHECK(listed.fragments.sizes == std::vector<std::uint64_t>{1, 0, 2});
  CHECK(listed.chop->size == 1);
  CHECK(listed.chop->pause_ms == 1);
  CHECK(listed.hold->at == 2);
  CHECK(!listed.hold->release_ms);
  const Item each = item_of(R"({"text": "abc", "fragments": {"size": 2, "last_empty": true},
      "chop": {"size": 3, "pause_ms": 20}, "hold": {"at": 0, "release_ms": 5}})");
  CHECK(each.fragments.each == 2);
  CHECK(each.fragments.last_empty);
  CHECK(each.chop->pause_ms == 20);
  CHECK(each.hold->release_ms == 5);
}

TEST_CASE("a level has one name, and the name means that level") {
  for (const Level level : {Level::must, Level::should, Level::may, Level::robust})
    CHECK(level_of(level_name(level)) == level);
  CHECK(std::string(level_name(Level::robust)) == "robust");
  CHECK(!level_of(""));
  CHECK(!level_of("Must"));
}

TEST_CASE("a list of items goes out in one write") {
  const Scenario made = one(R"({"send": [{"text": "a"}, {"ping": "b"}], "after_close": true})");
  CHECK(as<SendStep>(made.steps[0]).items.size() == 2);
  CHECK(made.steps[0].after_close);
  CHECK(made.steps[0].on == "main");
}

TEST_CASE("outcomes, their words, and JSON that means the same when it is loaded again") {
  struct Row {
    const char* json;
    const char* text;
  };
  const Row rows[] = {
      {R"({"close":1007})", "Close 1007"},
      {R"({"close":[1008,"4000-4999"]})", "Close 1008 or 4000-4999"},
      {R"({"close":1005})", "Close without a code"},
      {R"({"close":{"code":1008,"reason":{"matches":"rate"}}})",
       "Close 1008 with a reason matching /rate/"},
      {R"({"accepted":true})", "everything sent is accepted"},
      {R"({"echo":true})", "the echo"},
      {R"({"echo":2})", "the next 2 echoes"},
      {R"({"message":true})", "a message"},
      {R"({"message":{"type":"text","equals":"a"}})", "a text message equal to \"a\""},
      {R"({"message":{"equals":{"hex":"ff 00"}}})", "a message equal to {\"hex\":\"ff 00\"}"},
      {R"({"message":{"matches":"^a"}})", "a message that matches /^a/"},
      {R"({"message":{"json":{"/a":1,"/b":"x"}}})", "a message with /a = 1 and /b = \"x\""},
      {R"({"pong":true})", "a pong"},
      {R"({"pong":"all"})", "a pong for each ping, in order"},
      {R"({"http":403})", "HTTP 403"},
      {R"({"http":[401,403]})", "HTTP 401 or 403"},
      {R"({"http":"400-499"})", "HTTP 400-499"},
      {R"({"http":[301,"400-499"]})", "HTTP 301 or 400-499"},
      {R"({"http":{"status":101,"absent":["A","B"],"interim":100}})",
       "HTTP 101, no A, no B, 100 before it"},
      {R"({"http":{"head":{"matches":"^H","not_matches":"x"}}})",
       "HTTP with any status, a head matching /^H/ and not matching /x/"},
      {R"({"http":{"status":401,"headers":{"WWW-Authenticate":"."}}})",
       "HTTP 401, WWW-Authenticate matching /./"},
      {R"({"http":{"headers":{"A":{"not_matches":"x"},"B":{"matches":"y","not_matches":"z"}}}})",
       "HTTP with any status, A not matching /x/, B matching /y/ and not matching /z/"},
      {R"({"drop":true})", "the connection drops without a Close"},
      {R"({"drop":{"end":"eof"}})", "TCP ends in order (FIN)"},
      {R"({"drop":{"end":"reset"}})", "TCP ends by a reset"},
      {R"({"drop":{"end":"close_notify","within_ms":50}})",
       "TCP ends after a close_notify within 50 ms"},
      {R"({"open_for_ms":50})", "the connection stays open for 50 ms"},
      {R"({"silence_ms":50})", "nothing arrives for 50 ms"},
      {R"({"any_of":[{"close":1002},{"drop":true,"because":"b"}]})",
       "any of: Close 1002 or the connection drops without a Close"},
      {R"({"by_payload":"utf8"})", "accepted if the text is UTF-8, else Close 1007"},
      {R"({"by_policy":"message_rate"})", "what the target promises for message_rate"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = outcome_of(row.json);
    CHECK(outcome.json() == row.json);
    CHECK(outcome.text() == row.text);
    CHECK(outcome_of(outcome.json()).json() == outcome.json());
  }
}

TEST_CASE("expect modifiers") {
  const Scenario made = one(R"({"expect": {"message": true, "within_ms": 500, "not_before_ms": 20,
      "since": "connect", "after_messages": {"min": 1, "max": 3}, "how_many": {"at_most": 4},
      "capture": {"id": "/id"}, "tolerate": [{"close": 1001, "because": "x"}]}, "on": "crowd"})",
                            R"("connections": {"crowd": {"count": 5}})");
  const ExpectStep& step = expected(made, 0);
  CHECK(made.steps[0].on == "crowd");
  CHECK(step.within_ms == 500);
  CHECK(step.not_before_ms == 20);
  CHECK(step.since_connect);
  CHECK(step.after_messages_min == 1);
  CHECK(step.after_messages_max == 3);
  CHECK(step.how_many.kind == HowMany::Kind::at_most);
  CHECK(step.how_many.n == 4);
  CHECK(step.capture == std::vector<std::pair<std::string, std::string>>{{"id", "/id"}});
  CHECK(step.tolerate.size() == 1);
}

TEST_CASE("capture reads a message, also one of any_of") {
  const auto problems = [](const std::string& outcome) {
    return load_text(suite_with("{\"expect\": {" + outcome + ", \"capture\": {\"a\": \"/a\"}}}"))
        .problems.size();
  };
  CHECK(problems(R"("message": true)") == 0);
  CHECK(problems(R"("any_of": [{"close": 1008}, {"message": {"matches": "x"}}])") == 0);
  CHECK(problems(R"("any_of": [{"close": 1008}, {"http": 403}])") == 1);
  CHECK(problems(R"("http": 403)") == 1);
  CHECK(problems(R"("accepted": true)") == 1);
}

TEST_CASE("an echo needs a target that echoes, an acceptance does not") {
  CHECK(
      texts(one(R"({"repeat": {"times": 2, "steps": [{"expect": {"echo": true}}]}})").requires_) ==
      std::vector<std::string>{"echo"});
  CHECK(one(R"({"expect": {"accepted": true}})").requires_.empty());
}

TEST_CASE("tolerate_for joins close, by_payload and any_of that include the code") {
  const LoadOutput out = load_text(R"({"suite": "s",
    "defaults": {"tolerate_for": {"1007": [{"drop": true}], "4000-4999": [{"close": 1013}]}},
    "scenarios": [{"id": "a", "steps": [
      {"expect": {"close": 1007, "tolerate": [{"close": 1002}]}}, {"expect": {"close": "1000-1010"}},
      {"expect": {"by_payload": "utf8"}}, {"expect": {"close": 1002}}, {"expect": {"close": 4001}},
      {"expect": {"any_of": [{"close": 1007}]}}, {"expect": {"drop": true}}]}]})");
  REQUIRE(texts(out.problems) == "");
  const std::size_t counts[] = {2, 1, 1, 0, 1, 1, 0};
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(expected(out.scenarios[0], i).tolerate.size() == counts[i]);
  }
  CHECK(expected(out.scenarios[0], 0).tolerate[0].kind == Outcome::Kind::close);
}

TEST_CASE("the other steps") {
  const Scenario made = one(R"(
    {"repeat": {"times": 3, "every_ms": 10, "background": true, "steps": [{"send": {"text": "x"}}]}},
    {"burst": {"send": {"text": "x"}, "count": 100, "per_second": 2.5, "until": "closed"}},
    {"wait_ms": 20}, {"read": "pause"}, {"read": "resume"}, {"read": {"per_second": 10}},
    {"shutdown": true}, {"reset": true}, {"connect": true}, {"connect": {"token": "wrong"}},
    {"connect": {"token": 1}}, {"disconnect": true})");
  const auto& repeat = as<RepeatStep>(made.steps[0]);
  CHECK(repeat.times == 3);
  CHECK(repeat.every_ms == 10);
  CHECK(repeat.background);
  CHECK(repeat.steps.size() == 1);
  const auto& burst = as<BurstStep>(made.steps[1]);
  CHECK(burst.count == 100);
  CHECK(burst.per_second == 2.5);
  CHECK(burst.until_closed);
  CHECK(as<WaitStep>(made.steps[2]).ms == 20);
  CHECK(as<ReadStep>(made.steps[3]).mode == ReadStep::Mode::pause);
  CHECK(as<ReadStep>(made.steps[4]).mode == ReadStep::Mode::resume);
  CHECK(as<ReadStep>(made.steps[5]).per_second == 10);
  CHECK(std::holds_alternative<ShutdownStep>(made.steps[6].what));
  CHECK(std::holds_alternative<ResetStep>(made.steps[7].what));
  CHECK(!as<ConnectStep>(made.steps[8]).token);
  CHECK(as<ConnectStep>(made.steps[9]).token == TokenChoice{TokenChoice::Kind::wrong});
  CHECK(as<ConnectStep>(made.steps[10]).token == TokenChoice{TokenChoice::Kind::wrong, 1});
  CHECK(std::holds_alternative<DisconnectStep>(made.steps[11].what));
  CHECK(texts(made.requires_) ==
        std::vector<std::string>{"policy.token", "policy.token.wrong", "policy.token.wrong.1"});
}

TEST_CASE("TLS of a connection's own needs a wss:// target, and true is nothing of the kind") {
  const Scenario bent = one(R"({"wait_ms": 1})", R"("connect": {"tls": {"version": "1.3",
      "alpn": ["h2", "x"], "server_name": "a.example"}})");
  CHECK(bent.connect.tls.version == "1.3");
  CHECK(bent.connect.tls.alpn == std::vector<std::string>{"h2", "x"});
  CHECK(bent.connect.tls.server_name == "a.example");
  CHECK(texts(bent.requires_) == std::vector<std::string>{"tls"});
  CHECK(one(R"({"wait_ms": 1})", R"("connect": {"tls": false})").connect.tls.off);
  CHECK(one(R"({"wait_ms": 1})", R"("connect": {"tls": true})").requires_.empty());
}

TEST_CASE("members of a scenario") {
  const Scenario made =
      one(R"({"wait_ms": 1})", R"("title": "T", "spec": "S", "level": "robust", "impact": "letter",
      "requires": ["echo", "policy.ratio"], "tags": ["x", "y"], "exclusive": true, "first": true,
      "auto": {"pong": false, "close": false},
      "connect": {"path": "/p", "headers": [["A", "1"], ["A", "2"]], "subprotocols": ["v1"],
                  "extensions": ["e"], "from": "127.0.0.2", "receive_buffer": 4096,
                  "handshake": false, "token": "none"},
      "connections": {"crowd": {"count": 9, "path": "/q"}, "pair": {"count": 2}})");
  CHECK(made.level == Level::robust);
  CHECK(made.impact == Impact::letter);
  CHECK(texts(made.requires_) ==
        std::vector<std::string>{"echo", "policy.ratio", "policy.token", "policy.token.send"});
  CHECK(made.exclusive);
  CHECK(made.first);
  CHECK(!made.auto_pong);
  CHECK(!made.auto_close);
  CHECK(made.connect.path == "/p");
  CHECK(made.connect.headers.size() == 2);
  CHECK(made.connect.subprotocols == std::vector<std::string>{"v1"});
  CHECK(made.connect.from == "127.0.0.2");
  CHECK(made.connect.receive_buffer == 4096);
  CHECK(!made.connect.handshake);
  CHECK(made.connect.token == TokenChoice{TokenChoice::Kind::none});
  REQUIRE(made.groups.size() == 2);
  CHECK(made.groups[0].name == "crowd");
  CHECK(made.groups[0].count == 9);
  CHECK(made.groups[0].connect.path == "/q");
  CHECK(made.groups[0].connect.headers.size() == 2);
  CHECK(made.weight == 12);
}

TEST_CASE("a rule gives the section and the level, and is a tag") {
  const LoadOutput out = load_text(R"({"suite": "s",
    "defaults": {"level": "may", "spec": "D", "tags": ["t"]},
    "scenarios": [
      {"id": "a", "rule": "6455-5.1-e", "tags": ["u"], "steps": [{"wait_ms": 1}]},
      {"id": "b", "rule": "6455-5.1-e", "level": "robust", "spec": "B", "steps": [{"wait_ms": 1}]},
      {"id": "c-${n}", "for_each": {"n": ["a", "e"]}, "rule": "6455-5.1-${n}",
       "steps": [{"wait_ms": 1}]},
      {"id": "d", "steps": [{"wait_ms": 1}]}]})");
  REQUIRE(texts(out.problems) == "");
  const Scenario& a = out.scenarios[0];
  CHECK(a.rule == "6455-5.1-e");
  CHECK(a.spec == "RFC 6455 5.1");
  CHECK(a.level == Level::should);
  CHECK(a.tags == std::vector<std::string>{"6455-5.1-e", "t", "u"});
  const Scenario& b = out.scenarios[1];
  CHECK(b.rule == "6455-5.1-e");
  CHECK(b.spec == "B");
  CHECK(b.level == Level::robust);
  CHECK(out.scenarios[2].rule == "6455-5.1-a");
  CHECK(out.scenarios[2].level == Level::must);
  CHECK(out.scenarios[3].level == Level::should);
  const Scenario& d = out.scenarios[4];
  CHECK(d.rule == "");
  CHECK(d.spec == "D");
  CHECK(d.level == Level::may);
}

TEST_CASE("an unknown rule is a problem, and a near one is named") {
  const LoadOutput out = load_text(R"({"suite": "s", "scenarios": [
      {"id": "a", "rule": "6455-5.1-ee", "steps": [{"wait_ms": 1}]}]})");
  REQUIRE(out.problems.size() == 1);
  CHECK(out.problems[0].what.find("unknown rule '6455-5.1-ee'") == 0);
  CHECK(out.problems[0].hint.find("did you mean '6455-5.1-") == 0);
}

TEST_CASE("defaults fill in, own members win, tags and requirements add up") {
  const LoadOutput out = load_text(R"({"suite": "s",
    "defaults": {"level": "may", "impact": "data", "spec": "D", "within_ms": 50, "tags": ["t"], "requires": ["echo"],
                 "weight": 3, "exclusive": true, "connect": {"path": "/d", "from": "127.0.0.2"},
                 "auto": {"pong": false}},
    "scenarios": [
      {"id": "a", "steps": [{"wait_ms": 1}]},
      {"id": "b", "level": "must", "impact": "critical", "spec": "B", "tags": ["u"], "requires": ["ping"], "weight": 1,
       "exclusive": false, "connect": {"path": "/b"}, "auto": {}, "steps": [{"wait_ms": 1}]}]})");
  REQUIRE(texts(out.problems) == "");
  const Scenario& a = out.scenarios[0];
  CHECK(a.level == Level::may);
  CHECK(a.impact == Impact::data);
  CHECK(a.spec == "D");
  CHECK(a.default_within_ms == 50);
  CHECK(a.weight == 3);
  CHECK(a.exclusive);
  CHECK(a.connect.path == "/d");
  CHECK(!a.auto_pong);
  const Scenario& b = out.scenarios[1];
  CHECK(b.level == Level::must);
  CHECK(b.impact == Impact::critical);
  CHECK(b.spec == "B");
  CHECK(b.tags == std::vector<std::string>{"t", "u"});
  CHECK(texts(b.requires_) == std::vector<std::string>{"echo", "ping"});
  CHECK(b.weight == 1);
  CHECK(!b.exclusive);
  CHECK(b.connect.path == "/b");
  CHECK(b.connect.from == "127.0.0.2");
  CHECK(b.auto_pong);
}

TEST_CASE("a long step's summary is cut, secrets stay names") {
  setenv("WSSPEC_TEST_SECRET", "hunter2", 1);
  const Scenario made = one(R"({"send": {"text": "${env.WSSPEC_TEST_SECRET}"}},
      {"repeat": {"times": 1, "steps": [{"send": {"text": "${env.WSSPEC_TEST_SECRET}${i}"}}]}},
      {"send": {"text": {"hex": ")" +
                            std::string(1000, 'a') + R"("}}})");
  CHECK(octets(sent(made, 0).payload) == "hunter2");
  CHECK(made.steps[0].summary == R"({"send":{"text":"${env.WSSPEC_TEST_SECRET}"}})");
  CHECK(made.steps[1].summary.find("hunter2") == std::string::npos);
  const Step& inner = as<RepeatStep>(made.steps[1]).steps[0];
  REQUIRE(inner.late);
  const auto resolved = resolve(inner, RunValues{7, 0, {}});
  REQUIRE(resolved);
  CHECK(octets(as<SendStep>(*resolved).items[0].payload) == "hunter27");
  CHECK(resolved->summary.find("hunter2") == std::string::npos);
  CHECK(made.steps[2].summary.size() == 400);
}

TEST_CASE("a burst spread over a time, a latency, a connect step of its own") {
  const Scenario made = one(R"({"burst": {"send": {"text": "x"}, "count": 18, "over_ms": 4000}},
      {"expect": {"accepted": true, "latency": {"as": "calm"}}},
      {"expect": {"echo": 2, "latency": {"p99_ms": "${capture.calm * 2 + 5}"}}},
      {"expect": {"message": true, "next": true}},
      {"connect": {"path": "/admin", "handshake": false}})",
                            R"("requires": ["!policy.ratio.limit", "policy.token.send.message"],
                               "connect": {"subprotocols": []})");
  CHECK(as<BurstStep>(made.steps[0]).per_second == 4.5);
  CHECK(expected(made, 1).latency_as == "calm");
  CHECK_FALSE(expected(made, 1).latency_ms);
  const auto bounded = resolve(made.steps[2], RunValues{0, 0, {{"calm", "7"}}});
  REQUIRE(bounded);
  CHECK(as<ExpectStep>(*bounded).latency_ms == 19);
  CHECK(expected(made, 3).next);
  CHECK(as<ConnectStep>(made.steps[4]).path == "/admin");
  CHECK(as<ConnectStep>(made.steps[4]).handshake == false);
  REQUIRE(made.connect.subprotocols);
  CHECK(made.connect.subprotocols->empty());
  CHECK(texts(made.requires_) ==
        std::vector<std::string>{"!policy.ratio.limit", "policy.token.send.message", "echo"});
}
