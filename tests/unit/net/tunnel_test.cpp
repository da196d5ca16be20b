// A proxy's handshake: every answer whole, and split at every octet.
#include "net/tunnel.h"

#include <doctest/doctest.h>

#include <string>

using namespace wsspec::net;
using State = Tunnel::State;

namespace {

std::shared_ptr<const ProxyRoute> route(ProxyRoute::Kind kind, std::string user = {},
                                        std::string password = {}, std::string host = "a.example") {
  auto out = std::make_shared<ProxyRoute>();
  *out = {kind, std::move(user), std::move(password), std::move(host), 9001};
  return out;
}

std::string take(Tunnel& tunnel) {
  const auto octets = tunnel.output();
  std::string out(octets.begin(), octets.end());
  if (!out.empty()) tunnel.sent(out.size());
  return out;
}

/// The octets that are left over.
std::string feed(Tunnel& tunnel, const std::string& text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::string part = text.substr(at, piece);
    std::span<const std::uint8_t> input(reinterpret_cast<const std::uint8_t*>(part.data()),
                                        part.size());
    tunnel.feed(input);
    if (tunnel.state() == State::done)
      return std::string(input.begin(), input.end()) +
             text.substr(std::min(text.size(), at + piece));
    if (tunnel.state() == State::failed) return {};
  }
  return {};
}

const auto kHttp = ProxyRoute::Kind::http;
const auto kSocks = ProxyRoute::Kind::socks5;

}  // namespace

TEST_CASE("CONNECT names the target, and the login where there is one") {
  Tunnel plain(route(kHttp));
  CHECK(take(plain) == "CONNECT a.example:9001 HTTP/1.1\r\nHost: a.example:9001\r\n\r\n");
  Tunnel login(route(kHttp, "me", "pa:ss"));
  CHECK(take(login).find("\r\nProxy-Authorization: Basic bWU6cGE6c3M=\r\n") != std::string::npos);
  Tunnel v6(route(kHttp, {}, {}, "::1"));
  CHECK(take(v6).starts_with("CONNECT [::1]:9001 "));
}

TEST_CASE("what follows the proxy's answer is the target's, wherever it is cut") {
  const std::string answer =
      "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\nrest\r\n\r\n";
  for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
    Tunnel tunnel(route(kHttp));
    take(tunnel);
    CHECK(feed(tunnel, answer, piece) == "rest\r\n\r\n");
    CHECK(tunnel.state() == State::done);
  }
}

TEST_CASE("a refusal is told by its status line; what is no HTTP at once") {
  Tunnel refused(route(kHttp));
  feed(refused, "HTTP/1.1 407 Login\r\nX: y\r\n\r\n", 3);
  CHECK(refused.state() == State::failed);
  CHECK(refused.problem() == "answered CONNECT with HTTP/1.1 407 Login");
  for (const char* text : {"SSH-2.0-x\r\n", "\x05\x00", "\x16\x03\x01\x02\x00", "HTTQ"}) {
    Tunnel other(route(kHttp));
    feed(other, text, 1);
    CHECK(other.state() == State::failed);
  }
  for (const char* line : {"HTTP/1.1 2000 x", "HTTP/1.1 20", "HTTP/1.1  200", "HTTP/2 200"}) {
    Tunnel bad(route(kHttp));
    feed(bad, std::string(line) + "\r\n\r\n", 100);
    CHECK_MESSAGE(bad.state() == State::failed, line);
  }
}

TEST_CASE("a head without an end is given up") {
  Tunnel tunnel(route(kHttp));
  feed(tunnel, "HTTP/1.1 200 OK\r\n" + std::string(1 << 20, 'x'), 1000);
  CHECK(tunnel.state() == State::failed);
  CHECK(tunnel.problem().find("16 KiB") != std::string::npos);
}

TEST_CASE("SOCKS5 without a login, with names and addresses, wherever it is cut") {
  struct Case {
    const char* host;
    std::string address;
  };
  for (const Case& one : {Case{"a.example", std::string("\x03\x09") + "a.example"},
                          Case{"127.0.0.1", std::string("\x01\x7f\0\0\x01", 5)},
                          Case{"::1", std::string("\x04") + std::string(15, '\0') + '\x01'}}) {
    const std::string reply = std::string("\x05\0\0\x01\x7f\0\0\x01\x23\x29", 10) + "rest";
    for (std::size_t piece = 1; piece <= reply.size(); ++piece) {
      Tunnel tunnel(route(kSocks, {}, {}, one.host));
      CHECK(take(tunnel) == std::string("\x05\x01\0", 3));
      feed(tunnel, std::string("\x05\0", 2), piece);
      CHECK(take(tunnel) == std::string("\x05\x01\0", 3) + one.address + "\x23\x29");
      CHECK(feed(tunnel, reply, piece) == "rest");
      CHECK(tunnel.state() == State::done);
    }
  }
}

TEST_CASE("SOCKS5 with a login") {
  Tunnel tunnel(route(kSocks, "me", "secret"));
  CHECK(take(tunnel) == std::string("\x05\x02\0\x02", 4));
  feed(tunnel, "\x05\x02", 1);
  CHECK(take(tunnel) == std::string("\x01\x02") + "me" + "\x06" + "secret");
  feed(tunnel, std::string("\x01\0", 2), 1);
  CHECK(take(tunnel).size() == 3 + 2 + 9 + 2);
  const std::string named = std::string("\x05\0\0\x03\x02hi\0\x01", 9);
  CHECK(feed(tunnel, named + "x", 4) == "x");
  CHECK(tunnel.state() == State::done);
}

TEST_CASE("what SOCKS5 refuses is said") {
  const auto problem = [](const std::string& octets, std::string user = {}) {
    Tunnel tunnel(route(kSocks, std::move(user)));
    take(tunnel);
    feed(tunnel, octets, 1);
    CHECK(tunnel.state() == State::failed);
    return tunnel.problem();
  };
  CHECK(problem("\x05\xff") == "asks for a user and password");
  CHECK(problem("\x05\x02") == "asks for a user and password");
  CHECK(problem("\x05\xff", "me") == "takes no user and password");
  CHECK(problem("HTTP/1.1 400") == "does not speak SOCKS5");
  CHECK(problem(std::string("\x05\x02\x01\x01", 4), "me") == "refuses this user and password");
  CHECK(problem(std::string("\x05\0\x05\x05\0\x01\0\0\0\0\0\0", 12)) ==
        "refuses the connection: connection refused");
  CHECK(problem(std::string("\x05\0\x05\x63\0\x01\0\0\0\0\0\0", 12)) ==
        "refuses the connection: an unknown reply");
}
