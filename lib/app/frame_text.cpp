#include "app/frame_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "app/safe_text.h"
#include "loader/late.h"
#include "session/item_encoder.h"
#include "text/escape.h"
#include "text/secret_names.h"
#include "wire/close_code.h"
#include "wire/utf8.h"

namespace wsspec {
namespace {

using scenario::FrameShape;
using scenario::Item;

constexpr std::size_t kTail = 4;                          // octets shown of a longer payload's end
constexpr std::size_t kLast = 2;                          // frames shown of many: the last
constexpr std::size_t kInLine = 24;                       // octets of a payload beside its words
constexpr std::size_t kDumped = 32;                       // octets a line below them
constexpr std::size_t kPiece = 32 * 1024;                 // made at once
constexpr std::uint64_t kMost = std::uint64_t{64} << 20;  // octets made; then it is "and so on"
constexpr std::size_t kColumn = 38;                       // where the words begin

/// A run of octets of which the first and the last are kept.
struct Ends {
  std::size_t most = WireView().octets;
  wire::OctetVector head;
  std::deque<std::uint8_t> tail;  ///< the last kTail, wherever head ends
  std::uint64_t length = 0;

  /// Unmasks with `key`; `offset` = position of octets[0] in the payload.
  void add(wire::Octets octets, const wire::MaskingKey& key = {}, std::uint64_t offset = 0) {
    const auto plain = [&](std::size_t i) {
      return static_cast<std::uint8_t>(octets[i] ^ key[(offset + i) % 4]);
    };
    for (std::size_t i = 0; i < octets.size() && head.size() < most; ++i) head.push_back(plain(i));
    for (std::size_t i = octets.size() - std::min(octets.size(), kTail); i < octets.size(); ++i) {
      tail.push_back(plain(i));
      if (tail.size() > kTail) tail.pop_front();
    }
    length += octets.size();
  }
};

struct Frame {
  wire::OctetVector header_octets;
  wire::FrameHeader header;
  Ends payload;                       ///< unmasked
  std::optional<std::uint64_t> hold;  ///< payload octets in front of a hold in this frame
  bool held_before = false;           ///< the hold is in front of the header
};

std::string hex(wire::Octets octets) {
  std::string out;
  for (const std::uint8_t octet : octets)
    out += fmt::format("{}{:02x}", out.empty() ? "" : " ", octet);
  return out;
}

/// "c0 | af", "00 00 … 00 00"; '|' where the hold is.
std::string payload_hex(const Ends& payload, std::optional<std::uint64_t> hold) {
  std::string out;
  const bool whole = payload.length <= kInLine;
  const std::size_t shown = whole ? payload.head.size() : kInLine - kTail;
  for (std::size_t i = 0; i < shown; ++i)
    out += fmt::format("{}{:02x}", hold == i ? " | " : " ", payload.head[i]);
  if (hold && *hold == shown && whole) out += " |";
  if (!whole) {
    out += hold && *hold >= shown ? " … | …" : " …";
    for (const std::uint8_t octet : payload.tail) out += fmt::format(" {:02x}", octet);
  }
  return out;
}

/// A payload that does not fit beside its words: "  0020  61 62 | 63 ...", each a line.
std::string payload_dump(const Ends& payload, std::optional<std::uint64_t> hold) {
  std::string out;
  for (std::size_t i = 0; i < payload.head.size(); ++i) {
    if (i % kDumped == 0) out += fmt::format("\n  {:06x} ", i);
    out += fmt::format("{}{:02x}", hold == i ? " | " : " ", payload.head[i]);
  }
  if (payload.length > payload.head.size())
    out += fmt::format("\n  … {} more octets …", payload.length - payload.head.size());
  return out;
}

/// "\"ok\"" for a text that is well formed as far as it is kept, else nothing.
std::string readable(const Ends& payload) {
  if (payload.length == 0 || payload.length > WireView().octets) return {};
  if (wire::check_utf8(payload.head)) return {};
  return " \"" + text::printable(wire::as_chars(payload.head), 60) + "\"";
}

std::string close_text(const Ends& payload) {
  if (payload.length == 0) return ", no code";
  if (payload.length == 1) return ", half a code";
  const int code = payload.head[0] << 8 | payload.head[1];
  return fmt::format(", code {} ({})", code, wire::close_code_name(code));
}

/// May hold a line end; wire_lines() splits there.
std::string line_of(const Frame& frame, bool fixed_key, const WireView& view) {
  const wire::FrameHeader& header = frame.header;
  wire::Octets octets = frame.header_octets;
  const bool hide_key = header.masked && !fixed_key && octets.size() >= 6;
  std::string out = hex(hide_key ? octets.first(octets.size() - 4) : octets);
  if (hide_key) out += " <key>";
  out = (frame.held_before ? "| " : "") + out + payload_hex(frame.payload, frame.hold);
  // The column counts characters: each "…" has three octets.
  std::size_t wide = out.size();
  for (std::size_t at = 0; (at = out.find("…", at)) != std::string::npos; at += 3) wide -= 2;
  // Words that do not fit beside the octets stand below them.
  out += wide + 2 <= kColumn ? std::string(kColumn - wide, ' ') : std::string("\n    ");
  out += wire::opcode_name(header.opcode);
  out += header.fin ? ", FIN" : ", no FIN";
  for (int bit = 1; bit <= 3; ++bit)
    if ((header.rsv & (8 >> bit)) != 0) out += fmt::format(", RSV{}", bit);
  if (!header.masked) out += ", not masked";
  if (header.masked && fixed_key) out += ", fixed key";
  if (header.length == frame.payload.length) {
    out += ", " + count_of(header.length, "octet");
  } else {
    out += fmt::format(", declares {}, has {}", count_of(header.length, "octet"),
                       frame.payload.length);
  }
  if (!wire::is_shortest(header))
    out += header.form == wire::LengthForm::bits64 ? ", length in 64 bits" : ", length in 16 bits";
  if (header.opcode == 8) out += close_text(frame.payload);
  const bool compressed = header.rsv != 0;  // or whatever the bit stands for
  if (header.opcode != 8 && header.opcode != 2 && !compressed) out += readable(frame.payload);
  if (view.all && frame.payload.length > kInLine) out += payload_dump(frame.payload, frame.hold);
  return out;
}

/// The engine's octets of an item, piece by piece; `held` is called where a hold stops them.
template <typename Take, typename Held>
bool generate(const Item& item, const scenario::Profile& profile, Take take, Held held) {
  session::Random random(1);
  // As the first message of its connection, with the largest window.
  wire::Deflater deflater(15, true);
  session::ItemEncoder encoder(item, profile.carrier.value_or(scenario::Carrier{}), {}, random,
                               {.deflater = &deflater});
  wire::OctetVector piece;
  std::uint64_t made = 0;
  while (made < kMost) {
    piece.clear();
    const auto state = encoder.fill(piece, kPiece);
    made += piece.size();
    take(wire::Octets(piece));
    if (state == session::ItemEncoder::State::done) return true;
    if (state == session::ItemEncoder::State::held) {
      held();
      encoder.release();
    }
  }
  return false;
}

/// The frames of a message or a control frame: what a server's decoder makes of the octets.
std::vector<std::string> message_lines(const Item& item, const scenario::Profile& profile,
                                       const WireView& view) {
  std::vector<Frame> first;
  std::deque<Frame> last;
  std::uint64_t count = 0;
  wire::FrameDecoder decoder;
  const auto fresh = [&] {
    Frame frame;
    frame.payload.most = view.octets;
    return frame;
  };
  Frame current = fresh();
  wire::OctetVector raw;  // of the header that is being read
  bool in_payload = false;
  const auto finish = [&] {
    if (first.size() < view.frames) {
      first.push_back(current);
    } else {
      last.push_back(current);
      if (last.size() > kLast) last.pop_front();
    }
    ++count;
    current = fresh();
    raw.clear();
    in_payload = false;
  };
  const auto take = [&](wire::Octets input) {
    while (true) {
      const wire::Octets before = input;
      const wire::FramePiece piece = decoder.next(input);
      if (!in_payload) {
        const auto used = before.first(before.size() - input.size());
        raw.insert(raw.end(), used.begin(), used.end());
      }
      if (piece.kind == wire::FramePiece::Kind::need_more) return;
      if (piece.kind == wire::FramePiece::Kind::header) {
        current.header = decoder.header();
        current.header_octets = raw;
        in_payload = true;
      } else if (piece.kind == wire::FramePiece::Kind::payload) {
        current.payload.add(piece.payload, current.header.key, piece.payload_offset);
      } else {
        finish();
      }
    }
  };
  const auto held = [&] {
    if (decoder.at_boundary()) {
      current.held_before = true;
    } else {
      current.hold = current.payload.length;
    }
  };
  const bool whole = generate(item, profile, take, held);
  if (in_payload) finish();
  std::vector<std::string> lines;
  for (const Frame& frame : first) lines.push_back(line_of(frame, false, view));
  if (count > first.size() + last.size())
    lines.push_back(fmt::format("… {} more frames …", count - first.size() - last.size()));
  for (const Frame& frame : last) lines.push_back(line_of(frame, false, view));
  if (!whole) lines.push_back("… and so on: only the first 64 MiB were made here");
  return lines;
}

/// A malformed frame. Its header may declare a wrong length, so the decoder cannot find its end:
/// the header is what precedes the payload's octets.
std::string malformed_line(const Item& item, const scenario::Profile& profile,
                           const WireView& view) {
  const FrameShape& shape = item.frame;
  Frame frame;
  frame.payload.most = view.octets;
  wire::OctetVector start;
  std::uint64_t held_at = 0;
  std::uint64_t made = 0;
  bool held_once = false;
  generate(
      item, profile,
      [&](wire::Octets octets) {
        if (start.size() < wire::kMaxFrameHeader)
          start.insert(start.end(), octets.begin(),
                       octets.begin() + static_cast<std::ptrdiff_t>(std::min(
                                            octets.size(), wire::kMaxFrameHeader - start.size())));
        made += octets.size();
      },
      [&] {
        held_once = true;
        held_at = made;
      });
  std::size_t header_size = 2;
  switch (shape.form) {
    case wire::LengthForm::bits7:
      break;
    case wire::LengthForm::bits16:
      header_size = 4;
      break;
    case wire::LengthForm::bits64:
      header_size = 10;
      break;
    case wire::LengthForm::shortest: {
      const std::uint64_t declared = shape.declared_length.value_or(item.payload.length());
      header_size = declared < 126 ? 2 : declared < 65536 ? 4 : 10;
      break;
    }
  }
  frame.header.masked = shape.mask != FrameShape::Mask::none;
  if (frame.header.masked) header_size += 4;
  header_size = std::min(header_size, start.size());
  frame.header_octets.assign(start.begin(),
                             start.begin() + static_cast<std::ptrdiff_t>(header_size));
  frame.header.fin = (start[0] & 0x80) != 0;
  frame.header.rsv = start[0] >> 4 & 7;
  frame.header.opcode = start[0] & 15;
  frame.header.length = shape.declared_length.value_or(item.payload.length());
  frame.header.form = shape.form;
  if (shape.form == wire::LengthForm::shortest)
    frame.header.form = frame.header.length < 126     ? wire::LengthForm::bits7
                        : frame.header.length < 65536 ? wire::LengthForm::bits16
                                                      : wire::LengthForm::bits64;
  if (held_once) frame.hold = held_at - header_size;
  const auto reader = item.payload.open();
  std::array<std::uint8_t, 4096> buffer{};
  for (std::uint64_t read = 0; read < kMost;) {
    const std::size_t got = reader->read(buffer);
    if (got == 0) break;
    frame.payload.add(wire::Octets(buffer).first(got));
    read += got;
  }
  frame.payload.length = item.payload.length();
  return line_of(frame, shape.mask == FrameShape::Mask::fixed, view);
}

constexpr std::size_t kRawShown = 4096;

std::vector<std::string> handshake_lines(const Item& item, const scenario::Profile& profile) {
  const scenario::HandshakeShape& shape = item.handshake;
  std::string text;
  std::uint64_t total = 0;
  wire::HeaderList extra;
  for (const auto& headers : {profile.headers, shape.headers})
    for (const auto& [name, value] : headers)
      extra.emplace_back(name, text::redact_header(name, value));
  auto request = wire::client_handshake("<host>", shape.path.value_or("<path>"), "<key>",
                                        profile.subprotocols, {}, extra);
  if (shape.method) request.method = *shape.method;
  if (shape.version) request.version = *shape.version;
  if (shape.raw) {
    text = scenario::fill_handshake(wire::as_chars(shape.raw->head(kRawShown)),
                                    {{"headers", wire::encode_headers(request.headers)}});
    total = shape.raw->length();
  } else {
    text = wire::encode(request);
    total = text.size();
  }
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    if (lines.size() == 20) {
      lines.push_back(fmt::format("… {} octets in all", total));
      break;
    }
    if (end > at) lines.push_back(text::printable(text.substr(at, end - at), 120));
    at = end + 2;
  }
  return lines;
}

std::string literal_line(const Item& item, const WireView& view) {
  Ends octets;
  octets.most = view.octets;
  const auto reader = item.payload.open();
  std::array<std::uint8_t, 4096> buffer{};
  while (octets.length < kMost) {
    const std::size_t got = reader->read(buffer);
    if (got == 0) break;
    octets.add(wire::Octets(buffer).first(got));
  }
  octets.length = item.payload.length();
  std::optional<std::uint64_t> hold;
  if (item.hold) hold = std::min(item.hold->at, octets.length);
  std::string out = payload_hex(octets, hold);
  if (!out.empty()) out.erase(0, 1);
  out += "  as they are" + readable(octets);
  if (view.all && octets.length > kInLine) out += payload_dump(octets, hold);
  return out;
}

std::vector<std::string> unsplit_lines(const Item& item, const scenario::Profile& profile,
                                       const WireView& view) {
  switch (item.kind) {
    case Item::Kind::bytes:
      return {literal_line(item, view)};
    case Item::Kind::handshake:
      return handshake_lines(item, profile);
    case Item::Kind::frame:
      return {malformed_line(item, profile, view)};
    default:
      return message_lines(item, profile, view);
  }
}

}  // namespace

std::vector<std::string> wire_lines(const Item& item, const scenario::Profile& profile,
                                    const WireView& view) {
  std::vector<std::string> out;
  for (const std::string& line : unsplit_lines(item, profile, view)) {
    std::size_t begin = 0;
    for (std::size_t end; (end = line.find('\n', begin)) != std::string::npos; begin = end + 1)
      out.push_back(line.substr(begin, end - begin));
    out.push_back(line.substr(begin));
  }
  return out;
}

std::string item_text(const Item& item, const scenario::Profile& profile) {
  static constexpr const char* kKinds[] = {
      "text message", "binary message", "ping",       "pong",
      "Close",        "frame",          "raw octets", "opening handshake"};
  std::string out = kKinds[static_cast<std::size_t>(item.kind)];
  if (item.kind != Item::Kind::handshake) out += ", " + count_of(item.payload.length(), "octet");
  if (item.deflate && item.deflate->on) out += ", compressed";
  if (item.chop)
    out += fmt::format(", {} at a time every {} ms", count_of(item.chop->size, "octet"),
                       item.chop->pause_ms);
  if (item.hold) {
    out += fmt::format(", held after {}", count_of(item.hold->at, "octet"));
    out += item.hold->release_ms ? fmt::format(", released after {} ms", *item.hold->release_ms)
                                 : ", never released";
  }
  const bool data = scenario::is_message(item);
  if (data && profile.carrier) {
    out += item.carrier ? ", inside the target's carrier" : ", without the target's carrier";
    if (item.carrier && loader::carrier_is_late(profile))
      out += " (not all of it is shown: some is known only in a run)";
  }
  if (item.fault) out += " (the fault)";
  return out;
}

}  // namespace wsspec
