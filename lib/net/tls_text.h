// Why TLS failed, in words: certificates, alerts, and answers that are no TLS. Internal to lib/net.
#pragma once

#include <string>
#include <string_view>

#include "net/tls.h"

struct x509_st;

namespace wsspec::net {

/// `error` = X509_V_ERR_..., `depth` 0 = the server's own certificate.
std::string certificate_text(int error, int depth, x509_st* certificate, const std::string& host);

TlsFailure certificate_failure(int error);

/// The server's fatal alert. `asked`: TlsStream::asked_for_certificate.
TlsProblem alert_problem(int alert, const std::string& asked, const std::string& host);

/// True when these first octets of a server are no TLS record.
bool is_no_record(std::string_view head);
/// "the server does not speak TLS: it answered with plain text 'HTTP/1.1 400 Bad Request'".
std::string not_tls_text(std::string_view head);

/// The first error of OpenSSL's queue, which is emptied: "no start line", "Permission denied".
std::string openssl_reason();

}  // namespace wsspec::net
