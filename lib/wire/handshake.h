// The opening handshake of RFC 6455 4 as octets: the request we send, the response we read
// (bounded, from a server that may be hostile), and the same from the other side for the reference
// server.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/octets.h"

namespace wsspec::wire {

/// Names and values in the order they travel; repeats kept.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// The first value of a header, name compared without case; nullopt when absent.
std::optional<std::string_view> find_header(const HeaderList& headers, std::string_view name);
/// All values of a header joined with ", " (RFC 9110 5.3).
std::string joined_header(const HeaderList& headers, std::string_view name);
/// True when a comma-separated header holds the token, compared without case.
bool header_has_token(const HeaderList& headers, std::string_view name, std::string_view token);

/// base64 of 16 octets: a Sec-WebSocket-Key.
std::string make_key(const std::array<std::uint8_t, 16>& nonce);
/// Sec-WebSocket-Accept for a key (RFC 6455 4.2.2 step 5.4).
std::string accept_for(std::string_view key);
std::string base64(Octets octets);
/// nullopt on anything that is not strict base64.
std::optional<OctetVector> base64_decode(std::string_view text);

struct HandshakeRequest {
  std::string method = "GET";
  std::string target = "/";
  std::string version = "HTTP/1.1";
  HeaderList headers;
};

/// A plain client handshake: Host, Upgrade, Connection, Sec-WebSocket-Key, -Version, then
/// subprotocols and extensions if there are any, then `extra` (an extra header that has the name
/// of one of the former replaces it; an empty value of an extra removes it).
HandshakeRequest client_handshake(std::string_view host, std::string_view target,
                                  std::string_view key,
                                  const std::vector<std::string>& subprotocols,
                                  const std::vector<std::string>& extensions,
                                  const HeaderList& extra);
std::string encode(const HandshakeRequest& request);
/// The header lines, each with its CRLF.
std::string encode_headers(const HeaderList& headers);

struct HttpResponse {
  int status = 0;
  std::string version;  ///< "HTTP/1.1"
  std::string reason;
  HeaderList headers;
  std::string body;  ///< the first octets of it, at most kMaxBody; raw
};

struct HttpRequest {
  std::string method;
  std::string target;
  std::string version;
  HeaderList headers;
};

inline constexpr std::size_t kMaxHead = 64 * 1024;  ///< octets of status line and headers we read
inline constexpr std::size_t kMaxHeaders = 256;
inline constexpr std::size_t kMaxBody = 4 * 1024;

enum class HeadState : std::uint8_t { incomplete, done, bad };

/// Reads one HTTP head (request or response) from a stream of pieces. `feed` takes the head's
/// octets off the front of `input`; what remains belongs to whatever follows the head.
class HttpHeadReader {
 public:
  HeadState feed(Octets& input);
  HeadState state() const { return state_; }
  /// Why it is bad, in one clause: "the first line is not HTTP: 15 03 01 ..." with octets as hex.
  const std::string& problem() const { return problem_; }
  /// Bad, and not even the first line is HTTP.
  bool not_http() const { return not_http_; }
  /// Bad, and what came begins like a TLS record.
  bool is_tls() const { return is_tls_; }
  /// Bad, and it is longer or has more lines than is read here.
  bool too_large() const { return too_large_; }
  /// All octets of the head so far.
  const std::string& text() const { return text_; }
  /// Valid when done and the first line is a status line / a request line; else nullopt and
  /// `problem()` says why.
  std::optional<HttpResponse> response();
  std::optional<HttpRequest> request();

 private:
  bool parse_headers(std::string_view lines, HeaderList& out);
  HeadState state_ = HeadState::incomplete;
  std::string text_;
  std::size_t line_start_ = 0;  // of the line that is being read
  std::string problem_;
  bool not_http_ = false, is_tls_ = false, too_large_ = false;
};

/// What of a 101 a client must not take (RFC 6455 4.1).
enum class UpgradeFault : std::uint8_t {
  status,       ///< no 101 at all
  version,      ///< HTTP/1.0
  upgrade,      ///< the Upgrade header
  connection,   ///< the Connection header
  accept,       ///< Sec-WebSocket-Accept
  extension,    ///< one that was not offered
  subprotocol,  ///< one that was not offered
};
struct UpgradeProblem {
  UpgradeFault fault{};
  std::string what;  ///< one clause: "there is no Upgrade header"
};
/// Checks a 101 against RFC 6455 4.1 (status, Upgrade, Connection, Accept, subprotocol that was
/// offered, no extension that was not). nullopt = good; else the first problem.
std::optional<UpgradeProblem> check_upgrade(const HttpResponse& response, std::string_view key,
                                            const std::vector<std::string>& subprotocols,
                                            const std::vector<std::string>& extensions);

}  // namespace wsspec::wire
