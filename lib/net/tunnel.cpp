#include "net/tunnel.h"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace wsspec::net {
namespace {

constexpr std::uint8_t kVersion = 5, kConnect = 1, kLoginVersion = 1;
constexpr std::uint8_t kNoLogin = 0, kLogin = 2, kNoMethod = 0xff;
constexpr std::uint8_t kIpv4 = 1, kName = 3, kIpv6 = 4;
constexpr std::size_t kShort = 255;       ///< octets of a name, a user, a password (RFC 1928, 1929)
constexpr std::size_t kStatusLine = 100;  ///< shown of it

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string authority(const ProxyRoute& route) {
  const bool v6 = route.host.find(':') != std::string::npos;
  return (v6 ? "[" + route.host + "]" : route.host) + ":" + std::to_string(route.port);
}

const char* reply_text(std::uint8_t reply) {
  constexpr std::array<const char*, 9> kTexts = {
      "",
      "general failure",
      "not allowed by its rules",
      "network unreachable",
      "host unreachable",
      "connection refused",
      "TTL expired",
      "command not supported",
      "address type not supported",
  };
  return reply < kTexts.size() ? kTexts[reply] : "an unknown reply";
}

/// "HTTP/1.1 407 Proxy Authentication Required" -> 407; 0: no status line.
int status_of(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return 0;
  int status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return line.size() == 12 || line[12] == ' ' ? status : 0;
}

}  // namespace

Tunnel::Tunnel(std::shared_ptr<const ProxyRoute> route) : route_(std::move(route)) {
  if (route_->kind == ProxyRoute::Kind::socks5) {
    step_ = Step::method;
    if (route_->has_login())
      output_ = {kVersion, 2, kNoLogin, kLogin};
    else
      output_ = {kVersion, 1, kNoLogin};
    return;
  }
  const std::string target = authority(*route_);
  std::string text = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (route_->has_login())
    text += "Proxy-Authorization: Basic " + base64(route_->user + ":" + route_->password) + "\r\n";
  text += "\r\n";
  output_.assign(text.begin(), text.end());
}

std::span<const std::uint8_t> Tunnel::output() const {
  return std::span<const std::uint8_t>(output_).subspan(output_at_);
}

void Tunnel::sent(std::size_t count) {
  output_at_ += count;
  if (output_at_ < output_.size()) return;
  output_.clear();
  output_at_ = 0;
}

Tunnel::State Tunnel::fail(std::string problem) {
  problem_ = std::move(problem);
  return state_ = State::failed;
}

Tunnel::State Tunnel::feed(std::span<const std::uint8_t>& input) {
  while (state_ == State::wants_input && !input.empty()) {
    if (step_ == Step::head) {
      read_head(input);
      continue;
    }
    const std::size_t missing = wanted() - input_.size();
    const auto part = input.first(std::min(missing, input.size()));
    input_.append(reinterpret_cast<const char*>(part.data()), part.size());
    input = input.subspan(part.size());
    if (input_.size() == wanted()) read_socks();
  }
  return state_;
}

// Octet by octet to the end of the head: what follows is not the proxy's.
void Tunnel::read_head(std::span<const std::uint8_t>& input) {
  while (!input.empty() && !input_.ends_with("\r\n\r\n") && !input_.ends_with("\n\n")) {
    if (input_.size() == kMaxHead) {
      fail("answered CONNECT with a head of more than 16 KiB");
      return;
    }
    input_ += static_cast<char>(input.front());
    input = input.subspan(1);
    if (input_.size() <= 5 && !std::string_view("HTTP/").starts_with(input_)) {
      fail("does not speak HTTP");
      return;
    }
  }
  if (!input_.ends_with("\r\n\r\n") && !input_.ends_with("\n\n")) return;
  std::string line = input_.substr(0, input_.find_first_of("\r\n"));
  const int status = status_of(line);
  if (line.size() > kStatusLine) line.resize(kStatusLine);
  input_.clear();
  if (status >= 100 && status < 200 && status != 101) return;  // RFC 9110 15.2: read over
  if (status >= 200 && status < 300) {
    state_ = State::done;
    return;
  }
  fail(status == 0 ? "answered CONNECT with no HTTP: " + line : "answered CONNECT with " + line);
}

/// Octets of the answer, as far as they show how many there are.
std::size_t Tunnel::wanted() const {
  if (step_ != Step::reply) return 2;
  if (input_.size() < 5) return 5;
  constexpr std::size_t kHead = 4, kPort = 2;
  switch (static_cast<std::uint8_t>(input_[3])) {
    case kIpv4:
      return kHead + 4 + kPort;
    case kIpv6:
      return kHead + 16 + kPort;
    case kName:
      return kHead + 1 + static_cast<std::uint8_t>(input_[4]) + kPort;
    default:
      return 5;
  }
}

void Tunnel::read_socks() {
  if (step_ == Step::reply && wanted() != input_.size()) return;  // the length is known now
  if (step_ == Step::method)
    read_method();
  else if (step_ == Step::login)
    read_login();
  else
    read_reply();
  input_.clear();
}

void Tunnel::read_method() {
  const auto version = static_cast<std::uint8_t>(input_[0]);
  const auto method = static_cast<std::uint8_t>(input_[1]);
  if (version != kVersion) {
    fail("does not speak SOCKS5");
    return;
  }
  if (method == kNoLogin) return write_request();
  if (method == kNoMethod || method != kLogin || !route_->has_login()) {
    fail(route_->has_login() ? "takes no user and password" : "asks for a user and password");
    return;
  }
  const std::string user = route_->user.substr(0, kShort);
  const std::string password = route_->password.substr(0, kShort);
  output_ = {kLoginVersion, static_cast<std::uint8_t>(user.size())};
  output_.insert(output_.end(), user.begin(), user.end());
  output_.push_back(static_cast<std::uint8_t>(password.size()));
  output_.insert(output_.end(), password.begin(), password.end());
  step_ = Step::login;
}

void Tunnel::read_login() {
  if (input_[1] != 0)
    fail("refuses this user and password");
  else
    write_request();
}

void Tunnel::write_request() {
  output_ = {kVersion, kConnect, 0};
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET, route_->host.c_str(), octets.data()) == 1) {
    output_.push_back(kIpv4);
    output_.insert(output_.end(), octets.begin(), octets.begin() + 4);
  } else if (inet_pton(AF_INET6, route_->host.c_str(), octets.data()) == 1) {
    output_.push_back(kIpv6);
    output_.insert(output_.end(), octets.begin(), octets.end());
  } else {
    const std::string name = route_->host.substr(0, kShort);
    output_.push_back(kName);
    output_.push_back(static_cast<std::uint8_t>(name.size()));
    output_.insert(output_.end(), name.begin(), name.end());
  }
  output_.push_back(static_cast<std::uint8_t>(route_->port >> 8));
  output_.push_back(static_cast<std::uint8_t>(route_->port & 0xff));
  step_ = Step::reply;
}

void Tunnel::read_reply() {
  const auto version = static_cast<std::uint8_t>(input_[0]);
  const auto reply = static_cast<std::uint8_t>(input_[1]);
  if (version != kVersion)
    fail("does not speak SOCKS5");
  else if (reply != 0)
    fail(std::string("refuses the connection: ") + reply_text(reply));
  else if (input_[3] != kIpv4 && input_[3] != kIpv6 && input_[3] != kName)
    fail("answers with an address of no known type");
  else
    state_ = State::done;
}

}  // namespace wsspec::net
