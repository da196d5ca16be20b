// Each rule of an opening handshake: a request that breaks it and no other, and the nearest ones
// that keep to it.
#include "wire/request_fault.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "wire/request_scan.h"

using namespace wsspec::wire;

namespace {

struct Row {
  const char* name;
  std::string head;
  RequestFault fault = RequestFault::none;
};

/// A good head with one line in the place of another, which begins with `begins`; an empty line
/// takes it away. Without `begins` the line is added.
std::string with(const std::string& line, const std::string& begins = {}) {
  std::vector<std::string> lines = {"GET /chat HTTP/1.1",
                                    "Host: example.com:8080",
                                    "Upgrade: websocket",
                                    "Connection: keep-alive, Upgrade",
                                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                                    "Sec-WebSocket-Version: 13"};
  if (begins.empty()) lines.push_back(line);
  std::string out;
  for (const std::string& one : lines) {
    const std::string& shown = !begins.empty() && one.starts_with(begins) ? line : one;
    if (!shown.empty()) out += shown + "\r\n";
  }
  return out;
}

}  // namespace

TEST_CASE("the one rule that a request breaks") {
  const std::vector<Row> rows = {
      {"a good one", with("Origin: http://example.com")},
      {"an absolute target", with("GET http://example.com/ HTTP/1.1", "GET")},
      {"no version", with("GET /", "GET"), RequestFault::malformed_line},
      {"lower case", with("GET / http/1.1", "GET"), RequestFault::malformed_line},
      {"two digits", with("GET / HTTP/1.10", "GET"), RequestFault::malformed_line},
      {"POST", with("POST / HTTP/1.1", "GET"), RequestFault::method},
      {"get", with("get / HTTP/1.1", "GET"), RequestFault::method},
      {"HTTP/1.0", with("GET / HTTP/1.0", "GET"), RequestFault::http_version},
      {"HTTP/2.0", with("GET / HTTP/2.0", "GET"), RequestFault::http_version},
      {"HTTP/1.2", with("GET / HTTP/1.2", "GET")},
      {"no path", with("GET * HTTP/1.1", "GET"), RequestFault::bad_target},
      {"a fragment", with("GET /#a HTTP/1.1", "GET"), RequestFault::bad_target},
      {"a space", with("GET /a b HTTP/1.1", "GET"), RequestFault::bad_target},
      {"no colon", with("X"), RequestFault::malformed_header},
      {"a space before the colon", with("X : 1"), RequestFault::malformed_header},
      {"a folded line", with("X: 1\r\n 2"), RequestFault::malformed_header},
      {"NUL in a value", with(std::string("X: a\0b", 6)), RequestFault::malformed_header},
      {"an empty value", with("X:")},
      {"no Host", with("", "Host"), RequestFault::no_host},
      {"two Hosts", with("host: example.com"), RequestFault::several_hosts},
      {"an empty Host", with("Host:", "Host"), RequestFault::bad_host},
      {"a Host with a path", with("Host: a/b", "Host"), RequestFault::bad_host},
      {"a Host with a bad port", with("Host: a:99999", "Host"), RequestFault::bad_host},
      {"IPv6", with("Host: [::1]:80", "Host")},
      {"a body", with("Content-Length: 5"), RequestFault::body},
      {"chunks", with("Transfer-Encoding: chunked"), RequestFault::body},
      {"a body of 0 octets", with("Content-Length: 0")},
      {"no Upgrade", with("", "Upgrade"), RequestFault::no_upgrade},
      {"another Upgrade", with("Upgrade: h2c", "Upgrade"), RequestFault::no_upgrade},
      {"a list", with("Upgrade: h2c, WebSocket", "Upgrade")},
      {"no Connection", with("", "Connection"), RequestFault::no_connection},
      {"no Upgrade in it", with("Connection: keep-alive", "Connection"),
       RequestFault::no_connection},
      {"no key", with("", "Sec-WebSocket-Key"), RequestFault::no_key},
      {"two keys", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), RequestFault::several_keys},
      {"a key of 15 octets", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j", "Sec-WebSocket-Key"),
       RequestFault::bad_key},
      {"a key that is no base64", with("Sec-WebSocket-Key: ?", "Sec-WebSocket-Key"),
       RequestFault::bad_key},
      {"no version", with("", "Sec-WebSocket-Version"), RequestFault::no_version},
      {"two versions", with("Sec-WebSocket-Version: 13"), RequestFault::several_versions},
      {"version 8", with("Sec-WebSocket-Version: 8", "Sec-WebSocket-Version"),
       RequestFault::bad_version},
      {"version 013", with("Sec-WebSocket-Version: 013", "Sec-WebSocket-Version"),
       RequestFault::bad_version},
      {"an empty extension", with("Sec-WebSocket-Extensions:"), RequestFault::bad_extensions},
      {"an extension without a name", with("Sec-WebSocket-Extensions: ; a"),
       RequestFault::bad_extensions},
      {"an extension", with("Sec-WebSocket-Extensions: permessage-deflate; a=\"b\"")},
      {"a subprotocol twice", with("Sec-WebSocket-Protocol: chat, chat"),
       RequestFault::bad_subprotocol},
      {"a subprotocol that is no token", with("Sec-WebSocket-Protocol: a b"),
       RequestFault::bad_subprotocol},
      {"two subprotocols", with("Sec-WebSocket-Protocol: a, b")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(static_cast<int>(request_fault(row.head)) == static_cast<int>(row.fault));
  }
}

TEST_CASE("the scan of what was sent audits each whole request") {
  RequestScan scan;
  const std::string first = with("GET / HTTP/1.0", "GET") + "\r\n";
  const std::string second = with("Origin: null") + "\r\n";
  for (const char octet : first + second) scan.feed(as_octets(std::string_view(&octet, 1)));
  CHECK(scan.asked().fault == RequestFault::http_version);
  scan.answered();
  CHECK(scan.asked().fault == RequestFault::none);

  RequestScan half;
  half.feed(as_octets(std::string_view("POST / HTTP/1.1\r\nX: 1\r\n")));
  CHECK(half.asked().fault == RequestFault::none);

  RequestScan huge;
  huge.feed(as_octets(std::string("POST / HTTP/1.1\r\nX: ") +
                      std::string(RequestScan::kMaxHead, 'x') + "\r\n\r\n"));
  CHECK(huge.asked().fault == RequestFault::none);
}
