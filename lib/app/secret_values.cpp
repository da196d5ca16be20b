#include "app/secret_values.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "text/secret_names.h"
#include "wire/handshake.h"
#include "wire/octets.h"
#include "wire/url.h"

namespace wsspec {
namespace {

using text::Secrets;

std::string_view without_quotes(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return value.substr(1, value.size() - 2);
  return value;
}

/// The texts between the ${...} of a template; a text without any, whole.
template <class Use>
void each_literal(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("${"), text.size());
    if (begin > 0) use(text.substr(0, begin));
    const std::size_t end = text.find('}', begin);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void add_url_to(int depth, std::string_view url, Secrets& secrets) {
  constexpr int kDeepest = 3;
  for (const std::string_view part : text::secrets_of_url(url)) {
    const std::string value = wire::percent_decoded(part);
    if (value.find("://") != std::string::npos && depth < kDeepest)
      add_url_to(depth + 1, value, secrets);
    else
      each_literal(value, [&](std::string_view literal) { secrets.add(literal); });
  }
}

void add_word(std::string_view word, Secrets& secrets) {
  // A '=' at the end is base64's.
  const std::size_t equals = word.find('=');
  const bool named = equals != std::string_view::npos && equals > 0 &&
                     word.find_first_not_of('=', equals) != std::string_view::npos;
  if (!named) secrets.add(word);
  if (named && !text::harmless_name(word.substr(0, equals)))
    secrets.add(without_quotes(word.substr(equals + 1)));
  if (const auto decoded = wire::base64_decode(word)) {
    const std::string_view pair = wire::as_chars(*decoded);
    // Any word of a fitting length is base64 of something.
    const bool text =
        std::all_of(pair.begin(), pair.end(), [](char c) { return c >= ' ' && c < 0x7f; });
    if (!text) return;
    secrets.add(pair);
    if (const auto colon = pair.find(':'); colon != std::string_view::npos)
      secrets.add(pair.substr(colon + 1));
  }
}

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// The strings, numbers and brackets of a JSON text one after the other, without minding whether it
/// is one.
class Tokens {
 public:
  enum class Kind : std::uint8_t { end, open, close, comma, name, text, number };
  explicit Tokens(std::string_view text) : text_(text) {}

  Kind next() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return string();
      if (c >= '0' && c <= '9') return number();
      if (std::string_view("{[}],").find(c) == std::string_view::npos) continue;
      ++at_;
      value_ = c;
      return c == ',' ? Kind::comma : c == '{' || c == '[' ? Kind::open : Kind::close;
    }
    return Kind::end;
  }
  /// A string's value, a number's digits, or a bracket.
  const std::string& value() const { return value_; }

 private:
  Kind number() {
    const std::size_t end = std::min(text_.find_first_of(" ,]}\r\n\t", at_), text_.size());
    value_ = text_.substr(at_, end - at_);
    at_ = end;
    return Kind::number;
  }

  Kind string() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n')
      end += text_[end] == '\\' ? 2 : 1;
    end = std::min(end, text_.size());
    const std::string raw(text_.substr(at_ + 1, end - at_ - 1));
    const auto parsed = nlohmann::json::parse("\"" + raw + "\"", nullptr, false);
    value_ = parsed.is_string() ? parsed.get<std::string>() : raw;
    at_ = std::min(end + 1, text_.size());
    std::size_t after = at_;
    while (after < text_.size() && blank(text_[after])) ++after;
    return after < text_.size() && text_[after] == ':' ? Kind::name : Kind::text;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string value_;
};

/// An application's message. `all`: every text is a secret that no harmless name says is none; else
/// those are that have a name and no harmless one.
void add_message(std::string_view message, bool all, Secrets& secrets) {
  if (message.find('"') == std::string_view::npos) {
    if (all) add_value(message, secrets);
    return;
  }
  Tokens tokens(message);
  std::string name;
  bool named = false;
  for (auto kind = tokens.next(); kind != Tokens::Kind::end; kind = tokens.next()) {
    if (kind == Tokens::Kind::name) {
      name = tokens.value();
      named = true;
    } else if (kind == Tokens::Kind::close || kind == Tokens::Kind::open) {
      named = named && kind == Tokens::Kind::open;
    } else if (kind == Tokens::Kind::text || kind == Tokens::Kind::number) {
      if (named ? !text::harmless_name(name) : all) {
        add_value(tokens.value(), secrets);
      } else {
        add_url(tokens.value(), secrets);
      }
    }
  }
}

/// What a text in the language of scenarios and profiles gives away, by the names of its members.
class Scanner {
 public:
  Scanner(std::string_view text, Secrets& secrets) : tokens_(text), secrets_(secrets) {}

  void scan() {
    for (auto kind = tokens_.next(); kind != Tokens::Kind::end; kind = tokens_.next()) {
      if (kind == Tokens::Kind::open) {
        levels_.push_back({what_, name_, {}});
      } else if (kind == Tokens::Kind::close) {
        if (!levels_.empty()) levels_.pop_back();
        what_ = inherited();
      } else if (kind == Tokens::Kind::comma) {
        if (!levels_.empty() && levels_.back().what != What::headers) what_ = inherited();
      } else if (kind == Tokens::Kind::name) {
        name_ = tokens_.value();
        what_ = of_name(name_, inherited());
      } else {
        value(tokens_.value());
      }
    }
  }

 private:
  enum class What : std::uint8_t {
    shown,        ///< unless its own name says otherwise
    never,        ///< nor anything in it: what is expected of the server, what a policy allows
    secret,       ///< a token
    login,        ///< messages that log in
    application,  ///< messages of the application's own form
    headers,
    url,
    subprotocol,
  };
  struct Level {
    What what;
    std::string name;
    std::string header;  ///< in a [name, value]: the name
  };

  What inherited() const { return levels_.empty() ? What::shown : levels_.back().what; }

  static What of_name(const std::string& name, What outer) {
    if (outer == What::never) return outer;
    if (name == "headers") return What::headers;
    if (name == "subprotocols") return What::subprotocol;
    for (const char* expected : {"expect", "reply", "capture", "tls", "capabilities", "origin",
                                 "host", "forbidden", "json", "order", "strikes", "throws",
                                 "subprotocol", "header", "query", "cookie", "trigger", "on"})
      if (name == expected) return What::never;
    if (outer == What::secret || outer == What::login) return outer;
    if (name == "url" || name == "path") return What::url;
    if (name == "prologue" || name == "triggers") return What::login;
    if (name == "message" || name == "carrier") return What::application;
    const bool token = name == "valid" || name == "expired" || name == "wrong";
    if (token || text::secret_name(name)) return What::secret;
    // A pair that was written as a member: a mistake, whose line is shown with it.
    if (outer == What::headers) return text::harmless_header(name) ? What::shown : What::secret;
    return outer;
  }

  void value(const std::string& value) {
    switch (what_) {
      case What::never:
        return;
      case What::secret:
      case What::login:
        return add_literal(value);
      case What::application:
        return add_message(value, false, secrets_);
      case What::subprotocol:
        return add_subprotocol(value, secrets_);
      case What::headers:
        return header(value);
      case What::url:
      case What::shown:
        break;
    }
    add_url(value, secrets_);
    // A message inside a string of its own.
    if (value.find('"') != std::string::npos) Scanner(value, secrets_).scan();
  }

  /// ["Authorization", "Bearer x"]
  void header(const std::string& value) {
    if (levels_.empty()) return;
    std::string& name = levels_.back().header;
    if (name.empty())
      name = value.empty() ? "x" : value;
    else
      add_header(name, value, secrets_);
  }

  void add_literal(const std::string& value) {
    // A scenario's connect.token names a kind of token, not one.
    if (value == "valid" || value == "expired" || value == "none") return;
    std::string octets;
    if (name_ == "hex") {
      for (std::size_t i = 0; i + 1 < value.size(); ++i)
        if (value[i] != ' ') octets += "%" + value.substr(i++, 2);
      octets = wire::percent_decoded(octets);
    } else if (name_ == "base64") {
      if (const auto decoded = wire::base64_decode(value))
        octets = std::string(wire::as_chars(*decoded));
    }
    add_message(octets.empty() ? value : octets, true, secrets_);
  }

  Tokens tokens_;
  Secrets& secrets_;
  std::vector<Level> levels_;
  std::string name_;
  What what_ = What::shown;  ///< what the next value is
};

}  // namespace

void add_url(std::string_view url, Secrets& secrets) {
  add_url_to(0, url, secrets);
}

void add_value(std::string_view value, Secrets& secrets) {
  if (value.find("://") != std::string_view::npos) add_url(value, secrets);
  each_literal(value, [&](std::string_view rest) {
    const std::size_t space = rest.find(' ');
    if (rest.find_first_of("=:/") == std::string_view::npos && space != std::string_view::npos)
      secrets.add(rest);
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of(" ,;\t\r\n"), rest.size());
      if (rest.substr(0, end).find("://") == std::string_view::npos)
        add_word(rest.substr(0, end), secrets);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  });
}

void add_subprotocol(std::string_view entry, Secrets& secrets) {
  const std::size_t first = std::min(entry.find_first_not_of(' '), entry.size());
  entry.remove_prefix(first);
  if (!text::secret_subprotocol(entry)) return;
  each_literal(entry, [&](std::string_view literal) {
    secrets.add(literal);
    // "bearer.x": what follows the word that says so.
    const std::size_t mark = literal.find_first_of(".-_:=");
    if (mark != std::string_view::npos && text::secret_subprotocol(literal.substr(0, mark + 1)))
      secrets.add(literal.substr(mark + 1));
  });
}

void add_header(std::string_view name, std::string_view value, Secrets& secrets) {
  if (text::redact_header(name, value) == "***") return add_value(value, secrets);
  if (text::harmless_header(name)) return add_url(value, secrets);
  for (std::size_t end = 0; !value.empty();) {
    end = std::min(value.find(','), value.size());
    add_subprotocol(value.substr(0, end), secrets);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

void add_language(std::string_view text, Secrets& secrets) {
  Scanner(text, secrets).scan();
}

}  // namespace wsspec
