#include "explain/messages.h"

#include <algorithm>
#include <utility>

#include "explain/log_text.h"

namespace wsspec::explain {
namespace {

struct Span {
  std::size_t begin = 0, end = 0;
};

/// A message, ready for the search.
struct Pattern {
  const MessageText* message = nullptr;
  std::vector<std::string> pieces;
  std::size_t octets = 0;
  bool open_end = false;  ///< anything may follow the last piece directly
};

Pattern pattern_of(const MessageText& message) {
  Pattern pattern;
  pattern.message = &message;
  const std::string text = plain_log_text(message.text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('%', at), text.size());
    if (end > at) pattern.pieces.push_back(text.substr(at, end - at));
    pattern.octets += end - at;
    at = end + 1;
  }
  pattern.open_end = text.ends_with('%');
  return pattern;
}

const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all = [] {
    std::vector<Pattern> out;
    for (const MessageText* message : all_messages()) out.push_back(pattern_of(*message));
    return out;
  }();
  return all;
}

/// A piece that begins or ends with a word may not be a part of a longer word there.
bool at_word_border(std::string_view text, std::size_t at) {
  return at == 0 || at >= text.size() || !is_word(text[at - 1]) || !is_word(text[at]);
}

/// The spans of the pieces, the first one at `start`; empty: they do not follow it.
std::vector<Span> follow(const Pattern& pattern, std::string_view text, std::size_t start) {
  std::vector<Span> spans;
  std::size_t at = start;
  for (const std::string& piece : pattern.pieces) {
    const bool first = spans.empty();
    const std::string_view window =
        first ? text.substr(at, piece.size()) : text.substr(at, kLongestGap + piece.size());
    const std::size_t found = window.find(piece);
    if (found == std::string_view::npos) return {};
    spans.push_back({at + found, at + found + piece.size()});
    at = spans.back().end;
  }
  if (!pattern.open_end && !at_word_border(text, at)) return {};
  return spans;
}

/// The first place where the whole pattern is; empty if there is none.
std::vector<Span> find(const Pattern& pattern, std::string_view text) {
  const std::string& first = pattern.pieces.front();
  for (std::size_t at = text.find(first); at != std::string_view::npos;
       at = text.find(first, at + 1)) {
    if (!at_word_border(text, at)) continue;
    auto spans = follow(pattern, text, at);
    if (!spans.empty()) return spans;
  }
  return {};
}

struct Found {
  const Pattern* pattern = nullptr;
  std::vector<Span> spans;
};

bool overlaps(const Found& a, const Found& b) {
  return a.spans.front().begin < b.spans.back().end && b.spans.front().begin < a.spans.back().end;
}

/// The longest first, and of those that overlap the longest alone.
std::vector<Found> find_all(std::string_view text) {
  std::vector<Found> found;
  for (const Pattern& pattern : patterns()) {
    auto spans = find(pattern, text);
    if (!spans.empty()) found.push_back({&pattern, std::move(spans)});
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.pattern->octets > b.pattern->octets;
  });
  std::vector<Found> kept;
  for (Found& candidate : found) {
    const auto hidden = [&](const Found& better) { return overlaps(better, candidate); };
    if (std::none_of(kept.begin(), kept.end(), hidden)) kept.push_back(std::move(candidate));
  }
  return kept;
}

/// Numbers inside a message's own words mean nothing: "either 1000, or between 3000 and 4999".
bool in_own_words(std::size_t at, const std::vector<Found>& found) {
  for (const Found& one : found)
    for (const Span& span : one.spans)
      if (at >= span.begin && at < span.end) return true;
  return false;
}

/// The code that a message is about, where its words name it: "close 1006"; 0: none.
int code_in_words(const MessageText& message) {
  const int code = message.code != 0 ? message.code : situation_text(message.situation).code;
  const bool named = message.text.find(std::to_string(code)) != std::string_view::npos;
  return named ? code : 0;
}

void add_code(std::vector<int>& codes, int code) {
  const bool known = std::find(codes.begin(), codes.end(), code) != codes.end();
  if (code != 0 && !known && codes.size() < 2) codes.push_back(code);
}

}  // namespace

std::vector<const MessageText*> all_messages() {
  std::vector<const MessageText*> out;
  for (const auto texts : {browser_messages(), javascript_messages(), python_messages(),
                           go_messages(), jvm_messages(), other_messages()})
    for (const MessageText& text : texts) out.push_back(&text);
  return out;
}

std::vector<const SituationText*> all_situations() {
  std::vector<const SituationText*> out;
  for (const auto* texts :
       {&data_situations(), &end_situations(), &handshake_situations(), &use_situations()})
    for (const SituationText& text : *texts) out.push_back(&text);
  return out;
}

const SituationText& situation_text(Situation id) {
  static const std::vector<const SituationText*> all = all_situations();
  return **std::find_if(all.begin(), all.end(),
                        [&](const SituationText* text) { return text->id == id; });
}

LogLine read_log_line(std::string_view text) {
  const std::string plain = plain_log_text(text.substr(0, kLongestText));
  const std::vector<Found> found = find_all(plain);
  LogLine line;
  for (const Found& one : found) {
    line.messages.push_back({one.pattern->message, one.pattern->octets});
    add_code(line.codes, code_in_words(*one.pattern->message));
  }
  for (const NamedNumber& number : named_numbers(plain))
    if (!in_own_words(number.at, found)) add_code(line.codes, number.value);
  return line;
}

const MessageText* similar_message(std::string_view text) {
  const auto wanted = long_words(plain_log_text(text.substr(0, kLongestText)));
  const MessageText* best = nullptr;
  double best_share = 0.5;  // less than half of the words in common is no likeness
  for (const Pattern& pattern : patterns()) {
    const auto words = long_words(plain_log_text(pattern.message->text));
    std::size_t common = 0;
    for (const std::string& word : words)
      common += std::find(wanted.begin(), wanted.end(), word) != wanted.end() ? 1 : 0;
    if (common < 2) continue;
    const double share = static_cast<double>(common) / static_cast<double>(words.size());
    if (share > best_share) {
      best = pattern.message;
      best_share = share;
    }
  }
  return best;
}

std::string shown_message(const MessageText& message) {
  std::string out;
  for (const char c : message.text) {
    if (c == '%') {
      out += "...";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace wsspec::explain
