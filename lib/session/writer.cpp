// The writing half of a session: one job at a time, in pieces, with chop and hold; tool frames
// (pongs, the probe, our Close) only where nothing of the script is half written.
#include <fmt/format.h>

#include <algorithm>

#include "session/session.h"
#include "session/session_job.h"

namespace wsspec::session {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kToolFrames = 64;
constexpr int kChunksInARow = 16;

}  // namespace

bool Session::can_send(const std::vector<scenario::Item>& items) const {
  const Compression how = compression();
  return how.deflater != nullptr ||
         std::none_of(items.begin(), items.end(), [&](const scenario::Item& item) {
           return how.wanted(item) && !(item.deflate && item.deflate->where_agreed);
         });
}

void Session::send(const scenario::SendStep& step, bool after_close) {
  if (can_ask_again()) ask_again();
  job_ = std::make_unique<Job>();
  job_->step = step;
  job_->after_close = after_close;
  pump();
}

std::optional<std::string> Session::burst(const scenario::BurstStep& step) {
  auto source = BurstSource::make(step, carrier_, random_, sent_log_, compression());
  if (!source) return source.error();
  burst_ = std::move(*source);
  pump();
  return std::nullopt;
}

void Session::give_up_sending() {
  record_.stalled = true;
  cancel_sending();
}

void Session::note_progress(std::size_t sent, std::size_t wanted, net::TimePoint at) {
  if (sent == wanted)
    stalled_since_.reset();
  else if (sent > 0 || !stalled_since_)
    stalled_since_ = at;
}

void Session::cancel_sending() {
  stalled_since_.reset();
  job_.reset();
  if (burst_ != nullptr && burst_->inside_round()) cut_ = true;
  burst_.reset();
  pace_.cancel();
  chop_waits_ = false;
  if (out_pos_ < out_.size() && !record_.writing_own_frame) clear_out();
}

void Session::clear_out() {
  out_.clear();
  out_parts_.clear();
  out_pos_ = 0;
}

/// How many octets of out_ are frames.
std::size_t Session::frames_in_out() const {
  std::size_t from = 0, frames = 0;
  for (const Part& part : out_parts_) {
    if (!part.literal) frames += part.end - from;
    from = part.end;
  }
  return frames;
}

bool Session::may_write() const {
  return connection_ != nullptr && record_.phase == Phase::open && !shut_ && !write_failed_ &&
         out_pos_ >= out_.size() && record_.sent.at_frame_boundary && !inside_burst() &&
         !record_.sent.close_sent;
}

void Session::queue_tool_frame(wire::Opcode opcode, wire::Octets payload) {
  if (tool_frames_.size() >= kToolFrames) return;  // a ping flood: answer what we can
  wire::FrameHeader header;
  header.opcode = static_cast<std::uint8_t>(opcode);
  header.masked = true;
  header.key = random_.octets<4>();
  tool_frames_.push_back(wire::encode_frame(header, payload));
  pump();
}

bool Session::flush_tool_frames() {
  if (tool_frames_.empty() || out_pos_ < out_.size() || !record_.sent.at_frame_boundary ||
      inside_burst() || record_.phase != Phase::open)
    return false;
  out_ = std::move(tool_frames_.front());
  tool_frames_.pop_front();
  out_pos_ = 0;
  record_.writing_own_frame = true;
  out_parts_.clear();
  out_chop_.reset();
  return true;
}

void Session::send_close() {
  if (!may_write()) return;
  record_.goodbye = true;
  constexpr std::array<std::uint8_t, 2> body = {1000 >> 8, 1000 & 0xff};
  if (record_.closer == result::Closer::none && !record_.close_at)
    record_.closer = result::Closer::client;
  queue_tool_frame(wire::Opcode::close, body);
}

// RFC 6455 5.5.1: a Close is answered with a Close, typically of the same code. With a frame of
// ours half written nothing else may be written: shutting the stream down says the same.
void Session::answer_close() {
  if (record_.sent.close_sent || connection_ == nullptr) return;
  if (out_pos_ < out_.size() || !record_.sent.at_frame_boundary || inside_burst() ||
      write_failed_) {
    connection_->shutdown_write();
    shut_ = true;
    return;
  }
  tool_frames_.clear();
  const bool echo = record_.close_code && *record_.close_code != 1005 && !record_.violation;
  const int code = echo ? *record_.close_code : 1000;
  const std::array<std::uint8_t, 2> body = {static_cast<std::uint8_t>(code >> 8),
                                            static_cast<std::uint8_t>(code & 0xff)};
  queue_tool_frame(wire::Opcode::close,
                   record_.close_code == 1005 ? wire::Octets{} : wire::Octets(body));
}

void Session::send_probe() {
  if (record_.probe_sent() || !may_write()) return;
  record_.probe_at = net::Clock::now();
  record_.pong_for_probe_at.reset();
  probe_payload_ = fmt::format("wsspec {:08x}", static_cast<std::uint32_t>(random_.next()));
  queue_tool_frame(wire::Opcode::ping, wire::as_octets(probe_payload_));
}

void Session::send_harmless(const scenario::Item& item) {
  ItemStream stream(item, {}, {}, random_);
  wire::OctetVector octets;
  while (stream.fill(octets, kPiece) == ItemStream::State::more) continue;
  tool_frames_.push_back(std::move(octets));
  pump();
}

void Session::on_writable() {
  pump();
  changed();
}

// The script's octets that left just now, from out_pos_ on: frames are decoded again, what is ahead
// of the 101 is asked what it asks for.
void Session::note_sent(wire::Octets octets, net::TimePoint at) {
  std::size_t from = out_pos_;
  for (const Part& part : out_parts_) {
    if (octets.empty() || part.end <= from) continue;
    const wire::Octets now = octets.first(std::min(octets.size(), part.end - from));
    octets = octets.subspan(now.size());
    from += now.size();
    if (part.literal)
      requests_.feed(now);
    else
      sent_log_.sent(now, now_ms(at));
    if (record_.phase != Phase::handshaking || !part.literal) record_.last_octet_at = at;
  }
}

// Writes what stands in out_. False: the socket takes no more now, or a chop waits.
bool Session::write_out() {
  while (out_pos_ < out_.size()) {
    if (connection_ == nullptr) return false;
    if (chop_waits_) return false;
    wire::Octets piece = wire::Octets(out_).subspan(out_pos_);
    const bool chopped = out_chop_ && !record_.writing_own_frame;
    if (chopped) piece = piece.first(std::min<std::size_t>(piece.size(), out_chop_->size));
    const auto result = connection_->send(piece);
    const net::TimePoint at = net::Clock::now();
    note_progress(result.sent, piece.size(), at);
    if (result.sent > 0) {
      const wire::Octets done = piece.first(result.sent);
      if (record_.writing_own_frame)
        sent_log_.sent_by_tool(done, now_ms(at));
      else
        note_sent(done, at);
      out_pos_ += result.sent;
      std::erase_if(marks_, [&](const Mark& mark) {
        if (record_.sent.position <= mark.start) return false;
        sent_log_.mark_fault(mark.start, mark.end);
        return true;
      });
    }
    if (result.error != 0) {
      // The server has closed. What it said before is still to be read; nothing more is written.
      write_failed_ = true;
      clear_out();
      cancel_sending();
      tool_frames_.clear();
      return false;
    }
    if (result.sent < piece.size()) {
      connection_->want_write();
      return false;
    }
    if (chopped && out_pos_ < out_.size() && out_chop_->pause_ms > 0) {
      chop_waits_ = true;
      pace_.start(std::chrono::milliseconds(out_chop_->pause_ms));
      return false;
    }
  }
  return true;
}

void Session::pump() {
  if (pumping_ || connection_ == nullptr) return;
  pumping_ = true;
  while (connection_ != nullptr) {
    if (!write_out()) break;
    clear_out();
    record_.writing_own_frame = false;
    if (flush_tool_frames()) continue;
    if (burst_ != nullptr) {
      pump_burst();
      break;
    }
    if (job_ == nullptr) break;
    pump_job();
    if (out_.empty()) break;
  }
  pumping_ = false;
}

void Session::end_job() {
  job_.reset();
}

// What goes out ahead of the 101 is named in the record; its octets may hold secrets.
void Session::note_literal(const scenario::Item& item, std::size_t handshake_size) {
  const bool handshake = item.kind == scenario::Item::Kind::handshake;
  transcript_.add(result::TranscriptLine::Direction::sent,
                  handshake ? "opening handshake" : "octets", {},
                  handshake ? handshake_size : item.payload.length(), now_ms(net::Clock::now()));
}

// Fills out_ with the next piece of the job. Items of a list share one buffer, so one write, unless
// one of them is chopped or held.
void Session::pump_job() {
  Job& job = *job_;
  out_chop_.reset();
  while (job.next < job.step.items.size() && out_.size() < kPiece) {
    const scenario::Item& item = job.step.items[job.next];
    const bool literal = item.kind == scenario::Item::Kind::handshake ||
                         (record_.phase == Phase::raw && item.kind == scenario::Item::Kind::bytes);
    if (job.stream == nullptr) {
      // A chopped item stands alone in the buffer.
      if (!out_.empty() && (item.chop || out_chop_)) return;
      std::string text;
      if (item.kind == scenario::Item::Kind::handshake) text = handshake_text(item.handshake);
      job.item_start = record_.sent.position + frames_in_out();
      job.stream =
          std::make_unique<ItemStream>(item, carrier_, text, random_, compression().for_item(item));
      if (literal) note_literal(item, text.size());
      if (auto known = job.stream->take_known()) sent_log_.know(job.item_start, std::move(*known));
    }
    if (item.chop) out_chop_ = item.chop;
    const auto state = job.stream->fill(out_, kPiece - std::min(kPiece - 1, out_.size()));
    if (out_parts_.empty() || out_parts_.back().literal != literal)
      out_parts_.push_back({out_.size(), literal});
    else
      out_parts_.back().end = out_.size();
    if (state == ItemStream::State::held) {
      if (!out_.empty()) return;  // what is before the hold goes out first
      record_.held = true;
      if (!item.hold->release_ms) {
        end_job();
        return;
      }
      if (!job.waiting_for_release) {
        job.waiting_for_release = true;
        pace_.start(std::chrono::milliseconds(*item.hold->release_ms));
        return;
      }
      if (pace_.pending()) return;
      job.waiting_for_release = false;
      job.stream->release();
      record_.released_at = net::Clock::now();
      continue;
    }
    if (state == ItemStream::State::done) {
      if (item.fault) marks_.push_back({job.item_start, record_.sent.position + frames_in_out()});
      job.stream.reset();
      ++job.next;
      if (item.chop) break;
      continue;
    }
    break;
  }
  if (out_.empty() && job.next >= job.step.items.size()) end_job();
}

void Session::pump_burst() {
  // A few chunks in a row, without a round through the loop for each; reading has priority all the
  // same: a Close that has arrived is seen before the next chunk goes out.
  for (int n = 0; n < kChunksInARow; ++n) {
    if (!reading_paused_) connection_->drain(65536);
    if (burst_ == nullptr || connection_ == nullptr) return;
    if (burst_->done()) {  // a count of 0
      burst_.reset();
      return;
    }
    const net::TimePoint now = net::Clock::now();
    const auto octets = burst_->ready(now);
    if (octets.empty()) {
      pace_.start(burst_->wait());
      return;
    }
    const auto result = connection_->send(octets);
    note_progress(result.sent, octets.size(), now);
    if (result.sent > 0) {
      burst_->sent(result.sent, sent_log_, now_ms(now));
      record_.last_octet_at = net::Clock::now();
    }
    if (result.error != 0) {
      write_failed_ = true;
      cancel_sending();
      return;
    }
    if (burst_->done()) {
      burst_.reset();
      return;
    }
    if (result.sent < octets.size()) break;
  }
  connection_->want_write();
}

}  // namespace wsspec::session
