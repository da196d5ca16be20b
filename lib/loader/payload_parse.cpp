// Payloads in JSON: a string, or an object with one kind.
#include <algorithm>
#include <fstream>
#include <system_error>

#include "loader/parse.h"
#include "scenario/payload_window.h"
#include "scenario/select.h"
#include "wire/handshake.h"
#include "wire/header_text.h"

namespace wsspec::loader {
namespace {

constexpr std::uint64_t kMaxPayload = std::uint64_t{1} << 40;  // 1 TiB: more is a slip
constexpr std::uintmax_t kMaxFile = std::uintmax_t{64} << 20;
constexpr std::ptrdiff_t kMaxSamples = 16;  // shared at the same time; of 1 MiB at most each

bool has_wildcard(const Json& json) {
  if (json.is_structured()) return std::any_of(json.begin(), json.end(), has_wildcard);
  return is_wildcard(json);
}

bool can_be_built(Reader& reader, const Node& node, const Payload& payload) {
  if (payload.length() <= Payload::kMaxBuilt) return true;
  reader.fail(node, "'" + last_token(node.at) + "' takes at most 16 MiB, this has " +
                        std::to_string(payload.length()) + " octets");
  return false;
}

Payload read_file(Reader& reader, const Node& node) {
  namespace fs = std::filesystem;
  const std::string name = reader.string(node);
  if (node.wild()) return {};
  const Document& document = reader.document();
  if (document.built_in) {
    reader.fail(node, "a built-in suite has no files beside it");
    return {};
  }
  if (const auto found = document.files.find(name); found != document.files.end()) {
    return found->second;
  }
  const fs::path relative(name);
  std::error_code error;
  fs::path folder = document.folder();
  if (folder.empty()) folder = ".";
  const fs::path base = fs::weakly_canonical(folder, error);
  const fs::path full = fs::weakly_canonical(base / relative, error);
  // Compared after links are followed: a link must not lead out of the folder either.
  const auto [end, ignored] = std::mismatch(base.begin(), base.end(), full.begin(), full.end());
  if (name.empty() || relative.is_absolute() || error || end != base.end()) {
    reader.fail(node, "the file must lie in the folder of the scenario file, or below it");
    return {};
  }
  if (!fs::is_regular_file(full, error)) {
    reader.fail(node, "no such file: '" + name + "'", "it is looked for beside the scenario file");
    return {};
  }
  const std::uintmax_t size = fs::file_size(full, error);
  if (error || size > kMaxFile) {
    reader.fail(node, "the file is larger than 64 MiB");
    return {};
  }
  std::ifstream in(full, std::ios::binary);
  wire::OctetVector octets(static_cast<std::size_t>(size));
  in.read(reinterpret_cast<char*>(octets.data()), static_cast<std::streamsize>(size));
  if (!in && size > 0) {
    reader.fail(node, "the file '" + name + "' cannot be read");
    return {};
  }
  const Payload payload = Payload::octets(std::move(octets));
  document.files.emplace(name, payload);
  return payload;
}

Payload parse_many(Reader& reader, const Node& node) {
  std::vector<Payload> parts;
  if (reader.list(node, "a list of payloads")) {
    for (std::size_t i = 0; i < node->size(); ++i) {
      parts.push_back(parse_payload(reader, node.entry(i)));
    }
  }
  return Payload::concat(std::move(parts));
}

// [first, last], as numbers: JSON has no hex ones.
Payload parse_code_points(Reader& reader, const Node& node) {
  if (!reader.list(node, "[first, last]")) return {};
  if (node->size() != 2) {
    reader.fail(node, "'code_points' takes [first, last]", "all of them: [0, 1114111]");
    return {};
  }
  const auto first = reader.natural(node.entry(0), Payload::kMaxCodePoint);
  const auto last = reader.natural(node.entry(1), Payload::kMaxCodePoint);
  if (has_wildcard(*node)) return {};
  if (first > last) {
    reader.fail(node, "the first code point is above the last");
    return {};
  }
  return Payload::code_points(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
}

Payload parse_base64(Reader& reader, const Node& node) {
  std::string text = reader.string(node);
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }),
             text.end());
  auto octets = wire::base64_decode(text);
  if (!octets) {
    reader.fail(node, "this is not base64");
    return {};
  }
  return Payload::octets(std::move(*octets));
}

Payload parse_sample(Reader& reader, const Node& node, std::uint64_t seed) {
  const std::string name = reader.string(node);
  if (node.wild() || name.empty()) return {};
  const auto kind = sample_kind(name);
  if (!kind) {
    reader.fail(node, "there is no sample '" + name + "'", hint_for(name, sample_names()));
    return {};
  }
  // Windows of a thousand messages share one sample. It is kept where the files that were read are;
  // no file has such a name.
  const std::string key = std::string(1, '\0') + name + " " + std::to_string(seed);
  auto& kept = reader.document().files;
  if (const auto found = kept.find(key); found != kept.end()) return found->second;
  const auto ours = [](const auto& entry) { return entry.first[0] == '\0'; };
  if (std::count_if(kept.begin(), kept.end(), ours) >= kMaxSamples) std::erase_if(kept, ours);
  return kept.emplace(key, sample_payload(*kind, seed)).first->second;
}

Payload parse_window(Reader& reader, Members& members, const Node& value) {
  const Payload of = parse_payload(reader, value);
  const auto at = members.take("at");
  const auto length = members.need("length");
  const std::uint64_t from = at ? reader.natural(*at) : 0;
  const std::uint64_t n = length ? reader.natural(*length, kMaxPayload) : 0;
  auto unit = WindowUnit::octets;
  if (const auto node = members.take("unit")) {
    const std::string name = reader.string(*node);
    if (name == "characters") {
      unit = WindowUnit::characters;
    } else if (name != "octets" && !node->wild()) {
      reader.fail(*node, "'unit' is \"octets\" or \"characters\"");
    }
  }
  if (of.length() == 0 && n > 0 && !has_wildcard(*value)) {
    reader.fail(value, "'window' of an empty payload");
  }
  if (!can_be_built(reader, value, of)) return {};
  return window_payload(of, from, n, unit);
}

}  // namespace

LengthField parse_length_field(Reader& reader, Members& members) {
  using Order = LengthField::Order;
  LengthField out;
  if (const auto value = members.take("order")) {
    const std::string name = reader.string(*value);
    const std::vector<std::string> names = {"big", "little", "varint"};
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end())
      out.order = static_cast<Order>(found - names.begin());
    else if (!value->wild())
      reader.fail(*value, "'order' is \"big\", \"little\" or \"varint\"");
  }
  if (const auto value = members.take("bytes")) {
    out.octets = reader.natural(*value, 4, 1);
    if (out.octets == 3 && !value->wild()) reader.fail(*value, "'bytes' is 1, 2 or 4");
  }
  return out;
}

namespace {

Payload parse_sized(Reader& reader, Members& members, const Node& value) {
  const Payload of = parse_payload(reader, value);
  const LengthField field = parse_length_field(reader, members);
  auto length = encode_length(field, of.length());
  if (!length) {
    reader.fail(value, "this payload is too long for a length of " + std::to_string(field.octets) +
                           " octets");
    return {};
  }
  return Payload::concat({Payload::octets(std::move(*length)), of});
}

Payload parse_kind(Reader& reader, Members& members, const std::string& kind, const Node& value) {
  const auto seed = [&] {
    const auto node = members.take("seed");
    return node ? reader.natural(*node) : reader.document().seed;
  };
  if (kind == "text") return Payload::text(reader.string(value));
  if (kind == "hex") return Payload::octets(parse_hex(reader, value));
  if (kind == "base64") return parse_base64(reader, value);
  if (kind == "file") return read_file(reader, value);
  if (kind == "concat") return parse_many(reader, value);
  if (kind == "code_points") return parse_code_points(reader, value);
  if (kind == "random") {
    const std::uint64_t length = reader.natural(value, kMaxPayload);
    return Payload::random(length, seed());
  }
  if (kind == "frames") {
    const std::uint64_t count = reader.natural(value, Payload::kMaxFrames);
    return Payload::frames(count, seed());
  }
  if (kind == "sample") return parse_sample(reader, value, seed());
  if (kind == "window") return parse_window(reader, members, value);
  if (kind == "sized") return parse_sized(reader, members, value);
  const Payload of = parse_payload(reader, value);
  if (kind == "repeat") {
    const auto times = members.need("times");
    const std::uint64_t n = times ? reader.natural(*times) : 0;
    if (of.length() > 0 && n > kMaxPayload / of.length()) {
      reader.fail(times ? *times : value, "this payload is longer than 1 TiB");
      return {};
    }
    return Payload::repeat(of, n);
  }
  if (kind == "cycle") {
    const auto length = members.need("length");
    const std::uint64_t n = length ? reader.natural(*length, kMaxPayload) : 0;
    // A wildcard inside makes an empty payload too; then there is nothing to say.
    if (of.length() == 0 && n > 0 && !has_wildcard(*value)) {
      reader.fail(value, "'cycle' of an empty payload");
    }
    return Payload::cycle(of, n);
  }
  if (!can_be_built(reader, value, of)) return {};
  if (kind == "mutate") return Payload::mutate(of, seed());
  return kind == "gzip" ? Payload::gzip(of) : Payload::zlib(of);
}

}  // namespace

std::vector<std::uint8_t> parse_hex(Reader& reader, const Node& node) {
  const std::string text = reader.string(node);
  std::vector<std::uint8_t> out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    const int digit = wire::hex_value(c);
    if (digit < 0) {
      reader.fail(node, "this is not hex: only the digits 0-9 a-f and spaces",
                  "two digits an octet: \"c0 af\"");
      return {};
    }
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  if (high >= 0) reader.fail(node, "an odd number of hex digits", "two digits an octet: \"0a\"");
  return out;
}

Payload parse_payload(Reader& reader, const Node& node) {
  if (node.wild()) return {};
  if (!node->is_object()) {
    const bool worked_out = node->is_number() && reader.document().text.is_string_at(node.at);
    if (node->is_string() || worked_out) return Payload::text(reader.string(node));
    reader.wrong_type(node, "a payload (a string or an object such as {\"hex\": \"c0 af\"})");
    return {};
  }
  static const std::vector<std::string> kinds = {
      "text",   "hex",    "base64",      "file",   "repeat", "cycle", "concat", "sample",
      "random", "frames", "code_points", "mutate", "gzip",   "zlib",  "window", "sized"};
  const auto kind =
      one_kind(reader, node, kinds, {"times", "length", "seed", "at", "unit", "bytes", "order"},
               "a payload");
  if (!kind) return {};
  Members members(reader, node, "a '" + *kind + "' payload");
  const auto value = members.take(*kind);
  const Payload out = parse_kind(reader, members, *kind, *value);
  members.finish();
  return out;
}

}  // namespace wsspec::loader
