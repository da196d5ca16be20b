// MessagePack and CBOR: one value that must end with the payload's last octet. Both are read
// without recursion: a stack of what each open array or map still lacks.
#include <fmt/format.h>

#include <optional>

#include "payload/detectors.h"
#include "wire/utf8.h"

namespace wsspec::payload {
namespace {

constexpr std::uint64_t kEndless = ~std::uint64_t{0};  // CBOR's indefinite length

struct Value {
  std::uint64_t children = 0;  ///< values inside, a map's keys too; kEndless until a break
  std::uint64_t octets = 0;    ///< that follow: a string's, a number's
  bool text = false, map = false, tag = false, stop = false;
};

struct Outcome {
  bool good = false;
  std::size_t values = 0, texts = 0, bad_texts = 0, keys = 0, text_keys = 0;
};

class Reader {
 public:
  Reader(wire::Octets data, bool whole) : data_(data), whole_(whole) {}
  std::optional<std::uint64_t> big_endian(std::size_t count) {
    if (data_.size() - at_ < count) return std::nullopt;
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < count; ++i) out = out << 8 | data_[at_++];
    return out;
  }

  /// `header` reads one value's first octets; nullopt for what the format does not have.
  template <typename Header>
  Outcome read(const Header& header) {
    Outcome out;
    std::vector<Open> open;
    while (true) {
      if (at_ >= data_.size()) return ended(out);
      const auto value = header(*this);
      if (!value) return at_ + 9 > data_.size() && !whole_ ? ended(out) : out;
      if (value->stop) {
        if (open.empty() || open.back().left != kEndless) return out;
        open.pop_back();
      } else {
        ++out.values;
        if (!open.empty() && open.back().map && open.back().taken % 2 == 0) {
          ++out.keys;
          if (value->text) ++out.text_keys;
        }
        if (!take(*value, out)) return ended(out);
        if (value->children > 0) {
          if (open.size() > kDeepest) return out;
          open.push_back({value->children, 0, value->map});
          continue;
        }
        if (value->tag) continue;  // what it tags takes its place
      }
      close(open);
      if (open.empty()) {
        out.good = at_ == data_.size() && whole_;
        return out;
      }
    }
  }

 private:
  static constexpr std::size_t kDeepest = 512;
  struct Open {
    std::uint64_t left = 0;  ///< values that it lacks
    std::uint64_t taken = 0;
    bool map = false;
  };

  /// A value is complete: so may be what holds it.
  static void close(std::vector<Open>& open) {
    while (!open.empty()) {
      ++open.back().taken;
      if (open.back().left == kEndless || --open.back().left > 0) return;
      open.pop_back();
    }
  }

  /// The sample ends before the value does.
  Outcome ended(Outcome out) const {
    out.good = !whole_;
    return out;
  }

  bool take(const Value& value, Outcome& out) {
    const std::size_t there = data_.size() - at_;
    if (value.octets > there) {
      at_ = data_.size();
      return false;
    }
    if (value.text) {
      ++out.texts;
      if (wire::check_utf8(data_.subspan(at_, static_cast<std::size_t>(value.octets))))
        ++out.bad_texts;
    }
    at_ += static_cast<std::size_t>(value.octets);
    return true;
  }

  wire::Octets data_;
  bool whole_;
  std::size_t at_ = 0;
};

std::optional<Value> of_length(Reader& in, std::size_t width, bool text, std::uint64_t more = 0) {
  const auto length = in.big_endian(width);
  if (!length || *length > (std::uint64_t{1} << 40)) return std::nullopt;
  return Value{0, *length + more, text, false, false, false};
}

std::optional<Value> of_children(Reader& in, std::size_t width, bool map) {
  const auto count = in.big_endian(width);
  if (!count || *count > (std::uint64_t{1} << 40)) return std::nullopt;
  return Value{map ? *count * 2 : *count, 0, false, map, false, false};
}

/// The specification of MessagePack, "Formats".
std::optional<Value> msgpack_header(Reader& in) {
  const auto octet = in.big_endian(1);
  if (!octet) return std::nullopt;
  const unsigned c = static_cast<unsigned>(*octet);
  if (c <= 0x7f || c >= 0xe0) return Value{};
  if (c <= 0x8f) return Value{(c & 0x0f) * 2u, 0, false, true, false, false};
  if (c <= 0x9f) return Value{c & 0x0f, 0, false, false, false, false};
  if (c <= 0xbf) return Value{0, c & 0x1f, true, false, false, false};
  switch (c) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return Value{};
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return of_length(in, std::size_t{1} << (c - 0xc4), false);
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return of_length(in, std::size_t{1} << (c - 0xc7), false, 1);
    case 0xca:
      return Value{0, 4, false, false, false, false};
    case 0xcb:
      return Value{0, 8, false, false, false, false};
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return Value{0, std::uint64_t{1} << (c - 0xcc), false, false, false, false};
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return Value{0, std::uint64_t{1} << (c - 0xd0), false, false, false, false};
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return Value{0, (std::uint64_t{1} << (c - 0xd4)) + 1, false, false, false, false};
    case 0xd9:
    case 0xda:
    case 0xdb:
      return of_length(in, std::size_t{1} << (c - 0xd9), true);
    case 0xdc:
    case 0xdd:
      return of_children(in, std::size_t{2} << (c - 0xdc), false);
    case 0xde:
    case 0xdf:
      return of_children(in, std::size_t{2} << (c - 0xde), true);
    default:
      return std::nullopt;  // c1
  }
}

/// RFC 8949 3.
std::optional<Value> cbor_header(Reader& in) {
  const auto octet = in.big_endian(1);
  if (!octet) return std::nullopt;
  const unsigned major = static_cast<unsigned>(*octet) >> 5, info = *octet & 0x1f;
  std::uint64_t argument = info;
  if (info >= 28 && info != 31) return std::nullopt;
  if (info >= 24 && info < 28) {
    const auto more = in.big_endian(std::size_t{1} << (info - 24));
    if (!more) return std::nullopt;
    argument = *more;
  }
  const bool endless = info == 31;
  if (endless && major != 7 && (major < 2 || major > 5)) return std::nullopt;
  if (major >= 2 && major <= 5 && !endless && argument > (std::uint64_t{1} << 40))
    return std::nullopt;
  switch (major) {
    case 2:
    case 3:
      if (endless) return Value{kEndless, 0, false, false, false, false};
      return Value{0, argument, major == 3, false, false, false};
    case 4:
      return Value{endless ? kEndless : argument, 0, false, false, false, false};
    case 5:
      return Value{endless ? kEndless : argument * 2, 0, false, true, false, false};
    case 6:
      return Value{0, 0, false, false, true, false};
    case 7:
      if (endless) return Value{0, 0, false, false, false, true};
      if (info == 24 && argument < 32) return std::nullopt;  // RFC 8949 3.3
      return Value{};
    default:
      return Value{};
  }
}

/// The same for both: how much of it can be accident?
int confidence(const Outcome& outcome, bool container) {
  if (outcome.bad_texts > 0) return 30;
  if (!container) return outcome.texts > 0 ? 80 : 45;
  if (outcome.text_keys > 0 && outcome.text_keys == outcome.keys) return 97;
  if (outcome.values >= 8 || outcome.texts >= 2) return 92;
  return outcome.values >= 4 ? 85 : outcome.values >= 2 ? 65 : 30;
}

std::string reason_of(const Outcome& outcome, const Scan& scan, const char* what) {
  std::string out = fmt::format("one {} of {}", what, counted(outcome.values, "value"));
  if (outcome.text_keys > 0) out += fmt::format(" with {}", counted(outcome.text_keys, "text key"));
  return out + (scan.whole() ? " ends with the last octet" : " as far as was looked");
}

bool worth_a_look(const Scan& scan) {
  return !(scan.valid() && reads_as_text(scan.head));
}

}  // namespace

void detect_msgpack(const Scan& scan, Looks& looks) {
  if (!worth_a_look(scan)) return;
  const std::uint8_t first = scan.head[0];
  const bool map = (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf;
  const bool array = (first & 0xf0) == 0x90 || first == 0xdc || first == 0xdd;
  if (first < 0x80 || first >= 0xe0) return;  // one small number, and nothing after it
  const Outcome outcome = Reader(scan.head, scan.whole()).read(msgpack_header);
  if (!outcome.good) return;
  add(looks, Kind::msgpack, confidence(outcome, map || array),
      reason_of(outcome, scan,
                map     ? "map"
                : array ? "array"
                        : "value"));
}

void detect_cbor(const Scan& scan, Looks& looks) {
  if (!worth_a_look(scan)) return;
  const unsigned major = scan.head[0] >> 5;
  if (major < 2 || major == 7) return;
  const Outcome outcome = Reader(scan.head, scan.whole()).read(cbor_header);
  if (!outcome.good) return;
  add(looks, Kind::cbor, confidence(outcome, major == 4 || major == 5 || major == 6),
      reason_of(outcome, scan,
                major == 5   ? "map"
                : major == 4 ? "array"
                             : "value"));
}

}  // namespace wsspec::payload
