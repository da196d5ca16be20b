// Octets that are about to be written, and of which kind they are: frames are audited by the log of
// what was sent, literal octets (a handshake, or others ahead of the 101) are not frames.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "scenario/model.h"
#include "wire/octets.h"

namespace wsspec::session {

struct OutBuffer {
  struct Part {
    std::size_t end = 0;
    bool literal = false;
  };
  wire::OctetVector octets;
  std::size_t at = 0;  ///< so many are out
  std::vector<Part> parts;
  std::optional<scenario::Chop> chop;  ///< how it is cut into writes
  bool inflates = false;  ///< holds what may be compressed, by ourselves or by the script

  bool done() const { return at >= octets.size(); }
  void clear();
  void set(wire::OctetVector all, bool literal);
  /// What was appended since the last call is of this kind.
  void note_part(bool literal);
  /// How many octets are frames.
  std::size_t frames() const;
  /// Calls `tell(octets, literal)` for each part of the next `count` octets. `at` stays.
  template <typename Tell>
  void each_part(std::size_t count, const Tell& tell) const;
};

inline void OutBuffer::clear() {
  octets.clear();
  parts.clear();
  at = 0;
  inflates = false;
}

inline void OutBuffer::set(wire::OctetVector all, bool literal) {
  inflates = false;
  octets = std::move(all);
  at = 0;
  parts = {{octets.size(), literal}};
}

inline void OutBuffer::note_part(bool literal) {
  if (parts.empty() || parts.back().literal != literal)
    parts.push_back({octets.size(), literal});
  else
    parts.back().end = octets.size();
}

inline std::size_t OutBuffer::frames() const {
  std::size_t from = 0, count = 0;
  for (const Part& part : parts) {
    if (!part.literal) count += part.end - from;
    from = part.end;
  }
  return count;
}

template <typename Tell>
void OutBuffer::each_part(std::size_t count, const Tell& tell) const {
  wire::Octets rest = wire::Octets(octets).subspan(at, count);
  std::size_t from = at;
  for (const Part& part : parts) {
    if (rest.empty() || part.end <= from) continue;
    const wire::Octets now = rest.first(std::min(rest.size(), part.end - from));
    rest = rest.subspan(now.size());
    from += now.size();
    tell(now, part.literal);
  }
}

}  // namespace wsspec::session
