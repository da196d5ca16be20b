// Which certificates a TLS client trusts, and the words for a handshake that fails.
#include <doctest/doctest.h>

#include <string>

#include "tls_client.h"

using namespace wsspec::net;
using namespace wsspec::net::test;

namespace {

/// Why the handshake with such a server fails.
TlsProblem failure(const ServerShape& shape, const std::shared_ptr<const TlsContext>& tls) {
  TlsServer server(shape, [](SSL* ssl, int, bool) { read_some(ssl); });
  Client client;
  client.connect(server.port(), tls);
  const EndInfo end = client.end();
  CHECK(end.kind == EndKind::tls_failed);
  return end.tls;
}

TlsProblem certificate_failure(const Wanted& wanted, const std::string& host = "127.0.0.1") {
  const auto identity = make_identity(wanted);
  const TlsProblem problem = failure({.identity = identity.get()}, trusting({.host = host}));
  CHECK(is_certificate(problem.failure));
  return problem;
}

}  // namespace

TEST_CASE("no server name is sent for an address") {
  bool named = true;
  TlsServer server({.identity = authority().server.get()}, [&](SSL* ssl, int, bool) {
    named = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != nullptr;
  });
  Client client;
  client.connect(server.port());
  client.end();
  CHECK_FALSE(named);
}

TEST_CASE("certificates that must not be trusted are refused with the reason") {
  const Identity* ca = authority().ca.get();
  CHECK(has(certificate_failure({.from = -7200, .to = -3600, .issuer = ca}).words, "expired on 2"));
  CHECK(has(certificate_failure({.from = 3600, .to = 7200, .issuer = ca}).words,
            "is not valid before 2"));
  CHECK(has(certificate_failure({.alternatives = "DNS:a.example,DNS:*.b.example", .issuer = ca},
                                "localhost")
                .words,
            "is for 'a.example' and '*.b.example', not for 'localhost'"));
  CHECK(has(certificate_failure({.alternatives = "IP:127.0.0.2,DNS:127.0.0.1", .issuer = ca}).words,
            "is for '127.0.0.2' and '127.0.0.1', not for '127.0.0.1'"));
  CHECK(has(certificate_failure({}).words, "is self-signed (by 'test server')"));
  const auto other = make_identity({.name = "other CA", .alternatives = ""});
  CHECK(has(certificate_failure({.issuer = other.get()}).words,
            "comes from an untrusted CA ('other CA')"));
}

TEST_CASE("names of a certificate are bounded: the server chose them") {
  std::string names = "DNS:" + std::string(300, 'a');
  for (int i = 0; i < 400; ++i) names += ",DNS:n" + std::to_string(i) + ".example";
  const auto problem =
      certificate_failure({.alternatives = names, .issuer = authority().ca.get()}, "localhost");
  CHECK(has(problem.words, "and 396 more, not for 'localhost'"));
  CHECK(problem.words.size() < 400);
}

TEST_CASE("an insecure context takes any certificate") {
  const auto expired = make_identity({.alternatives = "DNS:other.example", .from = -9, .to = -5});
  TlsServer server({.identity = expired.get()}, [](SSL* ssl, int, bool good) {
    CHECK(good);
    SSL_shutdown(ssl);
  });
  Client client;
  auto context = TlsContext::create({.host = "localhost", .insecure = true});
  REQUIRE(context.has_value());
  client.connect(server.port(), *context);
  CHECK(client.end().kind == EndKind::eof);
  CHECK(client.recorder.opened);
}

TEST_CASE("alerts and old versions are named") {
  const Identity* identity = authority().server.get();
  const auto alpn = failure({.identity = identity, .wrong_alpn = true}, trusting());
  CHECK(alpn.failure == TlsFailure::alert);
  CHECK(has(alpn.words, "'no application protocol' (120): it does not speak HTTP/1.1"));
  const auto old = failure({.identity = identity, .version = TLS1_1_VERSION}, trusting());
  CHECK((old.failure == TlsFailure::alert || old.failure == TlsFailure::protocol));
  CHECK(has(old.words, "TLS 1.2"));
}

TEST_CASE("a client certificate that is demanded: none, the right one, one of a stranger") {
  const Identity* identity = authority().server.get();
  const Identity* ca = authority().ca.get();
  const auto ours = make_identity({.name = "us", .alternatives = "DNS:us", .issuer = ca});
  const auto stranger = make_identity({.name = "stranger", .alternatives = "DNS:stranger"});
  const PemFile both(*ours, true, true), alone(*ours, true, false), key(*ours, false, true);
  const PemFile strange(*stranger, true, true);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const ServerShape shape{.identity = identity, .version = version, .client_ca = ca};
    const auto none = failure(shape, trusting());
    CHECK(none.failure == TlsFailure::client_certificate);
    CHECK(has(none.words, "client certificate"));
    const auto wrong =
        failure(shape, trusting({.host = "127.0.0.1", .certificate = strange.path()}));
    CHECK(wrong.failure == TlsFailure::client_certificate);
    for (const auto& settings :
         {TlsSettings{.host = "127.0.0.1", .certificate = both.path()},
          TlsSettings{.host = "127.0.0.1", .certificate = alone.path(), .key = key.path()}}) {
      TlsServer server(shape, [](SSL* ssl, int, bool good) {
        CHECK(good);
        SSL_shutdown(ssl);
      });
      Client client;
      client.connect(server.port(), trusting(settings));
      CHECK(client.end().kind == EndKind::eof);
    }
  }
}

TEST_CASE("files that are no certificates and keys are refused with OpenSSL's reason") {
  const auto ours = make_identity({.alternatives = "DNS:us"});
  const auto other = make_identity({.alternatives = "DNS:other"});
  const PemFile certificate(*ours, true, false), wrong_key(*other, false, true);
  const auto refusal = [](const TlsSettings& settings) {
    const auto context = TlsContext::create(settings);
    REQUIRE_FALSE(context.has_value());
    return context.error();
  };
  CHECK(has(refusal({.ca_file = "/no/such/file"}), "No such file"));
  CHECK(has(refusal({.ca_file = wrong_key.path()}), wrong_key.path()));
  CHECK(has(refusal({.certificate = "/no/such/file"}), "No such file"));
  CHECK(has(refusal({.certificate = certificate.path()}), "no client key can be used from"));
  CHECK(has(refusal({.certificate = certificate.path(), .key = wrong_key.path()}),
            "key values mismatch"));
  CHECK(has(refusal({.key = wrong_key.path()}), "needs its certificate"));
}

TEST_CASE("a server that does not speak TLS is named with what it said") {
  global_init(1024);
  for (const auto& [said, named] :
       {std::pair<std::string, std::string>{"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
                                            "plain text 'HTTP/1.1 400 Bad Request'"},
        {"\xff\xfe\x01\x02\x03\x04\x05\x06\x07", "octets ff fe 01 02 03 04 05 06"},
        {"", "ended the connection in the TLS handshake"}}) {
    Client client;
    int accepted = -1;
    auto listener = std::move(*Listener::listen(*client.loop, resolve("127.0.0.1", 0)->front(),
                                                [&](int fd) { accepted = fd; }));
    client.connect(listener->port());
    char hello[4096];
    client.run_until(
        [&] { return accepted >= 0 && ::recv(accepted, hello, sizeof hello, MSG_DONTWAIT) > 0; });
    if (!said.empty()) CHECK(::send(accepted, said.data(), said.size(), MSG_NOSIGNAL) > 0);
    ::close(accepted);
    const EndInfo& end = client.end();
    CHECK(end.kind == EndKind::tls_failed);
    CHECK(end.tls.failure == (said.empty() ? TlsFailure::cut : TlsFailure::not_tls));
    CHECK(has(end.tls.words, named));
    CHECK_FALSE(client.recorder.opened);
  }
}
