#include "engine/secrets.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wsspec::engine {
namespace {

constexpr std::size_t kPart = 3;  ///< so much of a secret is blotted out where the text is cut

void add_all(Secrets& secrets, const nlohmann::json& value) {
  if (value.is_string()) secrets.add(value.get<std::string>());
  if (value.is_number()) secrets.add(value.dump());
  if (value.is_structured())
    for (const auto& member : value) add_all(secrets, member);
}

}  // namespace

void Secrets::add(const std::string& text) {
  const bool known = std::find(secrets_.begin(), secrets_.end(), text) != secrets_.end();
  if (text.size() >= kShortest && !known) secrets_.push_back(text);
}

void Secrets::add_json(const std::string& json) {
  add_all(*this, nlohmann::json::parse(json, nullptr, false));
}

template <class Text>
void Secrets::blot(Text& text, Cut cut) const {
  const auto same = [](auto a, auto b) {
    return static_cast<unsigned char>(a) == static_cast<unsigned char>(b);
  };
  for (const std::string& secret : secrets_) {
    for (auto at = text.begin();;) {
      at = std::search(at, text.end(), secret.begin(), secret.end(), same);
      if (at == text.end()) break;
      const auto size = static_cast<std::ptrdiff_t>(secret.size());
      std::fill(at, at + size, static_cast<typename Text::value_type>('*'));
      at += size;
    }
    for (std::size_t n = std::min(secret.size() - 1, text.size()); n >= kPart; --n) {
      const auto size = static_cast<std::ptrdiff_t>(n);
      if (std::equal(secret.begin(), secret.begin() + size, text.end() - size, same))
        std::fill(text.end() - size, text.end(), static_cast<typename Text::value_type>('*'));
      if (cut == Cut::at_both_ends &&
          std::equal(secret.end() - size, secret.end(), text.begin(), same))
        std::fill(text.begin(), text.begin() + size, static_cast<typename Text::value_type>('*'));
    }
  }
}

void Secrets::hide(ScenarioResult& result) const {
  for (TranscriptLine& line : result.transcript) blot(line.octets, Cut::at_the_end);
  blot(result.fault.octets, Cut::at_both_ends);
  blot(result.observed.reason, Cut::at_the_end);
  blot(result.observed.detail, Cut::at_the_end);
  blot(result.because, Cut::at_the_end);
}

}  // namespace wsspec::engine
