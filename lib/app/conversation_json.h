// A conversation of others as JSON Lines ("wsspec-conversation/1"): the log of `tap`, which
// `inspect` reads again. Values of headers and URLs that may be secrets are "***", and no payload
// is in it, unless the options say so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "app/conversation_text.h"
#include "observe/events.h"

namespace wsspec {

inline constexpr std::string_view kConversationSchema = "wsspec-conversation/1";

class ConversationJson : public observe::Sink {
 public:
  using Emit = std::function<void(const std::string& line)>;
  /// `texts` hides secrets in what is quoted of either side; it hears of an event before this does.
  ConversationJson(std::uint64_t connection, ConversationTextOptions options,
                   const ConversationText& texts, Emit emit)
      : connection_(connection), options_(options), texts_(texts), emit_(std::move(emit)) {}

  void on_request(const observe::Request& event) override;
  void on_response(const observe::Response& event) override;
  void on_frame(const observe::Frame& event) override;
  void on_message(const observe::Message& event) override;
  void on_violation(const observe::Broken& event) override;
  void on_close(const observe::Close& event) override;
  void on_pong(const observe::Ping& event) override;
  void on_opaque(observe::Role side, std::string_view why, double ms) override;
  void on_end(const observe::End& event) override;

 private:
  std::uint64_t connection_;
  ConversationTextOptions options_;
  const ConversationText& texts_;
  Emit emit_;
};

}  // namespace wsspec
