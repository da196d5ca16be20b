// `wsspec show`: scenarios in words, with the octets that go over the wire.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

#include "app/suites.h"
#include "scenario/select.h"

namespace wsspec {

/// The chosen scenarios, step by step: the ends of long payloads, or every octet. The error is to
/// be printed instead.
tl::expected<std::string, std::string> show(const Suites& suites,
                                            const scenario::Selection& selection, std::size_t width,
                                            bool every_octet);

}  // namespace wsspec
