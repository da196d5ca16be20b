// One file being read, and the typed, complaining access to its values that every part of the
// loader uses. Internal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loader/json.h"
#include "loader/json_text.h"
#include "loader/problem_list.h"
#include "scenario/payload.h"

namespace wsspec::loader {

struct Document {
  JsonText text;
  bool built_in = false;
  std::uint64_t seed = 1;
  /// Pointers whose value came from a --set, with the setting's name: there is no line to show.
  std::map<std::string, std::string> settings;
  /// Payload files already read.
  mutable std::map<std::string, Payload> files;
  /// Values of the environment variables that were used: secrets, as a rule.
  mutable std::set<std::string> environment;

  std::filesystem::path folder() const { return std::filesystem::path(text.name()).parent_path(); }
  Problem problem(const std::string& pointer, JsonText::Part part, std::string what,
                  std::string hint, std::string_view needle = {}) const;
};

/// A value and where it stands.
struct Node {
  const Json* json = nullptr;
  std::string at;

  const Json& operator*() const { return *json; }
  const Json* operator->() const { return json; }
  bool wild() const { return is_wildcard(*json); }
  Node entry(std::size_t i) const { return {&(*json)[i], at + "/" + std::to_string(i)}; }
};

/// A value that was worked out, and where it came from.
struct Owned {
  Json json;
  std::string at;

  Node node() const { return {&json, at}; }
};

/// Reads values out of nodes. What is wrong becomes a problem and a harmless default.
class Reader {
 public:
  Reader(const Document& document, ProblemList& problems)
      : document_(document), problems_(problems) {}

  const Document& document() const { return document_; }
  ProblemList& problems() { return problems_; }

  /// The caret stands under `part` of the value, if that is given and found in it.
  void fail(const Node& node, std::string what, std::string hint = {}, std::string_view part = {});
  void fail_key(const Node& object, std::string_view key, std::string what, std::string hint = {});
  /// "'within_ms' must be a whole number, not a string".
  void wrong_type(const Node& node, std::string_view expected);

  bool boolean(const Node& node);
  std::uint64_t natural(const Node& node, std::uint64_t most = UINT64_MAX, std::uint64_t least = 0);
  int milliseconds(const Node& node);
  double number(const Node& node);
  /// A string; a number too where it came out of an expression.
  std::string string(const Node& node);
  std::vector<std::string> strings(const Node& node);
  /// The value `true`, which is how a step or outcome without members is written.
  void just_true(const Node& node);
  /// True for a list (its entries may be read) or reports the wrong type; a wildcard is no list.
  bool list(const Node& node, std::string_view expected = "a list");

 private:
  const Document& document_;
  ProblemList& problems_;
};

/// The members of an object. Keys that were not taken are unknown keys.
class Members {
 public:
  /// `what` for messages: "a step", "the 'frame' item".
  Members(Reader& reader, const Node& node, std::string_view what);

  /// False when the node is no object (reported, or a wildcard).
  bool ok() const { return ok_; }
  std::optional<Node> take(std::string_view key);
  /// Like take, but its absence is a problem.
  std::optional<Node> need(std::string_view key);
  /// Names keys that are dealt with elsewhere.
  void know(std::initializer_list<std::string_view> keys);
  /// Reports unknown keys. Call it once all known keys were taken.
  void finish();

 private:
  Reader& reader_;
  Node node_;
  std::string what_;
  bool ok_ = false;
  std::vector<std::string> known_;
};

/// "did you mean 'x'?" or, when nothing is near and the list is short, "one of a, b, c".
std::string hint_for(std::string_view word, const std::vector<std::string>& known);

/// "close", "expect": which of `kinds` the object has. Reports none and more than one; `extra`
/// are the further keys that the object may have, for hints.
std::optional<std::string> one_kind(Reader& reader, const Node& node,
                                    const std::vector<std::string>& kinds,
                                    const std::vector<std::string>& extra, std::string_view what);

}  // namespace wsspec::loader
