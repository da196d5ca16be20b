// A client that says anything to a connection of the reference server: what the server writes is
// one HTTP answer and then frames by the rules, the same however what came was cut; nothing follows
// its Close, and what it holds is bounded.
//
// Off the end: the policies, how the stream ends, three sizes of pieces.
#include <algorithm>

#include "../unit/session/memory_transport.h"
#include "fuzz.h"
#include "server/connection.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;

namespace {

constexpr std::string_view kRequest =
    "GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What a client sees of the server.
class Seen : private wire::MessageSink {
 public:
  explicit Seen(const std::string& written) {
    wire::HttpHeadReader head;
    wire::Octets octets = wire::as_octets(written);
    if (octets.empty()) return;
    expect(head.feed(octets) == wire::HeadState::done, "the answer has a whole head");
    const auto answer = head.response();
    expect(answer.has_value(), "the answer is HTTP");
    if (answer->status != 101) {
      expect(answer->status >= 400 && answer->status < 600, "a refusal is an error");
      return;
    }
    wire::MessageReader reader({.sender = wire::Role::server}, *this);
    if (wire::find_header(answer->headers, "Sec-WebSocket-Extensions"))
      reader.allow_deflate(15, true);
    reader.feed(octets);
    expect(reader.at_frame_boundary(), "the server writes whole frames");
  }

 private:
  void on_violation(const wire::Violation& violation) override {
    std::fprintf(stderr, "%s\n", violation.what.c_str());
    expect(false, "what the server sends keeps the rules, and nothing follows its Close");
  }
};

struct Played {
  session::test::Link link;
  std::unique_ptr<server::Connection> connection;

  Played(const server::Connection::Surroundings& surroundings, wire::Octets comes,
         std::uint8_t ends, const fuzz::Cuts* cuts) {
    connection = std::make_unique<server::Connection>(surroundings);
    expect(connection->start(link.factory()), "a connection starts");
    if (cuts == nullptr)
      link.deliver(comes);
    else
      cuts->cut(comes, [this](wire::Octets piece) {
        if (!piece.empty()) link.deliver(piece);
      });
    if (ends % 3 == 1) link.end(net::EndKind::eof);
    if (ends % 3 == 2) link.end(net::EndKind::reset);
  }
};

}  // namespace

FUZZ_TARGET(serve) {
  const std::uint8_t bits = input.octet(), ends = input.octet();
  server::ServerPolicies policies;
  policies.deflate = (bits & 1) != 0;
  policies.text_only = (bits & 2) != 0;
  if ((bits & 4) != 0) policies.message_rate = 3;
  if ((bits & 8) != 0) policies.max_message = 100;
  if ((bits & 16) != 0) policies.max_fragments = 3;
  if ((bits & 32) != 0) policies.forbidden = {"bad"};
  const fuzz::Cuts cuts(input);
  // Most inputs are about what comes after a handshake.
  std::string octets;
  if ((bits & 128) == 0) {
    octets = kRequest;
    if (policies.deflate) octets += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    octets += "\r\n";
  }
  octets += input.text();

  server::Connection::Totals totals{.open = 1, .held = 0};
  const server::Connection::Surroundings surroundings{session::test::shared_loop(), policies,
                                                      totals, [](server::Connection&) {}};
  const Played whole(surroundings, wire::as_octets(octets), ends, nullptr);
  const Played cut(surroundings, wire::as_octets(octets), ends, &cuts);
  Seen(whole.link.written);
  Seen(cut.link.written);
  expect_same(whole.link.written, cut.link.written,
              "a server writes the same however what came was cut");
  expect(whole.link.written.size() <= 2 * octets.size() + (1u << 20),
         "an echo is not much longer than what came");
}
