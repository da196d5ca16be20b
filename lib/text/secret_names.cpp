#include "text/secret_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "wire/url.h"

namespace wsspec::text {
namespace {

// Sorted, in small letters, without - and _.

constexpr std::array<std::string_view, 76> kHarmlessNames{
    "action",    "api",      "apiversion",  "b64",       "binary",  "body",     "broadcast",
    "browser",   "channel",  "charset",     "chat",      "class",   "client",   "cmd",
    "command",   "compress", "content",     "count",     "country", "currency", "data",
    "debug",     "deflate",  "dir",         "echo",      "eio",     "encoding", "env",
    "event",     "events",   "format",      "heartbeat", "host",    "hostname", "interval",
    "jsonrpc",   "kind",     "lang",        "language",  "level",   "limit",    "listen",
    "locale",    "log",      "loglevel",    "message",   "method",  "mode",     "model",
    "msg",       "nodeenv",  "nodeoptions", "op",        "opcode",  "payload",  "ping",
    "platform",  "port",     "protocol",    "region",    "room",    "size",     "stream",
    "streams",   "sub",      "text",        "theme",     "timeout", "timezone", "topic",
    "transport", "type",     "tz",          "v",         "ver",     "version"};

constexpr std::array<std::string_view, 27> kHarmlessHeaders{"accept",
                                                            "acceptcharset",
                                                            "acceptencoding",
                                                            "acceptlanguage",
                                                            "cachecontrol",
                                                            "connection",
                                                            "contentlength",
                                                            "contenttype",
                                                            "date",
                                                            "dnt",
                                                            "expect",
                                                            "host",
                                                            "keepalive",
                                                            "origin",
                                                            "pragma",
                                                            "referer",
                                                            "secfetchdest",
                                                            "secfetchmode",
                                                            "secfetchsite",
                                                            "secwebsocketaccept",
                                                            "secwebsocketextensions",
                                                            "secwebsocketkey",
                                                            "secwebsocketversion",
                                                            "server",
                                                            "transferencoding",
                                                            "upgrade",
                                                            "useragent"};

bool one_of(std::span<const std::string_view> sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}
static_assert(std::is_sorted(kHarmlessNames.begin(), kHarmlessNames.end()));
static_assert(std::is_sorted(kHarmlessHeaders.begin(), kHarmlessHeaders.end()));

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// A name with %XX undone, in small letters, without - and _: "API-Key" -> "apikey".
std::string bare_name(std::string_view name) {
  std::string decoded = wire::percent_decoded(name);
  std::erase_if(decoded, [](char c) { return c == '-' || c == '_'; });
  return lower(decoded);
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

bool looks_like_token(std::string_view word) {
  if (word.starts_with("eyJ") || word.size() >= 40) return true;  // a JWT begins so
  const bool digits = std::any_of(word.begin(), word.end(), digit);
  return digits && word.size() >= 16 && std::any_of(word.begin(), word.end(), letter);
}

/// "chat", "v12", "ocpp2", "13", "k8s": a word, a version, or both.
bool name_part(std::string_view part) {
  const auto digits = static_cast<std::size_t>(std::count_if(part.begin(), part.end(), digit));
  const auto letters = static_cast<std::size_t>(std::count_if(part.begin(), part.end(), letter));
  if (digits + letters < part.size()) return false;
  if (letters == 0) return digits <= 4;
  // "fooBarBaz" and "v2beta" are names, "fOoBaR" and "q8kT3" are none.
  std::size_t humps = 0, numbers = 0;
  for (std::size_t i = 1; i < part.size(); ++i) {
    humps += part[i - 1] >= 'a' && part[i - 1] <= 'z' && part[i] >= 'A' && part[i] <= 'Z';
    numbers += letter(part[i - 1]) && digit(part[i]);
  }
  return digits <= 2 && letters <= (digits == 0 ? 16u : 8u) && humps <= 2 && numbers <= 1;
}

/// A text cut into pieces, each of which is a secret or none.
struct Piece {
  std::string_view text;
  enum class Kind : std::uint8_t { shown, secret, dropped } kind = Kind::shown;
};
using Pieces = std::vector<Piece>;

std::string joined(const Pieces& pieces) {
  std::string out;
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::shown) out += piece.text;
    if (piece.kind == Piece::Kind::secret) out += "***";
  }
  return out;
}

std::vector<std::string_view> secrets_in(const Pieces& pieces) {
  std::vector<std::string_view> out;
  for (const Piece& piece : pieces)
    if (piece.kind != Piece::Kind::shown) out.push_back(piece.text);
  return out;
}

/// "name=value", or a value alone.
void add_parameter(std::string_view pair, Pieces& out) {
  const std::size_t equals = pair.find('=');
  const std::string_view name = pair.substr(0, equals);
  if (equals == std::string_view::npos) {
    if (!pair.empty()) out.push_back({pair, Piece::Kind::secret});
    return;
  }
  const std::string_view value = pair.substr(equals + 1);
  out.push_back({pair.substr(0, equals + 1)});
  const bool shown = harmless_name(name) && !looks_like_token(value) &&
                     value.find_first_of("?=") == std::string_view::npos;
  out.push_back({value, shown ? Piece::Kind::shown : Piece::Kind::secret});
}

void add_parameters(std::string_view text, std::string_view separators, Pieces& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    add_parameter(text.substr(0, end), out);
    if (end < text.size()) out.push_back({text.substr(end, 1)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// "/chat;v=1/room"
void add_path(std::string_view path, Pieces& out) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    const std::size_t semicolon = std::min(segment.find(';'), segment.size());
    const std::string_view name = segment.substr(0, semicolon);
    out.push_back({name, looks_like_token(name) ? Piece::Kind::secret : Piece::Kind::shown});
    if (semicolon < segment.size()) {
      out.push_back({segment.substr(semicolon, 1)});
      add_parameters(segment.substr(semicolon + 1), ";", out);
    }
    if (end < path.size()) out.push_back({path.substr(end, 1)});
    path.remove_prefix(std::min(end + 1, path.size()));
  }
}

/// Where the userinfo of what follows the scheme ends: past its '@', or 0.
std::size_t userinfo_end(std::string_view rest) {
  const std::size_t authority = std::min(rest.find_first_of("/?#"), rest.size());
  std::size_t at = rest.substr(0, authority).rfind('@');
  if (at == std::string_view::npos) {
    // A password with an unescaped / ? or #: no valid URL, but one that people type. What stands
    // before the first of these then looks like a host with a port that is no number.
    const std::size_t colon = rest.substr(0, authority).rfind(':');
    const bool odd_port =
        colon != std::string_view::npos && rest[0] != '[' &&
        rest.substr(colon + 1, authority - colon - 1).find_first_not_of("0123456789") !=
            std::string_view::npos;
    if (odd_port) at = rest.rfind('@');
  }
  return at == std::string_view::npos ? 0 : at + 1;
}

Pieces pieces_of_url(std::string_view url) {
  Pieces out;
  const std::size_t scheme = url.find("://");
  // "://" inside a query is no scheme.
  if (scheme != std::string_view::npos && url.find_first_of("?#/") > scheme) {
    out.push_back({url.substr(0, scheme + 3)});
    url.remove_prefix(scheme + 3);
  }
  if (const std::size_t end = userinfo_end(url); end > 0) {
    const std::string_view userinfo = url.substr(0, end - 1);
    out.push_back({userinfo, Piece::Kind::dropped});
    if (const auto colon = userinfo.find(':'); colon != std::string_view::npos)
      out.push_back({userinfo.substr(colon + 1), Piece::Kind::dropped});
    url.remove_prefix(end);
  }
  const std::size_t host = std::min(url.find_first_of("/?#"), url.size());
  out.push_back({url.substr(0, host)});
  url.remove_prefix(host);
  const std::size_t path = std::min(url.find_first_of("?#"), url.size());
  add_path(url.substr(0, path), out);
  url.remove_prefix(path);
  while (!url.empty()) {  // ?query, then #fragment
    out.push_back({url.substr(0, 1)});
    const std::size_t end = std::min(url.find('#', 1), url.size());
    add_parameters(url.substr(1, end - 1), "&;", out);
    url.remove_prefix(end);
  }
  return out;
}

std::string redact_subprotocols(std::string_view value) {
  std::string out;
  while (true) {
    const std::size_t end = std::min(value.find(','), value.size());
    std::string_view entry = value.substr(0, end);
    const std::size_t space = std::min(entry.find_first_not_of(" \t"), entry.size());
    out.append(entry.substr(0, space));
    entry.remove_prefix(space);
    out += secret_subprotocol(entry) ? std::string("***") : std::string(entry);
    if (end == value.size()) return out;
    out += ',';
    value.remove_prefix(end + 1);
  }
}

/// Words and what is between them, quotes taken for granted.
std::size_t end_of_word(std::string_view command, std::size_t at) {
  for (; at < command.size(); ++at) {
    const char c = command[at];
    if (c == '"' || c == '\'') at = std::min(command.find(c, at + 1), command.size() - 1);
    if (std::string_view(" \t\n;&|").find(c) != std::string_view::npos) break;
  }
  return at;
}

void add_command_word(std::string_view word, bool follows_secret, Pieces& out) {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const bool assigned =
      equals != std::string_view::npos && name.find_first_of("/?:\"'{") == std::string_view::npos;
  if (assigned) {
    const std::string_view value = word.substr(equals + 1);
    out.push_back({word.substr(0, equals + 1)});
    const bool shown = harmless_name(name) && !looks_like_token(value);
    out.push_back({value, shown ? Piece::Kind::shown : Piece::Kind::secret});
  } else if (word.find("://") != std::string_view::npos) {
    for (const Piece& piece : pieces_of_url(word)) out.push_back(piece);
  } else {
    const bool path = word.find('/') != std::string_view::npos;
    const bool secret = follows_secret || (!path && looks_like_token(word));
    out.push_back({word, secret ? Piece::Kind::secret : Piece::Kind::shown});
  }
}

Pieces pieces_of_command(std::string_view command) {
  Pieces out;
  bool follows_secret = false;
  for (std::size_t at = 0; at < command.size();) {
    const std::size_t end = end_of_word(command, at);
    const std::string_view word = command.substr(at, end - at);
    if (!word.empty()) {
      add_command_word(word, follows_secret && !word.starts_with("-"), out);
      follows_secret =
          word.starts_with("-") && word.find('=') == std::string_view::npos && secret_name(word);
    }
    if (end < command.size()) out.push_back({command.substr(end, 1)});
    at = end + 1;
  }
  return out;
}

}  // namespace

bool harmless_name(std::string_view name) {
  return one_of(kHarmlessNames, bare_name(name));
}

bool harmless_header(std::string_view name) {
  return one_of(kHarmlessHeaders, bare_name(name));
}

bool secret_name(std::string_view name) {
  const std::string bare = bare_name(name);
  for (std::string_view exact : {"key", "auth", "sig", "jwt", "code", "pass", "pwd", "bearer",
                                 "pin", "otp", "hmac", "sid", "cookie", "setcookie"})
    if (bare == exact) return true;
  return contains_any(
      bare, {"token", "secret", "password", "passwd", "passphrase", "apikey", "accesskey",
             "authkey", "signature", "credential", "authorization", "ticket", "sessionid", "jwt"});
}

bool secret_subprotocol(std::string_view entry) {
  const std::string low = lower(entry);
  if (contains_any(low, {"bearer", "token", "secret", "auth.", "auth-", "jwt", "api-key", "apikey",
                         "passw", "session"}))
    return true;
  if (entry.starts_with("eyJ") || entry.size() >= 32) return true;
  while (!entry.empty()) {
    const std::size_t end = std::min(entry.find_first_of(".-_/+:"), entry.size());
    if (!name_part(entry.substr(0, end))) return true;
    entry.remove_prefix(std::min(end + 1, entry.size()));
  }
  return false;
}

std::string redact_url(std::string_view url) {
  return joined(pieces_of_url(url));
}

std::vector<std::string_view> secrets_of_url(std::string_view url) {
  return secrets_in(pieces_of_url(url));
}

std::string redact_header(std::string_view name, std::string_view value) {
  const std::string bare = bare_name(name);
  if (bare == "secwebsocketprotocol") return redact_subprotocols(value);
  if (!harmless_header(name)) return "***";
  return bare == "origin" || bare == "referer" ? redact_url(value) : std::string(value);
}

std::vector<std::string_view> secrets_of_command(std::string_view command) {
  return secrets_in(pieces_of_command(command));
}

std::string redact_command(std::string_view command) {
  return joined(pieces_of_command(command));
}

}  // namespace wsspec::text
