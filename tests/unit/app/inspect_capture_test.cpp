#include "app/inspect_capture.h"

#include <doctest/doctest.h>

#include <string>

#include "capture/pcapng_writer.h"
#include "wire/frame.h"

using namespace wsspec;
using wire::Role;

namespace {

const std::string kRequest =
    "GET /chat?token=very-secret-value HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";
const std::string kAnswer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

std::string frame(Role side, std::uint8_t opcode, std::string_view payload) {
  wire::FrameHeader header;
  header.opcode = opcode;
  header.masked = side == Role::client;
  return std::string(wire::as_chars(wire::encode_frame(header, wire::as_octets(payload))));
}

std::string capture_of(const std::string& client, const std::string& server) {
  std::string file;
  capture::PcapngWriter writer("test", [&](std::string_view octets) { file += octets; });
  capture::PcapngWriter::Flow flow;
  flow.client = capture::parse_endpoint("127.0.0.1:5000");
  flow.server = capture::parse_endpoint("127.0.0.1:9001");
  writer.open(flow, 1000000);
  writer.octets(flow, Role::client, wire::as_octets(kRequest), 2000000);
  writer.octets(flow, Role::server, wire::as_octets(kAnswer), 3000000);
  writer.octets(flow, Role::client, wire::as_octets(client), 4000000);
  writer.octets(flow, Role::server, wire::as_octets(server), 5000000);
  writer.end(flow, Role::server, false, 6000000);
  writer.end(flow, Role::client, false, 6000000);
  return file;
}

struct Report {
  std::string text;
  tl::expected<bool, std::string> found;
};

Report inspected(const std::string& file, bool json = false) {
  std::string text;
  bool given = false;
  auto found = inspect_capture(
      capture_kind(wire::as_octets(file).first(std::min(file.size(), kCaptureHead))),
      [&]() -> tl::expected<wire::Octets, std::string> {
        return std::exchange(given, true) ? wire::Octets{} : wire::as_octets(file);
      },
      {.json = json, .width = 1000}, [&](std::string_view part) { text += part; });
  return {text, found};
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a capture's conversation is judged, and its Close explained") {
  const std::string file = capture_of(frame(Role::client, 1, "caf\xe9"), frame(Role::server, 8,
                                                                               "\x03\xef"
                                                                               "bad text"));
  const auto report = inspected(file);
  REQUIRE(report.found);
  CHECK(*report.found);
  CHECK(holds(report.text, "[1] 1.0 ms  127.0.0.1:5000 to 127.0.0.1:9001\n"));
  CHECK(holds(report.text, "client: GET /chat?token=***; the server answered 101 after 1.0 ms"));
  CHECK(holds(report.text,
              "client: text frame 1: a text message that ends inside a UTF-8 character"));
  CHECK(holds(report.text, "; the server closed 1007 after 1.0 ms"));
  CHECK(holds(report.text, "server: Close 1007 invalid frame payload data, \"bad text\""));
  CHECK(holds(report.text, "1007 invalid frame payload data: "));
  CHECK(holds(report.text, "'wsspec explain 1007'"));
  const auto json = inspected(file, true);
  CHECK(json.text.starts_with("{\"event\":\"start\",\"schema\":\"wsspec-conversation/1\"}\n"));
  CHECK(holds(json.text, "\"event\":\"violation\""));
  CHECK_FALSE(holds(json.text, "very-secret-value"));
  // The JSON of a capture is the log of tap: inspected again it says the same.
  const auto again = inspected(json.text);
  REQUIRE(again.found);
  CHECK(*again.found);
  CHECK(holds(again.text, "; the server closed 1007 after 1.0 ms"));
}

TEST_CASE("a good conversation has no findings, and a capture that is cut says so") {
  const std::string file =
      capture_of(frame(Role::client, 1, "hi") + frame(Role::client, 8, "\x03\xe8"),
                 frame(Role::server, 1, "hi") + frame(Role::server, 8, "\x03\xe8"));
  const auto report = inspected(file);
  REQUIRE(report.found);
  CHECK_FALSE(*report.found);
  CHECK(holds(report.text, "the client closed first: 1000 normal closure"));
  const auto cut = inspected(file.substr(0, file.size() - 250));
  REQUIRE(cut.found);
  CHECK(holds(cut.text, "as far as it can be read: it ends inside a packet"));
}

TEST_CASE("what is no capture is not taken for one") {
  for (const std::string text : {"", "{}", "hello", "{\"log\": 1}"})
    CHECK(capture_kind(wire::as_octets(text)) == CaptureKind::none);
}

TEST_CASE("a browser's HAR") {
  const auto report = inspected(R"({"log":{"entries":[{"_webSocketMessages":[
    {"type":"send","time":1.5,"opcode":1,"data":"ok"},
    {"type":"receive","time":1.75,"opcode":1,"data":"damaged )"
                                "\xef\xbf\xbd"
                                R"("},
    {"type":"error","time":1.76,"opcode":-1,"data":"Could not decode a text frame as UTF-8."}],
    "request":{"method":"GET","url":"wss://a.example/?token=very-secret-value"},"response":{"status":101}}]}})");
  REQUIRE(report.found);
  CHECK(*report.found);
  CHECK(holds(report.text, "[1] 0.0 ms  client: text message 1, 2 octets"));
  CHECK(holds(report.text, "[1] 250.0 ms  server: text message 1 has U+FFFD at octet 8"));
  CHECK(holds(report.text, "the browser: Could not decode a text frame as UTF-8."));
  CHECK(holds(report.text, "client: GET wss://a.example/?token=***; the server answered 101"));
}
