// The facts of a run as clauses: the one place where a Cause and its data become words.
#pragma once

#include <string>

#include "result/cause.h"

namespace wsspec::diagnose {

/// One clause, lower case, without a full stop: "the server echoed it as if it were good". Empty
/// for Cause::none. What the server chose of it is raw: sanitise before showing.
std::string clause(const result::Fact& fact);

/// "The server sent a masked frame." of "the server sent a masked frame".
std::string sentence(std::string text);

}  // namespace wsspec::diagnose
