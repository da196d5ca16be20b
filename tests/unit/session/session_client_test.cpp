// Whole sessions in role client, without a socket: wherever the octets are cut, one record.
#include "client_rig.h"

namespace wsspec::session {
namespace {

using namespace test;
using scenario::Item;

std::string deflate_101(const std::string& request) {
  std::string head = good_101(request);
  return head.insert(head.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
}

/// A script that sends its handshakes itself.
SessionSetup raw_client() {
  SessionSetup setup = client();
  setup.handshake = false;
  return setup;
}

/// After a good 101.
Exchange opened(const char* name, std::vector<Stage> stages, Exchange::End end, const char* holds) {
  stages.insert(stages.begin(), Stage{.answer = good_101});
  return {name, client(), std::move(stages), end, holds};
}

Item ping(std::string_view payload) {
  return item_of(Item::Kind::ping, payload);
}
Item pong(std::string_view payload) {
  return item_of(Item::Kind::pong, payload);
}
Item close(int code) {
  return item_of(Item::Kind::close, close_body(code));
}

using End = Exchange::End;

std::vector<Exchange> messages() {
  return {
      opened("text and binary are echoed, the server closes",
             {{.send = {text_item("h\xc3\xa9llo"), item_of(Item::Kind::binary, "\xff\x01")},
               .come = from_server(0x81, "h\xc3\xa9llo") + from_server(0x82, "\xff\x01") +
                       from_server(0x88, close_body(1000, "bye"))}},
             End::eof, "close 1000 [bye] closer 1 end"),
      opened("fragments, with a ping and a pong between them",
             {{.send = {ping("are you there"), text_item("one two")},
               .come = from_server(0x01, "one") + from_server(0x89, "and you") +
                       from_server(0x8a, "are you there") + from_server(0x00, " ") +
                       from_server(0x80, "two")}},
             End::open, "messages 1 duplicates 0"),
      opened("our Close is echoed",
             {{.send = {text_item("last"), close(3001)},
               .come = from_server(0x81, "last") + from_server(0x88, close_body(3001))}},
             End::eof, "close 3001 [] closer 2"),
      opened("a Close without a body", {{.come = from_server(0x88)}}, End::eof, "close 1005"),
      opened("a text that the server sends unasked, at once after the 101, and its Close",
             {{.come = from_server(0x81, "early") + from_server(0x88, close_body(1001))}}, End::eof,
             "unsolicited 1 5 octets"),
      opened("echoes out of order, twice, and one of nothing",
             {{.send = {text_item("a"), text_item("b"), text_item("c")},
               .come = from_server(0x81, "b") + from_server(0x81, "a") + from_server(0x81, "b") +
                       from_server(0x81, "x")}},
             End::open, "duplicates 1 reordered 1"),
      opened("pongs out of order, twice, unasked, and one for our pong",
             {{.send = {ping("1"), ping("2"), pong("3")},
               .come = from_server(0x8a, "2") + from_server(0x8a, "1") + from_server(0x8a, "1") +
                       from_server(0x8a, "4") + from_server(0x8a, "3")}},
             End::open, "pongs: 1 1 1 0"),
      opened("two pings in a row", {{.come = from_server(0x89, "p") + from_server(0x89, "q")}},
             End::open, "messages 0"),
      opened("a message of 300 octets and one of 70000",
             {{.come = from_server(0x82, std::string(300, 'x'))},
              {.come = from_server(0x88, close_body(1009))}},
             End::eof, "close 1009"),
  };
}

std::vector<Exchange> ends() {
  return {
      opened("dropped inside a frame",
             {{.send = {text_item("a")}, .come = from_server(0x81, "a") + "\x81\x05he"}}, End::eof,
             "end 1"),
      opened("reset after an echo", {{.send = {text_item("a")}, .come = from_server(0x81, "a")}},
             End::reset, "end 2"),
      opened("half a frame instead of the answer to our Close",
             {{.send = {close(1000)}, .come = "\x81\x05he"}}, End::eof, "half a frame"),
      {"dropped inside the 101",
       client(),
       {{.answer = [](const std::string& request) { return good_101(request).substr(0, 60); }}},
       End::eof,
       "ended-before-answer\nclosed"},
      {"reset inside the 101",
       client(),
       {{.come = "HTTP/1.1 1"}},
       End::reset,
       "ended-before-answer\nreset"},
  };
}

std::vector<Exchange> violations() {
  return {
      opened("a masked frame", {{.come = frame(wire::Role::client, 0x81, "a")}}, End::eof,
             "a masked frame"),
      opened("a masked frame, then a good text and a Close: they have no meaning",
             {{.come = frame(wire::Role::client, 0x81, "a") + from_server(0x81, "b") +
                       from_server(0x88, close_body(1002))}},
             End::eof, "close 0 []"),
      opened("a text that is not UTF-8, then a Close",
             {{.come = from_server(0x81, "a\xff") + from_server(0x88, close_body(1007))}}, End::eof,
             "a text message that is not UTF-8"),
      opened("the echo of our own bad text, then Close 1007",
             {{.send = {text_item("a\xff")},
               .come = from_server(0x81, "a\xff") + from_server(0x88, close_body(1007))}},
             End::eof, "close 1007"),
      opened("bad text that the end of the stream cuts off",
             {{.come = "\x81\x05"
                       "a\xff"}},
             End::eof, "a text message that is not UTF-8"),
      opened("a Close code that never travels", {{.come = from_server(0x88, close_body(1005))}},
             End::eof, "code 1005"),
      opened("a Close code that is the client's alone",
             {{.come = from_server(0x88, close_body(1010))}}, End::eof, "the client's alone"),
      opened("our Close 1010 is echoed",
             {{.send = {close(1010)}, .come = from_server(0x88, close_body(1010))}}, End::eof,
             "close 1010 [] closer 2"),
      opened("a pong and a text after its Close",
             {{.send = {ping("x")},
               .come = from_server(0x88, close_body(1000)) + from_server(0x8a, "x") +
                       from_server(0x81, "y")}},
             End::eof, "after a Close frame"),
      opened("a reserved opcode", {{.come = from_server(0x83)}}, End::open, "opcode 0x3"),
      {"a compressed message that does not inflate",
       [] {
         SessionSetup setup = client();
         setup.extensions = {"permessage-deflate"};
         return setup;
       }(),
       {{.answer = deflate_101}, {.come = from_server(0xc1, "\x07\xff\xff")}},
       End::open,
       "does not inflate"},
      {"a compressed echo",
       [] {
         SessionSetup setup = client();
         setup.extensions = {"permessage-deflate"};
         return setup;
       }(),
       {{.answer = deflate_101},
        {.send = {text_item("Hello")},
         .come = from_server(0xc1, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)) +
                 from_server(0x88, close_body(1000))}},
       End::eof,
       "messages 1 duplicates 0"},
  };
}

std::vector<Exchange> answers() {
  return {
      {"a refusal with a body, then what follows it",
       client(),
       {{.come = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 403 Forbidden\r\n"
                 "Content-Length: 7\r\n\r\nno way\n"}},
       End::eof,
       "[no way\n]"},
      {"a refusal in chunks",
       client(),
       {{.come = "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"}},
       End::eof,
       "HTTP 503 Busy [abc]"},
      {"a refusal without a length",
       client(),
       {{.come = "HTTP/1.1 400 Bad\r\n\r\nbody"}},
       End::eof,
       "[body]"},
      {"a refusal that ends before its length",
       client(),
       {{.come = "HTTP/1.1 400 Bad\r\nContent-Length: 10\r\n\r\nbody"}},
       End::eof,
       "violation "},
      {"a refusal that frames follow",
       client(),
       {{.come = "HTTP/1.1 400 Bad\r\nContent-Length: 1\r\n\r\nx\x81\x01y"}},
       End::eof,
       "extra bytes after the error response"},
      {"a 101 with another key's Accept",
       client(),
       {{.come = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x01y"}},
       End::eof,
       "where the key demands"},
      {"a 101 with an extension that was not offered",
       client(),
       {{.answer = deflate_101}},
       End::eof,
       "was not offered"},
      {"no HTTP", client(), {{.come = "SSH-2.0-OpenSSH_9.2\r\n"}}, End::eof, "failure 5"},
      {"a TLS alert",
       client(),
       {{.come = std::string("\x15\x03\x01\x00\x02\x02\x46", 7)}},
       End::eof,
       "failure 5"},
      {"seventeen interim answers",
       client(),
       {{.come =
             [] {
               std::string all;
               for (int i = 0; i < 17; ++i) all += "HTTP/1.1 100 Continue\r\n\r\n";
               return all;
             }()}},
       End::eof,
       "failure 5"},
  };
}

std::vector<Exchange> scripted() {
  const Item handshake = item_of(Item::Kind::handshake, "");
  const Item octets = item_of(Item::Kind::bytes, "\x16\x03\x01");
  SessionSetup tls_by_hand = raw_client();
  tls_by_hand.tls_overridden = true;
  return {
      {"a handshake of the script's",
       raw_client(),
       {{.send = {handshake}, .come = from_server(0x81, "hi"), .answer = good_101}},
       End::open,
       "phase 4 "},
      {"refused, asked again on the same connection",
       raw_client(),
       {{.send = {handshake}, .come = "HTTP/1.1 401 Who\r\nContent-Length: 4\r\n\r\nwho?"},
        {.send = {handshake}, .come = from_server(0x81, "hi"), .answer = good_101}},
       End::open,
       "phase 4 "},
      {"an answer that ends inside its head",
       raw_client(),
       {{.send = {octets}, .come = "HTTP/1.1 200 O"}},
       End::eof,
       "ends inside its head"},
      {"TLS by hand: records, then an alert",
       tls_by_hand,
       {{.send = {octets},
         .come = std::string("\x16\x03\x03\x00\x04"
                             "abcd"
                             "\x15\x03\x03\x00\x02\x02\x28",
                             16)}},
       End::open,
       "phase 7 "},
      {"plain text where TLS was spoken by hand",
       tls_by_hand,
       {{.send = {octets}, .come = "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"}},
       End::eof,
       "phase 5 "},
      {"HTTP/2 answers its preface",
       raw_client(),
       {{.send = {octets}, .come = std::string("\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64", 15)}},
       End::open,
       "phase 7 failure 0"},
      {"a zero octet that does not become HTTP/2",
       raw_client(),
       {{.send = {octets}, .come = std::string("\0\0\x06\x05", 4)}},
       End::open,
       "failure 5"},
  };
}

std::size_t check_all(const std::vector<Exchange>& exchanges) {
  std::size_t places = 0;
  for (const Exchange& exchange : exchanges) places += check_every_cut(exchange);
  return places;
}

}  // namespace

TEST_CASE("role client: the record is the same wherever the server's octets are cut") {
  std::size_t places = 0;
  for (const auto& exchanges : {messages(), ends(), violations(), answers(), scripted()})
    places += check_all(exchanges);
  MESSAGE("cut at " << places << " places");
  CHECK(places > 5000);
}

TEST_CASE("role client: a request goes out, frames are masked, a Close is answered in kind") {
  Rig rig(client());
  rig.session->start();
  const std::string request = rig.link.take();
  CHECK(request.starts_with("GET /chat HTTP/1.1\r\nHost: example\r\n"));
  rig.deliver(good_101(request));
  CHECK(rig.record().phase == Phase::open);
  rig.send({text_item("x")});
  const std::string sent = rig.link.take();
  REQUIRE(sent.size() == 7);
  CHECK(static_cast<unsigned char>(sent[1]) == 0x81);
  rig.deliver(from_server(0x88, close_body(1001, "away")));
  const std::string answer = rig.link.take();
  REQUIRE(answer.size() == 8);
  CHECK(static_cast<unsigned char>(answer[0]) == 0x88);
  CHECK((answer[6] ^ answer[2]) == 1001 >> 8);
  CHECK(static_cast<unsigned char>(answer[7] ^ answer[3]) == (1001 & 0xff));
}

TEST_CASE("reading that is paused reads nothing; resumed, it reads what has come") {
  Rig rig(client());
  rig.session->start();
  rig.deliver(good_101(rig.link.take()));
  rig.session->pause_reading();
  rig.deliver(from_server(0x81, "a"));
  rig.session->drain();
  CHECK(rig.record().messages == 0);
  rig.session->resume_reading();
  CHECK(rig.record().messages == 1);
}

TEST_CASE("no answer in time, no connection in time") {
  for (const bool opens : {false, true}) {
    SessionSetup setup = client();
    setup.connect_timeout_ms = 1;
    Rig rig(setup);
    rig.link.open_later();
    rig.session->start();
    CHECK(rig.record().phase == Phase::connecting);
    if (opens) rig.link.open();
    while (!rig.record().is_over()) shared_loop().run_once();
    CHECK(rig.record().failure == Failure::timeout);
    CHECK(rig.record().failure_fact.cause ==
          (opens ? result::Cause::handshake_timeout : result::Cause::tls_timeout));
    CHECK(rig.record().failure_fact.limit_ms == 1);
    CHECK(rig.link.dropped());
  }
}

TEST_CASE("a probe goes out once after the script's octets, and its pong is known") {
  Rig rig(client());
  rig.session->start();
  rig.deliver(good_101(rig.link.take()));
  rig.send({text_item("a")});
  rig.link.take();
  rig.session->send_probe();
  rig.session->send_probe();
  const std::string ping = rig.link.take();
  REQUIRE(ping.size() == 6 + 15);
  std::string payload = ping.substr(6);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= ping[2 + i % 4];
  CHECK(payload.starts_with("wsspec "));
  CHECK_FALSE(rig.record().probe_answered());
  rig.deliver(from_server(0x8a, payload));
  CHECK(rig.record().probe_answered());
  rig.session->send_close();
  CHECK(rig.record().goodbye);
  rig.deliver(from_server(0x88, close_body(1000)));
  rig.link.end(net::EndKind::eof);
  CHECK(rig.record().said_goodbye());
  CHECK(rig.link.dropped());
}

}  // namespace wsspec::session
