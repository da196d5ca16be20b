// JSON text with positions. Parsing keeps none; when something turns out wrong later, the text is
// scanned once more to learn where every value stands. Internal.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "loader/json.h"
#include "loader/problem_list.h"
#include "scenario/problem.h"

namespace wsspec::loader {

/// `at` + "/" + key, with '~' and '/' escaped (RFC 6901).
std::string pointer_to(const std::string& at, std::string_view key);
/// The last token of a pointer, unescaped.
std::string last_token(std::string_view pointer);

class JsonText {
 public:
  JsonText() = default;
  JsonText(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {}

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }

  /// Strict: UTF-8, no comments, no trailing commas, no duplicate keys, at most kMaxDepth deep.
  /// False after a problem; `out` may be used all the same when only keys were duplicate.
  bool parse(Json& out, ProblemList& problems) const;

  enum class Part { key, value };
  /// The problem at a value or its key. A pointer that leads below a value of the text (what
  /// stands there came out of an expression) means that value. With `needle` the position is that
  /// of the needle inside the value's text, if it is there.
  Problem problem(const std::string& pointer, Part part, std::string what, std::string hint,
                  std::string_view needle = {}) const;
  Problem problem_at(std::size_t offset, std::string what, std::string hint) const;

  /// True when the text has a string at (or above) the pointer: the value came from an expression.
  bool is_string_at(const std::string& pointer) const;
  /// Of entry `i` of the list "scenarios"; parse() keeps where they stand.
  int line_of_scenario(std::size_t i) const;

  static constexpr int kMaxDepth = 100;
  static constexpr std::size_t kMaxMembers = 10000;

  struct Place {
    std::size_t key = std::string::npos;  ///< offset of the key's quote
    std::size_t value = 0;                ///< offset of the value's first octet
    std::size_t end = 0;
  };

 private:
  const Place& place(std::string pointer) const;
  /// From 0.
  std::size_t line_at(std::size_t offset) const;

  std::string name_;
  std::string text_;
  mutable std::map<std::string, Place> places_;
  mutable std::vector<std::size_t> line_begins_;  ///< made when a line is asked for first
  mutable std::vector<std::size_t> scenarios_;    ///< offsets of their first octets
};

}  // namespace wsspec::loader
