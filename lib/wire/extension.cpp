#include "wire/extension.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/header_text.h"

namespace wsspec::wire {
namespace {

constexpr std::string_view kDeflate = "permessage-deflate";
constexpr int kMaxBits = 15;
constexpr std::size_t kOffersTold = 4;  ///< in one sentence

constexpr std::string_view kGrammar = "RFC 6455 9.1";
constexpr std::string_view kNegotiation = "RFC 7692 7.1";
constexpr std::string_view kServerTakeover = "RFC 7692 7.1.1.1";
constexpr std::string_view kServerWindow = "RFC 7692 7.1.2.1";
constexpr std::string_view kClientWindow = "RFC 7692 7.1.2.2";

/// A token, or a quoted string that holds one.
std::optional<std::string> param_value(std::string_view text) {
  if (!text.starts_with('"'))
    return is_token(text) ? std::optional(std::string(text)) : std::nullopt;
  if (text.size() < 2 || !text.ends_with('"')) return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && ++i + 1 == text.size()) return std::nullopt;
    value += text[i];
  }
  return is_token(value) ? std::optional(value) : std::nullopt;
}

/// The parameters of one permessage-deflate element, each at most once, none unknown. Window bits
/// without a value stand as 0.
struct Element {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<int> server_max_window_bits, client_max_window_bits;
};

/// No RFC says whether parameter names are compared with their case. A server may do either, if it
/// then keeps to what it answers.
enum class Case : std::uint8_t { exact, any };

/// "8" to "15", no leading zero (RFC 7692 7.1.2).
std::optional<int> window_bits(const std::string& text) {
  for (int bits = 8; bits <= kMaxBits; ++bits)
    if (text == std::to_string(bits)) return bits;
  return std::nullopt;
}

tl::expected<Element, std::string> read_element(const Extension& extension, Case names) {
  Element element;
  std::vector<std::string> seen;
  for (const auto& [spelt, value] : extension.params) {
    std::string name = spelt;
    if (names == Case::any)
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return lower(c); });
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return tl::unexpected("has the parameter " + show(name) + " twice");
    seen.push_back(name);
    const bool server_bits = name == "server_max_window_bits";
    if (server_bits || name == "client_max_window_bits") {
      const auto bits = value ? window_bits(*value) : std::optional(0);
      if (!bits)
        return tl::unexpected(
            fmt::format("gives {} the value {}, where 8 to 15 are allowed", name, show(*value)));
      (server_bits ? element.server_max_window_bits : element.client_max_window_bits) = bits;
      continue;
    }
    const bool server_takeover = name == "server_no_context_takeover";
    if (!server_takeover && name != "client_no_context_takeover")
      return tl::unexpected("has the unknown parameter " + show(name));
    if (value) return tl::unexpected(name + " has a value, where none is allowed");
    (server_takeover ? element.server_no_context_takeover : element.client_no_context_takeover) =
        true;
  }
  return element;
}

/// A rule of RFC 7692 that an answer breaks: what it does, and where the rule stands.
struct Conflict {
  std::string what;
  std::string_view section;
  bool left_out = false;
};

/// Why the answer does not suit this offer; nullopt: it does (RFC 7692 7.1).
std::optional<Conflict> conflict(const Element& offer, const Element& answer) {
  if (offer.server_no_context_takeover && !answer.server_no_context_takeover)
    return Conflict{"leaves out server_no_context_takeover, which was offered", kServerTakeover,
                    true};
  if (answer.client_max_window_bits && !offer.client_max_window_bits)
    return Conflict{"has client_max_window_bits, which was not offered", kClientWindow};
  const auto wider = [](const std::optional<int>& offered, const std::optional<int>& answered) {
    return offered && *offered != 0 && answered && *answered > *offered;
  };
  if (wider(offer.client_max_window_bits, answer.client_max_window_bits))
    return Conflict{"has a client_max_window_bits above the one that was offered", kClientWindow};
  if (offer.server_max_window_bits && !answer.server_max_window_bits)
    return Conflict{"leaves out server_max_window_bits, which was offered", kServerWindow, true};
  if (wider(offer.server_max_window_bits, answer.server_max_window_bits))
    return Conflict{"has a server_max_window_bits above the one that was offered", kServerWindow};
  return std::nullopt;
}

DeflateParams params_of(const Element& answer) {
  return {answer.server_no_context_takeover, answer.client_no_context_takeover,
          answer.server_max_window_bits.value_or(kMaxBits),
          answer.client_max_window_bits.value_or(kMaxBits)};
}

/// What a client keeps to: beside the answer its own hints, which hold even where the server does
/// not repeat them (7.1.1.2, 7.1.2.2).
DeflateParams params_of(const Element& offer, const Element& answer) {
  DeflateParams params = params_of(answer);
  if (offer.client_no_context_takeover) params.client_no_context_takeover = true;
  if (const int hint = offer.client_max_window_bits.value_or(0); hint != 0)
    params.client_max_window_bits = std::min(params.client_max_window_bits, hint);
  return params;
}

/// server_max_window_bits needs a value in an offer too (7.1.2.1).
tl::expected<Element, std::string> read_offer(const Extension& extension, Case names) {
  auto offer = read_element(extension, names);
  if (offer && offer->server_max_window_bits == 0)
    return tl::unexpected(std::string("has a server_max_window_bits without a value"));
  return offer;
}

}  // namespace

std::optional<std::vector<Extension>> parse_extensions(std::string_view text) {
  std::vector<Extension> list;
  while (!text.empty()) {
    std::string_view element = take_item(text, ',');
    if (element.empty()) continue;  // RFC 9110 5.6.1
    if (element.ends_with(';')) return std::nullopt;
    Extension extension;
    extension.name = take_item(element, ';');
    if (!is_token(extension.name)) return std::nullopt;
    while (!element.empty()) {
      std::string_view param = take_item(element, ';');
      ExtensionParam made;
      const bool has_value = param.find('=') != std::string_view::npos;
      made.name = take_item(param, '=');
      if (!is_token(made.name)) return std::nullopt;
      if (has_value) {
        made.value = param_value(trim(param));
        if (!made.value) return std::nullopt;
      }
      extension.params.push_back(std::move(made));
    }
    list.push_back(std::move(extension));
  }
  return list;
}

tl::expected<std::optional<DeflateParams>, ExtensionProblem> read_deflate_answer(
    const std::vector<std::string>& offers, std::string_view answer) {
  const auto answered = parse_extensions(answer);
  if (!answered)
    return tl::unexpected(ExtensionProblem{
        true, false, "the Sec-WebSocket-Extensions header is malformed: " + show(answer),
        kGrammar});
  const auto is_deflate = [](const Extension& one) { return same_name(one.name, kDeflate); };
  const auto found = std::find_if(answered->begin(), answered->end(), is_deflate);
  if (found == answered->end()) return std::nullopt;
  if (std::count_if(answered->begin(), answered->end(), is_deflate) > 1)
    return tl::unexpected(ExtensionProblem{
        false, false, "the server agrees to permessage-deflate twice", kNegotiation});
  const auto wrong = [](const std::string& what, std::string_view section = kNegotiation,
                        bool left_out = false) {
    return tl::unexpected(
        ExtensionProblem{false, left_out, "the answer to permessage-deflate " + what, section});
  };
  const auto element = read_element(*found, Case::any);
  if (!element) return wrong(element.error());
  for (const auto& bits : {element->server_max_window_bits, element->client_max_window_bits})
    if (bits && *bits == 0) return wrong("has a max_window_bits without a value");
  std::vector<Conflict> whys;  // one for each offer
  const auto declined = [&](const std::string& what) {
    whys.push_back({"accepts an offer that must be declined: it " + what, kNegotiation});
  };
  for (const auto& text : offers) {
    const auto list = parse_extensions(text);
    if (!list) {
      declined("breaks the grammar of RFC 6455 9.1");
      continue;
    }
    for (const Extension& one : *list) {
      if (!is_deflate(one)) continue;
      const auto offer = read_offer(one, Case::any);
      if (!offer) {
        declined(offer.error());
        continue;
      }
      const auto problem = conflict(*offer, *element);
      if (!problem) return params_of(*offer, *element);
      whys.push_back(*problem);
    }
  }
  if (whys.empty()) return wrong("was not asked for");
  const auto like_the_first = [&](const Conflict& why) { return why.what == whys[0].what; };
  if (std::all_of(whys.begin(), whys.end(), like_the_first))
    return wrong(whys[0].what, whys[0].section, whys[0].left_out);
  std::string fits_none = "fits none of the offers:";
  for (std::size_t i = 0; i < std::min(whys.size(), kOffersTold); ++i)
    fits_none += fmt::format("{} by offer {} it {}", i == 0 ? "" : ",", i + 1, whys[i].what);
  return wrong(fits_none);
}

std::optional<DeflateAnswer> answer_deflate_offer(std::string_view offers) {
  const auto offered = parse_extensions(offers);
  if (!offered) return std::nullopt;
  for (const Extension& one : *offered) {
    if (one.name != kDeflate) continue;
    auto element = read_offer(one, Case::exact);
    if (!element) continue;
    DeflateAnswer answer;
    answer.text = kDeflate;
    if (element->server_no_context_takeover) answer.text += "; server_no_context_takeover";
    if (element->client_no_context_takeover) answer.text += "; client_no_context_takeover";
    if (element->server_max_window_bits)
      answer.text += fmt::format("; server_max_window_bits={}", *element->server_max_window_bits);
    // A window of the client's is only agreed on where the client named one.
    if (element->client_max_window_bits && *element->client_max_window_bits == 0)
      element->client_max_window_bits.reset();
    if (element->client_max_window_bits)
      answer.text += fmt::format("; client_max_window_bits={}", *element->client_max_window_bits);
    answer.params = params_of(*element);
    return answer;
  }
  return std::nullopt;
}

}  // namespace wsspec::wire
