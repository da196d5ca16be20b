// A request to the reference server: whatever it says, the answer is one well-formed HTTP response
// of ours, and a 101 is one that our own client takes.
#include <fmt/format.h>
#include <algorithm>

#include "fuzz.h"
#include "server/handshake.h"

using namespace wsspec;
using fuzz::expect;

namespace {

wire::HttpResponse read_answer(const server::HandshakeAnswer& answer, std::string& body) {
  wire::HttpHeadReader reader;
  wire::Octets octets = wire::as_octets(answer.octets);
  expect(reader.feed(octets) == wire::HeadState::done, "the answer has a whole head");
  auto response = reader.response();
  expect(response.has_value(), "the answer is an HTTP response");
  expect(response->version == "HTTP/1.1", "the answer is HTTP/1.1");
  expect(response->status == answer.status, "the answer's status is what it says");
  body = wire::as_chars(octets);
  return *response;
}

bool is_ours(std::string_view name) {
  static constexpr std::string_view kNames[] = {"Server",
                                                "Upgrade",
                                                "Connection",
                                                "Sec-WebSocket-Accept",
                                                "WWW-Authenticate",
                                                "Allow",
                                                "Retry-After",
                                                "Sec-WebSocket-Protocol",
                                                "Content-Type",
                                                "Content-Length",
                                                "Sec-WebSocket-Version",
                                                "Sec-WebSocket-Extensions"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

FUZZ_TARGET(request) {
  const std::uint8_t bits = input.octet();
  server::ServerPolicies policies;
  policies.subprotocols = {"v1", "v2"};
  if ((bits & 1) != 0) policies.tokens = {"secret", "a b"};
  policies.refuse = (bits & 2) != 0;
  if ((bits & 4) != 0) policies.origins = {"https://a.example"};
  if ((bits & 8) != 0) policies.max_connections = 2;

  wire::HttpHeadReader head;
  wire::Octets octets = input.rest();
  if (head.feed(octets) == wire::HeadState::incomplete) return;
  const auto request = head.request();
  const server::HandshakeAnswer answer =
      request ? server::answer_handshake(*request, policies, bits >> 4)
              : server::answer_bad_head(head);

  std::string body;
  const wire::HttpResponse response = read_answer(answer, body);
  for (const auto& [name, value] : response.headers)
    expect(is_ours(name), "no header comes from the request");
  if (answer.status != 101) {
    expect(answer.status >= 400 && answer.status <= 599, "a refusal is an error");
    const auto length = wire::find_header(response.headers, "Content-Length");
    const bool head_only = request && request->method == "HEAD";
    expect(length == std::to_string(body.size()) || (head_only && body.empty()),
           "a refusal's body is as long as it says");
    return;
  }

  expect(request && body.empty(), "nothing follows a 101");
  std::vector<std::string> offered;
  if (const auto chosen = wire::find_header(response.headers, "Sec-WebSocket-Protocol")) {
    expect(chosen == "v1" || chosen == "v2", "the subprotocol is one of the server's");
    expect(wire::header_has_token(request->headers, "Sec-WebSocket-Protocol", *chosen),
           "the subprotocol was offered");
    offered.emplace_back(*chosen);
  }
  const auto key = wire::find_header(request->headers, "Sec-WebSocket-Key");
  expect(key && wire::base64_decode(*key) && wire::base64_decode(*key)->size() == 16 &&
             wire::base64(*wire::base64_decode(*key)) == *key,
         "the key is 16 octets in base64");
  std::vector<std::string> extensions;
  if (wire::find_header(request->headers, "Sec-WebSocket-Extensions"))
    extensions.push_back(wire::joined_header(request->headers, "Sec-WebSocket-Extensions"));
  const auto problem = wire::check_upgrade(response, *key, offered, extensions);
  expect(!problem, problem ? problem->what : "");
  expect(answer.breach.has_value() == server::check_token(*request, policies).has_value(),
         "a 101 without a valid token is followed by a Close");
  expect(policies.max_connections == 0 || (bits >> 4) < 2, "a full server opens no more");
}
