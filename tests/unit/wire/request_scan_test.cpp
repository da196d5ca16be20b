// What was asked for, read from the octets that went out: whole, octet by octet, malformed.
#include "wire/request_scan.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace wsspec::wire;

namespace {

constexpr std::string_view kSampleKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 1.3

RequestScan scanned(std::string_view text) {
  RequestScan scan;
  scan.feed(as_octets(text));
  return scan;
}

HttpResponse answer_to(std::string_view key) {
  HttpResponse response;
  response.status = 101;
  response.version = "HTTP/1.1";
  response.headers = {{"Upgrade", "websocket"},
                      {"Connection", "Upgrade"},
                      {"Sec-WebSocket-Accept", accept_for(key)}};
  return response;
}

}  // namespace

TEST_CASE("a handshake's key, offers and method, however it is cut") {
  constexpr std::string_view kText =
      "GET / HTTP/1.1\r\nhost: a\r\nSEC-WEBSOCKET-KEY:  \t dGhlIHNhbXBsZSBub25jZQ== \r\n"
      "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n"
      "Sec-WebSocket-Extensions: x; y=\"1,2\", z\r\n\r\n";
  for (std::size_t at = 0; at <= kText.size(); ++at) {
    RequestScan scan;
    scan.feed(as_octets(kText.substr(0, at)));
    scan.feed(as_octets(kText.substr(at)));
    const SentRequest& asked = scan.asked();
    REQUIRE(asked.method == "GET");
    REQUIRE(asked.keys == std::vector<std::string>{std::string(kSampleKey)});
    REQUIRE(asked.subprotocols == std::vector<std::string>{"a, b", "c"});
    REQUIRE(asked.extensions == std::vector<std::string>{"x; y=\"1,2\"", "z"});
  }
}

TEST_CASE("a key of any length that a script can send is read to its end") {
  const std::string key(100'000, 'k');
  RequestScan scan = scanned("GET / HTTP/1.1\r\nSec-WebSocket-Key: " + key + "\r\n\r\n");
  REQUIRE(scan.asked().keys.size() == 1);
  CHECK(scan.asked().keys.front() == key);
}

TEST_CASE("malformed requests") {
  CHECK(scanned("\r\n\r\nGET / HTTP/1.1\nSec-WebSocket-Key : a\n\n").asked().keys ==
        std::vector<std::string>{"a"});
  CHECK(scanned("GET /\r\nSec-WebSocket-Key:\r\n a\r\n\tb\r\nX: 1\r\n c\r\n\r\n").asked().keys ==
        std::vector<std::string>{"a b"});
  CHECK(scanned("GET / HTTP/1.1\r\nSec-WebSocket-Key: half").asked().keys.empty());
  CHECK(scanned("GET / HTTP/1.1\r\nX-Odd\r\n: 1\r\n\r\n").asked().keys.empty());
  CHECK(scanned("").asked().method.empty());
  CHECK(scanned(std::string(3 << 20, 'x')).asked().method.empty());
}

TEST_CASE("requests are answered in their order") {
  RequestScan scan =
      scanned("HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nSec-WebSocket-Key: b\r\n\r\n");
  CHECK(scan.asked().method == "HEAD");
  scan.answered();
  CHECK(scan.asked().keys == std::vector<std::string>{"b"});
  scan.answered();
  CHECK(scan.asked().keys.empty());

  // Answered before its end: what is left of it is not the next one.
  scan.feed(as_octets(std::string_view("POST / HTTP/1.1\r\nX: 1\r\n")));
  CHECK(scan.asked().method == "POST");
  scan.answered();
  scan.feed(as_octets(std::string_view("\r\nGET / HTTP/1.1\r\n\r\n")));
  CHECK(scan.asked().method == "GET");
}

TEST_CASE("memory is bounded") {
  RequestScan scan = scanned("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 1000; ++i)
    scan.feed(
        as_octets(std::string_view("Sec-WebSocket-Key: a\r\nSec-WebSocket-Extensions: a,b\r\n")));
  CHECK(scan.asked().keys.size() == RequestScan::kMaxKept);
  CHECK(scan.asked().extensions.size() == RequestScan::kMaxKept);
  scan.feed(as_octets(std::string_view("\r\n")));
  for (int i = 0; i < 1000; ++i) scan.feed(as_octets(std::string_view("GET / HTTP/1.1\r\n\r\n")));
  CHECK(scan.asked().keys.size() == RequestScan::kMaxKept);
}

TEST_CASE("the Accept fits the key that was sent, one of them, or all of them joined") {
  SentRequest request;
  request.keys = {std::string(kSampleKey)};
  CHECK_FALSE(check_upgrade(answer_to(kSampleKey), request));
  CHECK(check_upgrade(answer_to("other"), request));
  request.keys = {"a", "b"};
  CHECK_FALSE(check_upgrade(answer_to("a"), request));
  CHECK_FALSE(check_upgrade(answer_to("b"), request));
  CHECK_FALSE(check_upgrade(answer_to("a, b"), request));
  CHECK(check_upgrade(answer_to("c"), request));
  request.keys.clear();
  CHECK_FALSE(check_upgrade(answer_to(""), request));
  CHECK(check_upgrade(answer_to("c"), request));
}

TEST_CASE("what a 101 chooses was offered, on whatever line") {
  SentRequest request;
  request.keys = {"a"};
  request.subprotocols = {"x, y", ",z"};
  request.extensions = {"e; p=1"};
  HttpResponse response = answer_to("a");
  response.headers.emplace_back("Sec-WebSocket-Protocol", "z");
  response.headers.emplace_back("Sec-WebSocket-Extensions", "e");
  CHECK_FALSE(check_upgrade(response, request));
  response.headers[3].second = "w";
  CHECK(check_upgrade(response, request)->what == "the subprotocol \"w\" was not offered");
  response.headers[3].second = "";
  CHECK(check_upgrade(response, request));
}
