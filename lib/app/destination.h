// A target worked out, ready to be connected to: the same for `run`, `send` and `probe`. Internal
// to lib/app.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "app/options.h"
#include "engine/endpoint.h"
#include "net/connection.h"
#include "net/loop.h"
#include "net/tls.h"
#include "result/result.h"
#include "scenario/profile.h"
#include "session/record.h"
#include "session/setup.h"
#include "wire/url.h"

namespace wsspec {

/// Why nothing is connected to, and the exit code for it.
struct Refusal {
  int code;
  std::string problem;
};

/// The target with the proxy that it is reached through: --proxy's, else the environment's. Call it
/// before the first loop is made, which takes http_proxy away.
Target with_proxy(Target target, const std::string& url);

/// The profile, with what the command line and the URL add.
scenario::Profile profile_of(const Target& target, const scenario::Profile& declared,
                             const wire::Url& url);
/// Null for ws://.
tl::expected<std::shared_ptr<const net::TlsContext>, Refusal> tls_of(
    const Target& target, const scenario::Profile& profile, const wire::Url& url,
    bool keep_chain = false);
/// Where the target, or its proxy, may be: at least one address. Blocks while the name is resolved.
tl::expected<std::vector<net::Address>, Refusal> addresses_of(const Target& target,
                                                              const wire::Url& url);
engine::Endpoint endpoint_of(net::Loop& loop, const net::Address& address, const wire::Url& url,
                             const Target& target);

/// What may help where TLS fails; or empty.
std::string tls_hint(net::TlsFailure failure);

/// What is connected to without a scenario.
struct Destination {
  wire::Url url;
  scenario::Profile profile;
  std::shared_ptr<const net::TlsContext> tls;
};
tl::expected<Destination, Refusal> destination_of(const Target& target, bool keep_chain = false);
/// A connection to one of its addresses, with the target's headers and subprotocols.
session::SessionSetup setup_of(net::Loop& loop, const Destination& destination,
                               const net::Address& address, const Target& target);

/// A loop for these few connections.
tl::expected<std::unique_ptr<net::Loop>, Refusal> small_loop();

/// Why a handshake failed or was refused, whose side it is, and what to do: raw text.
std::string failure_text(const session::ExchangeRecord& record);

}  // namespace wsspec
