// `wsspec inspect`: what is wrong with the octets of a payload, and what they are; or what passed
// in the connections of a capture.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "payload/forms.h"

namespace wsspec {

struct InspectOptions {
  std::string file = "-";  ///< "-": standard input
  payload::Form form = payload::Form::raw;
  bool json = false;
  std::size_t width = 80;
  std::string key_log;  ///< a file with the secrets of TLS connections in a capture; empty: none
  std::function<void(std::string_view)> print;  ///< the lines of a capture, as they come
};

struct Inspection {
  std::string text;  ///< to be printed; of a capture empty
  bool faults = false;
};

/// The error is to be printed instead: what cannot be read, or is not in the form it should be.
tl::expected<Inspection, std::string> inspect(const InspectOptions& options);

}  // namespace wsspec
