// What a send puts on the wire, seen as data frames: items, and octets that the script has framed
// by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scenario/model.h"

namespace wsspec::engine {

/// One send of a script, or one burst.
struct Sending {
  const std::vector<scenario::Item>& items;
  std::uint64_t rounds = 1;
  std::optional<double> per_second{};  ///< rounds
};
/// What a step sends; nullopt: nothing.
std::optional<Sending> sending_of(const scenario::Step& step);

/// A message, or one frame of one.
struct Outgoing {
  int opcode = 0;  ///< 1, 2; 0 continues a message
  std::uint64_t octets = 0;
  std::uint64_t frames = 1, longest = 0;
  bool ends = true;    ///< the message is whole then
  bool bytes = false;  ///< in octets of the script's own: no carrier wraps it
};

/// The opcode of a data frame; 0 for a continuation, nullopt for everything else.
std::optional<int> data_opcode(const scenario::Item& item);

/// One round. `at_boundary`: the connection is between two frames, and `bytes` begin one. Of frames
/// in `bytes` those octets count that are there, whatever the header announces.
std::vector<Outgoing> outgoing(const Sending& sending, const scenario::Carrier& carrier,
                               bool at_boundary);

}  // namespace wsspec::engine
