// Octets through TLS: sending, reading, pausing, ending, against a blocking OpenSSL server.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "tls_client.h"

using namespace wsspec::net;
using namespace wsspec::net::test;

TEST_CASE("plaintext goes both ways over TLS 1.2 and 1.3, and a close_notify is told") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::string heard, sni, alpn;
    TlsServer server({.identity = authority().server.get(), .version = version},
                     [&](SSL* ssl, int, bool good) {
                       CHECK(good);
                       heard = read_some(ssl);
                       const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
                       sni = name != nullptr ? name : "";
                       const unsigned char* chosen = nullptr;
                       unsigned int size = 0;
                       SSL_get0_alpn_selected(ssl, &chosen, &size);
                       alpn.assign(reinterpret_cast<const char*>(chosen), size);
                       write_all(ssl, "hello client");
                       SSL_shutdown(ssl);
                     });
    Client client;
    client.connect(server.port(), trusting({.host = "localhost"}));
    client.run_until([&] { return client.recorder.opened; });
    CHECK(std::string(client.connection->tls_facts()->version) ==
          (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
    const auto result = client.connection->send(octets("hello server"));
    CHECK(result.sent == 12);
    CHECK(result.error == 0);
    const EndInfo& end = client.end();
    CHECK(end.kind == EndKind::eof);
    CHECK(end.close_notify);
    CHECK(client.recorder.data == "hello client");
    CHECK(heard == "hello server");
    CHECK(sni == "localhost");
    CHECK(alpn == "http/1.1");
  }
}

TEST_CASE("a FIN without close_notify, and a reset, are told as truncated") {
  for (const bool reset : {false, true}) {
    TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int fd, bool) {
      write_all(ssl, "last words");
      // SSL_free writes nothing: the stream just ends.
      const linger hard{1, 0};
      if (reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      read_some(ssl);
    });
    Client client;
    client.connect(server.port());
    client.run_until([&] { return client.recorder.data == "last words"; });
    client.connection->send(octets("x"));
    const EndInfo& end = client.end();
    CHECK(end.kind == (reset ? EndKind::reset : EndKind::eof));
    CHECK_FALSE(end.close_notify);
    CHECK(end.tls.failure == TlsFailure::none);
  }
}

TEST_CASE("a large transfer arrives whole although the socket is full again and again") {
  std::string all(8 << 20, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 7 + (i >> 11));
  std::string heard;
  TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (std::string part = read_some(ssl); !part.empty(); part = read_some(ssl)) heard += part;
    CHECK(SSL_get_shutdown(ssl) == SSL_RECEIVED_SHUTDOWN);  // a close_notify, not only a FIN
    SSL_shutdown(ssl);
  });
  Client client;
  std::size_t sent = 0;
  bool full = false;
  const auto push = [&] {
    const auto result = client.connection->send(octets(all).subspan(sent));
    sent += result.sent;
    if (sent < all.size()) {
      full = true;
      client.connection->want_write();
    } else {
      client.connection->shutdown_write();
    }
  };
  client.recorder.at_open = push;
  client.recorder.at_writable = push;
  client.connect(server.port());
  CHECK(client.end().close_notify);
  CHECK(full);
  CHECK(heard == all);
}

TEST_CASE(
    "octets that are counted as sent go out although the rest is given up and others follow") {
  std::string heard;
  std::atomic<bool> read_on{false};
  TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool) {
    while (!read_on) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    for (std::string part = read_some(ssl); !part.empty(); part = read_some(ssl)) heard += part;
  });
  Client client;
  client.connect(server.port());
  client.run_until([&] { return client.recorder.opened; });
  const std::string flood(32 << 20, 'f');
  const std::size_t sent = client.connection->send(octets(flood)).sent;
  REQUIRE(sent < flood.size());
  CHECK(client.connection->send(octets("nothing fits")).sent == 0);
  read_on = true;
  std::size_t last = 0;
  const auto push = [&] {
    if (last == 0) last = client.connection->send(octets("the end")).sent;
    if (last > 0) client.connection->shutdown_write();
  };
  client.recorder.at_writable = push;
  client.connection->want_write();
  client.end();
  CHECK(heard.size() == sent + 7);
  CHECK(heard == flood.substr(0, sent) + "the end");
}

TEST_CASE("what a server says before it resets a flood is heard") {
  for (int round = 0; round < 20; ++round) {
    TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool) {
      read_some(ssl);
      write_all(ssl, "last words");  // unread data at close() makes TCP answer with RST
    });
    Client client;
    const std::string flood(1 << 20, 'f');
    const auto push = [&] {
      client.connection->send(octets(flood));
      client.connection->want_write();
    };
    client.recorder.at_open = push;
    client.recorder.at_writable = push;
    client.connect(server.port());
    CHECK(client.end().kind == EndKind::reset);
    CHECK(client.recorder.data == "last words");
  }
}

TEST_CASE("a paused reader hears nothing, a slow one what it asks for, a resumed one the rest") {
  const std::string all(16000, 'a');  // one record: read in pieces, the rest waits inside OpenSSL
  TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool) {
    write_all(ssl, all);
    read_some(ssl);
  });
  Client client;
  client.recorder.at_open = [&] { client.connection->pause_reading(); };
  client.connect(server.port());
  client.run_until([&] { return client.recorder.opened; });
  client.run_for(100);
  CHECK(client.recorder.data.empty());
  CHECK(client.connection->drain(100) == 100);
  CHECK(client.connection->drain(50) == 50);
  client.run_for(50);
  CHECK(client.recorder.data.size() == 150);
  client.connection->resume_reading();
  client.run_until([&] { return client.recorder.data == all; });
  client.connection.reset();
}

TEST_CASE("a drain that stops at its limit loses no data") {
  const std::string all(100000, 'a');
  std::atomic<bool> go{false};
  TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool) {
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    write_all(ssl, all);
    go = false;
    read_some(ssl);
  });
  Client client;
  client.connect(server.port());
  client.run_until([&] { return client.recorder.opened; });
  go = true;
  while (go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(client.connection->drain(1000) == 1000);
  client.run_until([&] { return client.recorder.data.size() == all.size(); });
  client.connection.reset();
}

TEST_CASE("a TLS connection may be destroyed or aborted from inside each of its callbacks") {
  for (const std::string place : {"open", "data", "writable"})
    for (const bool abort : {false, true}) {
      TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool good) {
        if (good) SSL_write(ssl, std::string(60000, 'd').data(), 60000);
        read_some(ssl);
      });
      Client client;
      bool gone = false;
      const auto end = [&] {
        if (abort)
          client.connection->abort();
        else
          client.connection.reset();
        gone = true;
      };
      if (place == "open") client.recorder.at_open = end;
      if (place == "data") client.recorder.at_data = end;
      if (place == "writable") {
        client.recorder.at_open = [&] { client.connection->want_write(); };
        client.recorder.at_writable = end;
      }
      client.connect(server.port());
      client.run_until([&] { return gone; });
      const std::size_t heard = client.recorder.data.size();
      client.run_for(20);
      CHECK(client.recorder.data.size() == heard);
      CHECK_FALSE(client.recorder.ended);
    }
}

TEST_CASE("a close_notify without a FIN is answered, and the connection stays open") {
  std::atomic<int> answered{0};
  std::atomic<bool> go_on{false};
  TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool) {
    SSL_shutdown(ssl);
    answered = SSL_shutdown(ssl);  // 1: the client's close_notify has come
    for (int n = 0; n < 1000 && !go_on; ++n)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  Client client;
  client.connect(server.port());
  for (int n = 0; n < 500 && answered != 1; ++n) client.run_for(10);
  CHECK(answered == 1);
  CHECK_FALSE(client.recorder.ended);
  CHECK(client.connection->send(octets("too late")).error == EPIPE);
  go_on = true;
  const EndInfo& end = client.end();
  CHECK(end.kind == EndKind::eof);
  CHECK(end.close_notify);
}

TEST_CASE("octets that a handler asks for inside on_data do not overtake those it is told") {
  Client client;
  int accepted = -1;
  auto listener = std::move(*Listener::listen(*client.loop, resolve("127.0.0.1", 0)->front(),
                                              [&](int fd) { accepted = fd; }));
  client.connect(listener->port(), nullptr);
  client.run_until([&] { return client.recorder.opened && accepted >= 0; });
  std::size_t drained = 0;
  client.recorder.at_data = [&] {
    if (client.recorder.data == "first") CHECK(::send(accepted, "second", 6, 0) == 6);
    drained += client.connection->drain(100);
  };
  CHECK(::send(accepted, "first", 5, 0) == 5);
  client.run_until([&] { return client.recorder.data == "firstsecond"; });
  CHECK(drained == 0);
  ::close(accepted);
}
