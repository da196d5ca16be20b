#include "relay/host.h"

#include <doctest/doctest.h>

using namespace wsspec;

namespace {

/// What comes out, octet by octet or in one piece, and at the end.
std::string passed(const std::string& host, std::string_view octets, std::size_t piece) {
  relay::HostRewriter rewriter(host);
  std::string out;
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size())))
    out += wire::as_chars(rewriter.take(wire::as_octets(octets.substr(0, piece))));
  return out + std::string(wire::as_chars(rewriter.rest()));
}

}  // namespace

TEST_CASE("the Host of the first request is replaced and nothing else") {
  const std::string before = "GET /Host: HTTP/1.1\r\nX-Host: a\r\nhOsT:old:80\r\nA: b\r\n\r\n";
  const std::string after = "GET /Host: HTTP/1.1\r\nX-Host: a\r\nhOsT: new.example\r\nA: b\r\n\r\n";
  const std::string rest = "\x81\x80\r\n\r\nHost: untouched\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{10000}}) {
    CHECK(passed("new.example", before + rest, piece) == after + rest);
    CHECK(passed("", before + rest, piece) == before + rest);
    CHECK(passed("n", "GET / HTTP/1.0\nHost: a\n\nx", piece) == "GET / HTTP/1.0\nHost: n\n\nx");
  }
}

TEST_CASE("what is no head passes as it is") {
  for (const std::string& text : {std::string("no head at all"), std::string("\r\n\r\n"),
                                 std::string("GET / HTTP/1.1\r\nA: b\r\n\r\n"),
                                 std::string(200000, 'x'), std::string("a\r\nHost")})
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{1u << 20}})
      CHECK(passed("new.example", text, piece) == text);
}
