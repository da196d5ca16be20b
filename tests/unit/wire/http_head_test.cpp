// HttpHeadReader: a head in any pieces, its bounds, and what is said of peers that do not speak
// HTTP. The same reader reads responses for the client and requests for the reference server.
#include <doctest/doctest.h>

#include <algorithm>

#include "hex.h"
#include "wire/handshake.h"

namespace wsspec::wire {
namespace {

using test::hex;

constexpr std::string_view kHead =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "connection:Upgrade\r\n"
    "X-Pad:   a b \t\r\n"
    "X-Empty:\r\n"
    "Set-Cookie: a\r\nSet-Cookie: b\r\n"
    "\r\n";

/// Feeds a whole text, which must be a head and nothing after it.
HttpHeadReader read_whole(std::string_view text) {
  HttpHeadReader reader;
  Octets input = as_octets(text);
  reader.feed(input);
  return reader;
}

std::string problem_of_response(std::string_view text) {
  HttpHeadReader reader = read_whole(text);
  REQUIRE(reader.state() != HeadState::incomplete);
  REQUIRE_FALSE(reader.response());
  return reader.problem();
}

TEST_CASE("a response is parsed, values trimmed and repeats kept in order") {
  HttpHeadReader reader = read_whole(kHead);
  REQUIRE(reader.state() == HeadState::done);
  const auto response = reader.response();
  REQUIRE(response);
  CHECK(response->status == 101);
  CHECK(response->version == "HTTP/1.1");
  CHECK(response->reason == "Switching Protocols");
  CHECK(response->headers == HeaderList{{"Upgrade", "websocket"},
                                        {"connection", "Upgrade"},
                                        {"X-Pad", "a b"},
                                        {"X-Empty", ""},
                                        {"Set-Cookie", "a"},
                                        {"Set-Cookie", "b"}});
  CHECK(reader.text() == kHead);
}

TEST_CASE("at every pair of cuts the head is read alike and what follows it is left") {
  const std::string stream = std::string(kHead) +
                             "\x81\x01"
                             "A";
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      HttpHeadReader reader;
      std::string left;
      std::size_t begin = 0;
      for (const std::size_t end : {first, second, stream.size()}) {
        Octets input = as_octets(std::string_view(stream).substr(begin, end - begin));
        reader.feed(input);
        left += as_chars(input);
        begin = end;
      }
      if (reader.state() != HeadState::done || reader.text() != kHead ||
          left !=
              "\x81\x01"
              "A") {
        FAIL_CHECK("wrong with cuts at " << first << " and " << second);
      }
    }
  }
}

TEST_CASE("octet by octet the head is incomplete until its last octet") {
  HttpHeadReader reader;
  for (std::size_t i = 0; i < kHead.size(); ++i) {
    Octets input = as_octets(kHead.substr(i, 1));
    CHECK(reader.feed(input) == (i + 1 == kHead.size() ? HeadState::done : HeadState::incomplete));
    CHECK(input.empty());
  }
  Octets more = as_octets("more");
  CHECK(reader.feed(more) == HeadState::done);
  CHECK(more.size() == 4);
}

TEST_CASE("bare LF line ends are read, also mixed with CRLF") {
  HttpHeadReader reader = read_whole("HTTP/1.1 200 OK\nA: 1\r\nB: 2\n\n");
  const auto response = reader.response();
  REQUIRE(response);
  CHECK(response->reason == "OK");
  CHECK(response->headers == HeaderList{{"A", "1"}, {"B", "2"}});
}

TEST_CASE("a reason with a bare CR or a NUL is refused as a header's value is") {
  HttpHeadReader with_cr = read_whole("HTTP/1.1 101 a\rb\r\n\r\n");
  CHECK_FALSE(with_cr.response());
  CHECK(with_cr.problem() == "the status line holds a bare CR or a NUL: 61 0d 62");
  HttpHeadReader with_nul = read_whole(std::string_view("HTTP/1.1 101 \0\r\n\r\n", 18));
  CHECK_FALSE(with_nul.response());
  CHECK(with_nul.problem() == "the status line holds a bare CR or a NUL: 00");
}

TEST_CASE("a status line may come without a reason, and without the space before it") {
  for (const char* text : {"HTTP/1.1 101\r\n\r\n", "HTTP/1.1 101 \r\n\r\n"}) {
    const auto response = read_whole(text).response();
    REQUIRE(response);
    CHECK(response->status == 101);
    CHECK(response->reason.empty());
  }
}

TEST_CASE("first octets that cannot begin a head are bad at once, and shown") {
  HttpHeadReader reader = read_whole(as_chars(hex("15 03 01 00 02 02 46")));
  CHECK(reader.state() == HeadState::bad);
  CHECK(reader.problem() == "the first line is not HTTP: 15 03 01 00 02 02 46 (looks like TLS)");
  CHECK_FALSE(reader.response());
  CHECK(problem_of_response(as_chars(hex("16 03 03 0a"))) ==
        "the first line is not HTTP: 16 03 03 0a (looks like TLS)");
  CHECK(problem_of_response("SSH-2.0-OpenSSH_9.2\r\n") ==
        "the first line is not HTTP: \"SSH-2.0-OpenSSH_9.2\"");
  CHECK(problem_of_response("220 mail.example ESMTP") ==
        "the first line is not HTTP: \"220 mail.example ESMTP\"");
  CHECK(problem_of_response("http/1.1 200 OK") ==
        "the first line is not HTTP: \"http/1.1 200 OK\"");
  CHECK(problem_of_response("\r\n") == "the first line is not HTTP: 0d 0a");
  CHECK(problem_of_response(as_chars(hex("00 00 12 04 00"))) ==
        "the first line is not HTTP: 00 00 12 04 00");
  CHECK(problem_of_response("X") == "the first line is not HTTP: \"X\"");
}

TEST_CASE("a TLS record is recognised octet by octet too") {
  HttpHeadReader reader;
  const OctetVector alert = hex("15 03 01");
  Octets one = Octets(alert).first(1);
  CHECK(reader.feed(one) == HeadState::incomplete);
  Octets two = Octets(alert).subspan(1, 1);
  CHECK(reader.feed(two) == HeadState::bad);
  CHECK(reader.problem() == "the first line is not HTTP: 15 03 (looks like TLS)");
  HttpHeadReader other;
  const OctetVector noise = hex("15 04");
  Octets both = noise;
  CHECK(other.feed(both) == HeadState::bad);
  CHECK(other.problem() == "the first line is not HTTP: 15 04");
}

TEST_CASE("a problem shows at most 32 octets and never a raw one that is not printable") {
  const std::string noise(100, 'x');
  CHECK(problem_of_response(noise) ==
        "the first line is not HTTP: \"" + std::string(32, 'x') + "\" ...");
  for (unsigned octet = 0; octet < 256; ++octet) {
    std::string head = "HTTP/1.1 101 x\r\nbad name";
    head += static_cast<char>(octet);
    head += ": y\r\n\r\n";
    const std::string problem = problem_of_response(head);
    const bool clean =
        std::all_of(problem.begin(), problem.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
    if (!clean) FAIL_CHECK("raw octet " << octet);
  }
}

TEST_CASE("a status line or header that is malformed has its clause") {
  CHECK(problem_of_response("HTTP/1.1 abc\r\n\r\n") ==
        "the status line has no three-digit status: \"HTTP/1.1 abc\"");
  CHECK(problem_of_response("HTTP/1.1 1011 x\r\n\r\n") ==
        "the status line has no three-digit status: \"HTTP/1.1 1011 x\"");
  CHECK(problem_of_response("HTTP/1.1\r\n\r\n") ==
        "the status line has no three-digit status: \"HTTP/1.1\"");
  CHECK(problem_of_response("HTTP/11 200 OK\r\n\r\n") ==
        "the first line is not a status line: \"HTTP/11 200 OK\"");
  CHECK(problem_of_response("GET / HTTP/1.1\r\nHost: a\r\n\r\n") ==
        "the first line is a request, not a status line: \"GET / HTTP/1.1\"");
  const auto header = [](std::string_view line) {
    return problem_of_response("HTTP/1.1 101 x\r\nA: 1\r\n" + std::string(line) + "\r\n\r\n");
  };
  CHECK(header(" folded") == "a header line is folded (obsolete since RFC 7230): \" folded\"");
  CHECK(header("\tfolded").starts_with("a header line is folded"));
  CHECK(header("nothing") == "a header line has no colon: \"nothing\"");
  CHECK(header("A : 1") == "a header name is not a token: \"A \"");
  CHECK(header(": 1") == "a header name is not a token: \"\"");
  CHECK(header("A: x\ry") == "the value of the header \"A\" holds a bare CR or a NUL: 78 0d 79");
  CHECK(header(std::string_view("A: x\0y", 6)) ==
        "the value of the header \"A\" holds a bare CR or a NUL: 78 00 79");
}

TEST_CASE("a head that is not complete has no response yet") {
  HttpHeadReader reader = read_whole("HTTP/1.1 101 x\r\nA: 1\r\n");
  CHECK(reader.state() == HeadState::incomplete);
  CHECK_FALSE(reader.response());
  CHECK(reader.problem() == "the head is not complete");
}

TEST_CASE("a head is read up to kMaxHead octets and not one more, however it comes") {
  const std::string begin = "HTTP/1.1 101 x\r\nA: ";
  const std::string exact = begin + std::string(kMaxHead - begin.size() - 4, 'a') + "\r\n\r\n";
  const std::string longer = begin + std::string(kMaxHead - begin.size() - 3, 'a') + "\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, 2 * kMaxHead}) {
    for (const std::string& text : {exact, longer}) {
      HttpHeadReader reader;
      for (std::size_t at = 0; at < text.size(); at += piece) {
        Octets input = as_octets(std::string_view(text).substr(at, piece));
        reader.feed(input);
      }
      CHECK(reader.text().size() == kMaxHead);
      CHECK(reader.state() == (text.size() == kMaxHead ? HeadState::done : HeadState::bad));
      if (text.size() > kMaxHead) {
        CHECK(reader.problem() == "the head is longer than 65536 octets");
      }
    }
  }
}

TEST_CASE("a head has at most kMaxHeaders headers") {
  for (const std::size_t count : {kMaxHeaders, kMaxHeaders + 1}) {
    std::string text = "HTTP/1.1 101 x\r\n";
    for (std::size_t i = 0; i < count; ++i) text += "A: 1\r\n";
    HttpHeadReader reader = read_whole(text + "\r\n");
    CHECK(reader.state() == HeadState::done);
    CHECK(reader.response().has_value() == (count == kMaxHeaders));
    if (count > kMaxHeaders) CHECK(reader.problem() == "the head has more than 256 header lines");
  }
}

TEST_CASE("a request is parsed, and the client's own handshake is one") {
  const HandshakeRequest sent =
      client_handshake("h", "/chat?a=b", "dGhlIHNhbXBsZSBub25jZQ==", {"v1"}, {}, {});
  HttpHeadReader reader = read_whole(encode(sent));
  REQUIRE(reader.state() == HeadState::done);
  const auto request = reader.request();
  REQUIRE(request);
  CHECK(request->method == "GET");
  CHECK(request->target == "/chat?a=b");
  CHECK(request->version == "HTTP/1.1");
  CHECK(request->headers == sent.headers);
}

TEST_CASE("a first line that is no request line has its clause") {
  for (const char* line : {"HTTP/1.1 200 OK", "GET /", "GET  HTTP/1.1", "GET / HTTP/11",
                           "GET /a b HTTP/1.1", "GET /\x01 HTTP/1.1", "GET /\xff HTTP/1.1"}) {
    CAPTURE(line);
    HttpHeadReader reader = read_whole(std::string(line) + "\r\nA: 1\r\n\r\n");
    CHECK_FALSE(reader.request());
    CHECK(reader.problem().starts_with("the first line is not a request line: "));
  }
}

}  // namespace
}  // namespace wsspec::wire
