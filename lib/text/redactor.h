// The secrets of a run, and how they are kept out of what is printed. A server may send back what
// it was given (a token in a Close reason, a cookie in an echo, credentials in a status line), by
// mistake or to have them end up in a CI log. So every known value is searched for in what came
// from the server, in the forms it may have taken on its way: as it is, percent-encoded, in base64
// (also inside a longer base64 text), as hex.
//
// A beginning or an end of a value is a match too, because texts were cut before they come here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsspec::text {

class Secrets {
 public:
  /// Shorter values are left alone: they are no secrets, and half a report would be blanked.
  static constexpr std::size_t kShortest = 6;

  void add(std::string_view value);
  /// A value of which a run has ever new ones (a session's token): the newest 64 are looked for.
  void add_recent(const std::string& value);
  bool empty() const { return forms_.empty() && recent_.empty(); }

  /// The text with *** in the place of each secret.
  std::string redact(std::string_view text) const;
  /// Each octet of a secret becomes '*'; the length stays.
  void mask(std::span<std::uint8_t> octets) const;

 private:
  struct Form {
    std::string text;
    std::size_t least;  ///< so many octets from either end are a match
  };
  using Place = std::pair<std::size_t, std::size_t>;
  using Forms = std::vector<Form>;
  static Forms forms_of(std::string_view value);
  static void find(const Forms& forms, std::string_view text, std::vector<Place>& found);
  /// Where secrets stand, from and to, in order and apart.
  std::vector<Place> places(std::string_view text) const;

  Forms forms_;
  std::set<std::string, std::less<>> known_;
  struct Recent {
    std::string value;
    Forms forms;
  };
  std::deque<Recent> recent_;
};

}  // namespace wsspec::text
