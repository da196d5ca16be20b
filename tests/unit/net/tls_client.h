// The client side of TLS tests: a loop, a connection, and a record of what its handler heard.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "net/connection.h"
#include "net/loop.h"
#include "tls_server.h"

namespace wsspec::net::test {

struct Recorder : TransportHandler {
  bool opened = false, ended = false;
  std::string data;
  EndInfo end;
  std::function<void()> at_open, at_data, at_writable;
  void on_open(TimePoint) override {
    opened = true;
    if (at_open) at_open();
  }
  void on_data(std::span<const std::uint8_t> octets, TimePoint) override {
    data.append(octets.begin(), octets.end());
    if (at_data) at_data();
  }
  void on_writable() override {
    if (at_writable) at_writable();
  }
  void on_end(const EndInfo& info, TimePoint) override {
    ended = true;
    end = info;
  }
};

/// Certificates that all tests share: making them takes a moment.
struct Authority {
  std::unique_ptr<Identity> ca = make_identity({"test CA", "", -3600, 3600, nullptr});
  PemFile ca_file{*ca, true, false};
  std::unique_ptr<Identity> server = make_identity({.issuer = ca.get()});
};
inline Authority& authority() {
  static Authority all;
  return all;
}

inline std::span<const std::uint8_t> octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::shared_ptr<const TlsContext> trusting(TlsSettings settings = {.host = "127.0.0.1"}) {
  if (settings.ca_file.empty()) settings.ca_file = authority().ca_file.path();
  auto context = TlsContext::create(std::move(settings));
  REQUIRE(context.has_value());
  return *context;
}

struct Client {
  std::unique_ptr<Loop> loop;
  Recorder recorder;
  std::unique_ptr<Connection> connection;
  Client() {
    global_init(1024);
    loop = std::move(*Loop::create());
  }
  void connect(std::uint16_t port, std::shared_ptr<const TlsContext> tls = trusting()) {
    ConnectOptions options;
    options.tls = std::move(tls);
    auto made = Connection::connect(*loop, resolve("127.0.0.1", port)->front(), options, recorder);
    REQUIRE(made.has_value());
    connection = std::move(*made);
  }
  template <typename Done>
  void run_until(Done done, int seconds = 5) {
    bool late = false;
    Timer limit(*loop, [&] { late = true; });
    limit.start(std::chrono::seconds(seconds));
    while (!done() && !late) loop->run_once();
    REQUIRE_FALSE(late);
  }
  void run_for(int ms) {
    Timer nap(*loop, [] {});
    nap.start(std::chrono::milliseconds(ms));
    while (nap.pending()) loop->run_once();
  }
  const EndInfo& end() {
    run_until([&] { return recorder.ended; });
    return recorder.end;
  }
};

inline void write_all(SSL* ssl, std::string_view text) {
  CHECK(SSL_write(ssl, text.data(), static_cast<int>(text.size())) ==
        static_cast<int>(text.size()));
}

inline std::string read_some(SSL* ssl) {
  char buffer[65536];
  const int n = SSL_read(ssl, buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
}

inline bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE(text);
  return found;
}

}  // namespace wsspec::net::test
