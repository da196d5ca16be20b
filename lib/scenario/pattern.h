// Regular expressions of scenario files, searched for in what a server sends. RE2 does the work:
// its time is linear in the text, it does not recurse, and its memory is bounded, whatever a server
// sends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace re2 {
class RE2;
}

namespace wsspec::scenario {

/// Why a text is no pattern.
struct PatternError {
  std::string reason;  ///< RE2's: "missing closing ): (a"
  std::string part;    ///< the part of the pattern that it means; may be empty
};

/// A pattern in RE2's syntax. It works on octets: "." is one octet (not a line feed), and a
/// character outside ASCII stands for the octets of its UTF-8, because a server's head and its
/// binary messages need not be UTF-8.
struct Pattern {
  std::string source;

  static tl::expected<Pattern, PatternError> compile(std::string source);
  /// Whether it is found anywhere in the first MiB of the text. The pattern of a value that is
  /// known only later (default-constructed) is found everywhere.
  bool found_in(std::string_view text) const;

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

/// What a text must and must not look like.
struct TextRule {
  std::optional<Pattern> matches, not_matches;

  bool empty() const { return !matches && !not_matches; }
  struct Broken {
    bool found = false;  ///< not_matches was found; else matches was not
    std::string source;  ///< of that pattern
  };
  /// nullopt: the text is as it should be.
  std::optional<Broken> broken_by(std::string_view text) const;
};

}  // namespace wsspec::scenario
