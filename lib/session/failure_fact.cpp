#include "session/failure_fact.h"

namespace wsspec::session {

using result::Cause;

namespace {

Cause tls_cause(net::TlsFailure failure) {
  using Tls = net::TlsFailure;
  switch (failure) {
    case Tls::none:
      return Cause::none;
    case Tls::certificate_expired:
      return Cause::certificate_expired;
    case Tls::certificate_wrong_name:
      return Cause::certificate_wrong_name;
    case Tls::certificate_self_signed:
      return Cause::certificate_self_signed;
    case Tls::certificate_untrusted:
      return Cause::certificate_untrusted;
    case Tls::certificate_other:
      return Cause::certificate_not_accepted;
    case Tls::client_certificate:
      return Cause::client_certificate_wanted;
    case Tls::not_tls:
      return Cause::not_tls;
    case Tls::alert:
      return Cause::tls_alert;
    case Tls::protocol:
      return Cause::tls_protocol;
    case Tls::cut:
      return Cause::tls_cut;
  }
  return Cause::none;
}

}  // namespace

result::Fact open_fact(const net::ConnectProblem& problem, const std::string& peer) {
  return {.cause = result::cause_of_errno(problem.error),
          .text = problem.text,
          .detail = peer,
          .error = problem.error};
}

result::Fact connect_fact(int error, const std::string& peer) {
  return {.cause = result::cause_of_errno(error), .detail = peer, .error = error};
}

result::Fact tls_fact(const net::TlsProblem& problem, const std::string& peer, bool open) {
  Cause cause = tls_cause(problem.failure);
  // A certificate that the server misses in ours is told after the handshake too (RFC 8446 2).
  if (open &&
      (cause == Cause::tls_alert || cause == Cause::tls_protocol || cause == Cause::tls_cut))
    cause = Cause::tls_failed_later;
  return {.cause = cause, .text = problem.words, .detail = peer};
}

result::Fact head_fact(const wire::HttpHeadReader& head) {
  const Cause cause = head.is_tls()     ? Cause::tls_port
                      : head.not_http() ? Cause::not_http
                                        : Cause::malformed_head;
  return result::fact(cause, head.problem());
}

/// What of a 101 a client must not take, and where RFC 6455 says so.
result::Fact upgrade_fact(const wire::UpgradeProblem& problem) {
  using Fault = wire::UpgradeFault;
  result::Fact fact;
  fact.text = problem.what;
  fact.section = "RFC 6455 4.1";
  switch (problem.fault) {
    case Fault::status:
      fact.cause = Cause::other_status;
      break;
    case Fault::version:
      fact.cause = Cause::upgrade_version;
      break;
    case Fault::upgrade:
      fact.cause = Cause::upgrade_header;
      break;
    case Fault::connection:
      fact.cause = Cause::connection_header;
      break;
    case Fault::accept:
      fact.cause = Cause::accept_header;
      break;
    case Fault::extension:
      fact.cause = Cause::extension_not_offered;
      break;
    case Fault::subprotocol:
      fact.cause = Cause::subprotocol_not_offered;
      break;
  }
  return fact;
}

result::Fact extension_fact(const wire::ExtensionProblem& problem) {
  return {.cause = problem.malformed  ? Cause::extension_malformed
                   : problem.left_out ? Cause::deflate_parameter_left_out
                                      : Cause::deflate_answer,
          .text = problem.what,
          .section = std::string(problem.section)};
}

}  // namespace wsspec::session
