#include "app/send_act.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "app/option_values.h"
#include "loader/frame_option.h"
#include "text/did_you_mean.h"
#include "text/escape.h"

namespace wsspec {
namespace {

using scenario::Item;

constexpr std::size_t kMaxFile = 64u << 20;
constexpr int kMaxPause = 3'600'000;

SendAct act_of(Item::Kind kind, scenario::Payload payload) {
  SendAct act;
  act.item.kind = kind;
  act.item.payload = std::move(payload);
  act.item.carrier = false;
  return act;
}

tl::expected<scenario::Payload, std::string> payload_of_file(const std::string& path) {
  const bool standard = path == "-";
  if (!standard)
    if (const auto wrong = as_input_file(path); !wrong.empty())
      return tl::unexpected(text::printable(path, 200) + " " + wrong);
  const int fd = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  wire::OctetVector octets;
  std::array<std::uint8_t, 65536> part;
  ssize_t n = fd < 0 ? -1 : 1;
  while (n > 0 && octets.size() <= kMaxFile) {
    n = ::read(fd, part.data(), part.size());
    if (n > 0) octets.insert(octets.end(), part.begin(), part.begin() + n);
  }
  const int error = errno;
  if (!standard && fd >= 0) ::close(fd);
  const std::string name = standard ? "standard input" : text::printable(path, 200);
  if (n < 0)
    return tl::unexpected(fmt::format("{} cannot be read: {}", name, std::strerror(error)));
  if (octets.size() > kMaxFile) return tl::unexpected(name + " has more than 64 MiB");
  return scenario::Payload::octets(std::move(octets));
}

tl::expected<SendAct, std::string> act_of(Item::Kind kind,
                                          tl::expected<wire::OctetVector, std::string> octets) {
  if (!octets) return tl::unexpected(octets.error());
  return act_of(kind, scenario::Payload::octets(std::move(*octets)));
}

tl::expected<SendAct, std::string> act_of(tl::expected<Item, std::string> item) {
  if (!item) return tl::unexpected(item.error());
  SendAct act;
  act.item = std::move(*item);
  return act;
}

tl::expected<SendAct, std::string> pause_of(std::string_view value) {
  int ms = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
  if (error != std::errc{} || end != value.data() + value.size() || ms < 0 || ms > kMaxPause)
    return tl::unexpected(fmt::format("a pause is 0 to {} ms", kMaxPause));
  SendAct act;
  act.pause_ms = ms;
  return act;
}

struct Command {
  std::string_view name;
  SendKind kind;
  std::string_view help;
};

constexpr Command kCommands[] = {
    {"ping", SendKind::ping, "/ping [TEXT]           a ping"},
    {"close", SendKind::close, "/close [CODE [REASON]] a Close"},
    {"hex", SendKind::bytes, "/hex 81 03 ...         octets as they are, framing and all"},
    {"binary", SendKind::binary_hex, "/binary c0 af ...      a binary message"},
    {"text", SendKind::text_hex, "/text c0 af ...        a text message of these octets"},
    {"frame", SendKind::frame, "/frame fin=0,opcode=1,text=Hel   one frame"},
};

std::string help_text() {
  std::string out = "A line is a text message; // begins one with '/'.\n";
  for (const Command& command : kCommands) out += fmt::format("  {}\n", command.help);
  return out + "  /help                  this\nCtrl-D closes the connection.\n";
}

}  // namespace

tl::expected<SendAct, std::string> send_act(SendKind kind, const std::string& value) {
  using Kind = Item::Kind;
  switch (kind) {
    case SendKind::text:
      return act_of(Kind::text, scenario::Payload::text(value));
    case SendKind::text_hex:
      return act_of(Kind::text, loader::hex_octets(value));
    case SendKind::binary_hex:
      return act_of(Kind::binary, loader::hex_octets(value));
    case SendKind::bytes:
      return act_of(Kind::bytes, loader::hex_octets(value));
    case SendKind::text_file:
    case SendKind::binary_file: {
      auto payload = payload_of_file(value);
      if (!payload) return tl::unexpected(payload.error());
      return act_of(kind == SendKind::text_file ? Kind::text : Kind::binary, std::move(*payload));
    }
    case SendKind::ping:
      return act_of(Kind::ping, scenario::Payload::text(value));
    case SendKind::close:
      return act_of(loader::close_item(value));
    case SendKind::frame:
      return act_of(loader::frame_item(value));
    case SendKind::pause:
      return pause_of(value);
  }
  return tl::unexpected(std::string());
}

tl::expected<SendAct, std::string> typed_act(std::string_view line) {
  if (!line.starts_with('/')) return send_act(SendKind::text, std::string(line));
  line.remove_prefix(1);
  if (line.starts_with('/')) return send_act(SendKind::text, std::string(line));
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view name = line.substr(0, space);
  const std::string value(line.substr(std::min(space + 1, line.size())));
  std::vector<std::string> known = {"help"};
  for (const Command& command : kCommands) {
    if (name != command.name) {
      known.emplace_back(command.name);
      continue;
    }
    auto act = send_act(command.kind, value);
    if (!act) return tl::unexpected(act.error() + "\n");
    return act;
  }
  if (name == "help") return tl::unexpected(help_text());
  const std::string meant = text::did_you_mean(name, known);
  return tl::unexpected(
      fmt::format("/{} is no command; {}\n", text::printable(name, 40),
                  meant.empty() ? "/help lists them" : fmt::format("did you mean /{}?", meant)));
}

std::string as_outcome(const std::string& text) {
  const auto outcome = loader::outcome_of(text);
  return outcome ? std::string() : outcome.error();
}

}  // namespace wsspec
