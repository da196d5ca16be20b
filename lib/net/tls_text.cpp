#include "net/tls_text.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

namespace wsspec::net {
namespace {

constexpr std::size_t kName = 100;  ///< octets shown of one name: the server chose it
constexpr std::size_t kNames = 5;

std::string bounded(const unsigned char* octets, int size) {
  if (octets == nullptr || size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(octets),
                  std::min<std::size_t>(static_cast<std::size_t>(size), kName));
  if (static_cast<std::size_t>(size) > kName) out += "...";
  return out;
}

std::string bounded(const ASN1_STRING* text) {
  return bounded(ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
}

/// The common name, else the organisation.
std::string name_of(const X509_NAME* name) {
  for (const int field : {NID_commonName, NID_organizationName}) {
    const int at = X509_NAME_get_index_by_NID(name, field, -1);
    if (at < 0) continue;
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    const std::string out = bounded(utf8, size);
    OPENSSL_free(utf8);
    if (!out.empty()) return out;
  }
  return "no name";
}

/// What the certificate is for: its alternative names, else its common name (RFC 6125 6.4.4).
std::string names_of(X509* certificate) {
  std::vector<std::string> names;
  std::size_t more = 0;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    std::string text;
    if (name->type == GEN_DNS) {
      text = bounded(name->d.dNSName);
    } else if (name->type == GEN_IPADD) {
      std::array<char, INET6_ADDRSTRLEN> address{};
      const int size = ASN1_STRING_length(name->d.iPAddress);
      if (size != 4 && size != 16) continue;
      inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress),
                address.data(), address.size());
      text = address.data();
    } else {
      continue;
    }
    if (names.size() < kNames)
      names.push_back("'" + text + "'");
    else
      ++more;
  }
  if (names.empty()) names.push_back("'" + name_of(X509_get_subject_name(certificate)) + "'");
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() && more == 0 ? " and " : ", ") + names[i];
  if (more > 0) out += " and " + std::to_string(more) + " more";
  return out;
}

std::string time_text(const ASN1_TIME* time) {
  std::tm when{};
  if (ASN1_TIME_to_tm(time, &when) != 1) return "an unreadable date";
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &when);
  return text.data();
}

}  // namespace

std::string certificate_text(int error, int depth, x509_st* certificate, const std::string& host) {
  std::string whose = "the server's certificate";
  if (certificate == nullptr)
    return whose + " is not accepted: " + X509_verify_cert_error_string(error);
  if (depth > 0)
    whose = "the CA certificate '" + name_of(X509_get_subject_name(certificate)) +
            "' above the server's certificate";
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return whose + " expired on " + time_text(X509_get0_notAfter(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose + " is not valid before " + time_text(X509_get0_notBefore(certificate));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return whose + " is for " + names_of(certificate) + ", not for '" + host + "'";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return whose + " is self-signed (by '" + name_of(X509_get_issuer_name(certificate)) + "')";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "the server's certificate comes from an untrusted CA ('" +
             name_of(X509_get_subject_name(certificate)) + "')";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return whose + " comes from an untrusted CA ('" + name_of(X509_get_issuer_name(certificate)) +
             "'), or a certificate between them was not sent";
    case X509_V_ERR_CERT_REVOKED:
      return whose + " is revoked";
    default:
      return whose + " is not accepted: " + X509_verify_cert_error_string(error);
  }
}

TlsFailure certificate_failure(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsFailure::certificate_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TlsFailure::certificate_wrong_name;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return TlsFailure::certificate_self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return TlsFailure::certificate_untrusted;
    default:
      return TlsFailure::certificate_other;
  }
}

TlsProblem alert_problem(int alert, const std::string& asked, const std::string& host) {
  TlsProblem problem;
  problem.failure = TlsFailure::alert;
  // OpenSSL 3.0 has no name for 116 (RFC 8446 6.2).
  const char* name = alert == SSL_AD_CERTIFICATE_REQUIRED
                         ? "certificate required"
                         : SSL_alert_desc_string_long(alert & 0xff);
  problem.words = std::string("the server ended TLS with the alert '") + name + "' (" +
                  std::to_string(alert) + ")";
  switch (alert) {
    case SSL_AD_PROTOCOL_VERSION:
      problem.words += ": it takes neither TLS 1.2 nor TLS 1.3";
      break;
    case SSL_AD_UNRECOGNIZED_NAME:
      problem.words += ": it does not know the name '" + host + "'";
      break;
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      problem.words += ": it does not speak HTTP/1.1 (ALPN)";
      break;
    default:
      break;
  }
  if (!asked.empty()) {
    problem.failure = TlsFailure::client_certificate;
    problem.words += ": it " + asked;
  }
  return problem;
}

bool is_no_record(std::string_view head) {
  if (head.empty()) return false;
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
  if (octet(0) < 20 || octet(0) > 23) return true;
  return head.size() > 1 && octet(1) != 3;
}

std::string not_tls_text(std::string_view head) {
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  bool text = line.size() >= 3;
  for (const char c : line) text = text && c >= 0x20 && c < 0x7f;
  if (text)
    return "the server does not speak TLS: it answered with plain text '" + std::string(line) + "'";
  std::string octets;
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : head.substr(0, 8)) {
    octets += ' ';
    octets += kDigits[static_cast<unsigned char>(c) >> 4];
    octets += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return "the server does not speak TLS: its answer begins with the octets" + octets;
}

std::string openssl_reason() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(ERR_GET_REASON(code));
}

}  // namespace wsspec::net
