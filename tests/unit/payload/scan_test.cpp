// What is kept of a payload that passes by.
#include "payload/scan.h"

#include <doctest/doctest.h>

#include <string>

using namespace wsspec;
using namespace wsspec::payload;

namespace {

Scan in_pieces(wire::Octets octets, std::size_t size) {
  Scanner scanner;
  for (; !octets.empty(); octets = octets.subspan(std::min(size, octets.size())))
    scanner.feed(octets.first(std::min(size, octets.size())));
  return scanner.finish();
}

}  // namespace

TEST_CASE("scan: a window holds the octets around its fault, however the payload was cut") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>('a' + i % 26);
  text[150] = '\xff';
  text += '\xc3';
  for (const std::size_t size : {1u, 7u, 31u, 32u, 33u, 149u, 151u, 1000u}) {
    CAPTURE(size);
    const Scan scan = in_pieces(wire::as_octets(text), size);
    REQUIRE(scan.windows.size() == 2);
    for (const Window& window : scan.windows)
      CHECK(wire::as_chars(window.octets) ==
            text.substr(static_cast<std::size_t>(window.begin), window.octets.size()));
    CHECK(scan.windows[0].begin == 118);
    CHECK(scan.windows[0].octets.size() >= 64);
    CHECK(scan.windows[1].octets.size() == 33);
    CHECK(scan.size == text.size());
    CHECK(wire::as_chars(scan.head) == text);
    CHECK(wire::as_chars(scan.tail) == text);
  }
}

TEST_CASE("scan: many faults make few and short windows") {
  const wire::OctetVector noise(100000, 0xff);
  const Scan scan = payload::scan(noise);
  CHECK(scan.fault_count == noise.size());
  CHECK(scan.windows.size() <= Scanner::kWindows);
  for (const Window& window : scan.windows) CHECK(window.octets.size() <= 200);
}

TEST_CASE("scan: head and tail of what is longer, and zeros at its end") {
  wire::OctetVector octets(3 * Scanner::kHead, 'a');
  octets.back() = 0;
  octets[octets.size() - 2] = 0;
  for (const std::size_t size :
       {std::size_t{1000}, Scanner::kTail, Scanner::kHead, octets.size()}) {
    const Scan scan = in_pieces(octets, size);
    CHECK(scan.head.size() == Scanner::kHead);
    CHECK(scan.tail.size() == Scanner::kTail);
    CHECK(scan.tail.back() == 0);
    CHECK(scan.trailing_zeros == 2);
    CHECK_FALSE(scan.whole());
  }
  const Scan zeros = in_pieces(wire::OctetVector(5000, 0), 999);
  CHECK(zeros.trailing_zeros == 5000);
}
