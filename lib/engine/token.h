// How a connection proves its identity: the token that a scenario chooses, as the profile declares
// it or made from the valid one, and the place where the profile puts it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "scenario/profile.h"
#include "session/session.h"

namespace wsspec::engine {

/// The tokens of a connection with this choice: none where the profile does not declare it or it is
/// not known yet, two where one is sent twice. `known` fills in what a run captures, nullopt before
/// it has; `filled` where it must be known. The error says why the profile has no such token.
tl::expected<std::vector<std::string>, std::string> token_sent(
    const scenario::Profile& profile, const scenario::TokenChoice& which,
    const std::function<std::optional<std::string>(const std::string&)>& known,
    const std::function<std::string(const std::string&)>& filled);

/// Puts the token where the profile says that it goes; `message`: to be sent first.
void put_token(const scenario::TokenPlace& place, const std::string& token,
               session::SessionSetup& setup, std::string& message);

}  // namespace wsspec::engine
