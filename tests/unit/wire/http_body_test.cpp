// Where an HTTP answer ends, by RFC 9112 6.3; each body whole and octet by octet.
#include "wire/http_body.h"

#include <doctest/doctest.h>

using namespace wsspec::wire;

namespace {

struct Read {
  BodyState state = BodyState::reading;
  std::string left, head, problem;
};

HttpBodyReader reader_for(int status, HeaderList headers, std::string_view method = "GET") {
  HttpResponse response;
  response.status = status;
  response.version = "HTTP/1.1";
  response.headers = std::move(headers);
  return {response, method};
}

Read read(HttpBodyReader reader, std::string_view text, bool end = false) {
  Octets input = as_octets(text);
  reader.feed(input);
  if (end) reader.end();
  return {reader.state(), std::string(as_chars(input)), reader.head(), reader.problem()};
}

Read read_slowly(HttpBodyReader reader, std::string_view text, bool end = false) {
  std::string left;
  for (const char& c : text) {
    Octets input = as_octets(std::string_view(&c, 1));
    reader.feed(input);
    left += as_chars(input);
  }
  if (end) reader.end();
  return {reader.state(), left, reader.head(), reader.problem()};
}

void check(const HttpBodyReader& reader, std::string_view text, BodyState state,
           std::string_view left, std::string_view head) {
  for (const Read& got : {read(reader, text), read_slowly(reader, text)}) {
    CHECK(got.state == state);
    CHECK(got.left == left);
    CHECK(got.head == head);
  }
}

}  // namespace

TEST_CASE("a body of a declared length") {
  const auto reader = reader_for(400, {{"Content-Length", "5"}});
  check(reader, "helloHTTP/", BodyState::done, "HTTP/", "hello");
  check(reader, "hel", BodyState::reading, "", "hel");
  CHECK(read(reader, "hel", true).problem ==
        "an answer whose body has 3 octets, where Content-Length says 5");
  check(reader_for(400, {{"Content-Length", "0"}}), "x", BodyState::done, "x", "");
  check(reader_for(400, {{"Content-Length", "2"}, {"content-length", "2"}}), "abc", BodyState::done,
        "c", "ab");
}

TEST_CASE("lengths that are none") {
  for (const char* value : {"", "x", "-1", "5x", "1, 2", "1,,1", "9999999999999999"}) {
    CAPTURE(value);
    CHECK(reader_for(400, {{"Content-Length", value}}).state() == BodyState::bad);
  }
  const auto both = reader_for(400, {{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}});
  CHECK(both.state() == BodyState::bad);
  CHECK(both.problem() == "an answer with both Transfer-Encoding and Content-Length");
  CHECK(both.section() == "RFC 9112 6.2");
}

TEST_CASE("answers that never have a body") {
  check(reader_for(400, {{"Content-Length", "5"}}, "HEAD"), "x", BodyState::done, "x", "");
  check(reader_for(204, {}), "x", BodyState::done, "x", "");
  check(reader_for(304, {{"Content-Length", "5"}}), "x", BodyState::done, "x", "");
}

TEST_CASE("a chunked body") {
  const auto reader = reader_for(400, {{"Transfer-Encoding", "gzip, chunked"}});
  check(reader, "5\r\nhello\r\nA;x=1\r\n0123456789\r\n0\r\n\r\nrest", BodyState::done, "rest",
        "hello0123456789");
  check(reader, "0\r\nX: 1\r\nY: 2\r\n\r\n", BodyState::done, "", "");
  check(reader, "5\r\nhel", BodyState::reading, "", "hel");
  for (const char* text : {"x\r\n", "\r\n", "5\r\nhelloX\r\n", "-1\r\n", "10000000000000000\r\n"}) {
    CAPTURE(text);
    CHECK(read(reader, text).state == BodyState::bad);
    CHECK(read_slowly(reader, text).state == BodyState::bad);
  }
  CHECK(read(reader, "5\r\nhello\r\n", true).problem ==
        "an answer that ends before its last chunk");
  CHECK(read(reader, std::string(5000, '1')).state == BodyState::bad);
}

TEST_CASE("a body that the end of the connection ends") {
  const auto reader = reader_for(400, {});
  check(reader, "anything", BodyState::until_close, "", "anything");
  CHECK(read(reader, "anything", true).state == BodyState::done);
  CHECK_FALSE(reader.keeps_alive());
  check(reader_for(400, {{"Transfer-Encoding", "chunked, gzip"}}), "x", BodyState::until_close, "",
        "x");
}

TEST_CASE("of a long body the head is kept") {
  const std::string text(3 * kMaxBody, 'x');
  const auto got = read(reader_for(400, {{"Content-Length", std::to_string(text.size())}}), text);
  CHECK(got.state == BodyState::done);
  CHECK(got.head.size() == kMaxBody);
}

TEST_CASE("which connections take another request") {
  CHECK(reader_for(400, {{"Content-Length", "0"}}).keeps_alive());
  CHECK_FALSE(reader_for(400, {{"Content-Length", "0"}, {"Connection", "Close"}}).keeps_alive());
  HttpResponse old;
  old.version = "HTTP/1.0";
  old.status = 400;
  old.headers = {{"Content-Length", "0"}};
  CHECK_FALSE(HttpBodyReader(old, "GET").keeps_alive());
}
