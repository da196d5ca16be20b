#include "net/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace wsspec::net {
namespace {

constexpr std::size_t kNames = 16;
constexpr int kChain = 10;
constexpr std::size_t kName = 500;  ///< octets of one

std::string name_text(const X509_NAME* name) {
  BIO* memory = BIO_new(BIO_s_mem());
  if (memory == nullptr) return {};
  X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string out(text, static_cast<std::size_t>(std::clamp<long>(size, 0, kName)));
  BIO_free(memory);
  return out;
}

std::int64_t seconds(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(timegm(&parts)) : 0;
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(octets);
  if (size != 4 && size != 16) return {};
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text.data(),
            text.size());
  return text.data();
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && out.size() < kNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS)
      out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       std::min<std::size_t>(
                           kName, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))));
    if (name->type == GEN_IPADD) out.push_back(address_text(name->d.iPAddress));
  }
  GENERAL_NAMES_free(names);
  return out;
}

}  // namespace

Certificate read_certificate(x509_st* certificate) {
  return {name_text(X509_get_subject_name(certificate)),
          name_text(X509_get_issuer_name(certificate)), names_of(certificate),
          seconds(X509_get0_notBefore(certificate)), seconds(X509_get0_notAfter(certificate))};
}

std::vector<Certificate> read_chain(x509_store_ctx_st* store) {
  std::vector<Certificate> out;
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < std::min(kChain, sk_X509_num(sent)); ++i)
    out.push_back(read_certificate(sk_X509_value(sent, i)));
  return out;
}

}  // namespace wsspec::net
