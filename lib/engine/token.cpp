#include "engine/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "wire/header_text.h"

namespace wsspec::engine {
namespace {

using Kind = scenario::TokenPlace::Kind;
using Form = scenario::TokenChoice::Form;
using Sent = tl::expected<std::vector<std::string>, std::string>;

/// A number written in hex, a UUID: its letters have no case.
bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

/// Blanks around a value are no part of it in a header (RFC 9110 5.5) or a list of subprotocols.
std::optional<std::string> blank_in(Kind place) {
  if (place == Kind::query) return "%20";
  if (place == Kind::message) return " ";
  return std::nullopt;
}

/// Tokens that a careless comparison takes for `valid`. What a URL says with an escape is the same
/// as without (RFC 3986 6.2.2.2): there the escape itself is escaped.
Sent almost(const std::string& valid, Form form, Kind place) {
  const auto one = [](std::string token) { return Sent(std::vector{std::move(token)}); };
  const auto none = [](std::string why) { return Sent(tl::unexpected(std::move(why))); };
  const std::string longer = valid + "x";
  const auto blank = blank_in(place);
  switch (form) {
    case Form::empty:
      return one("");
    case Form::longer:
      return one(longer);
    case Form::prefix:
      if (valid.size() < 2) return none("the valid token is too short for a prefix of its own");
      return one(valid.substr(0, valid.size() - 1));
    case Form::other_case:
      if (wire::other_case(valid) == valid || is_hex(valid))
        return none("the valid token has no letters with a case");
      return one(wire::other_case(valid));
    case Form::percent_encoded:
      if (valid.empty()) return none("the valid token is empty");
      return one(fmt::format("{}{:02X}{}", place == Kind::query ? "%25" : "%",
                             static_cast<unsigned char>(valid[0]), valid.substr(1)));
    case Form::blank_before:
    case Form::blank_after:
      if (!blank) return none("blanks around a token are no part of it where the profile sends it");
      return one(form == Form::blank_before ? *blank + valid : valid + *blank);
    case Form::twice_valid_first:
    case Form::twice_valid_last:
      if (place != Kind::query) return none("the profile's token is no parameter of a query");
      return form == Form::twice_valid_first ? std::vector{valid, longer}
                                             : std::vector{longer, valid};
  }
  return std::vector<std::string>{};
}

}  // namespace

Sent token_sent(const scenario::Profile& profile, const scenario::TokenChoice& which,
                const std::function<std::optional<std::string>(const std::string&)>& known,
                const std::function<std::string(const std::string&)>& filled) {
  using Which = scenario::TokenChoice::Kind;
  const auto valid = known(profile.token_valid);
  switch (which.kind) {
    case Which::valid:
      if (valid) return std::vector{*valid};
      break;
    case Which::expired:
      if (profile.token_expired) return std::vector{filled(*profile.token_expired)};
      break;
    case Which::wrong:
      if (which.index < profile.token_wrong.size())
        return std::vector{filled(profile.token_wrong[which.index])};
      break;
    case Which::none:
      break;
    case Which::almost:
      if (!valid)
        return tl::unexpected<std::string>("the valid token is not known before the login");
      return almost(*valid, which.form, profile.token_place->kind);
  }
  return std::vector<std::string>{};
}

void put_token(const scenario::TokenPlace& place, const std::string& token,
               session::SessionSetup& setup, std::string& message) {
  std::string value = place.format;
  if (const auto at = value.find("${token}"); at != std::string::npos) value.replace(at, 8, token);
  switch (place.kind) {
    case Kind::header:
      setup.headers.emplace_back(place.name, value);
      break;
    case Kind::query:
      setup.path +=
          (setup.path.find('?') == std::string::npos ? "?" : "&") + place.name + "=" + value;
      break;
    case Kind::cookie:
      setup.headers.emplace_back("Cookie", place.name + "=" + value);
      break;
    case Kind::subprotocol:
      setup.subprotocols.push_back(value);
      break;
    case Kind::message:
      message = value;
      break;
  }
}

}  // namespace wsspec::engine
