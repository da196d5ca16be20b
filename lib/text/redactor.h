// The secrets of a run, and how they are kept out of what is printed. A server may send back what
// it was given (a token in a Close reason, a cookie in an echo, credentials in a status line), by
// mistake or to have them end up in a CI log. So they are searched for in whatever came from it.
//
// A text is looked at in several views: as it is, with its escapes undone (%XX, \xXX, \u00XX), the
// octets that its runs of hexadecimal digits and of base64 stand for, and what these hold in turn,
// to a depth of two. In each view letters are compared without regard to their case, once with all
// octets and once with letters and digits alone. A match is any run of 8 octets of a secret, so
// that a piece of one is found too; the views are a fixed number, so the search is linear.
//
// What is no evidence is no match by itself: words that our own reports are made of
// (common_words.h), runs of one character, and numbers of fewer than six digits. Runs of such words
// go with those that they overlap.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wsspec::text {

class Secrets {
 public:
  /// Shorter values are not searched for: half a report would be blanked. Where they were given
  /// they are hidden all the same (secret_names.h).
  static constexpr std::size_t kShortest = 6;
  /// So many octets in a row are a match. Shorter values are matched whole, between characters that
  /// are neither letters nor digits, and so are numbers of fewer than twelve digits.
  static constexpr std::size_t kRun = 8;

  void add(std::string_view value);
  /// A value of which a run has ever new ones (a session's token): the newest 64 are looked for.
  void add_recent(std::string_view value);
  bool empty() const { return known_.empty() && recent_.empty(); }

  /// The text with *** in the place of each secret.
  std::string redact(std::string_view text) const;
  /// Each octet of a secret becomes '*'; the length stays.
  void mask(std::span<std::uint8_t> octets) const;

 private:
  struct Place {
    std::size_t from, to;
    bool evident;  ///< else it only goes with one that is
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct View;

  /// What a value is found by.
  struct Needles {
    std::vector<std::uint64_t> runs, bare_runs;  ///< of letters and digits alone: bare
    std::vector<std::uint64_t> common_runs, common_bare_runs;
    std::vector<std::string> words;
    /// The most of a value that no run holds: beginnings where a text may be cut, and ends.
    std::vector<std::string> heads, tails;
  };
  static Needles needles_of(std::string_view value);

  /// Runs of eight octets, each with the number of values that have it.
  class Runs {
   public:
    void add(const std::vector<std::uint64_t>& runs);
    void remove(const std::vector<std::uint64_t>& runs);
    bool has(std::uint64_t run) const {
      const std::size_t bit = bit_of(run);
      return (maybe_[bit / 64] >> (bit % 64) & 1) != 0 && counts_.contains(run);
    }

   private:
    static constexpr std::size_t kBits = 1u << 17;
    static std::size_t bit_of(std::uint64_t run) { return (run * 0x9e3779b97f4a7c15u) >> 47; }
    std::unordered_map<std::uint64_t, std::uint32_t> counts_;
    /// One bit for many runs: says no for nearly all that is no match, without a look-up.
    std::vector<std::uint64_t> maybe_ = std::vector<std::uint64_t>(kBits / 64);
    std::size_t stale_ = 0;  ///< runs that were removed, whose bits stand still
  };

  void index(const Needles& needles);
  void forget(const Needles& needles);
  void search(const View& view, std::vector<Place>& found) const;
  void search_words(const View& view, std::vector<Place>& found) const;
  void search_edges(std::string_view text, std::vector<Place>& found) const;
  void look(const View& view, int depth, std::vector<Place>& found) const;
  /// Where secrets stand, in order and apart.
  std::vector<Place> places(std::string_view text) const;

  Runs runs_, bare_runs_, common_runs_, common_bare_runs_;
  std::unordered_multimap<std::uint64_t, std::string> words_;  ///< by their first six octets
  std::multiset<std::string, std::less<>> heads_, tails_;
  std::set<std::string, std::less<>> known_;
  struct Recent {
    std::string value;
    Needles needles;
  };
  std::deque<Recent> recent_;
};

}  // namespace wsspec::text
