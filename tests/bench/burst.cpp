// A flat-out burst through the engine against a plain send loop over the same octets, and how soon
// a Close inside such a burst is noticed.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "sink.h"
#include "wire/frame.h"

namespace wsspec::bench {
namespace {

constexpr std::uint64_t kFrames = 20'000'000;  // 440 MB
constexpr double kMillion = 1e6;

/// Frames a second.
double by_engine(const Sink& sink) {
  Client client(sink);
  const auto start = Clock::now();
  client.burst(burst_step(kFrames));
  return kFrames / seconds_since(start);
}

double by_send_loop(const Sink& sink) {
  const int fd = plain_client(sink);
  wire::OctetVector chunk;
  wire::FrameHeader header;
  header.masked = true;
  header.key = {1, 2, 3, 4};
  while (chunk.size() < 256 * 1024) {
    const auto frame = wire::encode_frame(header, wire::as_octets(kText));
    chunk.insert(chunk.end(), frame.begin(), frame.end());
  }
  std::uint64_t left = kFrames * kFrameOctets;
  const auto start = Clock::now();
  while (left > 0) {
    const ssize_t n =
        ::send(fd, chunk.data(), std::min<std::uint64_t>(left, chunk.size()), MSG_NOSIGNAL);
    if (n <= 0) std::abort();
    left -= static_cast<std::uint64_t>(n);
  }
  const double rate = kFrames / seconds_since(start);
  ::close(fd);
  return rate;
}

/// Milliseconds from the server's send of its Close to our reading it.
double close_noticed(Sink& sink) {
  Client client(sink);
  client.burst(burst_step(kFrames));
  if (!client.session->record().close_at) std::abort();
  const auto seen = client.session->record().close_at->time_since_epoch().count();
  return static_cast<double>(seen - sink.close_sent_ns) / kMillion;
}

}  // namespace

void burst() {
  Sink sink;
  const auto rates = compare(
      15, [&] { return by_engine(sink); }, [&] { return by_send_loop(sink); });
  print({"flat-out burst over ws, frames of 22 octets",
         fmt::format("{:.0f} million/s", rates.ours / kMillion), "a plain send loop",
         fmt::format("{:.2f}", rates.ratio), ">= 0.9", rates.ratio >= 0.9});
  std::vector<double> noticed;
  sink.close_after = 64u << 20;
  for (int round = 0; round < 20; ++round) noticed.push_back(close_noticed(sink));
  const double middle = median(noticed);
  print(
      {"a Close inside the burst is noticed after (median; worst of 20)",
       fmt::format("{:.2f}; {:.2f} ms", middle, *std::max_element(noticed.begin(), noticed.end())),
       "the server's send", "", "< 5 ms", middle < 5});
}

}  // namespace wsspec::bench
