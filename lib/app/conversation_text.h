// A conversation of others as lines for a person: what `tap` prints as it happens, and `inspect` of
// a capture. What the two sides sent is shown escaped, without the secrets of their handshake.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/events.h"
#include "text/redactor.h"
#include "wire/handshake.h"

namespace wsspec {

enum class LineKind : std::uint8_t { handshake, frame, violation, close };

struct ConversationTextOptions {
  bool payloads = false;      ///< the first octets of each
  bool show_secrets = false;  ///< nothing is hidden
};

/// A violation is held back until it is known what the other side did about it, at most a second.
class ConversationText : public observe::Sink {
 public:
  static constexpr double kReactionMs = 1000;
  using Emit = std::function<void(LineKind kind, double ms, const std::string& text)>;

  ConversationText(ConversationTextOptions options, Emit emit)
      : options_(options), emit_(std::move(emit)) {}
  ~ConversationText() override { settle(" before the end of what was seen"); }

  void on_request(const observe::Request& event) override;
  void on_response(const observe::Response& event) override;
  void on_frame(const observe::Frame& event) override;
  void on_violation(const observe::Broken& event) override;
  void on_close(const observe::Close& event) override;
  void on_opaque(observe::Role side, std::string_view why, double ms) override;
  void on_end(const observe::End& event) override;

  /// It is so late now: violations that waited for a second are told.
  void tick(double ms);
  bool waiting() const { return !waiting_.empty(); }
  /// A text of either side as it may be shown.
  std::string shown(std::string_view raw, std::size_t limit) const;
  /// Why a side is no WebSocket. Before there is a request nothing says what of it is secret: then
  /// without the octets that it quotes.
  std::string shown_problem(std::string_view why) const;
  /// Its octets in hexadecimal.
  std::string hex_of(wire::Octets octets) const;

 private:
  struct Waiting {
    observe::Role side;
    double ms;
    std::string text;
  };
  std::string payload_of(const observe::Frame& event) const;
  void react(observe::Role side, const std::string& what, double ms);
  void settle(const std::string& when);
  const text::Secrets& secrets() const;

  ConversationTextOptions options_;
  Emit emit_;
  std::optional<wire::HttpRequest> request_;
  std::string request_fault_;
  mutable std::unique_ptr<text::Secrets> secrets_;
  std::vector<Waiting> waiting_;
  bool any_close_ = false, open_ = false;
};

/// "a text message that is not UTF-8, by its octet 4096: 0x41 where a continuation octet (80 to BF)
/// was due; a character of 3 octets is cut after 1; looks like chunks of 4096".
std::string violation_text(const observe::Broken& event);
/// The part of it about a cut character; empty where none is.
std::string cut_text(const observe::Broken& event);
/// One line: "[3] 1.5 ms  client: ...".
std::string numbered(std::uint64_t connection, double ms, std::string_view text);
/// "1007 invalid frame payload data"; "without a code (1005)".
std::string close_text(std::optional<std::uint16_t> code);

}  // namespace wsspec
