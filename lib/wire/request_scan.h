// What a client asked for, read from the octets that it really sent, however they were made: the
// keys that a 101 must answer (RFC 6455 4.2.2 step 5.4), what was offered, and the method. It
// forgives everything: the requests it reads are often malformed on purpose.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "wire/handshake.h"
#include "wire/octets.h"
#include "wire/request_fault.h"

namespace wsspec::wire {

struct SentRequest {
  std::string method;
  /// Of the headers named Sec-WebSocket-..., trimmed: one entry a line; of extensions one an
  /// element.
  std::vector<std::string> keys, subprotocols, extensions;
  RequestFault fault = RequestFault::none;  ///< of a whole request: the first rule that it breaks
};

class RequestScan {
 public:
  static constexpr std::size_t kMaxLine = 4u << 20;   ///< of a longer one the head is looked at
  static constexpr std::size_t kMaxKept = 64;         ///< values of a request, requests in flight
  static constexpr std::size_t kMaxHead = 64u << 10;  ///< a longer head is not audited

  void feed(Octets octets);
  /// The oldest request that no final answer has come to, whole or not.
  const SentRequest& asked() const;
  /// A final answer came.
  void answered();

 private:
  void end_line();
  void keep(std::vector<std::string>* list, std::string_view value);

  std::deque<SentRequest> whole_;
  SentRequest current_;
  bool any_line_ = false;                     ///< of the current request
  bool drop_current_ = false;                 ///< it was answered before its end
  std::vector<std::string>* last_ = nullptr;  ///< whose newest value a folded line continues
  std::string line_;
  std::string head_;  ///< of the current request, up to kMaxHead and the line after
};

/// Like check_upgrade with one key: the Accept must fit one of those that were sent, or all of them
/// joined, as servers join headers that repeat (RFC 9110 5.3: the white space is optional).
std::optional<UpgradeProblem> check_upgrade(const HttpResponse& response,
                                            const SentRequest& request);

}  // namespace wsspec::wire
