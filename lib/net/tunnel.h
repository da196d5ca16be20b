// A proxy's handshake, before TLS and anything else: HTTP CONNECT (RFC 9110 9.3.6), or SOCKS5 (RFC
// 1928) with a user and password where one is given (RFC 1929). A filter of octets like TlsStream:
// it touches no socket. What the proxy may answer is bounded.
//
//   http    CONNECT --2xx--> done
//   socks5  greeting --no login--> request --granted--> done
//              +---login asked--> login ---^
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace wsspec::net {

struct ProxyRoute {
  enum class Kind : std::uint8_t { http, socks5 };
  Kind kind = Kind::http;
  std::string user{}, password{};
  std::string host{};  ///< of the target: a name for the proxy to resolve, or an address
  std::uint16_t port = 0;

  bool has_login() const { return !user.empty() || !password.empty(); }
};

class Tunnel {
 public:
  static constexpr std::size_t kMaxHead = 16 * 1024;  ///< of an answer to CONNECT

  explicit Tunnel(std::shared_ptr<const ProxyRoute> route);

  enum class State : std::uint8_t { wants_input, done, failed };
  /// Takes the proxy's octets off the front of `input`; what is left after `done` is the target's.
  State feed(std::span<const std::uint8_t>& input);
  State state() const { return state_; }
  /// Octets to be sent; `count` of them are out.
  std::span<const std::uint8_t> output() const;
  void sent(std::size_t count);
  /// Why it failed, one clause: "answered CONNECT with HTTP 407 Proxy Authentication Required". May
  /// hold a little text of the proxy's.
  const std::string& problem() const { return problem_; }

 private:
  enum class Step : std::uint8_t { head, method, login, reply };
  State fail(std::string problem);
  void read_head(std::span<const std::uint8_t>& input);
  void read_socks();
  std::size_t wanted() const;
  void read_method();
  void read_login();
  void read_reply();
  void write_request();

  std::shared_ptr<const ProxyRoute> route_;
  State state_ = State::wants_input;
  Step step_ = Step::head;
  std::vector<std::uint8_t> output_;
  std::size_t output_at_ = 0;
  std::string input_;  ///< of the answer that is being read
  std::string problem_;
};

}  // namespace wsspec::net
