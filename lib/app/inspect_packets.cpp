// pcap and pcapng.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "app/capture_readers.h"
#include "app/conversation_json.h"
#include "app/conversation_text.h"
#include "app/conversation_totals.h"
#include "capture/packets.h"
#include "capture/streams.h"
#include "capture/tls_stream.h"
#include "observe/conversation.h"
#include "observe/fan_out.h"

namespace wsspec {
namespace {

using observe::Role;

/// Tells the report which codes there are.
class Codes : public observe::Sink {
 public:
  explicit Codes(CaptureReport& report) : report_(report) {}
  void on_close(const observe::Close& event) override { report_.closed(event.code); }

 private:
  CaptureReport& report_;
};

/// One connection that begins with a request.
struct Talk {
  Talk(std::uint64_t number, CaptureReport& report, ConversationTotals& totals)
      : text({}, [&report, number](LineKind /*kind*/, double ms,
                                   const std::string& line) { report.line(number, ms, line); }),
        json(number, {}, text, [&report](const std::string& line) { report.json(line); }),
        ending(totals),
        codes(report) {
    for (observe::Sink* sink :
         {static_cast<observe::Sink*>(&ending), static_cast<observe::Sink*>(&codes),
          static_cast<observe::Sink*>(&text), static_cast<observe::Sink*>(&json)})
      sinks.add(*sink);
  }
  ConversationText text;
  ConversationJson json;
  EndingNote ending;
  Codes codes;
  observe::FanOut sinks;
  observe::Conversation conversation{sinks};
  bool turned = false;  ///< the side that was heard first is the server
  bool holed = false;   ///< octets are missing
  bool ended[2] = {};
};

class Connections : public capture::StreamSink {
 public:
  Connections(CaptureReport& report, const capture::KeyLog& keys) : report_(report), keys_(keys) {}

  void on_open(std::uint64_t connection, const std::string& client, const std::string& server,
               bool whole, std::uint64_t time_ns) override {
    if (began_ns_ == 0) began_ns_ = time_ns;
    open_[connection] = {client, server, whole};
  }
  void on_octets(std::uint64_t connection, Role side, wire::Octets octets,
                 std::uint64_t time_ns) override {
    const auto found = open_.find(connection);
    if (found == open_.end()) return;
    Open& open = found->second;
    if (!open.tls && !open.talk && side == Role::client && keys_.size() > 0 &&
        capture::begins_like_tls(octets))
      begin_tls(connection, open);
    open.now_ns = time_ns;
    if (open.tls)
      read_tls(connection, open, side, octets);
    else
      tell(connection, open, side, octets);
    if (open.left) open_.erase(found);
  }
  void on_gap(std::uint64_t connection, Role side, std::uint64_t missing,
              std::uint64_t time_ns) override {
    const auto found = open_.find(connection);
    if (found == open_.end()) return;
    if (found->second.tls) found->second.tls_over = true;
    if (!found->second.talk || found->second.talk->holed) return;
    found->second.talk->holed = true;
    report_.line(
        connection, ms(time_ns),
        fmt::format("{}: {} octets are missing in the capture; nothing after them can be read",
                    wire::role_name(side_of(*found->second.talk, side)), missing));
  }
  void on_end(std::uint64_t connection, Role side, bool reset, std::uint64_t time_ns) override {
    const auto found = open_.find(connection);
    if (found == open_.end()) return;
    if (!found->second.talk) return;
    Talk& talk = *found->second.talk;
    const Role real = side_of(talk, side);
    if (!talk.holed)
      talk.conversation.end(real, reset ? observe::EndKind::reset : observe::EndKind::fin,
                            ms(time_ns));
    talk.ended[real == Role::client ? 0 : 1] = true;
    if (talk.ended[0] && talk.ended[1]) open_.erase(found);
  }
  /// The capture is over.
  void finish() { open_.clear(); }
  const ConversationTotals& totals() const { return totals_; }
  std::string left_out() const {
    std::string out;
    const auto add = [&](std::uint64_t count, const char* what) {
      if (count > 0) out += fmt::format("{} {}\n", count, what);
    };
    add(tls_,
        "TLS connections, which cannot be read without their keys (--keylog FILE; or 'wsspec tap' "
        "stands between)");
    for (const auto& [problem, count] : keyless_)
      add(count, ("TLS connections that are not read: " + problem).c_str());
    add(others_, "other TCP connections");
    add(middle_, "connections whose beginning is not in the capture");
    return out;
  }

 private:
  struct Open {
    std::string client, server;
    bool whole = false;
    std::unique_ptr<Talk> talk{};
    std::unique_ptr<capture::TlsStream> tls{};
    bool tls_over = false;     ///< it cannot be read any further
    bool left = false;         ///< it is none of ours
    std::uint64_t now_ns = 0;  ///< of the octets that are read
  };
  double ms(std::uint64_t time_ns) const {
    return time_ns < began_ns_ ? 0 : static_cast<double>(time_ns - began_ns_) / 1e6;
  }
  static Role side_of(const Talk& talk, Role side) {
    return talk.turned ? wire::peer_of(side) : side;
  }
  void begin_tls(std::uint64_t connection, Open& open) {
    open.tls = std::make_unique<capture::TlsStream>(
        keys_, [this, connection, &open](Role side, wire::Octets octets) {
          if (!open.left) tell(connection, open, side, octets);
        });
  }
  void read_tls(std::uint64_t connection, Open& open, Role side, wire::Octets octets) {
    if (open.tls_over || open.tls->feed(side, octets)) return;
    open.tls_over = true;
    if (open.talk) {
      open.talk->holed = true;
      report_.line(connection, ms(open.now_ns),
                   fmt::format("TLS: {}; nothing after it can be read", open.tls->problem()));
    } else {
      ++keyless_[open.tls->problem()];
      open.left = true;
    }
  }
  void tell(std::uint64_t connection, Open& open, Role side, wire::Octets octets) {
    if (!open.talk && !begin(connection, open, side, octets, open.now_ns)) {
      open.left = true;
      return;
    }
    if (!open.talk->holed)
      open.talk->conversation.feed(side_of(*open.talk, side), octets, ms(open.now_ns));
  }
  /// By its first octets: false where it is no HTTP.
  bool begin(std::uint64_t connection, Open& open, Role side, wire::Octets octets,
             std::uint64_t time_ns) {
    const std::string_view text = wire::as_chars(octets);
    // A method is in capitals (RFC 9110 9.1): it may be cut by the end of a segment.
    const std::size_t method = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const bool request = method == std::string_view::npos || (method > 0 && text[method] == ' ');
    if (!request || (side == Role::server && open.whole)) {
      ++(capture::begins_like_tls(octets) ? tls_ : open.whole ? others_ : middle_);
      return false;
    }
    open.talk = std::make_unique<Talk>(connection, report_, totals_);
    open.talk->turned = side == Role::server;
    if (open.talk->turned) std::swap(open.client, open.server);
    report_.line(connection, ms(time_ns), fmt::format("{} to {}", open.client, open.server));
    return true;
  }

  CaptureReport& report_;
  const capture::KeyLog& keys_;
  ConversationTotals totals_;
  std::map<std::uint64_t, Open> open_;
  std::map<std::string, std::uint64_t> keyless_;  ///< TLS connections, by what is missing
  std::uint64_t began_ns_ = 0, tls_ = 0, others_ = 0, middle_ = 0;
};

}  // namespace

tl::expected<bool, std::string> inspect_packets(const capture::NextPiece& next,
                                                CaptureReport& report, capture::KeyLog keys) {
  Connections connections(report, keys);
  capture::Streams streams(connections);
  capture::PacketReader reader([&](const capture::Packet& packet) { streams.packet(packet); });
  reader.on_secrets([&](wire::Octets log) {
    keys.feed(log);
    keys.finish();
  });
  while (true) {
    const auto piece = next();
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty() || !reader.feed(*piece)) break;
  }
  streams.end();
  connections.finish();
  if (!reader.problem().empty())
    report.note("The capture is judged as far as it can be read: " + reader.problem());
  if (streams.fragments() > 0)
    report.note(fmt::format("{} IP fragments were left out", streams.fragments()));
  report.finish(connections.totals().text() + connections.left_out());
  return connections.totals().violations() > 0;
}

}  // namespace wsspec
