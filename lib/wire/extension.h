// Sec-WebSocket-Extensions (RFC 6455 9.1) and the negotiation of permessage-deflate (RFC 7692 5
// and 7.1), as the client and as the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace wsspec::wire {

struct ExtensionParam {
  std::string name;
  std::optional<std::string> value;
};
struct Extension {
  std::string name;
  std::vector<ExtensionParam> params;
};
/// nullopt where the text breaks the grammar of RFC 6455 9.1. An empty text is an empty list.
std::optional<std::vector<Extension>> parse_extensions(std::string_view text);

/// What both sides keep to.
struct DeflateParams {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  int server_max_window_bits = 15;
  int client_max_window_bits = 15;
};

/// What a client offers that takes whatever the server likes.
inline constexpr std::string_view kDeflateOffer = "permessage-deflate; client_max_window_bits";

/// The client reads the server's answer to its offers (each the text of one header value). nullopt:
/// no compression. The error is why the connection must be failed.
struct ExtensionProblem {
  bool malformed = false;    ///< the header breaks its grammar (RFC 6455 9.1)
  bool left_out = false;     ///< a parameter that was offered and must be in the answer
  std::string what;          ///< one clause
  std::string_view section;  ///< "RFC 7692 7.1.1.1"
};
tl::expected<std::optional<DeflateParams>, ExtensionProblem> read_deflate_answer(
    const std::vector<std::string>& offers, std::string_view answer);

struct DeflateAnswer {
  DeflateParams params;
  std::string text;  ///< for the 101
};
/// The server takes the first offer of permessage-deflate that is well-formed; nullopt: none is.
std::optional<DeflateAnswer> answer_deflate_offer(std::string_view offers);

}  // namespace wsspec::wire
