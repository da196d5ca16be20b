// What the texts that a user gives hold of secrets: every value, but where its name says that it is
// none (text/secret_names.h). Of a template the texts between its ${...}. Internal to lib/app.
#pragma once

#include <string_view>

#include "text/redactor.h"

namespace wsspec {

/// A URL's own place is no secret; what it carries is, in a parameter that is a URL too.
void add_url(std::string_view url, text::Secrets& secrets);

/// "Bearer x", "Basic dXNlcjpwYXNz", "a=b; c=d", "correct horse battery": all of it, every word,
/// and what follows a word's '='. A scheme such as Bearer is a common word.
void add_value(std::string_view value, text::Secrets& secrets);

void add_subprotocol(std::string_view entry, text::Secrets& secrets);
void add_header(std::string_view name, std::string_view value, text::Secrets& secrets);

/// A text in the language of profiles and scenarios, also when it is no valid JSON: headers, URLs,
/// subprotocols, tokens, and the messages that log in. Of a profile's other messages, and of those
/// of scenarios, only the fields whose names say that they are secret.
void add_language(std::string_view text, text::Secrets& secrets);

}  // namespace wsspec
