// Text of a server, and texts that may hold secrets, as they may be printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/suites.h"

namespace wsspec {

/// Text of a server (or of an error that may hold some), safe to print.
std::string printable(std::string_view raw, std::size_t limit);
/// A word as a shell takes it literally: quoted only where that is needed.
std::string shell_word(std::string_view word);
/// A URL without credentials and tokens.
std::string without_secrets(std::string_view url);
/// A header's value: "***" where its name says that it is secret, and for tokens that are offered
/// as a subprotocol.
std::string header_without_secrets(std::string_view name, std::string_view value);
/// "name=***" for a --set whose value may be a secret.
std::string setting_without_secrets(std::string_view text);
/// "TOKEN=*** PORT=9001 node server.js".
std::string command_without_secrets(std::string_view command);
/// What command_without_secrets() leaves out.
std::vector<std::string> secrets_of_command(std::string_view command);
/// Text without any secret of a run.
std::string without_secrets(std::string_view text, const Target& target, const Suites& suites);

/// "1 octet", "2 octets".
std::string count_of(std::uint64_t n, std::string_view noun);

}  // namespace wsspec
