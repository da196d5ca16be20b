// Bursts with a rate, against a sink that notes when each octet arrives: the rate between the first
// and the last message, the most in any 10 ms, and what it costs us.
#include <ctime>

#include "sink.h"

namespace wsspec::bench {
namespace {

constexpr double kSeconds = 3;
constexpr auto kWindow = std::chrono::milliseconds(10);

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The most messages that arrived within any kWindow.
double most_in_window(const std::vector<Sink::Arrival>& arrivals) {
  std::uint64_t most = 0;
  for (std::size_t first = 0, last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last].at - arrivals[first].at >= kWindow) ++first;
    const std::uint64_t before = first == 0 ? 0 : arrivals[first - 1].octets;
    most = std::max(most, arrivals[last].octets - before);
  }
  return static_cast<double>(most) / static_cast<double>(kFrameOctets);
}

void paced(Sink& sink, double per_second) {
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  {
    Client client(sink);
    client.burst(burst_step(static_cast<std::uint64_t>(per_second * kSeconds), per_second));
  }
  const double share = (cpu_seconds() - cpu) / seconds_since(start);
  const auto arrivals = sink.arrivals();
  // What arrived with the first message started the clock; it is not part of the rate.
  const double octets = static_cast<double>(arrivals.back().octets - arrivals.front().octets);
  const double seconds =
      std::chrono::duration<double>(arrivals.back().at - arrivals.front().at).count();
  const double off = octets / static_cast<double>(kFrameOctets) / seconds / per_second - 1;
  const double window = std::chrono::duration<double>(kWindow).count();
  print({fmt::format("{:.0f} messages a second for {:.0f} s", per_second, kSeconds),
         fmt::format("{:+.2f} %, CPU {:.1f} %", off * 100, share * 100),
         "the rate; the most in any 10 ms",
         fmt::format("{:.1f}", most_in_window(arrivals) / (per_second * window)), "within 0.5 %",
         std::abs(off) <= 0.005});
}

}  // namespace

void pacing() {
  Sink sink;
  sink.note_arrivals = true;
  for (const double rate : {1e3, 1e4, 5e4}) paced(sink, rate);
}

}  // namespace wsspec::bench
