#include "capture/pcapng_writer.h"

#include <doctest/doctest.h>

#include <string>

using namespace wsspec;
using wire::Role;

TEST_CASE("addresses") {
  const auto v4 = capture::parse_endpoint("10.1.2.3:9001");
  CHECK(v4.v4);
  CHECK(v4.port == 9001);
  CHECK(v4.address[12] == 10);
  CHECK(v4.address[15] == 3);
  const auto v6 = capture::parse_endpoint("[fe80::1]:80");
  CHECK_FALSE(v6.v4);
  CHECK(v6.port == 80);
  CHECK(v6.address[0] == 0xfe);
  CHECK(capture::parse_endpoint("?").port == 0);
}

TEST_CASE("blocks are whole, padded, and say their length twice") {
  std::string file;
  capture::PcapngWriter writer("test", [&](std::string_view octets) { file += octets; });
  capture::PcapngWriter::Flow flow;
  flow.client = capture::parse_endpoint("127.0.0.1:1000");
  flow.server = capture::parse_endpoint("127.0.0.1:80");
  writer.open(flow, 1);
  writer.octets(flow, Role::client, wire::as_octets(std::string(40001, 'x')), 2);
  writer.end(flow, Role::server, true, 3);
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value |= std::uint32_t{static_cast<std::uint8_t>(file.at(at + i))} << 8 * i;
    return value;
  };
  std::size_t blocks = 0, at = 0;
  for (; at < file.size(); ++blocks) {
    const std::uint32_t length = number(at + 4);
    REQUIRE(length % 4 == 0);
    REQUIRE(at + length <= file.size());
    CHECK(number(at + length - 4) == length);
    at += length;
  }
  CHECK(at == file.size());
  CHECK(blocks == 2 + 3 + 3 + 1);
  CHECK(flow.sent[0] == 40002);
  CHECK(flow.sent[1] == 2);
}
