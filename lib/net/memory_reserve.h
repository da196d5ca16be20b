// libwebsockets, libev and OpenSSL do not survive an allocation that fails: each has places that
// use what they got without a look. They are given what was put aside, so that the program can end
// in order: when it comes back from them it looks whether it has to.
#pragma once

namespace wsspec::net {

/// Once, at the beginning of the process: OpenSSL takes no other allocator later.
void keep_memory_reserve();

/// Memory ran out inside one of these libraries: end now, there is nothing left for the next time.
bool memory_reserve_used();

}  // namespace wsspec::net
