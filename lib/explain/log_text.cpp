#include "explain/log_text.h"

#include <algorithm>
#include <iterator>

#include "explain/explain.h"

namespace wsspec::explain {
namespace {

// A number counts when one of these stands shortly before it.
constexpr std::string_view kBefore[] = {
    "code",     "close",     "status", "http",  "response", "received",           "sent",
    "rejected", "handshake", "got",    "error", "was",      "websocketdisconnect"};
constexpr std::size_t kReach = 24;

// "3000 ms", "1006 bytes".
constexpr std::string_view kUnits[] = {"ms",      "s",     "sec",     "second", "seconds",
                                       "minutes", "bytes", "octets",  "b",      "kb",
                                       "kib",     "mb",    "messages"};

// Go coder/websocket prints names.
struct NamedCode {
  std::string_view name;
  int code;
};
constexpr NamedCode kNames[] = {{"statusnormalclosure", 1000},
                                {"statusgoingaway", 1001},
                                {"statusprotocolerror", 1002},
                                {"statusunsupporteddata", 1003},
                                {"statusnostatusrcvd", 1005},
                                {"statusabnormalclosure", 1006},
                                {"statusinvalidframepayloaddata", 1007},
                                {"statuspolicyviolation", 1008},
                                {"statusmessagetoobig", 1009},
                                {"statusmandatoryextension", 1010},
                                {"statusinternalerror", 1011},
                                {"statusservicerestart", 1012},
                                {"statustryagainlater", 1013},
                                {"statusbadgateway", 1014}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

bool has_meaning(int value) {
  if (value < 1000) {
    const CodeText* text = code_text(value);
    return text != nullptr && kind_of(*text) == CodeKind::http_status;
  }
  return value <= 1015 || (value >= 3000 && value <= 4999);
}

/// A port, a fraction, part of a date or of a name.
bool joined_to_more(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0 && (text[begin - 1] == '.' || text[begin - 1] == '-')) return true;
  if (end < text.size() && is_word(text[end])) return true;
  return end + 1 < text.size() && (text[end] == '.' || text[end] == ':' || text[end] == '-') &&
         is_digit(text[end + 1]);
}

bool has_unit(std::string_view text, std::size_t end) {
  if (end < text.size() && text[end] == ' ') ++end;
  if (end < text.size() && text[end] == '%') return true;
  const std::string_view word = word_at(text, end);
  return std::find(std::begin(kUnits), std::end(kUnits), word) != std::end(kUnits);
}

bool introduced(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin == 0 || text.substr(end).starts_with(", message=")) return true;
  std::size_t from = begin > kReach ? begin - kReach : 0;
  // Directly after a colon the word before it decides: "code:1006", but "localhost:3000".
  if (text[begin - 1] == ':') {
    from = begin - 1;
    while (from > 0 && is_word(text[from - 1])) --from;
  }
  const std::string_view before = text.substr(from, begin - from);
  return std::any_of(std::begin(kBefore), std::end(kBefore), [&](std::string_view word) {
    return before.find(word) != std::string_view::npos;
  });
}

/// "\u2018" and its like in UTF-8: e2 80 98 to e2 80 9f; 0: another character.
char plain_quote(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xe2' || text[1] != '\x80') return 0;
  const auto third = static_cast<unsigned char>(text[2]);
  if (third < 0x98 || third > 0x9f) return 0;
  return third < 0x9c ? '\'' : '"';
}

/// The octets of a colour or other control sequence (ESC [ ... letter); 0: there is none.
std::size_t control_sequence(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  std::size_t end = 2;
  while (end < text.size() && text[end] >= 0x20 && text[end] < 0x40) ++end;
  return std::min(end + 1, text.size());
}

}  // namespace

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string plain_log_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (const char quote = plain_quote(text.substr(at))) {
      out += quote;
      at += 2;
    } else if (const std::size_t octets = control_sequence(text.substr(at)); octets > 0) {
      at += octets - 1;
    } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (c == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\'')) {
      continue;
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

std::vector<std::string> long_words(std::string_view plain) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < plain.size();) {
    const std::string_view word = word_at(plain, at);
    if (word.size() >= 4) words.emplace_back(word);
    at += std::max<std::size_t>(word.size(), 1);
  }
  return words;
}

std::vector<NamedNumber> named_numbers(std::string_view plain) {
  std::vector<NamedNumber> out;
  for (std::size_t at = 0; at < plain.size();) {
    const std::string_view word = word_at(plain, at);
    const std::size_t end = at + std::max<std::size_t>(word.size(), 1);
    const bool number =
        (word.size() == 3 || word.size() == 4) && std::all_of(word.begin(), word.end(), is_digit);
    if (number) {
      const int value = std::stoi(std::string(word));
      if (has_meaning(value) && !joined_to_more(plain, at, end) && !has_unit(plain, end) &&
          introduced(plain, at, end))
        out.push_back({value, at});
    }
    for (const NamedCode& name : kNames)
      if (word == name.name) out.push_back({name.code, at});
    at = end;
  }
  return out;
}

}  // namespace wsspec::explain
