#include "app/conversation_text.h"

#include <fmt/format.h>

#include "app/secret_values.h"
#include "diagnose/utf8_fault.h"
#include "text/escape.h"
#include "text/secret_names.h"
#include "wire/close_code.h"

namespace wsspec {
namespace {

using observe::Role;

constexpr std::size_t kTarget = 200, kFault = 300, kReason = 200, kPayload = 80;
constexpr std::size_t kMostWaiting = 8;
constexpr std::uint64_t kReasonRoom = 123;  ///< RFC 6455 5.5

const char* name_of(Role side) {
  return wire::role_name(side);
}

std::string octets_text(std::uint64_t count) {
  return fmt::format("{} octet{}", count, count == 1 ? "" : "s");
}

std::string deflate_text(const std::optional<wire::DeflateParams>& agreed) {
  return agreed ? ", permessage-deflate" : "";
}

}  // namespace

std::string numbered(std::uint64_t connection, double ms, std::string_view text) {
  return fmt::format("[{}] {:.1f} ms  {}\n", connection, ms, text);
}

std::string close_text(std::optional<std::uint16_t> code) {
  if (!code) return "without a code (1005)";
  return fmt::format("{} {}", *code, wire::close_code_name(*code));
}

std::string cut_text(const observe::Broken& event) {
  if (!event.cut) return {};
  const auto& cut = *event.cut;
  std::string out =
      fmt::format("a character of {} octets is cut after {}", cut.character, cut.there);
  if (cut.block == kReasonRoom)
    out += "; the text was cut to the 123 octets that a Close has for its reason";
  else if (cut.block != 0)
    out += fmt::format("; looks like chunks of {}", cut.block);
  return out;
}

std::string violation_text(const observe::Broken& event) {
  using Kind = wire::ViolationKind;
  const wire::Violation& violation = event.violation;
  const bool text =
      violation.kind == Kind::text_not_utf8 || violation.kind == Kind::close_reason_not_utf8;
  std::string out = violation.what;
  if (text && (!violation.truncated || !event.cut))
    out += ": " + diagnose::utf8_fault_reason(event.excerpt, event.mark, violation.truncated);
  if (const std::string cut = cut_text(event); !cut.empty())
    out += (violation.truncated ? ": " : "; ") + cut;
  return out;
}

const text::Secrets& ConversationText::secrets() const {
  if (!secrets_) {
    secrets_ = std::make_unique<text::Secrets>();
    if (request_ && !options_.show_secrets) {
      add_url(request_->target, *secrets_);
      for (const auto& [name, value] : request_->headers) add_header(name, value, *secrets_);
    }
  }
  return *secrets_;
}

std::string ConversationText::shown(std::string_view raw, std::size_t limit) const {
  if (options_.show_secrets || !request_) return text::printable(raw, limit);
  std::string out = text::printable(secrets().redact(raw), limit);
  if (!options_.payloads) secrets_.reset();  // 64 KiB for each of many connections
  return out;
}

std::string ConversationText::shown_problem(std::string_view why) const {
  if (!request_ && !options_.show_secrets) why = why.substr(0, why.find_first_of(":'\""));
  return shown(why, kFault);
}

std::string ConversationText::hex_of(wire::Octets octets) const {
  wire::OctetVector masked = wire::to_vector(octets);
  if (!options_.show_secrets) secrets().mask(masked);
  return text::hex(masked, kPayload);
}

void ConversationText::on_request(const observe::Request& event) {
  tick(event.ms);
  request_ = event.request;
  secrets_.reset();
  request_fault_ = event.fault;
}

void ConversationText::on_response(const observe::Response& event) {
  tick(event.ms);
  if (event.interim || !request_) return;
  const std::string target =
      options_.show_secrets ? request_->target : text::redact_url(request_->target);
  open_ = event.response.status == 101;
  emit_(LineKind::handshake, event.ms,
        fmt::format("client: {} {}; the server answered {} after {:.1f} ms{}",
                    text::printable(request_->method, 20), text::printable(target, kTarget),
                    event.response.status, event.waited_ms, deflate_text(event.deflate)));
  const bool asked = open_ || wire::header_has_token(request_->headers, "Upgrade", "websocket");
  if (asked && !request_fault_.empty())
    emit_(LineKind::violation, event.ms,
          "client: its opening handshake: " + text::printable(request_fault_, kFault));
  if (!event.fault.empty())
    emit_(LineKind::violation, event.ms,
          "server: its answer to the opening handshake: " + shown(event.fault, kFault));
}

std::string ConversationText::payload_of(const observe::Frame& event) const {
  if (!options_.payloads || event.head.empty()) return {};
  const bool text = event.header.opcode != static_cast<std::uint8_t>(wire::Opcode::binary);
  const std::string_view more = event.header.length > event.head.size() ? " ..." : "";
  if (!text) return fmt::format(": {}{}", hex_of(event.head), more);
  return fmt::format(": \"{}\"{}", shown(wire::as_chars(event.head), kPayload), more);
}

void ConversationText::on_frame(const observe::Frame& event) {
  tick(event.ms);
  const auto& header = event.header;
  if (event.whole && header.opcode == static_cast<std::uint8_t>(wire::Opcode::close)) return;
  std::string out =
      fmt::format("{}: {} frame {}, {}", name_of(event.side), wire::opcode_name(header.opcode),
                  event.number, octets_text(header.length));
  if (!header.fin) out += ", FIN 0";
  if (header.rsv != 0)
    out += header.rsv == 4 ? ", compressed" : fmt::format(", RSV {}", header.rsv);
  if (!event.whole) out += ", cut off";
  emit_(LineKind::frame, event.ms, out + payload_of(event));
}

void ConversationText::on_violation(const observe::Broken& event) {
  tick(event.ms);
  Waiting violation{
      event.side, event.ms,
      fmt::format("{}: {} frame {}: {}", name_of(event.side), wire::opcode_name(event.opcode),
                  event.frame, text::printable(violation_text(event), kFault))};
  if (waiting_.size() >= kMostWaiting)
    emit_(LineKind::violation, violation.ms, violation.text);
  else
    waiting_.push_back(std::move(violation));
}

void ConversationText::on_close(const observe::Close& event) {
  tick(event.ms);
  react(event.side,
        fmt::format("closed {}", event.code ? fmt::to_string(*event.code) : "without a code"),
        event.ms);
  any_close_ = true;
  std::string out = fmt::format("{}: Close {}", name_of(event.side), close_text(event.code));
  if (!event.reason.empty()) out += fmt::format(", \"{}\"", shown(event.reason, kReason));
  if (event.answer)
    out += fmt::format(", which answers the {}'s", name_of(wire::peer_of(event.side)));
  emit_(LineKind::close, event.ms, out);
}

void ConversationText::on_opaque(Role side, std::string_view why, double ms) {
  tick(ms);
  emit_(LineKind::violation, ms,
        fmt::format("{}: no WebSocket, and not looked at any further: {}", name_of(side),
                    shown_problem(why)));
}

void ConversationText::on_end(const observe::End& event) {
  tick(event.ms);
  const bool reset = event.kind == observe::EndKind::reset;
  const char* how = reset ? "reset" : "ended";
  react(event.side, fmt::format("{} the connection without a Close", how), event.ms);
  if (!open_ || (any_close_ && !reset)) return;
  emit_(LineKind::close, event.ms,
        fmt::format("{}: {} the connection{}", name_of(event.side), how,
                    any_close_ ? " after a Close" : " without a Close: 1006 to an API"));
  any_close_ = true;
}

void ConversationText::tick(double ms) {
  if (!waiting_.empty() && ms - waiting_.front().ms > kReactionMs) settle(" within a second");
}

void ConversationText::react(Role side, const std::string& what, double ms) {
  std::vector<Waiting> rest;
  for (Waiting& one : std::exchange(waiting_, {})) {
    if (one.side == side) {
      rest.push_back(std::move(one));
      continue;
    }
    emit_(LineKind::violation, one.ms,
          fmt::format("{}; the {} {} after {:.1f} ms", one.text, name_of(side), what, ms - one.ms));
  }
  waiting_ = std::move(rest);
}

void ConversationText::settle(const std::string& when) {
  for (const Waiting& one : std::exchange(waiting_, {}))
    emit_(LineKind::violation, one.ms,
          fmt::format("{}; the {} did not close{}", one.text, name_of(wire::peer_of(one.side)),
                      when));
}

}  // namespace wsspec
