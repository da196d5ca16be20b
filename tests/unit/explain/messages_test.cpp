// `wsspec explain TEXT`: each message is found in a log, as itself, and answered whole.
#include "explain/messages.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "explain/answer.h"
#include "explain/explain.h"
#include "explain/log_text.h"

using namespace wsspec::explain;
using nlohmann::json;

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// With something in place of each '%'.
std::string filled(const MessageText& message, std::string_view with) {
  std::string out;
  for (const char c : message.text) {
    if (c == '%') {
      out += with;
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// The message found first, as it is shown; "" for none.
std::string best(std::string_view text) {
  const LogLine line = read_log_line(text);
  return line.messages.empty() ? "" : shown_message(*line.messages.front().message);
}

}  // namespace

TEST_CASE("every message is found from its own words, and no other is found in its place") {
  CHECK(all_messages().size() >= 40);
  for (const MessageText* message : all_messages()) {
    for (const char* with : {"1", "example.org:8080 (x)"}) {
      const std::string text = filled(*message, with);
      CAPTURE(text);
      const LogLine line = read_log_line(text);
      REQUIRE(!line.messages.empty());
      CHECK(shown_message(*line.messages.front().message) == shown_message(*message));
      CHECK(line.messages.size() == 1);
    }
  }
}

TEST_CASE("every message is found in a line of a log around it, whatever the letters and blanks") {
  for (const MessageText* message : all_messages()) {
    const std::string text = filled(*message, "x");
    CAPTURE(text);
    const std::string shown = shown_message(*message);
    CHECK(best("2026-11-30T14:03:00.123Z ERROR [ws] WebSocket connection to 'wss://a.example:8443/"
               "x?y=1' failed: " +
               text + ". (app.js:41:7)") == shown);
    CHECK(best("{\"level\":\"error\",\"msg\":\"" + text + "\",\"id\":17}") == shown);
    CHECK(best("  \x1b[31m" + upper(text) + "\x1b[0m\r\n") == shown);
    std::string broken = text;
    for (char& c : broken)
      if (c == ' ') c = '\n';
    CHECK(best(broken) == shown);
  }
}

TEST_CASE("typographic quotes and escaped ones are quotes") {
  CHECK(has(best("Firefox can\xe2\x80\x99t establish a connection to the server at wss://x/."),
            "Firefox can't"));
  CHECK(has(best(R"({"body":"\"Connection\" must be \"Upgrade\"."})"), "must be"));
}

TEST_CASE("the longest message is the answer, what it overlaps is left out") {
  const LogLine line = read_log_line(
      "websockets.exceptions.ConnectionClosedError: sent 1011 (internal error) keepalive ping "
      "timeout; no close frame received");
  REQUIRE(line.messages.size() == 1);
  CHECK(line.messages.front().message->situation == Situation::ping_unanswered);
  CHECK(line.codes == std::vector<int>{1011});
  const LogLine two = read_log_line(
      "Error: Unexpected server response: 403; then: WebSocket is not open: readyState 3 (CLOSED)");
  REQUIRE(two.messages.size() == 2);
  CHECK(two.messages[0].octets >= two.messages[1].octets);
}

TEST_CASE("a message is not found inside longer words, or with its pieces far apart") {
  CHECK(best("websocket: bad handshakes") == "");
  CHECK(best("xwebsocket: bad handshake") == "");
  CHECK(best("WS_ERR_INVALID_UTF8_X") == "");
  CHECK(best("sent 1000 (OK)" + std::string(kLongestGap + 1, '.') + "; no close frame received") ==
        "");
  CHECK(best("hello world") == "");
  CHECK(best("") == "");
}

TEST_CASE("codes and statuses are read from the words around them") {
  const std::pair<const char*, std::vector<int>> rows[] = {
      {"Unexpected response code: 403", {403}},
      {"unexpected server response: 426", {426}},
      {"websocket: close 1006 (abnormal closure): unexpected EOF", {1006}},
      {"received 1008 (policy violation) rate; then sent 1008 (policy violation) rate", {1008}},
      {"sent 1000 (OK); then received 1001 (going away)", {1000, 1001}},
      {"failed to read: received close frame: status = StatusPolicyViolation and reason = \"no\"",
       {1008}},
      {"aiohttp.client_exceptions.WSServerHandshakeError: 404, message='Invalid response status'",
       {404}},
      {"403, message='Invalid response status', url='ws://localhost:3000/'", {403}},
      {"The server returned status code '401' when status code '101' was expected.", {401}},
      {"Expected HTTP 101 response but was '502 Bad Gateway'", {502}},
      {"INFO: 127.0.0.1:50312 - \"WebSocket /ws\" 403", {403}},
      {"closed with code:4401", {4401}},
      {"connection closed (1006)", {1006}},
      {"code must be either 1000, or between 3000 and 4999. 1008 is neither.", {}},
      {"closed ws://localhost:3000/", {}},
      {"closed after 3000 ms", {}},
      {"received 1009 bytes", {}},
      {"received 1006.5", {}},
      {"closed at 14:03:00.403", {}},
      {"sent 10060", {}},
      {"received 2026-11-30", {}},
      {"the year 1008", {}},
  };
  for (const auto& [text, codes] : rows) {
    const std::string line(text);  // a binding cannot be captured
    CAPTURE(line);
    CHECK(json(read_log_line(text).codes) == json(codes));
  }
}

TEST_CASE("every situation is written whole, used, and leads on") {
  std::set<Situation> used;
  for (const MessageText* message : all_messages()) used.insert(message->situation);
  std::set<std::string_view> names;
  for (const SituationText* text : all_situations()) {
    CAPTURE(text->name);
    CHECK(&situation_text(text->id) == text);
    CHECK(names.insert(text->name).second);
    CHECK(used.contains(text->id));
    CHECK(!text->found_in.empty());
    CHECK(!text->meaning.empty());
    CHECK(!text->causes.empty());
    CHECK(!text->first.empty());
    CHECK(!text->second.empty());
    CHECK(!text->selectors.empty());
    if (text->code != 0) CHECK(code_text(text->code) != nullptr);
  }
  for (const Situation id : used) CHECK(situation_text(id).id == id);
}

TEST_CASE("every message says who prints it, in plain ASCII, once") {
  std::set<std::string> seen;
  for (const MessageText* message : all_messages()) {
    CAPTURE(message->text);
    CHECK(seen.insert(plain_log_text(message->text)).second);
    CHECK(!message->printer.empty());
    const auto text = answer({filled(*message, "x")}, false, 80);
    REQUIRE(text);
    for (const char c : *text) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
    for (const char* heading :
         {"Printed by", "Found by", "Means", "Likely causes", "To do on", "Shown by"})
      CHECK(has(*text, heading));
  }
  for (const char* printer :
       {"Chromium", "Firefox", "Safari", "npm ws", "undici", "Python websockets", "aiohttp",
        "Tornado", "Starlette", "uvicorn", "gorilla", "coder/websocket", "okhttp", "Netty", "Jetty",
        "Tomcat", "Spring", ".NET", "tungstenite"}) {
    CAPTURE(printer);
    const auto all = all_messages();
    CHECK(std::any_of(all.begin(), all.end(),
                      [&](const MessageText* message) { return has(message->printer, printer); }));
  }
}

TEST_CASE("the answer names the sides by who printed the message") {
  const auto by_client = answer({"Could not decode a text frame as UTF-8"}, false, 80);
  REQUIRE(by_client);
  CHECK(has(*by_client, "To do on the server's side, which sent it"));
  CHECK(has(*by_client, "To do on the client's side, which found it"));
  const auto by_server = answer({"server received unexpected unmasked frame"}, false, 80);
  REQUIRE(by_server);
  CHECK(has(*by_server, "To do on the client's side, which sent it"));
  const auto by_either = answer({"WS_ERR_INVALID_UTF8"}, false, 80);
  REQUIRE(by_either);
  CHECK(has(*by_either, "To do on the side that sent it"));
  const auto lost = answer({"no close frame received or sent"}, false, 80);
  REQUIRE(lost);
  CHECK(has(*lost, "To do on the server's side\n"));
}

TEST_CASE("an answer shows the entry of the code that the text names") {
  const auto text = answer({"Unexpected response code: 403"}, false, 80);
  REQUIRE(text);
  CHECK(has(*text, "HTTP 403 forbidden (the upgrade was refused)"));
  const auto unknown = answer({"my own library: closed, code 1008"}, false, 80);
  REQUIRE(unknown);
  CHECK(has(*unknown, "1008 policy violation\n"));
}

TEST_CASE("words without quotes are the message too, and codes stay codes") {
  const auto words = answer({"no", "close", "frame", "received", "or", "sent"}, false, 80);
  REQUIRE(words);
  CHECK(*words == *answer({"no close frame received or sent"}, false, 80));
  CHECK(*answer({"policy", "violation"}, false, 80) == explain_text(1008, 80));
  CHECK(*answer({"policy", "invalid"}, false, 80) == explain_text(1008, 1007, 80));
  CHECK(*answer({"1007", "1008"}, true, 80) == explain_json(1007, 1008));
}

TEST_CASE("what is unknown is an error of one line, with a hint") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {""},
                                             {"1000", ""},
                                             {"1000", "1001", "1002"},
                                             {"hello", "world"},
                                             {"\x1b[31m evil \n text"},
                                             {std::string(100000, 'x') + " y"}}) {
    const auto none = answer(words, false, 80);
    REQUIRE(!none);
    CAPTURE(none.error());
    CHECK(!none.error().empty());
    CHECK(none.error().size() < 400);
    CHECK(!has(none.error(), "\n"));
    CHECK(!has(none.error(), "\x1b"));
  }
  const auto near = answer({"frame with no close was received or sent"}, false, 80);
  REQUIRE(!near);
  CHECK(has(near.error(), "did you mean 'no close frame received or sent'?"));
}

TEST_CASE("JSON has the message, its situation and the codes") {
  const auto text = answer({"failed:", "Unexpected", "response", "code:", "403"}, true, 80);
  REQUIRE(text);
  const json out = json::parse(*text);
  REQUIRE(out["messages"].size() == 1);
  const json& message = out["messages"][0];
  CHECK(message["message"] == "Unexpected response code: ...");
  CHECK(message["situation"] == "refused-with-status");
  CHECK(message["side"] == "client");
  CHECK(message["run"] == "wsspec run URL handshake handshake-headers");
  CHECK(message["causes"].size() >= 3);
  CHECK(message["advice"].size() == 2);
  CHECK(message["advice"][0]["side"] == "server");
  REQUIRE(out["codes"].size() == 1);
  CHECK(out["codes"][0] == json::parse(explain_json(403)));
  for (const MessageText* each : all_messages()) {
    const json entry = json::parse(*answer({filled(*each, "x")}, true, 80))["messages"][0];
    CHECK(entry["printed_by"] == each->printer);
  }
}

TEST_CASE("no text makes the search slow") {
  std::string pieces, spaces(1 << 20, ' ');
  while (pieces.size() < (1u << 20)) pieces += "received x; sent y; Send time 1 (ms) for session '";
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& text : {pieces, spaces, std::string(1 << 20, 'r')}) read_log_line(text);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}
