// Why no session came to be, as facts: of a transport that could not be opened, of TLS, of an
// answer that is no HTTP or no good 101.
#pragma once

#include "net/transport.h"
#include "result/cause.h"
#include "wire/extension.h"
#include "wire/handshake.h"

namespace wsspec::session {

/// `peer`: the other side's address.
result::Fact open_fact(const net::ConnectProblem& problem, const std::string& peer);
result::Fact connect_fact(int error, const std::string& peer);
/// `open`: its handshake was done.
result::Fact tls_fact(const net::TlsProblem& problem, const std::string& peer, bool open);
/// A head that is bad, or is not the one that was due.
result::Fact head_fact(const wire::HttpHeadReader& head);
/// What of a 101 a client must not take, and where RFC 6455 says so.
result::Fact upgrade_fact(const wire::UpgradeProblem& problem);
result::Fact extension_fact(const wire::ExtensionProblem& problem);

}  // namespace wsspec::session
