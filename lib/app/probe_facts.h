// What a probe has learned: plain data that the page, the JSON and the metrics show. Texts are raw.
// Internal to lib/app.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/certificate.h"
#include "result/result.h"
#include "wire/handshake.h"
#include "wire/octets.h"

namespace wsspec {

struct ProbeFacts {
  std::string url;                     ///< the last of the redirects
  std::vector<std::string> redirects;  ///< the addresses before it
  std::int64_t started = 0;            ///< seconds since 1970

  // The phases; nullopt: it did not come to its end.
  std::optional<double> dns_ms, tcp_ms, tls_ms, upgrade_ms;
  double total_ms = 0;
  std::vector<std::string> addresses;
  std::string address;  ///< that the connection was made to

  std::string tls_version, tls_cipher, tls_alpn;
  std::vector<net::Certificate> chain;
  std::optional<wire::HttpResponse> response;

  int pings = 0;              ///< sent
  std::vector<double> pongs;  ///< round trips, in ms
  std::optional<double> echo_ms;
  bool echo_asked = false;
  struct Message {
    bool text = true;
    std::uint64_t length = 0;
    wire::OctetVector head;
    double at_ms = 0;  ///< after the 101
  };
  std::vector<Message> messages;     ///< that came without being asked for, the first few
  std::uint64_t messages_count = 0;  ///< all of them

  bool opened = false;
  std::optional<int> close_code;
  std::string close_reason;
  result::Closer closer = result::Closer::none;
  result::End end = result::End::open;
  std::optional<double> close_ms, end_ms;  ///< our Close to the answer; the Close to the end of TCP
  std::optional<double> idle_ms;           ///< after so long without traffic the server ended it
  bool idle_asked = false;

  std::vector<result::Fact> findings, notes;
  bool unreachable = false;
  bool interrupted = false;

  const std::string header(const char* name) const {
    return response ? wire::joined_header(response->headers, name) : std::string();
  }
  double ping(double share) const;  ///< 0 = the fastest, 0.5 = the median, 1 = the slowest
  int exit_code() const;
};

/// A finding's words: what it is, the likely cause, and what to do. Raw.
std::string finding_text(const result::Fact& fact);
/// Of one's own certificate, until it expires; negative: since.
int days_left(const net::Certificate& certificate, std::int64_t now);

}  // namespace wsspec
