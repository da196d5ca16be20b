// Recursive descent, one method for each rule of the grammar.
#include "loader/json_parser.h"

#include <charconv>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace wsspec::loader {
namespace {

class Parser {
 public:
  Parser(const JsonText& source, const ParserOutput& beside)
      : source_(source), text_(source.text()), beside_(beside), index_(beside.index) {}

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
    if (beside_.problems)
      beside_.problems->add(source_.problem_at(at, std::move(what), std::move(hint)));
    return false;
  }

  char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  bool take(char c) {
    if (peek() != c) return false;
    ++pos_;
    return true;
  }

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

  /// What follows a member or an entry.
  enum class Next : std::uint8_t { another, end, fault };
  Next next(char end, const char* what) {
    skip_space();
    if (take(end)) return Next::end;
    if (take(',')) {
      skip_space();
      return Next::another;
    }
    fail(pos_, pos_ >= text_.size() ? std::string("the file ends inside ") + what
                                    : std::string("',' or '") + end + "' is expected here");
    return Next::fault;
  }

  bool object(Json& out, const std::string& at) {
    out = Json::object();
    auto& members = out.get_ref<Json::object_t&>();
    std::unordered_set<std::string> seen;
    ++pos_;
    skip_space();
    Next then = take('}') ? Next::end : Next::another;
    while (then == Next::another) {
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
      if (!take(':')) return fail(pos_, "':' is expected after the key");
      skip_space();
      Json member;
      if (depth_ == 1) in_scenarios_ = key == "scenarios";
      if (!value(member, index_ ? pointer_to(at, key) : at, key_at)) return false;
      if (!seen.insert(key).second) {
        duplicates_ = true;
        fail(key_at, "duplicate key '" + key + "'");
      } else {
        if (seen.size() > JsonText::kMaxMembers) {
          return fail(key_at, "more than 10000 keys in one object");
        }
        members.append(std::move(key), std::move(member));
      }
      then = next('}', "an object");
    }
    return then == Next::end;
  }

  bool list(Json& out, const std::string& at) {
    out = Json::array();
    ++pos_;
    skip_space();
    Next then = take(']') ? Next::end : Next::another;
    while (then == Next::another) {
      Json entry;
      if (depth_ == 2 && in_scenarios_ && beside_.scenarios) beside_.scenarios->push_back(pos_);
      if (!value(entry, index_ ? at + "/" + std::to_string(out.size()) : at, pos_)) return false;
      out.push_back(std::move(entry));
      then = next(']', "a list");
    }
    return then == Next::end;
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
    take('-');
    const std::size_t first = pos_;
    const std::size_t whole = digits();
    if (whole == 0) {
      pos_ = start;
      return unexpected();
    }
    if (whole > 1 && text_[first] == '0') return fail(start, "a number must not begin with 0");
    bool fraction = false;
    if (take('.')) {
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
  ParserOutput beside_;
  std::map<std::string, JsonText::Place>* index_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  bool in_scenarios_ = false;  ///< at depth 2: the list is that of "scenarios"
  bool duplicates_ = false;
};

}  // namespace

bool parse_json(const JsonText& source, Json& out, const ParserOutput& beside) {
  return Parser(source, beside).document(out);
}

}  // namespace wsspec::loader
