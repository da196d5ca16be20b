// `wsspec inspect`: what is wrong with the octets of a payload, and what they are.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

#include "payload/forms.h"

namespace wsspec {

struct InspectOptions {
  std::string file = "-";  ///< "-": standard input
  payload::Form form = payload::Form::raw;
  bool json = false;
  std::size_t width = 80;
};

struct Inspection {
  std::string text;  ///< to be printed
  bool faults = false;
};

/// The error is to be printed instead: what cannot be read, or is not in the form it should be.
tl::expected<Inspection, std::string> inspect(const InspectOptions& options);

}  // namespace wsspec
