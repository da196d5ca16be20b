#include "server/policy.h"

#include <algorithm>
#include <string>
#include <vector>

#include "wire/header_text.h"
#include "wire/url.h"

namespace wsspec::server {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// All values of `token` in the query.
std::vector<std::string> query_tokens(std::string_view target) {
  constexpr std::string_view kName = "token=";
  std::vector<std::string> found;
  const auto question = target.find('?');
  if (question == std::string_view::npos) return found;
  for (std::string_view rest = target.substr(question + 1); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.starts_with(kName))
      found.push_back(wire::strict_percent_decoded(part.substr(kName.size())).value_or(""));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return found;
}

}  // namespace

bool RateWindow::take(TimePoint at) {
  if (limit_ == 0) return true;
  while (!taken_.empty() && at - taken_.front() >= window_) taken_.pop_front();
  if (taken_.size() >= limit_) return false;
  taken_.push_back(at);
  return true;
}

std::optional<Breach> MessagePolicy::begin(wire::Opcode type, std::uint64_t frame_length) {
  type_ = type;
  length_ = 0;
  frames_ = 0;
  if (policies_.text_only && type == wire::Opcode::binary)
    return Breach{1003, "binary messages are not taken"};
  if (policies_.binary_only && type == wire::Opcode::text)
    return Breach{1003, "text messages are not taken"};
  return add_frame(frame_length);
}

std::optional<Breach> MessagePolicy::proceed(std::uint64_t frame_length) {
  return add_frame(frame_length);
}

std::optional<Breach> MessagePolicy::add_frame(std::uint64_t length) {
  // By subtraction: the sum of two declared lengths may pass 64 bits.
  if (length > policies_.max_message || length_ > policies_.max_message - length)
    return Breach{1009, "message too long"};
  length_ += length;
  ++frames_;
  if (policies_.max_fragments != 0 && frames_ > policies_.max_fragments)
    return Breach{1008, "too many fragments"};
  return std::nullopt;
}

std::optional<Breach> MessagePolicy::inflated(std::uint64_t length) const {
  if (length > policies_.max_message) return Breach{1009, "message too long"};
  return std::nullopt;
}

std::optional<Breach> MessagePolicy::end(wire::Octets message, RateWindow::TimePoint at) {
  if (!rate_.take(at)) return Breach{1008, "message rate exceeded"};
  if (type_ == wire::Opcode::text) {
    const std::string_view text = wire::as_chars(message);
    for (const auto& word : policies_.forbidden)
      if (text.find(word) != std::string_view::npos) return Breach{1008, "forbidden content"};
  }
  return std::nullopt;
}

std::optional<std::string> token_of(const wire::HttpRequest& request) {
  std::vector<std::string> found = query_tokens(request.target);
  constexpr std::string_view kScheme = "bearer ";
  for (const auto& [name, value] : request.headers) {
    if (!wire::find_header({{name, value}}, "Authorization")) continue;
    std::string scheme = value.substr(0, kScheme.size());
    std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    found.push_back(scheme == kScheme ? value.substr(kScheme.size()) : "");
  }
  if (found.empty()) return std::nullopt;
  return found.size() == 1 ? found.front() : "";
}

std::optional<Breach> check_token(const wire::HttpRequest& request,
                                  const ServerPolicies& policies) {
  if (policies.tokens.empty()) return std::nullopt;
  const auto token = token_of(request);
  if (!token) return Breach{1008, "token required"};
  if (token->empty() || !contains(policies.tokens, *token)) return Breach{1008, "token not valid"};
  return std::nullopt;
}

bool origin_allowed(const wire::HttpRequest& request, const ServerPolicies& policies) {
  const auto count = std::count_if(
      request.headers.begin(), request.headers.end(),
      [](const auto& header) { return wire::find_header({header}, "Origin").has_value(); });
  if (count > 1) return false;
  if (policies.origins.empty() || count == 0) return true;
  return contains(policies.origins, *wire::find_header(request.headers, "Origin"));
}

bool host_allowed(const wire::HttpRequest& request, const ServerPolicies& policies) {
  if (policies.hosts.empty()) return true;
  std::string_view name = wire::find_header(request.headers, "Host").value_or("");
  const std::string_view target = request.target;
  if (const auto at = target.find("://"); !target.starts_with('/') && at != target.npos) {
    name = target.substr(at + 3);
    name = name.substr(0, name.find_first_of("/?"));
  }
  const std::size_t bracket = name.rfind(']');
  name = name.substr(0, name.find(':', bracket == name.npos ? 0 : bracket));
  return std::any_of(policies.hosts.begin(), policies.hosts.end(),
                     [&](const std::string& host) { return wire::same_name(host, name); });
}

}  // namespace wsspec::server
