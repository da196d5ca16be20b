#include "text/redactor.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/handshake.h"
#include "wire/octets.h"

namespace wsspec::text {
namespace {

/// How much of a value of `size` octets is enough to know it by.
std::size_t enough(std::size_t size) {
  return std::min(size, std::clamp<std::size_t>(size / 2, 5, 8));
}

bool unreserved(char c) {  // RFC 3986 2.3
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

std::string percent_encoded(std::string_view value, bool upper) {
  std::string out;
  for (const char c : value) {
    if (unreserved(c))
      out += c;
    else
      out += upper ? fmt::format("%{:02X}", static_cast<unsigned char>(c))
                   : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string hex_of(std::string_view value, bool upper, std::string_view between) {
  std::string out;
  for (const char c : value) {
    if (!out.empty()) out += between;
    const auto octet = static_cast<unsigned char>(c);
    out += upper ? fmt::format("{:02X}", octet) : fmt::format("{:02x}", octet);
  }
  return out;
}

std::string_view trimmed(std::string_view value) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = value.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(kSpace) - first + 1);
}

constexpr std::size_t kRecent = 64;

}  // namespace

Secrets::Forms Secrets::forms_of(std::string_view value) {
  Forms forms;
  const auto add = [&](std::string text, std::size_t least) {
    const bool known = std::any_of(forms.begin(), forms.end(),
                                   [&](const Form& form) { return form.text == text; });
    if (!known) forms.push_back({std::move(text), least});
  };
  const std::size_t least = enough(value.size());
  add(std::string(value), least);
  for (const bool upper : {false, true}) {
    add(percent_encoded(value, upper), least);
    add(hex_of(value, upper, ""), least * 2);
    add(hex_of(value, upper, " "), least * 3 - 1);
  }
  // In base64 after 0, 1 or 2 octets of something else: the characters that the value alone
  // decides.
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string whole =
        wire::base64(wire::as_octets(std::string(before, '\0') + std::string(value)));
    const std::size_t from = (before * 8 + 5) / 6;
    const std::size_t to = (before + value.size()) * 8 / 6;
    std::string text = whole.substr(from, to - from);
    const std::size_t least_of_it = std::max<std::size_t>(least * 8 / 6, 7);
    std::string for_urls = text;
    std::replace(for_urls.begin(), for_urls.end(), '+', '-');
    std::replace(for_urls.begin(), for_urls.end(), '/', '_');
    add(std::move(text), least_of_it);
    add(std::move(for_urls), least_of_it);
  }
  return forms;
}

void Secrets::add(std::string_view value) {
  value = trimmed(value);
  if (value.size() < kShortest || !known_.emplace(value).second) return;
  for (Form& form : forms_of(value)) forms_.push_back(std::move(form));
}

void Secrets::add_recent(const std::string& raw) {
  const std::string value(trimmed(raw));
  if (value.size() < kShortest || known_.contains(value)) return;
  const bool known = std::any_of(recent_.begin(), recent_.end(),
                                 [&](const Recent& one) { return one.value == value; });
  if (known) return;
  recent_.push_back({value, forms_of(value)});
  if (recent_.size() > kRecent) recent_.pop_front();
}

void Secrets::find(const Forms& forms, std::string_view text, std::vector<Place>& found) {
  for (const Form& form : forms) {
    const std::string_view whole = form.text;
    const std::size_t least = std::min(form.least, whole.size());
    const std::string_view head = whole.substr(0, least);
    for (std::size_t at = 0; (at = text.find(head, at)) != std::string_view::npos;) {
      std::size_t size = least;
      while (size < whole.size() && at + size < text.size() && text[at + size] == whole[size])
        ++size;
      found.emplace_back(at, at + size);
      at += size;
    }
    const std::string_view tail = whole.substr(whole.size() - least);
    for (std::size_t at = 0; (at = text.find(tail, at)) != std::string_view::npos; at += least) {
      std::size_t size = least;
      while (size < whole.size() && at + least > size &&
             text[at + least - size - 1] == whole[whole.size() - size - 1])
        ++size;
      found.emplace_back(at + least - size, at + least);
    }
  }
}

std::vector<Secrets::Place> Secrets::places(std::string_view text) const {
  std::vector<Place> found;
  find(forms_, text, found);
  for (const Recent& one : recent_) find(one.forms, text, found);
  std::sort(found.begin(), found.end());
  std::vector<Place> apart;
  for (const auto& [from, to] : found) {
    if (!apart.empty() && from <= apart.back().second)
      apart.back().second = std::max(apart.back().second, to);
    else
      apart.emplace_back(from, to);
  }
  return apart;
}

std::string Secrets::redact(std::string_view text) const {
  std::string out;
  std::size_t done = 0;
  for (const auto& [from, to] : places(text)) {
    out.append(text.substr(done, from - done)).append("***");
    done = to;
  }
  return out.append(text.substr(done));
}

void Secrets::mask(std::span<std::uint8_t> octets) const {
  for (const auto& [from, to] : places(wire::as_chars(octets)))
    std::fill(octets.begin() + static_cast<std::ptrdiff_t>(from),
              octets.begin() + static_cast<std::ptrdiff_t>(to), std::uint8_t{'*'});
}

}  // namespace wsspec::text
