// What follows --listen: HOST:PORT.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "net/connection.h"

namespace wsspec {

/// "127.0.0.1:9001", "[::1]:9001", "localhost:0". The error says what is wrong with it.
tl::expected<net::Address, std::string> listen_address(const std::string& text);

/// The address with the port that it got.
std::string with_port(const net::Address& address, std::uint16_t port);

}  // namespace wsspec
