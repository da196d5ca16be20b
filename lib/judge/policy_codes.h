// What a Close code says where a policy is broken and the profile lists another one: as much as is
// true, too little, or something that is not so (RFC 6455 7.4.1).
#pragma once

#include <string_view>

namespace wsspec::judge {

/// Why a code that the profile does not list may stand for a breach of this policy; nullptr: it
/// says something that is not so.
const char* tolerable_code(std::string_view policy, int code);

}  // namespace wsspec::judge
