#include "observe/direction.h"

#include <algorithm>

#include "observe/cut.h"

namespace wsspec::observe {
namespace {

constexpr auto kContinuation = static_cast<std::uint8_t>(wire::Opcode::continuation);

}  // namespace

Direction::Direction(Role side, Sink& sink)
    : side_(side), sink_(sink), reader_({.sender = side, .keep_going = true}, *this) {}

void Direction::allow_deflate(const wire::DeflateParams& agreed) {
  const bool client = side_ == Role::client;
  reader_.allow_deflate(
      client ? agreed.client_max_window_bits : agreed.server_max_window_bits,
      client ? !agreed.client_no_context_takeover : !agreed.server_no_context_takeover);
}

void Direction::feed(wire::Octets octets, double ms) {
  ms_ = ms;
  reader_.feed(octets);
  if (frame_complete()) tell_frame(true);
}

// A fragment that is not the last one ends with its octets, and the reader does not tell.
bool Direction::frame_complete() const {
  const std::uint64_t length_size = header_.form == wire::LengthForm::bits64   ? 8
                                    : header_.form == wire::LengthForm::bits16 ? 2
                                                                               : 0;
  const std::uint64_t head = 2 + length_size + (header_.masked ? 4 : 0);
  return frame_open_ && reader_.position() - frame_at_ - head >= header_.length;
}

void Direction::end(EndKind kind, double ms) {
  ms_ = ms;
  if (frame_complete()) tell_frame(true);
  if (!reader_.at_frame_boundary()) {
    const wire::Violation cut{.kind = wire::ViolationKind::frame_cut_off,
                              .what = "half a frame before it ended the connection",
                              .section = "RFC 6455 7.1.1",
                              .at = reader_.position()};
    if (kind == EndKind::fin && !closed_)
      sink_.on_violation(
          {side_, frame_open_ ? frames_ : frames_ + 1, header_.opcode, cut, {}, 0, {}, ms_});
    tell_frame(false);
  }
  sink_.on_end({side_, kind, ms});
}

void Direction::tell_frame(bool whole) {
  if (!frame_open_) return;
  frame_open_ = false;
  sink_.on_frame(
      {side_, frames_, header_, frame_at_, wire::Octets(head_).first(head_size_), whole, ms_});
}

void Direction::keep_head(wire::Octets data) {
  if (!frame_open_) return;
  const std::size_t count = std::min(data.size(), head_.size() - head_size_);
  std::copy_n(data.begin(), count, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
  head_size_ += count;
}

void Direction::on_frame(const wire::FrameHeader& header, std::uint64_t at) {
  tell_frame(true);
  frame_open_ = true;
  header_ = header;
  frame_at_ = at;
  ++frames_;
  ++message_frames_;
  if (wire::is_control(header.opcode)) --message_frames_;
  head_size_ = 0;
}

void Direction::on_message_begin(wire::Opcode type) {
  type_ = type;
  ++messages_;
  message_frames_ = 1;
  message_octets_ = 0;
  compressed_ = header_.rsv != 0;
  before_.clear();
  last_.clear();
}

void Direction::on_message_data(wire::Octets data) {
  keep_head(data);
  sink_.on_data(side_, data);
  message_octets_ += data.size();
  data_ = data;
  before_ = last_;
  last_.add(data);
}

void Direction::on_message_end(std::uint64_t /*end*/) {
  tell_frame(true);
  sink_.on_message({side_, messages_, type_, message_frames_, message_octets_, compressed_, ms_});
}

void Direction::on_ping(wire::Octets payload, std::uint64_t /*end*/) {
  keep_head(payload);
  sink_.on_data(side_, payload);
  tell_frame(true);
  if (pings_.size() == kPings) pings_.pop_front();
  pings_.push_back({std::string(wire::as_chars(payload)), ms_});
}

void Direction::on_pong(wire::Octets payload, std::uint64_t /*end*/) {
  keep_head(payload);
  sink_.on_data(side_, payload);
  tell_frame(true);
  if (other_ != nullptr) other_->answered(wire::as_chars(payload), ms_);
}

// RFC 6455 5.5.3: a pong may leave out earlier pings, which then get none.
void Direction::answered(std::string_view payload, double ms) {
  const auto asked = std::find_if(pings_.begin(), pings_.end(),
                                  [&](const Sent& ping) { return ping.payload == payload; });
  if (asked == pings_.end()) return;
  sink_.on_pong({side_, ms - asked->ms, ms});
  pings_.erase(pings_.begin(), asked + 1);
}

void Direction::on_close(std::optional<std::uint16_t> code, std::string_view reason,
                         std::uint64_t /*end*/) {
  const wire::Octets octets = wire::as_octets(reason);
  if (code)
    keep_head(
        std::array{static_cast<std::uint8_t>(*code >> 8), static_cast<std::uint8_t>(*code & 0xff)});
  keep_head(octets);
  tell_frame(true);
  if (bad_reason_) {
    const auto at = std::min<std::size_t>(bad_reason_->at_in_message, octets.size());
    tell_broken_text(*bad_reason_, octets.first(at), octets.subspan(at));
    bad_reason_.reset();
  }
  closed_ = true;
  const bool answer = other_ != nullptr && other_->closed_;
  if (other_ != nullptr && code) other_->reader_.allow_echo_of(*code);
  sink_.on_close({side_, code, reason, answer, ms_});
}

void Direction::on_violation(const wire::Violation& violation) {
  using Kind = wire::ViolationKind;
  if (violation.kind == Kind::close_reason_not_utf8) {
    bad_reason_ = violation;
  } else if (violation.kind != Kind::text_not_utf8) {
    const std::uint8_t opcode =
        header_.opcode == kContinuation ? static_cast<std::uint8_t>(type_) : header_.opcode;
    sink_.on_violation({side_, frames_, opcode, violation, {}, 0, {}, ms_});
  } else if (violation.truncated) {
    tell_broken_text(violation, last_.octets(), {});
  } else {
    // message_octets_ counts data_ already, in which the proving octet stands.
    const auto at = violation.at_in_message - (message_octets_ - data_.size());
    Tail before = before_;
    before.add(data_.first(at));
    tell_broken_text(violation, before.octets(), data_.subspan(at));
  }
}

void Direction::tell_broken_text(const wire::Violation& violation, wire::Octets before,
                                 wire::Octets rest) {
  before = before.last(std::min(before.size(), Tail::kMost));
  rest = rest.first(std::min<std::size_t>(rest.size(), 1));
  wire::OctetVector excerpt = wire::to_vector(before);
  excerpt.insert(excerpt.end(), rest.begin(), rest.end());
  const bool close = violation.kind == wire::ViolationKind::close_reason_not_utf8;
  const auto opcode = static_cast<std::uint8_t>(close ? wire::Opcode::close : type_);
  sink_.on_violation({side_, frames_, opcode, violation, excerpt, before.size(),
                      find_cut(before, violation.at_in_message), ms_});
}

void Direction::on_refused_data(wire::Octets data) {
  keep_head(data);
  sink_.on_data(side_, data);
}

void Direction::on_refused_end(const wire::FrameHeader& /*header*/, std::uint64_t /*end*/) {
  tell_frame(true);
}

void Direction::Tail::add(wire::Octets data) {
  data = data.last(std::min(data.size(), kMost));
  const std::size_t kept = std::min(size_, kMost - data.size());
  std::copy(octets_.begin() + static_cast<std::ptrdiff_t>(size_ - kept),
            octets_.begin() + static_cast<std::ptrdiff_t>(size_), octets_.begin());
  std::copy(data.begin(), data.end(), octets_.begin() + static_cast<std::ptrdiff_t>(kept));
  size_ = kept + data.size();
}

}  // namespace wsspec::observe
