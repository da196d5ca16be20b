// Compression against zlib's own inflate and against the literal octets of RFC 7692 7.2.3.
#include "wire/deflate.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "hex.h"

namespace wsspec::wire {
namespace {

using test::hex;

OctetVector compress(Deflater& deflater, Octets data, const DeflateMessage& how = {},
                     std::size_t piece = 1000) {
  OctetVector out;
  deflater.begin(how);
  for (std::size_t at = 0; at < data.size(); at += piece)
    deflater.add(data.subspan(at, std::min(piece, data.size() - at)), out);
  deflater.finish(out);
  return out;
}

struct Read {
  std::string text;
  Inflater::State state = Inflater::State::need;
};

Read inflate(Inflater& inflater, Octets data, std::size_t piece = 1000) {
  Read read;
  inflater.begin();
  const auto take = [&](auto next) {
    do {
      read.state = next();
      if (read.state == Inflater::State::part) {
        REQUIRE(!inflater.part().empty());
        REQUIRE(inflater.part().size() <= Inflater::kMaxPart);
        read.text += as_chars(inflater.part());
      }
    } while (read.state == Inflater::State::part);
    return read.state == Inflater::State::need;
  };
  for (std::size_t at = 0; at < data.size(); at += piece) {
    Octets part = data.subspan(at, std::min(piece, data.size() - at));
    if (!take([&] { return inflater.next(part); })) return read;
    REQUIRE(part.empty());
  }
  take([&] { return inflater.finish(); });
  return read;
}

std::string some_text(std::size_t size) {
  std::string text;
  std::mt19937 random(7);
  while (text.size() < size) text += "word" + std::to_string(random() % 500) + ' ';
  text.resize(size);
  return text;
}

TEST_CASE("the examples of RFC 7692 7.2.3") {
  Inflater inflater(15, true);
  CHECK(inflate(inflater, hex("f2 48 cd c9 c9 07 00")).text == "Hello");              // 7.2.3.1
  CHECK(inflate(inflater, hex("f2 00 11 00 00")).text == "Hello");                    // 7.2.3.2
  CHECK(inflate(inflater, hex("00 05 00 fa ff 48 65 6c 6c 6f 00")).text == "Hello");  // 7.2.3.3
  CHECK(inflate(inflater, hex("f3 48 cd c9 c9 07 00 00")).text == "Hello");           // 7.2.3.4
  CHECK(inflate(inflater, hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")).text ==
        "Hello");                                    // 7.2.3.5
  CHECK(inflate(inflater, hex("00")).text.empty());  // 7.2.3.6
  Deflater deflater(15, true);
  CHECK(compress(deflater, as_octets("Hello")) == hex("f2 48 cd c9 c9 07 00"));
  CHECK(compress(deflater, as_octets("Hello")) == hex("f2 00 11 00 00"));
  CHECK(compress(deflater, {}) == hex("00"));
  CHECK(compress(deflater, {}) == hex("00"));
}

TEST_CASE("what is compressed inflates to itself, with every window, level and cut") {
  for (const int bits : {8, 9, 10, 12, 15})
    for (const int level : {0, 1, 6, 9})
      for (const bool takeover : {false, true}) {
        Deflater deflater(bits, takeover);
        Inflater inflater(bits, takeover);
        for (const std::size_t size : {0u, 1u, 300u, 70000u, 0u, 5000u}) {
          const std::string text = some_text(size);
          const auto wire = compress(deflater, as_octets(text), {level});
          for (const std::size_t piece : {std::size_t{7}, wire.size()}) {
            // Twice the same message would tear the window of a takeover apart.
            if (piece == 7 && takeover) continue;
            const Read read = inflate(inflater, wire, std::max<std::size_t>(1, piece));
            CAPTURE(bits);
            CAPTURE(level);
            CAPTURE(size);
            CHECK(read.state == Inflater::State::need);
            CHECK(read.text == text);
          }
        }
      }
}

TEST_CASE("a final block, with and without its padding, leaves the window alone") {
  Deflater deflater(15, true);
  Inflater inflater(15, true);
  CHECK(inflate(inflater, compress(deflater, as_octets("Hello"))).text == "Hello");
  const auto final_block = compress(deflater, as_octets("Hello, Hello"), {6, false, true});
  CHECK((final_block[0] & 1) == 1);
  CHECK(inflate(inflater, final_block).text == "Hello, Hello");
  CHECK(inflate(inflater, hex("f3 48 cd c9 c9 07 00")).text == "Hello");
  CHECK(inflate(inflater, hex("f2 00 11 00 00")).text == "Hello");
}

TEST_CASE("with its tail left on a message ends inside the block that the receiver's tail begins") {
  Deflater deflater(15, true);
  Inflater inflater(15, true);
  const auto whole = compress(deflater, as_octets("Hello"), {6, true});
  CHECK(whole == hex("f2 48 cd c9 c9 07 00 00 00 ff ff"));
  CHECK(inflate(inflater, whole).state == Inflater::State::corrupt);
  CHECK(compress(deflater, {}, {6, true}) == hex("00 00 00 ff ff"));
}

TEST_CASE("without takeover nothing refers to the message before") {
  Deflater deflater(15, true);
  const auto first = compress(deflater, as_octets("Hello"));
  CHECK(compress(deflater, as_octets("Hello"), {6, false, false, false}) == first);
  deflater.forget();
  CHECK(compress(deflater, as_octets("Hello")) == first);
  Deflater fresh(15, false);
  CHECK(compress(fresh, as_octets("Hello")) == first);
  CHECK(compress(fresh, as_octets("Hello")) == first);
  CHECK(compress(fresh, as_octets("Hello"), {6, false, false, true}) == hex("f2 00 11 00 00"));
}

TEST_CASE("corrupt data is named, and the next message is read afresh") {
  const struct {
    const char* octets;
    const char* problem;
  } rows[] = {{"06", "invalid block type"},
              {"00 05 00 00 00", "invalid stored block lengths"},
              {"02 23 00", "invalid distance too far back"},
              {"f2 48 cd", "it ends inside a block"},
              {"f2 48 cd c9 c9 07 00 00 00 ff ff",
               "it ends right after a block, as if 00 00 ff ff had not been taken off"},
              {"", "it has no octet at all, where an empty one has 00"}};
  for (const auto& row : rows) {
    Inflater inflater(15, true);
    CAPTURE(std::string(row.octets));
    CHECK(inflate(inflater, hex(row.octets), 1).state == Inflater::State::corrupt);
    CHECK(inflater.problem() == std::string(row.problem));
    CHECK(inflate(inflater, hex("f2 48 cd c9 c9 07 00")).text == "Hello");
  }
}

TEST_CASE(
    "a distance beyond the agreed window is found, though zlib's inflate would look that far") {
  // Random octets, twice: whoever has so large a window refers back by `distance`.
  const auto twice = [](std::size_t distance) {
    std::string text;
    std::mt19937 random(5);
    for (std::size_t i = 0; i < distance; ++i) text += static_cast<char>(random());
    return text + text;
  };
  for (int bits = 8; bits <= 14; ++bits) {
    CAPTURE(bits);
    const std::size_t window = std::size_t{1} << bits;
    // 262 octets less is what zlib's deflate uses of a window. The first distance is allowed.
    for (const std::size_t distance : {window, window + window / 4 + 300}) {
      CAPTURE(distance);
      const std::string text = twice(distance);
      Deflater wide(15, true);
      const auto wire = compress(wide, as_octets(text));
      REQUIRE(wire.size() < text.size() * 3 / 4);
      for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, wire.size()}) {
        Inflater agreed(bits, true);
        const Read read = inflate(agreed, wire, piece);
        const bool fine = distance <= window;
        CHECK(read.state == (fine ? Inflater::State::need : Inflater::State::corrupt));
        CHECK((read.text == text) == fine);
      }
      Inflater any(15, true);
      CHECK(inflate(any, wire).text == text);
    }
    // What our own compressor makes keeps to it, over the border of messages too.
    Deflater narrow(bits, true);
    Inflater agreed(bits, true);
    for (const std::size_t distance :
         {window / 2, window, 2 * window, window / 2, std::size_t{30000}}) {
      const std::string text = twice(distance);
      const Read read = inflate(agreed, compress(narrow, as_octets(text)));
      CHECK(read.state == Inflater::State::need);
      CHECK(read.text == text);
    }
  }
}

TEST_CASE("a window that is taken over although it was not agreed on is found") {
  Deflater keeps(15, true);
  Inflater fresh(15, false);
  const std::string text = some_text(3000);
  CHECK(inflate(fresh, compress(keeps, as_octets(text))).text == text);
  const Read second = inflate(fresh, compress(keeps, as_octets(text)));
  CHECK(second.state == Inflater::State::corrupt);
  CHECK(fresh.problem() == "invalid distance too far back");
}

TEST_CASE(
    "what a message inflates to is bounded, and told up to the same octet however it is cut") {
  Deflater deflater(15, true);
  OctetVector wire;
  deflater.begin({});
  const OctetVector piece(1u << 20, 'a');
  for (int i = 0; i < 65; ++i) deflater.add(piece, wire);
  deflater.finish(wire);
  CHECK(wire.size() < 80000);
  for (const std::size_t size : {std::size_t{997}, wire.size()}) {
    Inflater inflater(15, true);
    inflater.begin();
    std::uint64_t total = 0;
    auto state = Inflater::State::need;
    for (std::size_t at = 0; at < wire.size() && state == Inflater::State::need; at += size) {
      Octets rest = Octets(wire).subspan(at, std::min(size, wire.size() - at));
      while ((state = inflater.next(rest)) == Inflater::State::part)
        total += inflater.part().size();
    }
    CHECK(state == Inflater::State::too_long);
    CHECK(total == Inflater::kMaxMessage);
    // After it a message without references can be read; one that refers to it cannot, without
    // fault.
    CHECK(inflate(inflater, hex("f2 48 cd c9 c9 07 00")).text == "Hello");
    CHECK(inflate(inflater, hex("02 23 00")).state == Inflater::State::lost);
  }
}

}  // namespace
}  // namespace wsspec::wire
