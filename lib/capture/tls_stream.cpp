#include "capture/tls_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wsspec::capture {
namespace {

using wire::Role;

constexpr std::size_t kHead = 5, kMostRecord = 16384 + 2048, kMostMessage = 256 * 1024;
enum Type : std::uint8_t { change_cipher_spec = 20, alert = 21, handshake_type = 22, data = 23 };
enum Message : std::uint8_t { client_hello = 1, server_hello = 2, finished = 20, key_update = 24 };

/// The ServerHello that asks for another ClientHello (RFC 8446 4.1.3).
constexpr std::uint8_t kRetry[] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11};

std::size_t number(wire::Octets octets) {
  std::size_t out = 0;
  for (const std::uint8_t octet : octets) out = out << 8 | octet;
  return out;
}

}  // namespace

bool begins_like_tls(wire::Octets octets) {
  return octets.size() > 2 && octets[0] == handshake_type && octets[1] == 3 && octets[2] <= 4;
}

bool TlsStream::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

bool TlsStream::feed(Role side, wire::Octets octets) {
  if (!problem_.empty()) return false;
  wire::OctetVector& held = at(side).held;
  held.insert(held.end(), octets.begin(), octets.end());
  std::size_t done = 0;
  while (held.size() - done >= kHead) {
    const wire::Octets rest = wire::Octets(held).subspan(done);
    const std::size_t size = number(rest.subspan(3, 2));
    if (rest[0] < change_cipher_spec || rest[0] > data || rest[1] != 3 || size > kMostRecord)
      return fail("what comes is no TLS record");
    if (rest.size() < kHead + size) break;
    if (!record(side, rest.first(kHead), rest.subspan(kHead, size))) return false;
    done += kHead + size;
  }
  held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(done));
  return true;
}

bool TlsStream::record(Role side, wire::Octets head, wire::Octets body) {
  Side& here = at(side);
  const std::uint8_t type = head[0];
  if (type == change_cipher_spec) {
    if (suite_ == nullptr || suite_->tls13) return true;  // RFC 8446 5: it means nothing there
    here.changed = true;
    return use_master(side);
  }
  if (suite_ != nullptr && suite_->tls13 && type == data) {
    auto opened = here.cipher ? here.cipher->open(head, body) : std::nullopt;
    if (!opened) return fail("a record does not decrypt with the secrets of the key log");
    while (!opened->empty() && opened->back() == 0) opened->pop_back();  // padding
    if (opened->empty()) return fail("a record holds nothing but padding");
    const std::uint8_t inner = opened->back();
    opened->pop_back();
    return content(side, inner, *opened);
  }
  if (here.changed) {
    const auto opened = here.cipher->open(head, body);
    if (!opened) return fail("a record does not decrypt with the secrets of the key log");
    return content(side, type, *opened);
  }
  return content(side, type, body);
}

bool TlsStream::content(Role side, std::uint8_t type, wire::Octets content) {
  if (type == data) {
    if (!at(side).cipher) return fail("application data before the keys are known");
    on_octets_(side, content);
  }
  if (type == handshake_type) return handshake(side, content);
  return true;
}

bool TlsStream::handshake(Role side, wire::Octets octets) {
  wire::OctetVector& held = at(side).handshake;
  held.insert(held.end(), octets.begin(), octets.end());
  while (held.size() >= 4) {
    const std::size_t size = number(wire::Octets(held).subspan(1, 3));
    if (size > kMostMessage) return fail("a handshake message is longer than is read here");
    if (held.size() < 4 + size) break;
    const wire::OctetVector body(held.begin() + 4,
                                 held.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    const std::uint8_t type = held[0];
    held.erase(held.begin(), held.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    if (!message(side, type, body)) return false;
  }
  return true;
}

bool TlsStream::message(Role side, std::uint8_t type, wire::Octets body) {
  const bool tls13 = suite_ != nullptr && suite_->tls13;
  switch (type) {
    case client_hello:
      return side == Role::server || on_client_hello(body);
    case server_hello:
      return side == Role::client || on_server_hello(body);
    case finished:
      if (!tls13) return true;
      return use(side, side == Role::client ? KeyLog::Label::client_traffic
                                            : KeyLog::Label::server_traffic);
    case key_update:
      if (tls13 && at(side).cipher) at(side).cipher = at(side).cipher->updated();
      return true;
    default:
      return true;
  }
}

bool TlsStream::on_client_hello(wire::Octets body) {
  if (body.size() < 34) return fail("a ClientHello that is too short");
  std::copy_n(body.begin() + 2, random_.size(), random_.begin());
  return true;
}

bool TlsStream::on_server_hello(wire::Octets body) {
  if (body.size() < 38) return fail("a ServerHello that is too short");
  const wire::Octets random = body.subspan(2, 32);
  if (std::equal(std::begin(kRetry), std::end(kRetry), random.begin())) return true;
  std::copy(random.begin(), random.end(), server_random_.begin());
  const std::size_t after_session = 35 + body[34];
  if (body.size() < after_session + 3) return fail("a ServerHello that is too short");
  const auto id = static_cast<std::uint16_t>(number(body.subspan(after_session, 2)));
  suite_ = tls_suite(id);
  if (suite_ == nullptr)
    return fail(fmt::format("it uses the cipher suite {:04x}, which is not read here", id));
  if (!suite_->tls13) return true;
  return use(Role::client, KeyLog::Label::client_handshake) &&
         use(Role::server, KeyLog::Label::server_handshake);
}

bool TlsStream::use(Role side, KeyLog::Label label) {
  const wire::OctetVector* secret = keys_.find(random_, label);
  if (secret == nullptr) return fail("its secrets are not in the key log");
  at(side).cipher = TlsCipher::of_traffic_secret(*suite_, *secret);
  return true;
}

bool TlsStream::use_master(Role side) {
  const wire::OctetVector* master = keys_.find(random_, KeyLog::Label::master);
  if (master == nullptr) return fail("its secrets are not in the key log");
  at(side).cipher =
      TlsCipher::of_master_secret(*suite_, *master, random_, server_random_, side == Role::client);
  return true;
}

}  // namespace wsspec::capture
