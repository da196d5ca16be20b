// Two sides that say anything to each other: the observer tells the same however the octets of each
// were cut, keeps within its bounds, and what it tells fits together. Its words have no control
// characters, whatever was said.
//
// Off the end: where the client's octets end, whether the handshake is given, three sizes of
// pieces.
#include "../unit/observe/event_lines.h"
#include "app/conversation_json.h"
#include "app/conversation_text.h"
#include "fuzz.h"
#include "observe/conversation.h"
#include "observe/fan_out.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;
using observe::Role;

namespace {

constexpr std::string_view kRequest =
    "GET /?token=Zk39qPw7xLm2 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
constexpr std::string_view kAnswer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

/// `secret`: the token stands where tokens stand, in a handshake that is given.
void check_line(const std::string& line, bool secret) {
  for (const char c : line)
    expect(static_cast<std::uint8_t>(c) >= 0x20 && c != 0x7f, "a line has no control character");
  expect(!secret || line.find("Zk39qPw7xLm2") == std::string::npos, "a line has no secret");
}

struct Watched {
  bool secret;
  observe::test::EventLines lines;
  ConversationText text{{.payloads = true, .show_secrets = false},
                        [this](LineKind /*kind*/, double /*ms*/, const std::string& line) {
                          check_line(line, secret);
                        }};
  ConversationJson json{
      1, {.payloads = true, .show_secrets = false}, text, [this](const std::string& line) {
        expect(line.ends_with("}\n"), "an event is a line");
        check_line(line.substr(0, line.size() - 1), secret);
      }};
  observe::FanOut sinks;
  observe::Conversation conversation{sinks};

  explicit Watched(bool handshake) : secret(handshake) {
    sinks.add(lines);
    sinks.add(text);
    sinks.add(json);
  }
  std::string said() const { return fmt::format("{}", fmt::join(lines.lines, "\n")); }
};

}  // namespace

FUZZ_TARGET(observe) {
  const std::uint8_t bits = input.octet();
  const std::size_t border = input.octet();
  const fuzz::Cuts cuts(input);
  const wire::Octets all = input.rest();
  const auto middle = all.size() * border / 256;
  const wire::Octets sides[] = {all.first(middle), all.subspan(middle)};
  const auto kind = (bits & 2) != 0 ? observe::EndKind::reset : observe::EndKind::fin;

  const bool handshake = (bits & 1) == 0;
  Watched whole(handshake), cut(handshake);
  for (Watched* one : {&whole, &cut}) {
    if (handshake) {
      one->conversation.feed(Role::client, wire::as_octets(kRequest), 0);
      one->conversation.feed(Role::server, wire::as_octets(kAnswer), 1);
      expect(one->conversation.open(), "a good handshake opens it");
    }
    for (const Role side : {Role::client, Role::server}) {
      const wire::Octets octets = sides[side == Role::client ? 0 : 1];
      if (one == &whole)
        one->conversation.feed(side, octets, 2);
      else
        cuts.cut(octets, [&](wire::Octets piece) { one->conversation.feed(side, piece, 2); });
      if ((bits & 4) != 0) one->conversation.end(side, kind, 3);
    }
    for (const Role side : {Role::client, Role::server}) one->conversation.end(side, kind, 3);
  }
  expect_same(whole.said(), cut.said(), "the observer tells the same however the octets were cut");
}
