// HandshakeReader alone, octet by octet and whole: the events are the same.
#include "session/handshake_reader.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace wsspec::session {
namespace {

using Kind = HandshakeReader::Event::Kind;

const std::string kRequest =
    "GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
const std::string kUpgrade =
    "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

struct Reading {
  std::string events;
  std::string rest;  ///< what was left for the frames' reader
};

const char* name_of(Kind kind) {
  constexpr const char* kNames[] = {"need_more",      "tls_record",     "interim", "upgraded",
                                    "refused",        "further_answer", "request", "failed",
                                    "other_protocol", "bad_answer"};
  return kNames[static_cast<std::size_t>(kind)];
}

Reading read(HandshakeReader::Options options, std::string_view stream, std::size_t piece,
             bool end = false) {
  ExchangeRecord record;
  HandshakeReader reader(options, record);
  reader.sent(wire::as_octets(kRequest));
  Reading reading;
  bool over = false;
  const auto note = [&](const HandshakeReader::Event& event) {
    if (event.kind == Kind::need_more) return;
    reading.events += name_of(event.kind);
    if (event.status != 0) reading.events += fmt::format(" {}", event.status);
    if (event.deflate) reading.events += " deflate";
    reading.events += "; ";
    over = over || event.kind == Kind::upgraded || event.kind == Kind::request ||
           event.kind == Kind::failed || event.kind == Kind::other_protocol;
  };
  while (!stream.empty()) {
    wire::Octets input = wire::as_octets(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    while (!over) {
      const auto event = reader.next(input);
      if (event.kind == Kind::need_more) break;
      note(event);
    }
    if (over) reading.rest += wire::as_chars(input);
  }
  if (end && !over) note(reader.end());
  return reading;
}

struct Row {
  const char* what;
  HandshakeReader::Options options;
  std::string stream;
  std::string events;
  bool rest_matters = true;
  bool end = false;
};

std::vector<Row> rows() {
  const HandshakeReader::Options client{}, scripted{.scripted = true},
      tls{.scripted = true, .tls_records = true}, server{.role = wire::Role::server};
  return {
      {"a 101, then a frame", client, kUpgrade + "\r\n\x81\x01x", "upgraded 101; "},
      {"a 101 with deflate", client,
       kUpgrade + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "upgraded 101 deflate; "},
      {"interim answers first", client,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\n\r\n" + kUpgrade + "\r\n",
       "interim 100; interim 103; upgraded 101; "},
      {"another key's Accept", client,
       "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
       "failed 101; "},
      {"a refusal with a body", client,
       "HTTP/1.1 403 x\r\nContent-Length: 3\r\n\r\nabc\r\nHTTP/1.1 40", "refused 403; "},
      {"a refusal, and an answer to something after it", client,
       "HTTP/1.1 403 x\r\nContent-Length: 3\r\n\r\nabc\r\nHTTP/1.1 404 y\r\n\r\nHTTP/1.1 405 z\r\n",
       "refused 403; further_answer 404; "},
      {"a refusal, then something else", client,
       "HTTP/1.1 403 x\r\nContent-Length: 3\r\n\r\nabcHTXP", "refused 403; bad_answer; "},
      {"a refusal whose chunk has no size", client,
       "HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "refused 403; bad_answer; "},
      {"a refusal that ends too early", client, "HTTP/1.1 403 x\r\nContent-Length: 3\r\n\r\nab",
       "refused 403; bad_answer; ", true, true},
      {"a TLS alert", client, std::string("\x15\x03\x01\x00\x02\x02\x46", 7), "failed; ", false},
      {"a TLS alert to a script", scripted, std::string("\x15\x03\x01\x00\x02\x02\x46", 7),
       "other_protocol; ", false},
      {"TLS records to a script that speaks TLS", tls,
       std::string("\x16\x03\x03\x00\x02zz\x15\x03\x03\x00\x02\x02\x28", 14),
       "tls_record; other_protocol; ", false},
      {"HTTP/2 to a script", scripted, std::string("\0\0\0\x04\0\0\0\0\0", 9), "other_protocol; "},
      {"the beginning of HTTP/2, and no more", scripted, std::string("\0\0\0", 3), "failed; ", true,
       true},
      {"a head that is cut off", scripted, "HTTP/1.1 101 x\r\nUp", "bad_answer; ", true, true},
      {"a request, then a frame", server, "\r\n" + kRequest + "\x81", "request; "},
      {"no request", server, "HELO\r\n", "failed; ", false},
  };
}

}  // namespace

TEST_CASE("the events of a handshake are the same whatever its octets are cut into") {
  for (const Row& row : rows()) {
    CAPTURE(row.what);
    const Reading whole = read(row.options, row.stream, row.stream.size(), row.end);
    CHECK(whole.events == row.events);
    for (std::size_t piece = 1; piece < row.stream.size(); ++piece) {
      CAPTURE(piece);
      const Reading cut = read(row.options, row.stream, piece, row.end);
      CHECK(cut.events == whole.events);
      if (row.rest_matters) CHECK(cut.rest == whole.rest);
    }
  }
}

TEST_CASE("a refusal that keeps the connection can be asked again, one that does not cannot") {
  ExchangeRecord record;
  HandshakeReader reader({.scripted = true}, record);
  reader.sent(wire::as_octets(kRequest + kRequest));
  const std::string refusal = "HTTP/1.1 401 x\r\nContent-Length: 2\r\n\r\nab";
  wire::Octets input = wire::as_octets(std::string_view(refusal).substr(0, refusal.size() - 1));
  CHECK(reader.next(input).kind == Kind::refused);
  CHECK(reader.next(input).kind == Kind::need_more);
  CHECK(reader.answer_is_open());
  CHECK(reader.answer_has_no_end().what == "an answer whose body never comes to its declared end");
  CHECK(reader.takes_another());
  reader.ask_again();
  CHECK_FALSE(record.response);
  // The rest of the first body, then the second answer.
  const std::string rest = "bHTTP/1.1 403 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  input = wire::as_octets(rest);
  CHECK(reader.next(input).kind == Kind::refused);
  CHECK(reader.next(input).kind == Kind::need_more);
  CHECK(record.response->status == 403);
  CHECK_FALSE(reader.takes_another());
  CHECK(reader.end_is_due());
}

}  // namespace wsspec::session
