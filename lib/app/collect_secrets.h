// Which values of a run are secrets: only here is everything known that a user gave.
#pragma once

#include <string>
#include <string_view>

#include "app/suites.h"
#include "loader/load.h"
#include "text/redactor.h"

namespace wsspec {

/// Of a target and the profile it is used with: credentials and tokens in headers, URL, policies,
/// subprotocols; values of the environment that a file used.
text::Secrets secrets_of(const Target& target, const Suites& suites);

/// What a profile's text gives away by its names ("valid", "Authorization", "?token="), also when
/// it is no valid JSON.
text::Secrets secrets_in_text(std::string_view profile);

/// The problems of these files for a terminal, each with its line, without what the lines give
/// away; the caret stays where it is.
std::string text_of(std::vector<scenario::Problem> problems,
                    const std::vector<loader::Source>& sources);

/// The error for a --set without '=': its text may hold a value, so only the name is shown.
std::string no_setting(std::string_view text);

}  // namespace wsspec
