// A flat-out burst of 22-byte frames over TLS: our connection against the plainest thing there is,
// a blocking SSL_write loop of the same octets to the same kind of sink. Both in this process, in
// turns; the ratio is the median of the rounds' ratios. Prints one line.
//
//     tls_burst [ROUNDS] [MEBIBYTES]
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "net/connection.h"
#include "net/loop.h"

using namespace wsspec;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kFrame = 22;
constexpr std::size_t kChunk = 256 * 1024;  // what the engine's burst hands over at a time

void must(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "tls_burst: {}\n", what);
  std::exit(1);
}

/// Takes TLS connections one after the other, reads each to its end, closes.
class Sink {
 public:
  Sink() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    context_ = SSL_CTX_new(TLS_server_method());
    must(SSL_CTX_use_certificate(context_, certificate) == 1 &&
             SSL_CTX_use_PrivateKey(context_, key) == 1,
         "no certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
             ::listen(listener_, 4) == 0,
         "no listener");
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Sink() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  std::uint16_t port = 0;

 private:
  void serve() {
    std::vector<char> buffer(64 * 1024);
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      SSL* ssl = SSL_new(context_);
      SSL_set_fd(ssl, fd);
      if (SSL_accept(ssl) == 1)
        while (SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size())) > 0) {
        }
      SSL_free(ssl);
      ::close(fd);
    }
  }
  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  std::thread thread_;
};

/// Pre-encoded frames, whole ones only.
std::vector<std::uint8_t> frames() {
  std::vector<std::uint8_t> out;
  while (out.size() + kFrame <= kChunk) {
    out.insert(out.end(), {0x82, 0x90, 1, 2, 3, 4});
    for (std::size_t i = 0; i < 16; ++i) out.push_back(static_cast<std::uint8_t>(i * 17 + 3));
  }
  return out;
}

/// Octets a second, from the first octet until the sink has read the last and closed.
double plain(std::uint16_t port, const std::vector<std::uint8_t>& chunk, std::size_t total) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  must(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "no connection");
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  must(SSL_connect(ssl) == 1, "no TLS");
  const auto start = Clock::now();
  for (std::size_t sent = 0; sent < total;) {
    const std::size_t n = std::min(chunk.size(), total - sent);
    must(SSL_write(ssl, chunk.data(), static_cast<int>(n)) == static_cast<int>(n), "SSL_write");
    sent += n;
  }
  SSL_shutdown(ssl);
  ::shutdown(fd, SHUT_WR);
  char end;
  while (::recv(fd, &end, 1, 0) > 0) {
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  SSL_free(ssl);
  ::close(fd);
  SSL_CTX_free(context);
  return static_cast<double>(total) / seconds;
}

struct Burst : net::TransportHandler {
  const std::vector<std::uint8_t>& chunk;
  std::size_t total, sent = 0;
  bool over = false;
  Clock::time_point start{};
  std::unique_ptr<net::Connection> connection;

  Burst(const std::vector<std::uint8_t>& octets, std::size_t count) : chunk(octets), total(count) {}
  void on_open(net::TimePoint) override {
    start = Clock::now();
    push();
  }
  void on_data(std::span<const std::uint8_t>, net::TimePoint) override {}
  void on_writable() override { push(); }
  void on_end(const net::EndInfo&, net::TimePoint) override { over = true; }
  // As the engine does it: a few chunks in a row, reading before each.
  void push() {
    for (int n = 0; n < 16; ++n) {
      connection->drain(65536);
      const std::size_t at = sent % chunk.size();
      const auto piece = std::span(chunk).subspan(at, std::min(chunk.size() - at, total - sent));
      const auto result = connection->send(piece);
      must(result.error == 0, "send");
      sent += result.sent;
      if (sent == total) {
        connection->shutdown_write();
        return;
      }
      if (result.sent < piece.size()) break;
    }
    connection->want_write();
  }
};

double ours(net::Loop& loop, std::uint16_t port, const std::vector<std::uint8_t>& chunk,
            std::size_t total) {
  net::TlsSettings settings;
  settings.host = "127.0.0.1";
  settings.insecure = true;
  auto context = net::TlsContext::create(settings);
  must(context.has_value(), "no TLS context");
  Burst burst(chunk, total);
  net::ConnectOptions options;
  options.tls = *context;
  auto made =
      net::Connection::connect(loop, net::resolve("127.0.0.1", port)->front(), options, burst);
  must(made.has_value(), "no connection");
  burst.connection = std::move(*made);
  while (!burst.over) loop.run_once();
  const double seconds = std::chrono::duration<double>(Clock::now() - burst.start).count();
  return static_cast<double>(total) / seconds;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 9;
  const std::size_t mebibytes = count > 2 ? std::strtoul(words[2], nullptr, 10) : 256;
  must(rounds > 0 && mebibytes > 0, "usage: tls_burst [ROUNDS] [MEBIBYTES]");
  net::global_init(1024);
  auto loop = net::Loop::create();
  must(loop.has_value(), "no loop");
  Sink sink;
  const auto chunk = frames();
  const std::size_t total = (mebibytes << 20) / kFrame * kFrame;
  std::vector<double> ratios, rates, references;
  ours(**loop, sink.port, chunk, total / 8);  // warm up
  for (int round = 0; round < rounds; ++round) {
    const bool first = round % 2 == 0;  // neither always goes first
    const double a = first ? plain(sink.port, chunk, total) : ours(**loop, sink.port, chunk, total);
    const double b = first ? ours(**loop, sink.port, chunk, total) : plain(sink.port, chunk, total);
    references.push_back(first ? a : b);
    rates.push_back(first ? b : a);
    ratios.push_back(rates.back() / references.back());
  }
  fmt::print(
      "burst over TLS, flat out\t{:.1f} million frames/s\tplain SSL_write: {:.1f} (ratios {:.2f} "
      "to "
      "{:.2f})\t{:.2f}\t>= 0.9\t{}\n",
      median(rates) / kFrame / 1e6, median(references) / kFrame / 1e6,
      *std::min_element(ratios.begin(), ratios.end()),
      *std::max_element(ratios.begin(), ratios.end()), median(ratios),
      median(ratios) >= 0.9 ? "ok" : "MISS");
  return 0;
}
