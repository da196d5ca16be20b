// One expression: recursive descent over the text between "${" and "}". Integers with + - * / % and
// parentheses (evaluator.cpp), names with members (evaluator_names.cpp).
#pragma once

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "loader/expression.h"

namespace wsspec::loader {

inline bool name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
}
inline bool name_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

class Evaluator {
 public:
  /// A value, or the text of an expression that waits for the run.
  struct Value {
    Json json;
    std::string late;
  };

  /// `needle`: what a problem points at, in the value at `at`.
  Evaluator(Expander& owner, std::string_view text, const std::string& at, std::string_view needle)
      : owner_(owner), text_(text), at_(at), needle_(needle) {}

  Value evaluate();

 private:
  using Stage = Expander::Stage;
  using Path = std::vector<std::string>;

  void fail(std::string what, std::string hint = {});

  void skip();
  bool eat(char c);
  Value sum();
  Value product();
  Value unary();
  Value primary();
  std::string word();
  bool bracket(Path& path);
  Value reference();
  Value apply(char op, const Value& left, const Value& right);

  /// `text`: the whole reference, for a value that waits.
  Value look_up(const Path& path, const std::string& text);
  Value parameter(const Json& value, const Path& path, std::size_t next);
  Value run_time(const Path& path, const std::string& text);
  Value environment(const Path& path, const std::string& text);
  Value policy(const Path& path, const std::string& text);
  /// Follows path[next...] into a value.
  Value walk(const Json& value, const Path& path, std::size_t next);
  Value settled(const Json& value) const;

  Expander& owner_;
  std::string_view text_;
  const std::string& at_;
  std::string_view needle_;
  std::size_t pos_ = 0;
  int nesting_ = 0;
  bool failed_ = false;
};

}  // namespace wsspec::loader
