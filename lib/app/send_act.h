// What `send` can be told: the values of its options, and the lines of a person at a terminal.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "app/options.h"

namespace wsspec {

enum class SendKind : std::uint8_t {
  text,
  text_hex,
  text_file,
  binary_hex,
  binary_file,
  ping,
  close,
  frame,
  bytes,
  pause,
};

/// What is wrong with the value is the error. Of a file, or of standard input ("-"), at most 64
/// MiB.
tl::expected<SendAct, std::string> send_act(SendKind kind, const std::string& value);

/// A line of a person: a message, or a command ("/close 1000 bye"; "//" begins a message with '/').
/// The error is what to print: help, or what is wrong.
tl::expected<SendAct, std::string> typed_act(std::string_view line);

/// What is wrong with a text for --expect, or nothing.
std::string as_outcome(const std::string& text);

}  // namespace wsspec
