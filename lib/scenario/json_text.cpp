// A strict JSON parser (RFC 8259) of our own: nlohmann's tells neither where a value stands nor
// that a key came twice. Recursive descent; the same code builds the tree and, on demand, the
// positions.
#include "scenario/json_text.h"

#include <charconv>
#include <unordered_set>

#include "wire/utf8.h"

namespace wsspec::scenario {

const char* type_name(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "true or false";
    default:
      return "a number";
  }
}

std::string pointer_to(const std::string& at, std::string_view key) {
  std::string out = at + "/";
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string last_token(std::string_view pointer) {
  const std::size_t slash = pointer.rfind('/');
  if (slash == std::string_view::npos) return {};
  std::string out;
  for (std::size_t i = slash + 1; i < pointer.size(); ++i) {
    if (pointer[i] == '~' && i + 1 < pointer.size()) {
      out += pointer[++i] == '1' ? '/' : '~';
    } else {
      out += pointer[i];
    }
  }
  return out;
}

namespace {

class Parser {
 public:
  Parser(const JsonText& source, ProblemList* problems,
         std::map<std::string, JsonText::Place>* index)
      : source_(source), text_(source.text()), problems_(problems), index_(index) {}

  bool document(Json& out) {
    // A byte order mark is not part of JSON, but editors write it; RFC 8259 8.1 lets us ignore it.
    if (text_.substr(0, 3) == "\xef\xbb\xbf") pos_ = 3;
    skip_space();
    if (!value(out, "", 0)) return false;
    skip_space();
    if (pos_ != text_.size()) return fail(pos_, "text after the end of the JSON document");
    return !duplicates_;
  }

 private:
  bool fail(std::size_t at, std::string what, std::string hint = {}) {
    if (problems_) problems_->add(source_.problem_at(at, std::move(what), std::move(hint)));
    return false;
  }

  char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  void skip_space() {
    while (pos_ < text_.size() && (text_[pos_] == ' ' || text_[pos_] == '\t' ||
                                   text_[pos_] == '\n' || text_[pos_] == '\r')) {
      ++pos_;
    }
  }

  bool value(Json& out, const std::string& at, std::size_t key_at) {
    const std::size_t start = pos_;
    if (depth_ >= JsonText::kMaxDepth) return fail(pos_, "nested more than 100 levels deep");
    ++depth_;
    bool good = false;
    switch (peek()) {
      case '{':
        good = object(out, at);
        break;
      case '[':
        good = list(out, at);
        break;
      case '"': {
        std::string text;
        good = string(text);
        out = std::move(text);
        break;
      }
      case 't':
        good = word("true");
        out = true;
        break;
      case 'f':
        good = word("false");
        out = false;
        break;
      case 'n':
        good = word("null");
        out = nullptr;
        break;
      default:
        good = number(out);
    }
    --depth_;
    if (good && index_) {
      index_->emplace(at, JsonText::Place{at.empty() ? std::string::npos : key_at, start, pos_});
    }
    return good;
  }

  bool word(std::string_view expected) {
    if (text_.substr(pos_, expected.size()) != expected) return unexpected();
    pos_ += expected.size();
    return true;
  }

  bool unexpected() {
    if (pos_ >= text_.size()) return fail(pos_, "the file ends where a value is expected");
    const char c = text_[pos_];
    if (c == '\'') return fail(pos_, "a value is expected here", "strings take double quotes");
    if (c == '/') return fail(pos_, "a value is expected here", "JSON has no comments");
    if (c == ']' || c == '}') {
      return fail(pos_, "a value is expected here", "JSON allows no comma before the end");
    }
    return fail(pos_, "a value is expected here");
  }

  bool object(Json& out, const std::string& at) {
    out = Json::object();
    auto& members = out.get_ref<Json::object_t&>();
    std::unordered_set<std::string> seen;
    ++pos_;
    skip_space();
    if (peek() == '}') {
      ++pos_;
      return true;
    }
    while (true) {
      const std::size_t key_at = pos_;
      if (peek() != '"') {
        if (pos_ >= text_.size()) return fail(pos_, "the file ends inside an object");
        return fail(pos_, "a key in double quotes is expected here",
                    peek() == '}'   ? "JSON allows no comma before the end"
                    : peek() == '/' ? "JSON has no comments"
                                    : "");
      }
      std::string key;
      if (!string(key)) return false;
      skip_space();
      if (peek() != ':') return fail(pos_, "':' is expected after the key");
      ++pos_;
      skip_space();
      Json member;
      if (!value(member, index_ ? pointer_to(at, key) : at, key_at)) return false;
      if (!seen.insert(key).second) {
        duplicates_ = true;
        fail(key_at, "duplicate key '" + key + "'");
      } else {
        if (seen.size() > JsonText::kMaxMembers) {
          return fail(key_at, "more than 10000 keys in one object");
        }
        members.std::vector<std::pair<const std::string, Json>>::emplace_back(std::move(key),
                                                                              std::move(member));
      }
      skip_space();
      if (peek() == ',') {
        ++pos_;
        skip_space();
        continue;
      }
      if (peek() == '}') {
        ++pos_;
        return true;
      }
      return fail(pos_, pos_ >= text_.size() ? "the file ends inside an object"
                                             : "',' or '}' is expected here");
    }
  }

  bool list(Json& out, const std::string& at) {
    out = Json::array();
    ++pos_;
    skip_space();
    if (peek() == ']') {
      ++pos_;
      return true;
    }
    while (true) {
      Json entry;
      if (!value(entry, index_ ? at + "/" + std::to_string(out.size()) : at, pos_)) return false;
      out.push_back(std::move(entry));
      skip_space();
      if (peek() == ',') {
        ++pos_;
        skip_space();
        continue;
      }
      if (peek() == ']') {
        ++pos_;
        return true;
      }
      return fail(pos_, pos_ >= text_.size() ? "the file ends inside a list"
                                             : "',' or ']' is expected here");
    }
  }

  bool hex4(unsigned& out) {
    if (pos_ + 4 > text_.size()) return false;
    const char* begin = text_.data() + pos_;
    const auto [end, error] = std::from_chars(begin, begin + 4, out, 16);
    if (error != std::errc{} || end != begin + 4) return false;
    pos_ += 4;
    return true;
  }

  static void append_utf8(std::string& out, unsigned c) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xc0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xe0 | (c >> 12));
      out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
      out += static_cast<char>(0xf0 | (c >> 18));
      out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
      out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (c & 0x3f));
    }
  }

  bool escape(std::string& out) {
    const std::size_t start = pos_ - 1;
    if (pos_ >= text_.size()) return fail(start, "the file ends inside a string");
    const char c = text_[pos_++];
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kOctets = "\"\\/\b\f\n\r\t";
    if (const std::size_t found = kNames.find(c); found != std::string_view::npos) {
      out += kOctets[found];
      return true;
    }
    if (c != 'u') return fail(start, "unknown escape in a string");
    unsigned unit = 0;
    if (!hex4(unit)) return fail(start, "\\u takes four hex digits");
    if (unit >= 0xd800 && unit <= 0xdfff) {
      unsigned low = 0;
      const bool pair = unit <= 0xdbff && text_.substr(pos_, 2) == "\\u" &&
                        (pos_ += 2, hex4(low)) && low >= 0xdc00 && low <= 0xdfff;
      if (!pair) {
        return fail(start, "half of a surrogate pair",
                    "octets that are not UTF-8 are written {\"hex\": \"ed a0 80\"}");
      }
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, unit);
    return true;
  }

  bool string(std::string& out) {
    const std::size_t start = pos_++;
    while (pos_ < text_.size()) {
      const char c = text_[pos_];
      if (c == '"') {
        ++pos_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return fail(pos_, c == '\n' ? "the line ends inside a string"
                                    : "a control character inside a string");
      }
      ++pos_;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    return fail(start, "this string has no end");
  }

  bool number(Json& out) {
    const std::size_t start = pos_;
    const auto digits = [&] {
      const std::size_t before = pos_;
      while (peek() >= '0' && peek() <= '9') ++pos_;
      return pos_ - before;
    };
    if (peek() == '-') ++pos_;
    const std::size_t first = pos_;
    const std::size_t whole = digits();
    if (whole == 0) {
      pos_ = start;
      return unexpected();
    }
    if (whole > 1 && text_[first] == '0') return fail(start, "a number must not begin with 0");
    bool fraction = false;
    if (peek() == '.') {
      ++pos_;
      fraction = true;
      if (digits() == 0) return fail(start, "a digit must follow the point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++pos_;
      fraction = true;
      if (peek() == '+' || peek() == '-') ++pos_;
      if (digits() == 0) return fail(start, "a digit must follow the exponent sign");
    }
    const char* begin = text_.data() + start;
    const char* end = text_.data() + pos_;
    if (!fraction) {
      std::uint64_t natural = 0;
      std::int64_t integer = 0;
      if (*begin != '-' && std::from_chars(begin, end, natural).ec == std::errc{}) {
        out = natural;
        return true;
      }
      if (*begin == '-' && std::from_chars(begin, end, integer).ec == std::errc{}) {
        out = integer;
        return true;
      }
      return fail(start, "this whole number needs more than 64 bits");
    }
    double real = 0;
    if (std::from_chars(begin, end, real).ec != std::errc{}) {
      return fail(start, "this number is out of range");
    }
    out = real;
    return true;
  }

  const JsonText& source_;
  std::string_view text_;
  ProblemList* problems_;
  std::map<std::string, JsonText::Place>* index_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  bool duplicates_ = false;
};

}  // namespace

bool JsonText::parse(Json& out, ProblemList& problems) const {
  if (const auto fault = wire::check_utf8(wire::as_octets(text_))) {
    problems.add(problem_at(fault->at, "the file is not UTF-8 here", ""));
    return false;
  }
  return Parser(*this, &problems, nullptr).document(out);
}

const JsonText::Place& JsonText::place(std::string pointer) const {
  if (places_.empty()) {
    Json ignored;
    Parser(*this, nullptr, &places_).document(ignored);
    places_.emplace("", Place{});
  }
  while (true) {
    if (const auto found = places_.find(pointer); found != places_.end()) return found->second;
    const std::size_t slash = pointer.rfind('/');
    pointer.resize(slash == std::string::npos ? 0 : slash);
  }
}

Problem JsonText::problem(const std::string& pointer, Part part, std::string what, std::string hint,
                          std::string_view needle) const {
  const Place& found = place(pointer);
  std::size_t offset =
      part == Part::key && found.key != std::string::npos ? found.key : found.value;
  if (!needle.empty()) {
    const std::string_view token =
        std::string_view(text_).substr(found.value, found.end - found.value);
    if (const std::size_t inside = token.find(needle); inside != std::string_view::npos) {
      offset = found.value + inside;
    }
  }
  return problem_at(offset, std::move(what), std::move(hint));
}

Problem JsonText::problem_at(std::size_t offset, std::string what, std::string hint) const {
  Problem out;
  out.file = name_;
  out.what = std::move(what);
  out.hint = std::move(hint);
  if (text_.empty()) return out;
  offset = std::min(offset, text_.size());
  out.line = 1;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < offset; ++i) {
    if (text_[i] == '\n') {
      ++out.line;
      begin = i + 1;
    }
  }
  out.column = static_cast<int>(offset - begin) + 1;

  // At most 160 octets of a long line, cut between characters.
  std::size_t end = text_.find('\n', begin);
  if (end == std::string::npos) end = text_.size();
  if (end > begin && text_[end - 1] == '\r') --end;
  offset = std::min(offset, std::max(begin, end));
  const auto continues = [&](std::size_t i) {
    return i < end && (static_cast<unsigned char>(text_[i]) & 0xc0) == 0x80;
  };
  if (end - begin > 160) {
    if (offset - begin > 80) begin = offset - 80;
    while (begin < offset && continues(begin)) ++begin;
    if (end - begin > 160) {
      end = begin + 160;
      // A character has at most three such octets; what is no UTF-8 may go on for a whole line.
      for (int i = 0; i < 3 && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80; ++i) --end;
    }
  }
  out.source = text_.substr(begin, end - begin);
  out.caret = static_cast<int>(offset - begin);
  // The line goes to a terminal: no control character, nothing that is not UTF-8.
  for (char& c : out.source) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (wire::check_utf8(wire::as_octets(out.source))) {
    for (char& c : out.source) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  return out;
}

bool JsonText::is_string_at(const std::string& pointer) const {
  const Place& found = place(pointer);
  return found.value < text_.size() && text_[found.value] == '"';
}

int JsonText::line_of(const std::string& pointer) const {
  return problem(pointer, Part::key, "", "").line;
}

}  // namespace wsspec::scenario
