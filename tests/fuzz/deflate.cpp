// permessage-deflate: any octets inflate to the same however they were cut, and to no more than is
// allowed; what is compressed inflates to itself, message after message.
#include "wire/deflate.h"

#include <string>

#include "../unit/wire/event_log.h"
#include "fuzz.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;
using wire::Inflater;
using wire::Octets;

namespace {

struct Inflated {
  std::string text;
  Inflater::State state = Inflater::State::need;

  bool take(Inflater& inflater, Octets piece) {
    return read(inflater, [&] { return inflater.next(piece); });
  }
  bool finish(Inflater& inflater) {
    return read(inflater, [&] { return inflater.finish(); });
  }

 private:
  template <typename Next>
  bool read(const Inflater& inflater, const Next& next) {
    if (state != Inflater::State::need) return false;
    while ((state = next()) == Inflater::State::part) {
      expect(!inflater.part().empty(), "a part is not empty");
      expect(inflater.part().size() <= Inflater::kMaxPart, "a part is bounded");
      text += wire::as_chars(inflater.part());
      expect(text.size() <= Inflater::kMaxMessage, "a message is bounded");
    }
    return state == Inflater::State::need;
  }
};

void check_inflater(Octets octets, const fuzz::Cuts& cuts, bool takeover) {
  Inflater whole(15, takeover), cut(15, takeover);
  for (int message = 0; message < 2; ++message) {
    Inflated one, other;
    whole.begin();
    cut.begin();
    if (one.take(whole, octets)) one.finish(whole);
    cuts.cut(octets, [&](Octets piece) { other.take(cut, piece); });
    other.finish(cut);
    expect(one.state == other.state, "whether data is corrupt does not depend on its cuts");
    expect(one.text == other.text, "what data inflates to does not depend on its cuts");
  }
}

void check_round_trip(Octets octets, const fuzz::Cuts& cuts, std::uint8_t bits,
                      wire::DeflateMessage how) {
  const int window = 8 + bits % 8;
  const bool takeover = (bits & 8) != 0;
  wire::Deflater deflater(window, takeover);
  Inflater inflater(window, takeover);
  for (int message = 0; message < 3; ++message) {
    wire::OctetVector packed;
    deflater.begin(how);
    cuts.cut(octets, [&](Octets piece) { deflater.add(piece, packed); });
    deflater.finish(packed);
    Inflated read;
    inflater.begin();
    if (read.take(inflater, packed)) read.finish(inflater);
    expect(read.state == Inflater::State::need, "compressed data inflates");
    expect_same(read.text, std::string(wire::as_chars(octets)), "to what it was made of");
  }
}

void check_reader(Octets stream, const fuzz::Cuts& cuts, bool takeover) {
  for (const bool keep_going : {false, true}) {
    wire::test::EventLog one, other;
    wire::MessageReader whole({wire::Role::server, keep_going, 0}, one),
        cut({wire::Role::server, keep_going, 0}, other);
    whole.allow_deflate(15, takeover);
    cut.allow_deflate(15, takeover);
    whole.feed(stream);
    cuts.cut(stream, [&](Octets piece) { cut.feed(piece); });
    expect_same(fmt::format("{} {}", fmt::join(one.lines, "\n"), one.data),
                fmt::format("{} {}", fmt::join(other.lines, "\n"), other.data),
                "compressed messages are told the same however the stream was cut");
  }
}

}  // namespace

FUZZ_TARGET(deflate) {
  const std::uint8_t bits = input.octet();
  const std::uint8_t level = input.octet();
  const fuzz::Cuts cuts(input);
  const Octets octets = input.rest();
  check_inflater(octets, cuts, (bits & 16) != 0);
  check_round_trip(octets, cuts, bits, {level % 10, false, (bits & 32) != 0, {}});
  check_reader(octets, cuts, (bits & 16) != 0);
}
