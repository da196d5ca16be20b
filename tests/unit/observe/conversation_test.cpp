#include "observe/conversation.h"

#include <doctest/doctest.h>

#include <random>

#include "event_lines.h"
#include "wire/frame.h"

using namespace wsspec;
using observe::EndKind;
using observe::Role;
using observe::test::EventLines;

namespace {

using Lines = std::vector<std::string>;

const std::string kRequest =
    "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
const std::string kAnswer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const std::string kOffer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

std::string frame(Role side, std::uint8_t opcode, std::string_view payload, bool fin = true,
                  std::uint8_t rsv = 0) {
  wire::FrameHeader header;
  header.opcode = opcode;
  header.fin = fin;
  header.rsv = rsv;
  header.masked = side == Role::client;
  header.key = {0x37, 0xfa, 0x21, 0x3d};
  return std::string(wire::as_chars(wire::encode_frame(header, wire::as_octets(payload))));
}
std::string client(std::uint8_t opcode, std::string_view payload, bool fin = true,
                   std::uint8_t rsv = 0) {
  return frame(Role::client, opcode, payload, fin, rsv);
}
std::string server(std::uint8_t opcode, std::string_view payload, bool fin = true,
                   std::uint8_t rsv = 0) {
  return frame(Role::server, opcode, payload, fin, rsv);
}

struct Watched {
  EventLines sink;
  observe::Conversation conversation{sink};
  void feed(Role side, std::string_view octets, double ms = 0) {
    conversation.feed(side, wire::as_octets(octets), ms);
  }
  void open(const std::string& more = "") {
    feed(Role::client, kRequest + more + "\r\n");
    feed(Role::server, kAnswer + more + "\r\n");
    sink.lines.clear();
  }
};

}  // namespace

TEST_CASE("a whole conversation is told event by event") {
  Watched w;
  w.feed(Role::client, kRequest + "\r\n");
  w.feed(Role::server, kAnswer + "\r\n");
  w.feed(Role::client, client(1, "he", false) + client(9, "p") + client(0, "y"), 1);
  w.feed(Role::server, server(10, "p") + server(1, "hey"), 4);
  w.feed(Role::client,
         client(8,
                "\x03\xe8"
                "bye"),
         5);
  w.feed(Role::server, server(8, "\x03\xe8"), 6);
  w.conversation.end(Role::server, EndKind::fin, 7);
  w.conversation.end(Role::client, EndKind::fin, 7);
  w.conversation.end(Role::client, EndKind::reset, 8);
  CHECK(w.sink.lines == Lines{
                            "client request /chat []",
                            "server response 101 []",
                            "client frame 1 text fin false at 0 head 2 [he]",
                            "client frame 2 ping fin true at 8 head 1 [p]",
                            "client frame 3 continuation fin true at 15 head 1 [y]",
                            "client message 1 of 2 frames, 3 octets",
                            "server frame 1 pong fin true at 0 head 1 [p]",
                            "client ping took 3",
                            "server frame 2 text fin true at 3 head 3 [hey]",
                            "server message 1 of 1 frames, 3 octets",
                            "client frame 4 close fin true at 22 head 5 []",
                            "client close 1000 [bye]",
                            "server frame 3 close fin true at 8 head 2 []",
                            "server close 1000 [] answer",
                            "server fin",
                            "client fin",
                        });
}

TEST_CASE("each side's violations are its own, and reading goes on after them") {
  Watched w;
  w.open();
  w.feed(Role::client, server(1, "no mask") + client(1, "good"));
  w.feed(Role::server, client(1, "masked") + server(3, "") + server(2, "good"));
  CHECK(w.sink.lines ==
        Lines{
            "client violation in frame 1 (1) at 1: a frame from the client without a mask [0|0]",
            "client frame 1 text fin true at 0 head 7 [no mask]",
            "client frame 2 text fin true at 9 head 4 [good]",
            "client message 1 of 1 frames, 4 octets",
            "server violation in frame 1 (1) at 1: a masked frame [0|0]",
            "server frame 1 text fin true at 0 head 6 [masked]",
            "server violation in frame 2 (3) at 12: a frame with the reserved opcode 0x3 [0|0]",
            "server frame 2 opcode 0x3 fin true at 12 head 0 []",
            "server frame 3 binary fin true at 14 head 4 [good]",
            "server message 1 of 1 frames, 4 octets",
        });
}

TEST_CASE("text that is cut inside a character names the block size") {
  Watched w;
  w.open();
  const std::string euro = "\xe2\x82\xac";
  w.feed(Role::client, client(1, std::string(4094, 'a') + euro.substr(0, 2)));
  w.feed(Role::client, client(1, std::string(8191, 'a') + "\xc3"
                                                          "x"));
  w.feed(Role::client, client(1, "a" + euro.substr(0, 1)));
  w.feed(Role::client, client(1, "abc\xff"));
  w.feed(Role::server, server(8, "\x03\xe8" + std::string(122, 'r') + "\xc3"));
  Lines said;
  for (const auto& line : w.sink.lines)
    if (line.find("violation") != std::string::npos) said.push_back(line);
  REQUIRE(said.size() == 5);
  CHECK(said[0].ends_with("[16|16] cut 2/3 block 4096"));
  CHECK(said[1].ends_with("[16|17] cut 1/2 block 8192"));
  CHECK(said[2].ends_with("[2|2] cut 1/3 block 0"));
  CHECK(said[3].ends_with("by its octet 3 [3|4]"));
  CHECK(said[4].ends_with("inside a UTF-8 character [16|16] cut 1/2 block 123"));
}

TEST_CASE("frames that a client sends ahead of the answer are told after it") {
  Watched w;
  w.feed(Role::client, kRequest + "\r\n" + client(1, "early"));
  w.conversation.end(Role::client, EndKind::fin, 1);
  CHECK(w.sink.lines == Lines{"client request /chat []"});
  w.feed(Role::server, kAnswer + "\r\n" + server(1, "late"));
  CHECK(w.sink.lines == Lines{
                            "client request /chat []",
                            "server response 101 []",
                            "client frame 1 text fin true at 0 head 5 [early]",
                            "client message 1 of 1 frames, 5 octets",
                            "client fin",
                            "server frame 1 text fin true at 0 head 4 [late]",
                            "server message 1 of 1 frames, 4 octets",
                        });
  Watched flood;
  flood.feed(Role::client, kRequest + "\r\n");
  for (int i = 0; i < 100; ++i) flood.feed(Role::client, std::string(1000, 'x'));
  CHECK(flood.sink.lines.size() == 2);
  CHECK(flood.sink.lines[1].starts_with("client opaque [it sends more than 64 KiB"));
}

TEST_CASE("refusals, interim answers and a second request on the same connection") {
  Watched w;
  w.feed(Role::client, kRequest + "\r\n");
  w.feed(Role::server,
         "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 5\r\n\r\nno");
  w.feed(Role::client, kRequest + "\r\n");
  w.feed(Role::server, "no!" + kAnswer + "\r\n");
  CHECK(w.conversation.open());
  CHECK(w.sink.lines == Lines{"client request /chat []", "server response 103 [] interim",
                              "server response 401 []", "client request /chat []",
                              "server response 101 []"});
}

TEST_CASE("what is wrong with a handshake is told with it") {
  Watched w;
  w.feed(Role::client,
         "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  w.feed(Role::server, kAnswer + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
  REQUIRE(w.sink.lines.size() == 2);
  CHECK(w.sink.lines[0].find("Sec-WebSocket") != std::string::npos);
  CHECK(w.sink.lines[1] != "server response 101 []");
}

TEST_CASE("what is no HTTP is not looked at") {
  Watched w;
  w.feed(Role::client, std::string("\x16\x03\x01\x00\xa5", 5));
  w.feed(Role::client, "more");
  w.conversation.end(Role::client, EndKind::reset, 1);
  REQUIRE(w.sink.lines.size() == 2);
  CHECK(w.sink.lines[0].starts_with("client opaque ["));
  CHECK(w.sink.lines[1] == "client reset");
}

TEST_CASE("half a frame at the end is the side's fault, but not after a reset") {
  for (const EndKind kind : {EndKind::fin, EndKind::reset}) {
    Watched w;
    w.open();
    w.feed(Role::server, server(1, "hello").substr(0, 5));
    w.conversation.end(Role::server, kind, 1);
    const bool fin = kind == EndKind::fin;
    REQUIRE(w.sink.lines.size() == (fin ? 3 : 2));
    if (fin) CHECK(w.sink.lines[0].find("half a frame") != std::string::npos);
    CHECK(w.sink.lines[fin ? 1 : 0].ends_with("[hel] cut"));
  }
}

TEST_CASE("what is told does not depend on how the octets were cut") {
  const std::string deflated("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);  // RFC 7692 7.2.3.1: "Hello"
  std::string from_client = client(1, deflated, true, 4) + client(1, "h\xc3", false) +
                            client(9, "p") + client(0, "\xa9\xff rest") +
                            client(2, std::string(5000, 'b')) + server(1, "unmasked") +
                            client(11, "reserved") +
                            client(8,
                                   "\x03\xe8"
                                   "ok \xff") +
                            client(1, "after");
  std::string from_server = server(1, deflated, true, 4) + server(10, "p") +
                            server(1, std::string(300, 'x') + "\xe2\x82") + server(8, "\x03");
  std::mt19937 random(7);
  Lines whole;
  for (int round = 0; round < 50; ++round) {
    Watched w;
    w.open(kOffer);
    for (auto [side, rest] : {std::pair(Role::client, std::string_view(from_client)),
                              std::pair(Role::server, std::string_view(from_server))})
      while (!rest.empty()) {
        const std::size_t most = round == 0 ? rest.size() : 1 + random() % (round == 1 ? 1 : 40);
        const std::size_t size = std::min(rest.size(), most);
        w.feed(side, rest.substr(0, size));
        rest.remove_prefix(size);
      }
    if (round == 0) {
      whole = w.sink.lines;
      CHECK(whole.size() > 20);
      CHECK(whole[0] == "client frame 1 text fin true at 0 head 5 [Hello]");
    }
    REQUIRE(w.sink.lines.size() == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(w.sink.lines[i] == whole[i]);
  }
}
