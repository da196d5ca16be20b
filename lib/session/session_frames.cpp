// The frames that come, what they answer, and where reading stops.
#include <fmt/format.h>

#include <algorithm>

#include "session/session.h"

namespace wsspec::session {
namespace {

using Direction = result::TranscriptLine::Direction;

// A flood: beyond what is given to any peer, plus a multiple of what we sent (an echo, perhaps in
// fragments of one octet). A chatty one gets more.
constexpr std::uint64_t kFloodOctets = 32u << 20;
constexpr std::uint64_t kFloodFrames = 20000;
constexpr std::uint64_t kChattyFactor = 16;
/// The same of what messages inflate to: one that is as long as may be, and half of another.
constexpr std::uint64_t kFloodTold = wire::Inflater::kMaxMessage * 3 / 2;
/// What is read at most before the clock is looked at. 256 octets inflate to 256 KiB at most.
constexpr std::size_t kSlice = 16384;
constexpr std::size_t kCompressedSlice = 256;
constexpr std::uint64_t kReadAfterVerdict = 8u << 20;

std::uint64_t header_size(const wire::FrameHeader& header) {
  const std::uint64_t length = header.form == wire::LengthForm::bits64   ? 8
                               : header.form == wire::LengthForm::bits16 ? 2
                                                                         : 0;
  return 2 + length + (header.masked ? header.key.size() : 0);
}

void keep_first_octets(wire::OctetVector& kept, wire::Octets input) {
  const auto room = ServerFrames::kFirst - std::min(ServerFrames::kFirst, kept.size());
  const auto part = input.first(std::min(room, input.size()));
  kept.insert(kept.end(), part.begin(), part.end());
}

/// `input` begins at `base` in the stream of frames.
void keep_fault_octets(ServerFrames& frames, const wire::Violation* violation, wire::Octets input,
                       std::uint64_t base) {
  if (violation == nullptr) frames.at_fault.clear();  // of a text that was an echo of ours
  if (violation == nullptr || violation->kind != wire::ViolationKind::text_not_utf8 ||
      violation->truncated || !frames.last || frames.last->header.masked ||
      frames.last->header.rsv != 0)
    return;
  const std::uint64_t from = violation->at + frames.at_fault.size();
  if (from < base || from - base >= input.size()) return;
  const wire::Octets rest = input.subspan(from - base);
  const wire::Octets part =
      rest.first(std::min(ServerFrames::kAtFault - frames.at_fault.size(), rest.size()));
  frames.at_fault.insert(frames.at_fault.end(), part.begin(), part.end());
}

}  // namespace

// What is too much for one step of the loop is left: a little input may inflate to much, and small
// frames may be many.
void Session::read_frames(wire::Octets& input) {
  const bool readable = !record_.violation;  // after the violation the same read tells more of it
  const net::TimePoint until = loop_.slice_end();
  const std::size_t most = writer_.compresses() ? kCompressedSlice : kSlice;
  while (readable && !input.empty()) {
    const wire::Octets slice = input.first(std::min(input.size(), most));
    input = input.subspan(slice.size());
    read_slice(slice);
    if (is_flood() || net::Clock::now() >= until) break;
  }
  if (!readable) input = {};
  writer_.end_of_read();
}

void Session::read_slice(wire::Octets slice) {
  if (record_.sent.close_code) reader_.allow_echo_of(*record_.sent.close_code);
  keep_first_octets(record_.frames.first_octets, slice);
  const std::uint64_t base = reader_.position();
  reader_.feed(slice);
  const auto& found = record_.violation ? record_.violation : doubtful_;
  keep_fault_octets(record_.frames, found ? &*found : nullptr, slice, base);
  auto& last = record_.frames.last;
  if (last && !record_.violation)
    last->came = reader_.position() - last->at - header_size(last->header);
}

void Session::stop_reading_on(net::TimePoint at) {
  if (in_phase(Phase::open) && !record_.violation && is_flood()) {
    record_.flooded = true;
    note(Direction::note,
         fmt::format("a flood: the {} is read no further",
                     wire::role_name(wire::peer_of(setup_.role))),
         0);
    drop();
  }
  // A peer that breaks the protocol is not answered on: the rest has no meaning.
  if (record_.violation && transport_ && !record_.close_at) writer_.cancel();
  // What is judged as broken or refused is read no further either.
  if (transport_ && (record_.violation || in_phase(Phase::refused)) &&
      record_.received_octets > kReadAfterVerdict) {
    record_.ended_at = at;
    record_.end = result::End::open;
    attach(nullptr);
    transport_.reset();
    if (in_phase(Phase::open)) record_.phase = Phase::ended;
  }
}

bool Session::is_flood() const {
  const std::uint64_t factor = setup_.chatty ? kChattyFactor : 1;
  return record_.received_octets > factor * kFloodOctets + 4 * record_.sent.echo_octets ||
         told_octets_ > factor * kFloodTold + 4 * record_.sent.echo_octets ||
         received_frames_ > factor * kFloodFrames + 2 * record_.sent.position;
}

void Session::on_frame(const wire::FrameHeader& header, std::uint64_t at) {
  ++received_frames_;
  if (!record_.violation)
    record_.frames.last = {.header = header, .at = at};
  else if (!record_.frames.after_fault)
    record_.frames.after_fault = {.header = header, .at = at};
  last_opcode_ = header.opcode;
  if (transcript_.full()) return;
  std::string what = wire::opcode_name(header.opcode);
  if (!header.fin) what += ", FIN 0";
  if (header.rsv != 0)
    what += writer_.compresses() && header.rsv == 4 ? ", compressed"
                                                    : fmt::format(", RSV {}", header.rsv);
  if (header.masked != wire::masks(wire::peer_of(setup_.role)))
    what += header.masked ? ", masked" : ", not masked";
  note(Direction::received, std::move(what), header.length);
}

void Session::on_message_begin(wire::Opcode type) {
  matcher_.begin(type);
}

void Session::on_message_data(wire::Octets data) {
  told_octets_ += data.size();
  matcher_.add(data);
  transcript_.add_payload(Direction::received, data);
}

void Session::on_message_end(std::uint64_t /*end*/) {
  if (record_.violation) return;
  const bool echo = matcher_.end(now_, writer_.in_burst());
  if (doubtful_ && !echo) break_rule(*doubtful_);
  doubtful_.reset();
}

void Session::on_ping(wire::Octets payload, std::uint64_t /*end*/) {
  transcript_.set_last_payload(Direction::received, payload);
  if (record_.violation) return;
  if (!setup_.auto_pong || record_.close_at || record_.sent.close_sent) return;
  writer_.answer_ping(payload);
}

void Session::on_pong(wire::Octets payload, std::uint64_t /*end*/) {
  transcript_.set_last_payload(Direction::received, payload);
  if (!record_.violation) matcher_.pong(payload, now_);
}

void Session::on_close(std::optional<std::uint16_t> code, std::string_view reason,
                       std::uint64_t /*end*/) {
  // After a violation nothing has a meaning, whether or not it came in the same read; but a Close
  // that breaks a rule itself is told, for its code.
  if (record_.close_at || (record_.violation && received_frames_ != violating_frame_)) return;
  record_.close_at = now_;
  record_.close_lag_ms = note_lag();
  record_.close_code = code ? static_cast<int>(*code) : 1005;
  record_.close_reason = reason;
  if (code) sent_log_.allow_echo_of(*code);
  if (record_.closer == result::Closer::none)
    record_.closer = record_.sent.close_sent ? record_.own_side() : record_.other_side();
  transcript_.name_last(Direction::received,
                        code ? fmt::format("Close {}", *code) : "Close without a code");
  transcript_.set_last_payload(Direction::received, wire::as_octets(reason));
  writer_.cancel_before_close();
  if (setup_.auto_close) writer_.answer_close();
}

void Session::on_violation(const wire::Violation& violation) {
  if (record_.violation) return;
  // Not so a pong: until it has received our Close, the other side owes one for each ping, ours or
  // the probe's, that its Close has crossed (RFC 6455 5.5.2; 5.5.1 forbids it data frames).
  if (violation.kind == wire::ViolationKind::after_close &&
      last_opcode_ == static_cast<std::uint8_t>(wire::Opcode::pong) && matcher_.owes_pong())
    return;
  // The answer to a bomb of ours is as long as that: read up to a bound, and no fault.
  if (violation.kind == wire::ViolationKind::inflated_too_long) {
    matcher_.cut();
    return;
  }
  if (violation.kind == wire::ViolationKind::text_not_utf8) {
    doubtful_ = violation;
    return;
  }
  break_rule(violation);
}

void Session::break_rule(const wire::Violation& violation) {
  record_.violation = violation;
  violating_frame_ = received_frames_;
  note(Direction::note,
       fmt::format("the {} breaks {}", wire::role_name(wire::peer_of(setup_.role)),
                   violation.section),
       0);
}

// RFC 6455 5.5.1 lets the other side finish a message before it answers our Close, or drop it; but
// half a frame makes octets of the message out of the Close after it. Only where nothing but our
// Close can be the cause: an endpoint that fails a connection may drop it anywhere (7.1.7).
void Session::note_frame_cut_off() {
  if (!in_phase(Phase::open) || record_.end != result::End::eof || record_.violation ||
      record_.close_at || writer_.is_shut())
    return;
  if (reader_.at_frame_boundary() || record_.closer != result::Closer::none ||
      !record_.sent.close_sent)
    return;
  if (record_.goodbye || record_.sent.fault.source != Fault::Source::none) return;
  record_.violation = wire::Violation{.kind = wire::ViolationKind::frame_cut_off,
                                      .what = "half a frame before it ended the connection",
                                      .section = "RFC 6455 5.5.1"};
}

void Session::give_up_sending() {
  record_.stalled = true;
  writer_.cancel();
}

void Session::send_probe() {
  if (auto payload = writer_.probe()) {
    matcher_.expect_probe(std::move(*payload));
    writer_.pump();
  }
}

void Session::on_writable() {
  writer_.pump();
  changed();
}

void Session::forget_exchange() {
  matcher_.forget();
}

}  // namespace wsspec::session
