// An address in numbers. Internal to lib/net.
#pragma once

#include <sys/socket.h>

#include <string>

namespace wsspec::net {

/// "127.0.0.1:9001", "[::1]:80"
std::string address_text(const sockaddr_storage& storage, socklen_t length);

}  // namespace wsspec::net
