// Which values of a run are secrets: only here is everything known that a user gave.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/suites.h"
#include "loader/load.h"
#include "text/redactor.h"

namespace wsspec {

/// Of a target and the profile it is used with: what headers, URL, policies, subprotocols, settings
/// and the messages that log in hold; values of the environment that a file used. None where the
/// target says that they are shown.
text::Secrets secrets_of(const Target& target, const Suites& suites);

/// Of a target alone.
text::Secrets secrets_of(const Target& target);

/// The problems of these files for a terminal, each with its line, without what the lines give
/// away; the caret stays where it is.
std::string text_of(std::vector<scenario::Problem> problems,
                    const std::vector<loader::Source>& sources,
                    const std::vector<loader::Setting>& settings = {});

/// The error for a --set without '=': its text may hold a value, so only the name is shown.
std::string no_setting(std::string_view text);

/// The values of those that are neither a number, nor a promise of the target's other than its
/// tokens, nor a parameter whose name or suite says that it is no secret.
std::vector<std::string> secret_settings(const std::vector<loader::Setting>& settings);

}  // namespace wsspec
