#include "capture/key_log.h"

#include <optional>
#include <string>
#include <utility>

namespace wsspec::capture {
namespace {

std::optional<KeyLog::Label> label_of(std::string_view name) {
  using Label = KeyLog::Label;
  constexpr std::pair<std::string_view, Label> kLabels[] = {
      {"CLIENT_RANDOM", Label::master},
      {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", Label::client_handshake},
      {"SERVER_HANDSHAKE_TRAFFIC_SECRET", Label::server_handshake},
      {"CLIENT_TRAFFIC_SECRET_0", Label::client_traffic},
      {"SERVER_TRAFFIC_SECRET_0", Label::server_traffic},
  };
  for (const auto& [known, label] : kLabels)
    if (name == known) return label;
  return std::nullopt;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<wire::OctetVector> octets_of(std::string_view hex) {
  if (hex.empty() || hex.size() % 2 != 0) return std::nullopt;
  wire::OctetVector out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

/// Takes the first word off the front.
std::string_view word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

}  // namespace

void KeyLog::feed(wire::Octets octets) {
  for (std::string_view rest = wire::as_chars(octets); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view part = rest.substr(0, end);
    too_long_ = too_long_ || held_.size() + part.size() > kMostLine;
    if (!too_long_) held_ += part;
    if (end == std::string_view::npos) return;
    finish();
    rest.remove_prefix(end + 1);
  }
}

void KeyLog::finish() {
  if (!too_long_) line(held_);
  held_.clear();
  too_long_ = false;
}

void KeyLog::line(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const auto label = label_of(word(text));
  const auto random = octets_of(word(text));
  auto secret = octets_of(word(text));
  if (!label || !random || random->size() != Random().size() || !secret || !text.empty()) return;
  if (secrets_.size() >= kMostSecrets) return;
  Random key{};
  std::copy(random->begin(), random->end(), key.begin());
  secrets_[{key, *label}] = std::move(*secret);
}

const wire::OctetVector* KeyLog::find(const Random& random, Label label) const {
  const auto found = secrets_.find({random, label});
  return found == secrets_.end() ? nullptr : &found->second;
}

}  // namespace wsspec::capture
