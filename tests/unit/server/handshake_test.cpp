// The answer to every good and bad opening handshake, as octets.
#include "server/handshake.h"

#include <doctest/doctest.h>

#include <string>

namespace wsspec::server {
namespace {

/// RFC 6455 1.3's own example.
const wire::HeaderList kGood{{"Host", "server.example.com"},
                             {"Upgrade", "websocket"},
                             {"Connection", "Upgrade"},
                             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                             {"Sec-WebSocket-Version", "13"}};

HandshakeAnswer ask(const wire::HeaderList& headers, const ServerPolicies& policies = {},
                    std::uint64_t open = 0) {
  return answer_handshake({"GET", "/chat", "HTTP/1.1", headers}, policies, open);
}

wire::HeaderList without(std::string_view name) {
  wire::HeaderList headers;
  for (const auto& header : kGood)
    if (header.first != name) headers.push_back(header);
  return headers;
}

wire::HeaderList with(std::string_view name, std::string value) {
  auto headers = without(name);
  headers.emplace_back(name, std::move(value));
  return headers;
}

wire::HeaderList plus(std::string name, std::string value) {
  auto headers = kGood;
  headers.emplace_back(std::move(name), std::move(value));
  return headers;
}

/// A client reads the answer: it must be one, whole.
wire::HttpResponse read(const HandshakeAnswer& answer) {
  wire::HttpHeadReader head;
  wire::Octets octets = wire::as_octets(answer.octets);
  REQUIRE(head.feed(octets) == wire::HeadState::done);
  auto response = head.response();
  REQUIRE(response);
  CHECK(response->status == answer.status);
  response->body = wire::as_chars(octets);
  return *response;
}

TEST_CASE("the RFC's own handshake gets the RFC's own answer") {
  const auto answer = ask(kGood);
  CHECK(answer.status == 101);
  CHECK_FALSE(answer.breach);
  const auto response = read(answer);
  CHECK(wire::find_header(response.headers, "Sec-WebSocket-Accept") ==
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(wire::check_upgrade(response, "dGhlIHNhbXBsZSBub25jZQ==", {}, {}));
  CHECK(response.body.empty());
  CHECK_FALSE(wire::find_header(response.headers, "Content-Length"));
}

TEST_CASE("what the RFCs leave open is taken") {
  for (const auto& headers :
       {with("Upgrade", "WebSocket"), with("Upgrade", "h2c, websocket"),
        with("Connection", "keep-alive, upgrade"), with("Connection", "foo ,, Upgrade"),
        with("Host", "[::1]:9001"), with("Host", "a.example.:80"), plus("X-Unknown", "\x80\xff"),
        plus("Content-Length", "0"), plus("Sec-WebSocket-Extensions", "x-test; a=1; b"),
        plus("Sec-WebSocket-Extensions", R"(p; w="10", q; v="a\bc")"),
        plus("Sec-WebSocket-Protocol", "a,,b"), plus("Origin", "null")}) {
    const auto answer = ask(headers);
    CAPTURE(answer.octets);
    CHECK(answer.status == 101);
    CHECK_FALSE(wire::find_header(read(answer).headers, "Sec-WebSocket-Extensions"));
  }
}

TEST_CASE("a handshake that breaks a rule is refused with the status that names it") {
  struct Row {
    wire::HeaderList headers;
    int status;
  };
  const Row rows[] = {
      {without("Host"), 400},
      {plus("Host", "server.example.com"), 400},
      {with("Host", "a b"), 400},
      {with("Host", "a,b"), 400},
      {with("Host", "user@a"), 400},
      {with("Host", "a:port"), 400},
      {with("Host", ""), 400},
      {without("Upgrade"), 426},
      {with("Upgrade", "websockets"), 426},
      {with("Upgrade", "websocket/13"), 426},
      {with("Upgrade", "\"websocket\""), 426},
      {without("Connection"), 400},
      {with("Connection", "close"), 400},
      {with("Connection", "Upgradex"), 400},
      {without("Sec-WebSocket-Key"), 400},
      {with("Sec-WebSocket-Key", ""), 400},
      {plus("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), 400},
      {with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j"), 400},      // 15 octets
      {with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZWVl"), 400},  // 18 octets
      {with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"), 400},
      {with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ!=="), 400},
      {without("Sec-WebSocket-Version"), 426},
      {with("Sec-WebSocket-Version", "12"), 426},
      {with("Sec-WebSocket-Version", "8"), 426},
      {with("Sec-WebSocket-Version", "013"), 426},
      {with("Sec-WebSocket-Version", "4294967309"), 426},
      {with("Sec-WebSocket-Version", "13.0"), 400},
      {with("Sec-WebSocket-Version", "13, 8"), 400},
      {plus("Sec-WebSocket-Version", "13"), 400},
      {with("Sec-WebSocket-Version", ""), 400},
      {plus("Sec-WebSocket-Protocol", ""), 400},
      {plus("Sec-WebSocket-Protocol", "a b"), 400},
      {plus("Sec-WebSocket-Protocol", "\"a\""), 400},
      {plus("Sec-WebSocket-Protocol", "a;b"), 400},
      {plus("Sec-WebSocket-Protocol", "a, a"), 400},
      {plus("Sec-WebSocket-Extensions", ""), 400},
      {plus("Sec-WebSocket-Extensions", ";"), 400},
      {plus("Sec-WebSocket-Extensions", "a b"), 400},
      {plus("Sec-WebSocket-Extensions", "a;"), 400},
      {plus("Sec-WebSocket-Extensions", "a; =1"), 400},
      {plus("Sec-WebSocket-Extensions", "a; b=\"1"), 400},
      {plus("Sec-WebSocket-Extensions", "a; b=\"\""), 400},
      {plus("Content-Length", "5"), 400},
      {plus("Transfer-Encoding", "chunked"), 400},
      {plus("X-Control", "a\x01z"), 400},
      {plus("Expect", "100-continue"), 417},
  };
  for (const auto& row : rows) {
    const auto answer = ask(row.headers);
    CAPTURE(answer.octets);
    CHECK(answer.status == row.status);
    const auto response = read(answer);
    CHECK(response.body.size() ==
          std::stoul(std::string(*wire::find_header(response.headers, "Content-Length"))));
    CHECK(wire::header_has_token(response.headers, "Connection", "close"));
    if (row.status == 426) {
      CHECK(wire::find_header(response.headers, "Upgrade") == "websocket");
      CHECK(wire::find_header(response.headers, "Sec-WebSocket-Version") == "13");
    }
  }
}

TEST_CASE("method, version and target are those of a WebSocket's request line") {
  const auto status = [](std::string method, std::string target, std::string version) {
    return answer_handshake({std::move(method), std::move(target), std::move(version), kGood}, {},
                            0)
        .status;
  };
  CHECK(status("GET", "http://server.example.com/chat?x", "HTTP/1.1") == 101);
  CHECK(status("GET", "/", "HTTP/1.2") == 101);
  CHECK(status("POST", "/", "HTTP/1.1") == 405);
  CHECK(status("GET", "/", "HTTP/1.0") == 426);
  CHECK(status("GET", "/", "HTTP/2.0") == 505);
  CHECK(status("GET", "/", "HTTP/0.9") == 505);
  for (const char* target : {"*", "server.example.com:80", "/#top", "chat", "http://"}) {
    CAPTURE(target);
    CHECK(status("GET", target, "HTTP/1.1") == 400);
  }
  const auto head = answer_handshake({"HEAD", "/", "HTTP/1.1", kGood}, {}, 0);
  CHECK(head.status == 405);
  CHECK(head.octets.ends_with("\r\n\r\n"));
  CHECK(wire::find_header(read(head).headers, "Allow") == "GET");
}

TEST_CASE("the client's first known subprotocol is chosen, in its own letters") {
  ServerPolicies policies;
  policies.subprotocols = {"v1", "v2"};
  const auto chosen = [&](const wire::HeaderList& headers) {
    const auto response = read(ask(headers, policies));
    return std::string(
        wire::find_header(response.headers, "Sec-WebSocket-Protocol").value_or("none"));
  };
  CHECK(chosen(kGood) == "none");
  CHECK(chosen(plus("Sec-WebSocket-Protocol", "v2, v1")) == "v2");
  CHECK(chosen(plus("Sec-WebSocket-Protocol", "x, v1")) == "v1");
  CHECK(chosen(plus("Sec-WebSocket-Protocol", "V1")) == "none");
  auto split = plus("Sec-WebSocket-Protocol", "x");
  split.emplace_back("sec-websocket-protocol", "v2");
  CHECK(chosen(split) == "v2");
}

TEST_CASE("tokens: 101 and a breach, or 401 with a challenge") {
  ServerPolicies policies;
  policies.tokens = {"secret"};
  const auto late = ask(kGood, policies);
  CHECK(late.status == 101);
  REQUIRE(late.breach);
  CHECK(late.breach->code == 1008);
  policies.refuse = true;
  const auto early = ask(kGood, policies);
  CHECK(early.status == 401);
  CHECK(wire::find_header(read(early).headers, "WWW-Authenticate"));
  CHECK(early.octets.find("secret") == std::string::npos);
  const auto good = ask(plus("Authorization", "Bearer secret"), policies);
  CHECK(good.status == 101);
  CHECK_FALSE(good.breach);
}

TEST_CASE("origin 403, too many connections 503, and a broken handshake is told first") {
  ServerPolicies policies;
  policies.origins = {"https://a.example"};
  policies.max_connections = 2;
  CHECK(ask(plus("Origin", "https://evil.example"), policies).status == 403);
  CHECK(ask(plus("Origin", "https://a.example"), policies, 1).status == 101);
  const auto full = ask(kGood, policies, 2);
  CHECK(full.status == 503);
  CHECK(wire::find_header(read(full).headers, "Retry-After"));
  CHECK(ask(with("Sec-WebSocket-Key", "x"), policies, 2).status == 400);
}

TEST_CASE("another host than those that are served earns 421; the target in absolute form counts") {
  ServerPolicies policies;
  policies.hosts = {"a.example", "[::1]"};
  for (const char* host : {"a.example", "A.EXAMPLE:80", "[::1]", "[::1]:9001"})
    CHECK(ask(with("Host", host), policies).status == 101);
  for (const char* host : {"b.example", "a.example.b.example", "a.example.", "[::2]", "::1"})
    CHECK(ask(with("Host", host), policies).status != 101);
  CHECK(ask(with("Host", "b.example"), policies).status == 421);
  wire::HttpRequest absolute{"GET", "http://a.example:80/chat", "HTTP/1.1",
                             with("Host", "b.example")};
  CHECK(answer_handshake(absolute, policies, 0).status == 101);
  absolute.target = "http://b.example/a.example";
  CHECK(answer_handshake(absolute, policies, 0).status == 421);
}

TEST_CASE("a head that is no HTTP earns 400, one that does not end 431, and nothing is reflected") {
  wire::HttpHeadReader noise;
  wire::Octets octets = wire::as_octets("SSH-2.0-evil\r\n");
  noise.feed(octets);
  CHECK(answer_bad_head(noise).status == 400);
  CHECK(answer_bad_head(noise).octets.find("SSH") == std::string::npos);

  // What it says of itself decides nothing.
  for (const char* words :
       {"longer than all\r\n", "GET / HTTP/1.1\r\nmore than a header\r\n\r\n"}) {
    wire::HttpHeadReader said;
    octets = wire::as_octets(words);
    said.feed(octets);
    CHECK_FALSE(said.request());
    CHECK(answer_bad_head(said).status == 400);
  }

  wire::HttpHeadReader endless;
  const std::string text = "GET / HTTP/1.1\r\nA: " + std::string(wire::kMaxHead, 'a');
  octets = wire::as_octets(text);
  REQUIRE(endless.feed(octets) == wire::HeadState::bad);
  CHECK(answer_bad_head(endless).status == 431);

  wire::HttpHeadReader crowded;
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 300; ++i) many += "A: b\r\n";
  many += "\r\n";
  octets = wire::as_octets(many);
  crowded.feed(octets);
  CHECK_FALSE(crowded.request());
  CHECK(answer_bad_head(crowded).status == 431);
}

}  // namespace
}  // namespace wsspec::server
