// ws:// and wss:// URLs (RFC 6455 3), taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace wsspec::wire {

struct Url {
  bool tls = false;
  std::string host;        ///< without brackets for an IPv6 literal
  std::uint16_t port = 0;  ///< 80 or 443 where none is given
  std::string target;      ///< path and query, at least "/"; never a fragment
  std::string userinfo;    ///< "user:password", percent-decoded, or empty
  /// host[:port] as the Host header wants it: no port where it is the scheme's own.
  std::string authority() const;
};

/// http:// and https:// are taken for ws:// and wss://. The error is one clause.
tl::expected<Url, std::string> parse_url(std::string_view text);

/// The text with each %XX undone (RFC 3986 2.1); a '%' without two digits stays.
std::string percent_decoded(std::string_view text);
/// The same, but such a '%' spoils the whole.
std::optional<std::string> strict_percent_decoded(std::string_view text);

}  // namespace wsspec::wire
