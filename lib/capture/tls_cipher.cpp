#include "capture/tls_cipher.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string_view>

namespace wsspec::capture {
namespace {

constexpr std::size_t kTag = 16, kNonce = 12, kExplicit = 8;

constexpr TlsSuite kSuites[] = {
    {0x1301, true, false, false, 16},  {0x1302, true, false, true, 32},
    {0x1303, true, true, false, 32},   {0xc02b, false, false, false, 16},
    {0xc02f, false, false, false, 16}, {0x009e, false, false, false, 16},
    {0x009c, false, false, false, 16}, {0xc02c, false, false, true, 32},
    {0xc030, false, false, true, 32},  {0x009f, false, false, true, 32},
    {0x009d, false, false, true, 32},  {0xcca8, false, true, false, 32},
    {0xcca9, false, true, false, 32},  {0xccaa, false, true, false, 32},
};

const EVP_MD* digest_of(const TlsSuite& suite) {
  return suite.sha384 ? EVP_sha384() : EVP_sha256();
}

wire::OctetVector hmac(const TlsSuite& suite, wire::Octets key, wire::Octets text) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (HMAC(digest_of(suite), key.data(), static_cast<int>(key.size()), text.data(), text.size(),
           out.data(), &size) == nullptr)
    throw std::bad_alloc();
  return {out.begin(), out.begin() + size};
}

void append(wire::OctetVector& out, wire::Octets more) {
  out.insert(out.end(), more.begin(), more.end());
}

/// HKDF-Expand-Label with an empty context (RFC 8446 7.1, RFC 5869 2.3).
wire::OctetVector expand(const TlsSuite& suite, wire::Octets secret, std::string_view label,
                         std::size_t size) {
  wire::OctetVector info{static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size),
                         static_cast<std::uint8_t>(6 + label.size())};
  append(info, wire::as_octets("tls13 "));
  append(info, wire::as_octets(label));
  info.push_back(0);
  wire::OctetVector out, block;
  for (std::uint8_t counter = 1; out.size() < size; ++counter) {
    append(block, info);
    block.push_back(counter);
    block = hmac(suite, secret, block);
    append(out, block);
  }
  out.resize(size);
  return out;
}

/// P_hash of TLS 1.2 (RFC 5246 5).
wire::OctetVector prf(const TlsSuite& suite, wire::Octets secret, const wire::OctetVector& seed,
                      std::size_t size) {
  wire::OctetVector out, a = seed;
  while (out.size() < size) {
    a = hmac(suite, secret, a);
    wire::OctetVector text = a;
    append(text, seed);
    append(out, hmac(suite, secret, text));
  }
  out.resize(size);
  return out;
}

const EVP_CIPHER* cipher_of(const TlsSuite& suite) {
  if (suite.chacha) return EVP_chacha20_poly1305();
  return suite.key_size == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
}

}  // namespace

const TlsSuite* tls_suite(std::uint16_t id) {
  for (const TlsSuite& suite : kSuites)
    if (suite.id == id) return &suite;
  return nullptr;
}

TlsCipher TlsCipher::of_traffic_secret(const TlsSuite& suite, wire::OctetVector secret) {
  TlsCipher out;
  out.suite_ = &suite;
  out.key_ = expand(suite, secret, "key", suite.key_size);
  out.iv_ = expand(suite, secret, "iv", kNonce);
  out.secret_ = std::move(secret);
  return out;
}

TlsCipher TlsCipher::of_master_secret(const TlsSuite& suite, wire::Octets master,
                                      wire::Octets client_random, wire::Octets server_random,
                                      bool client) {
  wire::OctetVector seed;
  append(seed, wire::as_octets("key expansion"));
  append(seed, server_random);
  append(seed, client_random);
  const std::size_t iv = suite.chacha ? kNonce : kNonce - kExplicit;
  const auto block = prf(suite, master, seed, 2 * (suite.key_size + iv));
  const wire::Octets keys = wire::Octets(block).first(2 * suite.key_size);
  const wire::Octets ivs = wire::Octets(block).subspan(2 * suite.key_size);
  TlsCipher out;
  out.suite_ = &suite;
  append(out.key_, keys.subspan(client ? 0 : suite.key_size, suite.key_size));
  append(out.iv_, ivs.subspan(client ? 0 : iv, iv));
  return out;
}

TlsCipher TlsCipher::updated() const {
  return of_traffic_secret(*suite_, expand(*suite_, secret_, "traffic upd", secret_.size()));
}

std::optional<wire::OctetVector> TlsCipher::open(wire::Octets head, wire::Octets body) {
  std::array<std::uint8_t, 8> number{};
  for (std::size_t i = 0; i < 8; ++i)
    number[i] = static_cast<std::uint8_t>(sequence_ >> (56 - 8 * i));
  ++sequence_;
  wire::OctetVector nonce = iv_;
  const bool explicit_nonce = nonce.size() < kNonce;
  if (explicit_nonce) {
    if (body.size() < kExplicit) return std::nullopt;
    append(nonce, body.first(kExplicit));
    body = body.subspan(kExplicit);
  } else {
    for (std::size_t i = 0; i < 8; ++i) nonce[kNonce - 8 + i] ^= number[i];
  }
  if (body.size() < kTag) return std::nullopt;
  const wire::Octets sealed = body.first(body.size() - kTag), tag = body.last(kTag);
  wire::OctetVector associated;
  if (suite_->tls13) {
    append(associated, head);
  } else {  // RFC 5246 6.2.3.3: number, type, version, length of the content
    append(associated, number);
    append(associated, head.first(3));
    associated.push_back(static_cast<std::uint8_t>(sealed.size() >> 8));
    associated.push_back(static_cast<std::uint8_t>(sealed.size()));
  }
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (context == nullptr) throw std::bad_alloc();
  wire::OctetVector out(sealed.size() + kTag);
  std::array<std::uint8_t, kTag> expected{};
  std::copy(tag.begin(), tag.end(), expected.begin());
  int size = 0, last = 0;
  const bool good =
      EVP_DecryptInit_ex(context.get(), cipher_of(*suite_), nullptr, key_.data(), nonce.data()) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, associated.data(),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out.data(), &size, sealed.data(),
                        static_cast<int>(sealed.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, expected.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out.data() + size, &last) == 1;
  if (!good) return std::nullopt;
  out.resize(static_cast<std::size_t>(size + last));
  return out;
}

}  // namespace wsspec::capture
