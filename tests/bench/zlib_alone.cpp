// zlib_alone MESSAGES: what zlib needs, in CPU time of this thread, to deflate and inflate the very
// octets that `autobahn:*` sends compressed, with so many messages a case: the payloads come out of
// the built-in suite itself. One call a message into a buffer that fits, which is zlib at its best;
// each message stands for itself, as all offers of sections 12 and 13 ask for. Making the payloads
// is not counted. Prints: seconds to deflate, seconds to inflate, octets, compressed octets.
#include <fmt/format.h>
#include <zlib.h>

#include <cstdlib>
#include <ctime>

#include "loader/late.h"
#include "loader/load.h"
#include "scenario/select.h"

namespace {

using namespace wsspec;

double cpu_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Total {
  double deflated = 0, inflated = 0;
  std::uint64_t octets = 0, compressed = 0;
};

class Zlib {
 public:
  Zlib() {
    deflateInit2(&out_, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    inflateInit2(&in_, -15);
  }
  ~Zlib() {
    deflateEnd(&out_);
    inflateEnd(&in_);
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;

  bool through(wire::OctetVector& plain, Total& total) {
    packed_.resize(deflateBound(&out_, static_cast<uLong>(plain.size())) + 64);
    back_.resize(plain.size() + 64);
    const double start = cpu_now();
    deflateReset(&out_);
    out_.next_in = plain.data();
    out_.avail_in = static_cast<uInt>(plain.size());
    out_.next_out = packed_.data();
    out_.avail_out = static_cast<uInt>(packed_.size());
    deflate(&out_, Z_SYNC_FLUSH);
    const std::size_t size = packed_.size() - out_.avail_out;
    const double middle = cpu_now();
    inflateReset(&in_);
    in_.next_in = packed_.data();
    in_.avail_in = static_cast<uInt>(size);
    in_.next_out = back_.data();
    in_.avail_out = static_cast<uInt>(back_.size());
    inflate(&in_, Z_SYNC_FLUSH);
    const double end = cpu_now();
    total.deflated += middle - start;
    total.inflated += end - middle;
    total.octets += plain.size();
    total.compressed += size;
    return back_.size() - in_.avail_out == plain.size();
  }

 private:
  z_stream out_{}, in_{};
  wire::OctetVector packed_, back_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  loader::LoadInput input;
  input.suites = loader::built_in_suites();
  input.tables = loader::built_in_tables();
  input.settings.push_back({"autobahn.messages", argv[1]});
  const auto loaded = loader::load(input);
  if (!loaded.problems.empty()) {
    fmt::print(stderr, "{}\n", loaded.problems.front().text());
    return 1;
  }
  Zlib zlib;
  Total total;
  wire::OctetVector plain;
  for (const auto& scenario : loaded.scenarios) {
    if (!scenario::selects("autobahn:*", scenario)) continue;
    for (const auto& outer : scenario.steps) {
      const auto* repeat = std::get_if<scenario::RepeatStep>(&outer.what);
      if (repeat == nullptr) continue;
      for (std::uint64_t round = 0; round < repeat->times; ++round) {
        scenario::RunValues values;
        values.i = static_cast<std::int64_t>(round);
        const auto step = loader::resolve(repeat->steps.front(), values);
        const auto* send = step ? std::get_if<scenario::SendStep>(&step->what) : nullptr;
        if (send == nullptr || !send->items.front().deflate) break;
        plain = send->items.front().payload.head(std::size_t{1} << 20);
        if (!zlib.through(plain, total)) return 1;
      }
    }
  }
  fmt::print("{} {} {} {}\n", total.deflated, total.inflated, total.octets, total.compressed);
}
