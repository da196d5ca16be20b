#include "app/collect_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenario/profile.h"
#include "text/escape.h"
#include "wire/handshake.h"
#include "wire/url.h"

namespace wsspec {
namespace {

using text::Secrets;

bool is_template(std::string_view value) {
  return value.find("${") != std::string_view::npos;
}

std::string_view without_quotes(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return value.substr(1, value.size() - 2);
  return value;
}

/// "Bearer x", "Basic dXNlcjpwYXNz", "a=b; c=d", "x": every word, and what follows its '='.
void add_words(std::string_view value, Secrets& secrets) {
  if (is_template(value)) return;
  bool first = true;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(" ,;\t"), value.size());
    std::string_view word = value.substr(0, end);
    const bool alone = first && end == value.size();
    value.remove_prefix(std::min(end + 1, value.size()));
    // The first of several words names a scheme; a '=' at the end is base64's.
    const std::size_t equals = word.find('=');
    const bool named = equals != std::string_view::npos &&
                       word.find_first_not_of('=', equals) != std::string_view::npos;
    if (named) secrets.add(without_quotes(word.substr(equals + 1)));
    if (!named && (alone || !first)) secrets.add(word);
    if (const auto decoded = wire::base64_decode(word); !first && decoded) {
      const std::string_view pair = wire::as_chars(*decoded);
      secrets.add(pair);
      if (const auto colon = pair.find(':'); colon != std::string_view::npos)
        secrets.add(pair.substr(colon + 1));
    }
    first = false;
  }
}

void add_subprotocol(std::string_view entry, Secrets& secrets) {
  const std::size_t first = std::min(entry.find_first_not_of(' '), entry.size());
  entry.remove_prefix(first);
  if (is_template(entry) || !text::secret_subprotocol(entry)) return;
  secrets.add(entry);
  // "bearer.x": what follows the word that says so.
  const std::size_t mark = entry.find_first_of(".-_:=");
  if (mark != std::string_view::npos && text::secret_subprotocol(entry.substr(0, mark + 1)))
    secrets.add(entry.substr(mark + 1));
}

void add_header(std::string_view name, std::string_view value, Secrets& secrets) {
  if (text::secret_header(name)) return add_words(value, secrets);
  if (text::redact_header(name, value) == value) return;
  for (std::size_t end = 0; !value.empty();) {
    end = std::min(value.find(','), value.size());
    add_subprotocol(value.substr(0, end), secrets);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

/// Userinfo and the parameters whose names say that they are secret.
void add_url(std::string_view url, Secrets& secrets) {
  const auto add = [&](std::string_view value) {
    if (is_template(value)) return;
    secrets.add(value);
    secrets.add(wire::percent_decoded(value));
  };
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    std::string_view authority = url.substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
      const std::string_view userinfo = authority.substr(0, at);
      add(userinfo);
      if (const auto colon = userinfo.find(':'); colon != std::string_view::npos)
        add(userinfo.substr(colon + 1));
    }
  }
  std::size_t at = url.find_first_of("?#");
  while (at != std::string_view::npos && at < url.size()) {
    const std::size_t end = std::min(url.find_first_of("&;#?", at + 1), url.size());
    const std::string_view pair = url.substr(at + 1, end - at - 1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && text::secret_parameter(pair.substr(0, equals)))
      add(pair.substr(equals + 1));
    at = end;
  }
}

void add_environment(const std::vector<std::string>& values, std::string_view url,
                     Secrets& secrets) {
  const auto parsed = wire::parse_url(url);
  for (const std::string& value : values) {
    // Where the target is, is no secret; what its URL may carry is.
    if (value.find("://") != std::string::npos)
      add_url(value, secrets);
    else if (!parsed || parsed->authority().find(value) == std::string::npos)
      secrets.add(value);
  }
}

/// Reads the strings of a JSON text one after the other, without minding whether it is one.
class Scanner {
 public:
  Scanner(std::string_view text, Secrets& secrets) : text_(text), secrets_(secrets) {}

  void scan() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        literal();
        continue;
      }
      if (c == '[') in_list_ = value_ != Value::plain;
      if (c == '{' || c == '}' || c == ']' || (c == ',' && !in_list_)) expect(Value::plain);
      if (c >= '0' && c <= '9' && value_ == Value::secret) {
        number();
        continue;
      }
      if (!blank(c)) before_ = c;
      ++at_;
    }
  }

 private:
  static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  enum class Value : std::uint8_t { plain, secret, subprotocol };
  static Value value_of(const std::string& name) {
    if (name == "subprotocols") return Value::subprotocol;
    const bool secret = name == "valid" || name == "expired" || text::secret_header(name) ||
                        text::secret_parameter(name);
    return secret ? Value::secret : Value::plain;
  }

  void expect(Value value) {
    value_ = value;
    in_list_ = false;
  }

  void number() {
    const std::size_t end = std::min(text_.find_first_of(" ,]}\r\n\t", at_), text_.size());
    secrets_.add(text_.substr(at_, end - at_));
    at_ = end;
  }

  void literal() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n')
      end += text_[end] == '\\' ? 2 : 1;
    end = std::min(end, text_.size());
    const std::string raw(text_.substr(at_ + 1, end - at_ - 1));
    const auto parsed = nlohmann::json::parse("\"" + raw + "\"", nullptr, false);
    const std::string value = parsed.is_string() ? parsed.get<std::string>() : raw;
    at_ = std::min(end + 1, text_.size());
    std::size_t next = at_;
    while (next < text_.size() && blank(text_[next])) ++next;
    const char after = next < text_.size() ? text_[next] : '\0';
    if (after == ':') {
      expect(value_of(value));
    } else if (value_ == Value::subprotocol) {
      add_subprotocol(value, secrets_);
    } else if (value_ == Value::secret) {
      // A scenario's connect.token names a kind of token, not one.
      if (value != "expired") add_words(value, secrets_);
    } else if (before_ == '[' && after == ',' && text::secret_header(value)) {
      value_ = Value::secret;  // ["Authorization", "Bearer x"]
      in_list_ = true;
    } else {
      add_url(value, secrets_);
      if (value.find('"') != std::string::npos) Scanner(value, secrets_).scan();
    }
    before_ = '"';
  }

  std::string_view text_;
  Secrets& secrets_;
  std::size_t at_ = 0;
  char before_ = '\0';          ///< the last that was no blank
  Value value_ = Value::plain;  ///< what the next value is
  bool in_list_ = false;        ///< and so are those up to the list's end
};

void add_connect(const scenario::ConnectOptions& connect, Secrets& secrets) {
  for (const auto& [name, value] : connect.headers) add_header(name, value, secrets);
  if (connect.path) add_url(*connect.path, secrets);
  if (connect.subprotocols)
    for (const auto& entry : *connect.subprotocols) add_subprotocol(entry, secrets);
}

void add_steps(const std::vector<scenario::Step>& steps, Secrets& secrets) {
  for (const auto& step : steps) {
    if (const auto* connect = std::get_if<scenario::ConnectStep>(&step.what)) {
      if (connect->path) add_url(*connect->path, secrets);
    } else if (const auto* repeat = std::get_if<scenario::RepeatStep>(&step.what)) {
      add_steps(repeat->steps, secrets);
    }
  }
}

}  // namespace

Secrets secrets_in_text(std::string_view profile) {
  Secrets secrets;
  Scanner(profile, secrets).scan();
  return secrets;
}

Secrets secrets_of(const Target& target, const Suites& suites) {
  const scenario::Profile& profile = suites.profile();
  const std::string& url = target.url.empty() ? profile.url : target.url;
  Secrets secrets = secrets_in_text(profile.json);
  add_url(url, secrets);
  for (const auto* headers : {&profile.headers, &target.headers})
    for (const auto& [name, value] : *headers) add_header(name, value, secrets);
  for (const auto* entries : {&profile.subprotocols, &target.subprotocols})
    for (const auto& entry : *entries) add_subprotocol(entry, secrets);
  for (const auto& value : target.secrets) add_words(value, secrets);
  add_environment(suites.environment(), url, secrets);
  for (const auto& scenario : suites.scenarios()) {
    add_connect(scenario.connect, secrets);
    for (const auto& group : scenario.groups) add_connect(group.connect, secrets);
    add_steps(scenario.steps, secrets);
  }
  return secrets;
}

namespace {

constexpr std::size_t kClause = 500;  ///< octets shown of one

/// A line of a file with spaces for what moves a terminal's cursor or cannot be seen, each as long
/// as it was: the caret stays at its column.
std::string visible(std::string line) {
  for (std::size_t at = 0; at < line.size();) {
    const auto character = text::first_character(std::string_view(line).substr(at));
    const std::string_view raw = std::string_view(line).substr(at, character.size);
    if (text::printable(raw, raw.size()) != raw) line.replace(at, raw.size(), raw.size(), ' ');
    at += character.size;
  }
  return line;
}

}  // namespace

std::string text_of(std::vector<scenario::Problem> problems,
                    const std::vector<loader::Source>& sources) {
  std::string all;
  for (const auto& source : sources)
    if (!source.built_in) all += source.text + "\n";
  const Secrets secrets = problems.empty() ? Secrets() : secrets_in_text(all);
  std::string out;
  for (auto& problem : problems) {
    secrets.mask({reinterpret_cast<std::uint8_t*>(problem.source.data()), problem.source.size()});
    problem.source = visible(std::move(problem.source));
    problem.file = text::printable(problem.file, kClause);
    problem.what = text::printable(secrets.redact(problem.what), kClause);
    problem.hint = text::printable(secrets.redact(problem.hint), kClause);
    out += problem.text();
    if (out.empty() || out.back() != '\n') out += '\n';
  }
  return out;
}

std::string no_setting(std::string_view text) {
  constexpr std::string_view kName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const std::string_view name = text.substr(0, text.find_first_not_of(kName));
  return fmt::format("error: --set wants name=value, not '{}{}'\n", name.substr(0, 80),
                     name.size() < text.size() ? "…" : "");
}

}  // namespace wsspec
