// A browser's HAR.
#include <fmt/format.h>

#include "app/capture_readers.h"
#include "app/conversation_json.h"
#include "app/conversation_text.h"
#include "app/conversation_totals.h"
#include "explain/answer.h"
#include "text/escape.h"
#include "text/secret_names.h"

namespace wsspec {
namespace {

using observe::Role;

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::size_t kText = 300;

class Entries : public capture::HarSink {
 public:
  explicit Entries(CaptureReport& report) : report_(report) {}

  void on_message(const capture::HarMessage& message) override {
    if (messages_[0] + messages_[1] == 0) begin(message.time_s);
    const double ms = (message.time_s - began_s_) * 1000;
    if (message.type != "send" && message.type != "receive") return on_error(message, ms);
    const Role side = message.type == "send" ? Role::client : Role::server;
    std::uint64_t octets = message.data.size();
    const bool text = message.opcode == static_cast<int>(wire::Opcode::text);
    if (!text)
      if (const auto decoded = wire::base64_decode(message.data)) octets = decoded->size();
    const std::uint64_t number = ++messages_[side == Role::client ? 0 : 1];
    totals_[side == Role::client ? 0 : 1] += 1;
    octets_[side == Role::client ? 0 : 1] += octets;
    report_.line(
        number_, ms,
        fmt::format("{}: {} message {}, {} octets", wire::role_name(side),
                    wire::opcode_name(static_cast<std::uint8_t>(message.opcode)), number, octets));
    json_->on_message(
        {side, number, static_cast<wire::Opcode>(message.opcode & 0xf), 1, octets, false, ms});
    const std::size_t at = text ? message.data.find(kReplacement) : std::string::npos;
    if (at != std::string::npos)
      report_.line(
          number_, ms,
          fmt::format("{}: text message {} has U+FFFD at octet {}: the text was damaged before "
                      "it was sent",
                      wire::role_name(side), number, at));
  }
  void on_entry(const capture::HarEntry& entry, std::uint64_t messages) override {
    const bool websocket = messages > 0 || errors_ > 0 || entry.url.starts_with("ws://") ||
                           entry.url.starts_with("wss://");
    if (websocket && messages == 0 && errors_ == 0) begin(0);
    if (websocket) {
      std::string line =
          fmt::format("client: {} {}; the server answered {}", text::printable(entry.method, 20),
                      text::printable(text::redact_url(entry.url), kText), entry.status);
      if (!entry.error.empty()) line += "; " + text::printable(entry.error, kText);
      report_.line(number_, 0, line);
      failed_ = failed_ || entry.status != 101;
    }
    messages_[0] = messages_[1] = errors_ = 0;
    open_ = false;
  }
  bool failed() const { return failed_; }
  std::string summary() const {
    return fmt::format(
        "{} WebSocket connections\nthe client sent {} messages, {} octets\nthe server sent {} "
        "messages, {} "
        "octets\nA HAR has no frames, pings or Close codes: 'wsspec tap' sees them\n",
        number_, totals_[0], octets_[0], totals_[1], octets_[1]);
  }

 private:
  void begin(double time_s) {
    if (std::exchange(open_, true)) return;
    ++number_;
    began_s_ = time_s;
    json_.emplace(number_, ConversationTextOptions{}, text_,
                  [this](const std::string& line) { report_.json(line); });
  }
  /// "Could not decode a text frame as UTF-8.": what the browser's console said.
  void on_error(const capture::HarMessage& message, double ms) {
    begin(message.time_s);
    ++errors_;
    failed_ = true;
    report_.line(number_, open_ ? std::max(ms, 0.0) : 0,
                 "the browser: " + text::printable(message.data, kText));
    if (const auto said = explain::answer({message.data}, false, report_.width()))
      report_.note(*said);
  }

  CaptureReport& report_;
  ConversationText text_{{}, [](LineKind, double, const std::string&) {}};
  std::optional<ConversationJson> json_;
  std::uint64_t number_ = 0;
  double began_s_ = 0;
  bool open_ = false, failed_ = false;
  std::uint64_t messages_[2] = {}, totals_[2] = {}, octets_[2] = {}, errors_ = 0;
};

}  // namespace

tl::expected<bool, std::string> inspect_har(const capture::NextPiece& next, CaptureReport& report) {
  Entries entries(report);
  const auto read = capture::read_har(next, entries);
  if (!read) report.note("The HAR is judged as far as it can be read: " + read.error());
  report.finish(entries.summary());
  return entries.failed();
}

}  // namespace wsspec
