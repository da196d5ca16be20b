// Whatever is added comes out once, in order, however it is taken away.
#include "server/outbox.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace wsspec::server {
namespace {

wire::OctetVector buffered(const std::string& payload) {
  wire::OctetVector buffer(Outbox::kHeaderRoom + payload.size());
  std::copy(payload.begin(), payload.end(), buffer.begin() + Outbox::kHeaderRoom);
  return buffer;
}

wire::OctetVector drain(Outbox& out, std::size_t step) {
  wire::OctetVector all;
  while (!out.empty()) {
    auto next = out.front();
    REQUIRE_FALSE(next.empty());
    next = next.first(std::min(step, next.size()));
    all.insert(all.end(), next.begin(), next.end());
    out.consume(next.size());
  }
  return all;
}

TEST_CASE("frames and messages of every length form leave in order, in steps of any size") {
  for (const std::size_t step : {1u, 7u, 4096u, 1u << 30}) {
    Outbox out;
    wire::OctetVector expected;
    for (const std::size_t size : {0u, 1u, 125u, 126u, 32767u, 32768u, 65535u, 65536u, 300000u}) {
      const std::string payload(size, 'x');
      wire::FrameHeader header;
      header.opcode = 2;
      for (int i = 0; i < 2; ++i) {
        const auto frame = wire::encode_frame(header, wire::as_octets(payload));
        expected.insert(expected.end(), frame.begin(), frame.end());
      }
      auto buffer = buffered(payload);
      out.add_message(wire::Opcode::binary, buffer);
      out.add_frame(wire::Opcode::binary, wire::as_octets(payload));
    }
    CHECK(out.size() == expected.size());
    CHECK(drain(out, step) == expected);
    CHECK(out.empty());
    CHECK(out.front().empty());
  }
}

TEST_CASE("a large message's buffer is taken, a small one's stays") {
  Outbox out;
  auto small = buffered("hello");
  out.add_message(wire::Opcode::text, small);
  CHECK(small.size() == Outbox::kHeaderRoom + 5);
  auto large = buffered(std::string(100000, 'x'));
  out.add_message(wire::Opcode::text, large);
  CHECK(large.empty());
  out.clear();
  CHECK(out.empty());
  CHECK(out.size() == 0);
}

}  // namespace
}  // namespace wsspec::server
