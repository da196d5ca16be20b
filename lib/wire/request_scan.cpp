#include "wire/request_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/header_text.h"

namespace wsspec::wire {

void RequestScan::feed(Octets octets) {
  std::string_view text = as_chars(octets);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view part = text.substr(0, end);
    line_ += part.substr(0, kMaxLine - std::min(kMaxLine, line_.size()));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
    end_line();
    line_.clear();
  }
}

void RequestScan::end_line() {
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) {
    if (!any_line_) return;  // RFC 9112 2.2: empty lines ahead of a request
    if (head_.size() <= kMaxHead) current_.fault = request_fault(head_);
    head_.clear();
    if (!drop_current_ && whole_.size() < kMaxKept) whole_.push_back(std::move(current_));
    current_ = {};
    any_line_ = drop_current_ = false;
    last_ = nullptr;
    return;
  }
  if (head_.size() <= kMaxHead) head_.append(line).append("\n");
  if (!any_line_) {
    any_line_ = true;
    current_.method = line.substr(0, std::min<std::size_t>(line.find(' '), 32));
    return;
  }
  if (line[0] == ' ' || line[0] == '\t') {  // folded (RFC 9112 5.2)
    if (last_ != nullptr && !last_->empty() && last_->back().size() < kMaxLine) {
      std::string& value = last_->back();
      if (!value.empty()) value += ' ';
      value += trim(line);
    }
    return;
  }
  last_ = nullptr;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = trim(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  if (same_name(name, "Sec-WebSocket-Key")) keep(&current_.keys, value);
  if (same_name(name, "Sec-WebSocket-Protocol")) keep(&current_.subprotocols, value);
  if (same_name(name, "Sec-WebSocket-Extensions"))
    for (std::string_view rest = value; !rest.empty();)
      keep(&current_.extensions, take_item(rest, ','));
}

void RequestScan::keep(std::vector<std::string>* list, std::string_view value) {
  if (list->size() == kMaxKept) return;
  list->emplace_back(value);
  last_ = list;
}

const SentRequest& RequestScan::asked() const {
  return whole_.empty() ? current_ : whole_.front();
}

void RequestScan::answered() {
  if (!whole_.empty())
    whole_.pop_front();
  else if (any_line_)
    drop_current_ = true;
}

std::optional<UpgradeProblem> check_upgrade(const HttpResponse& response,
                                            const SentRequest& request) {
  std::vector<std::string> names;
  for (std::string_view list : request.subprotocols)
    while (!list.empty())
      if (const auto name = take_item(list, ','); !name.empty()) names.emplace_back(name);
  std::vector<std::string> keys = request.keys;
  if (keys.size() != 1)
    for (const char* comma : {", ", ","})
      keys.push_back(fmt::format("{}", fmt::join(request.keys, comma)));
  std::optional<UpgradeProblem> first;
  for (const std::string& key : keys) {
    const auto problem = check_upgrade(response, key, names, request.extensions);
    if (!problem) return std::nullopt;
    if (!first) first = problem;
  }
  return first;
}

}  // namespace wsspec::wire
