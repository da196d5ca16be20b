// Whole sessions in role server, without a socket: whatever the client's octets are cut into, the
// record is the same. And a client session against a server session.
#include "session_rig.h"

namespace wsspec::session {
namespace {

using namespace test;
using scenario::Item;
using End = Exchange::End;

const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";

std::string request(std::string_view extra = {}) {
  return "GET /chat HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: " +
         kKey + "\r\nSec-WebSocket-Version: 13\r\n" + std::string(extra) + "\r\n";
}

std::string from_client(unsigned first, std::string_view payload = {}) {
  return frame(wire::Role::client, first, payload);
}

SessionSetup server() {
  SessionSetup setup;
  setup.role = wire::Role::server;
  return setup;
}

SessionSetup deflating_server() {
  SessionSetup setup = server();
  setup.extensions = {"permessage-deflate"};
  return setup;
}

SessionSetup refusing_server() {
  SessionSetup setup = server();
  setup.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  return setup;
}

/// After a good request.
Exchange opened(const char* name, std::vector<Stage> stages, End end, const char* holds) {
  stages.insert(stages.begin(), Stage{.come = request()});
  return {name, server(), std::move(stages), end, holds};
}

Item close(int code) {
  return item_of(Item::Kind::close, close_body(code));
}

std::vector<Exchange> exchanges() {
  return {
      opened("text and binary are echoed, the client closes",
             {{.send = {text_item("h\xc3\xa9llo"), item_of(Item::Kind::binary, "\xff\x01")},
               .come = from_client(0x81, "h\xc3\xa9llo") + from_client(0x82, "\xff\x01") +
                       from_client(0x88, close_body(1000, "bye"))}},
             End::eof, "close 1000 [bye] closer 2 end"),
      {"a message in the request's own segment",
       server(),
       {{.come = request() + from_client(0x81, "early") + from_client(0x88, close_body(1001))}},
       End::eof,
       "unsolicited 1 5 octets"},
      {"line ends ahead of the request",
       server(),
       {{.come = "\r\n" + request()}},
       End::open,
       "GET /chat"},
      opened("fragments, with a ping and a pong between them",
             {{.send = {item_of(Item::Kind::ping, "are you there"), text_item("one two")},
               .come = from_client(0x01, "one") + from_client(0x89, "and you") +
                       from_client(0x8a, "are you there") + from_client(0x80, " two")}},
             End::open, "messages 1 duplicates 0"),
      opened("our Close is echoed",
             {{.send = {close(3001)}, .come = from_client(0x88, close_body(3001))}}, End::eof,
             "close 3001 [] closer 1"),
      opened("Close 1010 is the client's to send", {{.come = from_client(0x88, close_body(1010))}},
             End::eof, "close 1010 [] closer 2"),
      opened("a frame without a mask", {{.come = frame(wire::Role::server, 0x81, "a")}}, End::eof,
             "a frame from the client without a mask"),
      opened("bad text, then a Close",
             {{.come = from_client(0x81, "a\xff") + from_client(0x88, close_body(1007))}}, End::eof,
             "a text message that is not UTF-8"),
      opened("a text after its Close",
             {{.come = from_client(0x88, close_body(1000)) + from_client(0x81, "x")}}, End::eof,
             "after a Close frame"),
      opened("dropped inside a frame", {{.come = from_client(0x81, "hello").substr(0, 8)}},
             End::eof, "end 1"),
      opened("reset after a message", {{.come = from_client(0x81, "hello")}}, End::reset, "end 2"),
      {"dropped inside the request",
       server(),
       {{.come = request().substr(0, 70)}},
       End::eof,
       "ended-before-answer\nclosed"},
      {"a request without a key",
       server(),
       {{.come = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\n\r\n"}},
       End::eof,
       "exactly one Sec-WebSocket-Key is needed"},
      {"no HTTP", server(), {{.come = "EHLO example\r\n"}}, End::eof, "failure 5"},
      {"refused as the setup says", refusing_server(), {{.come = request()}}, End::eof, "phase 5 "},
      {"a compressed message",
       deflating_server(),
       {{.come = request("Sec-WebSocket-Extensions: permessage-deflate\r\n")},
        {.come = from_client(0xc1, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7))}},
       End::open,
       "received 1 5 octets 48656c6c6f"},
  };
}

/// Two sessions, each the other's peer; `piece` octets go over at a time.
struct Pair {
  explicit Pair(SessionSetup a, SessionSetup b) : client(std::move(a)), server(std::move(b)) {
    server.session->start();
    client.session->start();
  }
  void run(std::size_t piece) {
    while (!client.link.written.empty() || !server.link.written.empty()) {
      move(client, server, piece);
      move(server, client, piece);
    }
  }
  static void move(Rig& from, Rig& to, std::size_t piece) {
    const std::string now = from.link.written.substr(0, piece);
    from.link.written.erase(0, now.size());
    if (!now.empty()) to.deliver(now);
  }
  Rig client, server;
};

SessionSetup pair_client() {
  SessionSetup setup;
  setup.host = "example";
  setup.path = "/";
  setup.subprotocols = {"other", "chat"};
  setup.extensions = {std::string(wire::kDeflateOffer)};
  return setup;
}

SessionSetup pair_server() {
  SessionSetup setup = deflating_server();
  setup.subprotocols = {"chat"};
  return setup;
}

}  // namespace

TEST_CASE("role server: the record is the same wherever the client's octets are cut") {
  std::size_t places = 0;
  for (const Exchange& exchange : exchanges()) places += check_every_cut(exchange);
  MESSAGE("cut at " << places << " places");
  CHECK(places > 2000);
}

TEST_CASE("role server: the request is answered with a 101, frames are not masked") {
  Rig rig(server());
  rig.session->start();
  CHECK(rig.record().phase == Phase::handshaking);
  CHECK(rig.link.written.empty());
  rig.deliver(request());
  CHECK(rig.record().phase == Phase::open);
  CHECK(rig.link.take() ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  rig.send({text_item("x")});
  CHECK(rig.link.take() == std::string("\x81\x01x"));
  rig.deliver(from_client(0x89, "p"));
  CHECK(rig.link.take() == std::string("\x8a\x01p"));
  rig.deliver(from_client(0x88, close_body(1001)));
  CHECK(rig.link.take() == std::string("\x88\x02\x03\xe9"));
}

TEST_CASE("role server: a setup's answer goes out as it stands, with the Accept filled in") {
  SessionSetup setup = server();
  setup.answer = "HTTP/1.1 101 x\r\nUpgrade: nothing\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n";
  Rig rig(setup);
  rig.session->start();
  rig.deliver(request());
  CHECK(rig.link.take() ==
        "HTTP/1.1 101 x\r\nUpgrade: nothing\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  CHECK(rig.record().phase == Phase::open);
}

TEST_CASE("a client session and a server session understand each other, whatever the pieces") {
  for (const bool compress : {false, true}) {
    for (const std::size_t piece : {1, 2, 3, 7, 64, 100000}) {
      CAPTURE(piece);
      SessionSetup one = pair_client(), other = pair_server();
      one.compress = other.compress = compress;
      Pair pair(one, other);
      pair.run(piece);
      REQUIRE(pair.client.record().phase == Phase::open);
      REQUIRE(pair.server.record().phase == Phase::open);
      CHECK(pair.server.record().request->target == "/");
      CHECK(wire::find_header(pair.client.record().response->headers, "Sec-WebSocket-Protocol") ==
            "chat");
      CHECK(pair.client.record().agreed_extensions().starts_with("permessage-deflate"));

      Item fragmented = text_item("in three parts");
      fragmented.fragments.sizes = {5, 5};
      pair.client.send({text_item("h\xc3\xa9llo"), fragmented, item_of(Item::Kind::ping, "1")});
      pair.server.send({item_of(Item::Kind::binary, std::string(2000, 'x'))});
      pair.run(piece);
      REQUIRE(pair.server.record().received.size() == 2);
      CHECK(wire::as_chars(pair.server.record().received[1].octets) == "in three parts");
      REQUIRE(pair.client.record().received.size() == 1);
      CHECK(pair.client.record().received[0].length == 2000);
      CHECK(pair.client.record().sent.ledger[2].answered == 1);

      pair.client.session->send_close();
      pair.run(piece);
      CHECK(pair.server.record().close_code == 1000);
      CHECK(pair.server.record().closer == result::Closer::client);
      CHECK(pair.client.record().close_code == 1000);
      CHECK(pair.client.record().closer == result::Closer::client);
      CHECK_FALSE(pair.client.record().violation);
      CHECK_FALSE(pair.server.record().violation);
    }
  }
}

TEST_CASE("what a client session sends in error, a server session finds, and the other way round") {
  Pair pair(pair_client(), pair_server());
  pair.run(1);
  pair.client.send({text_item("\xc3(")});
  pair.server.send({item_of(Item::Kind::close, close_body(1010))});
  pair.run(1);
  REQUIRE(pair.server.record().violation);
  CHECK(pair.server.record().violation->kind == wire::ViolationKind::text_not_utf8);
  REQUIRE(pair.client.record().violation);
  CHECK(pair.client.record().violation->kind == wire::ViolationKind::close_code_invalid);
  // Each knows of its own fault too: the same rule, the same octet.
  CHECK(pair.client.record().sent.fault.violation->at == pair.server.record().violation->at);
  CHECK(pair.server.record().sent.fault.violation->at == pair.client.record().violation->at);
}

}  // namespace wsspec::session
