#include "session/writer.h"

#include <algorithm>

namespace wsspec::session {
namespace {

// What is done at most before the clock is looked at: octets that are encoded into one buffer (each
// item counts as kItemOctets), and octets of one write, which the log of what was sent decodes. Of
// compressed ones 1 KiB inflates to 1 MiB at most. Counts and not times, so that what shares a
// write does not depend on how busy this machine is.
constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kItemOctets = 256;
constexpr std::size_t kWrite = 64 * 1024;
constexpr std::size_t kCompressedWrite = 1024;
constexpr int kChunksInARow = 16;
constexpr std::size_t kReadFirst = 65536;
constexpr std::size_t kReadAll = 4u << 20;

}  // namespace

FrameWriter::FrameWriter(net::Loop& loop, Options options, Random& random, ExchangeRecord& record,
                         SentLog& sent_log, result::Transcript& transcript, Host& host)
    : options_(options),
      random_(random),
      record_(record),
      sent_log_(sent_log),
      transcript_(transcript),
      host_(host),
      loop_(loop),
      pace_(loop,
            [this] {
              chop_waits_ = false;
              // A Close that is here already was not earned by what is released now.
              host_.read_first(kReadAll);
              pump();
              host_.resumed();
            }),
      own_(options.role, random) {}

void FrameWriter::attach(net::Transport* transport) {
  transport_ = transport;
  if (transport_ == nullptr) cancel();
}

void FrameWriter::allow_deflate(int window_bits, bool takeover) {
  deflater_ = std::make_unique<wire::Deflater>(window_bits, takeover);
}

bool FrameWriter::can_send(const std::vector<scenario::Item>& items) const {
  const Encoding how = encoding();
  return how.deflater != nullptr ||
         std::none_of(items.begin(), items.end(), [&](const scenario::Item& item) {
           return how.compresses(item) && !(item.deflate && item.deflate->where_agreed);
         });
}

void FrameWriter::send(const scenario::SendStep& step, bool after_close) {
  job_ = std::make_unique<Job>();
  job_->step = step;
  job_->after_close = after_close;
  pump();
}

void FrameWriter::burst(const scenario::BurstStep& step) {
  problem_.reset();
  burst_ = std::make_unique<BurstSource>(step, carrier_, random_, encoding());
  messages_ += step.count * static_cast<std::uint64_t>(std::count_if(
                                step.items.begin(), step.items.end(), scenario::begins_message));
  pump();
}

void FrameWriter::send_literal(const std::string& octets) {
  out_.set(wire::to_vector(octets), true);
  pump();
}

void FrameWriter::cancel() {
  stalled_since_.reset();
  job_.reset();
  if (burst_ != nullptr && burst_->inside_round()) cut_ = true;
  burst_.reset();
  pace_.cancel();
  chop_waits_ = false;
  if (!out_.done() && !record_.writing_own_frame) out_.clear();
}

void FrameWriter::cancel_before_close() {
  if (job_ == nullptr || !job_->after_close) cancel();
}

double FrameWriter::stalled_ms() const {
  return stalled_since_ ? net::ms_between(*stalled_since_, net::Clock::now()) : 0;
}

void FrameWriter::shutdown() {
  shut_ = true;
  if (transport_ != nullptr) transport_->shutdown_write();
}

void FrameWriter::note_progress(std::size_t sent, std::size_t wanted, net::TimePoint at) {
  if (sent == wanted)
    stalled_since_.reset();
  else if (sent > 0 || !stalled_since_)
    stalled_since_ = at;
}

// The other side has closed. What it said before is still to be read; nothing more is written.
void FrameWriter::fail_writing() {
  write_failed_ = true;
  out_.clear();
  cancel();
  own_.clear();
}

// Nothing is to be written before: the other side is not what we wait for.
void FrameWriter::rest_for(net::Duration pause) {
  stalled_since_.reset();
  pace_.start(pause);
}

// In a later step of the loop, if the transport takes octets then: that it does is not known yet.
void FrameWriter::go_on_later() {
  stalled_since_ = net::Clock::now();
  transport_->want_write();
}

void FrameWriter::pump() {
  if (pumping_ || transport_ == nullptr) return;
  pumping_ = true;
  const net::TimePoint until = loop_.slice_end();
  while (transport_ != nullptr && write_out(until)) {
    out_.clear();
    record_.writing_own_frame = false;
    if (begin_own_frame()) continue;
    if (burst_ != nullptr) {
      pump_burst(until);
      break;
    }
    if (job_ == nullptr) break;
    if (net::Clock::now() >= until) {
      go_on_later();
      break;
    }
    if (!pump_job()) break;
  }
  pumping_ = false;
}

// Writes what is in out_. False: the transport takes no more now, a chop waits, or a later step of
// the loop goes on with it.
bool FrameWriter::write_out(net::TimePoint until) {
  while (!out_.done()) {
    if (transport_ == nullptr || chop_waits_) return false;
    wire::Octets piece = wire::Octets(out_.octets).subspan(out_.at);
    const bool chopped = out_.chop && !record_.writing_own_frame;
    const std::size_t most = chopped         ? static_cast<std::size_t>(out_.chop->size)
                             : out_.inflates ? kCompressedWrite
                                             : kWrite;
    piece = piece.first(std::min(piece.size(), most));
    const auto result = transport_->send(piece);
    const net::TimePoint at = net::Clock::now();
    note_progress(result.sent, piece.size(), at);
    if (result.sent > 0) {
      record_.unanswered.sent(result.sent, at);
      note_sent(result.sent, at);
    }
    if (result.error != 0) {
      host_.write_failed(result.error);
      fail_writing();
      return false;
    }
    if (result.sent < piece.size()) {
      transport_->want_write();
      return false;
    }
    if (chopped && !out_.done() && out_.chop->pause_ms > 0) {
      chop_waits_ = true;
      rest_for(std::chrono::milliseconds(out_.chop->pause_ms));
      return false;
    }
    if (!out_.done() && net::Clock::now() >= until) {
      go_on_later();
      return false;
    }
  }
  return true;
}

// Octets that left just now: frames are decoded again, what is ahead of the 101 is asked what it
// asks for.
void FrameWriter::note_sent(std::size_t count, net::TimePoint at) {
  if (record_.writing_own_frame) {
    sent_log_.sent_by_tool(wire::Octets(out_.octets).subspan(out_.at, count), record_.ms(at));
  } else {
    out_.each_part(count, [&](wire::Octets octets, bool literal) {
      if (literal)
        host_.literal_sent(octets);
      else
        sent_log_.sent(octets, record_.ms(at));
      if (record_.phase != Phase::handshaking || !literal) record_.last_octet_at = at;
    });
  }
  out_.at += count;
  std::erase_if(marks_, [&](const Mark& mark) {
    if (record_.sent.position <= mark.start) return false;
    sent_log_.mark_fault(mark.start, mark.end);
    return true;
  });
}

bool FrameWriter::is_literal(const scenario::Item& item) const {
  return item.kind == scenario::Item::Kind::handshake ||
         (record_.phase == Phase::raw && item.kind == scenario::Item::Kind::bytes);
}

/// False: what is in out_ must go out first, for a chopped item stands alone there.
bool FrameWriter::begin_item(const scenario::Item& item) {
  if (!out_.octets.empty() && (item.chop || out_.chop)) return false;
  std::string text;
  if (item.kind == scenario::Item::Kind::handshake) text = host_.handshake_text(item.handshake);
  job_->item_begun = job_->item_known = false;
  job_->encoder = std::make_unique<ItemEncoder>(item, scenario::fitted(carrier_, item, messages_),
                                                text, random_, encoding());
  if (scenario::begins_message(item)) ++messages_;
  // What goes out ahead of the 101 is named in the record; its octets may hold secrets.
  if (is_literal(item)) {
    const bool handshake = item.kind == scenario::Item::Kind::handshake;
    transcript_.add(result::TranscriptLine::Direction::sent,
                    handshake ? "opening handshake" : "octets", {},
                    handshake ? text.size() : item.payload.length(), record_.ms(net::Clock::now()));
  }
  return true;
}

// The next octets of the item. It begins where its first one will be: our own frames may go out
// while it is compressed.
ItemEncoder::State FrameWriter::encode(const scenario::Item& item) {
  Job& job = *job_;
  const std::size_t before = out_.octets.size();
  if (!job.item_begun) job.item_start = record_.sent.position + out_.frames();
  const auto state = job.encoder->fill(out_.octets, kPiece - std::min(kPiece - 1, before));
  job.item_begun = job.item_begun || out_.octets.size() > before;
  if (auto known = job.encoder->take_known()) {
    sent_log_.know(job.item_start, std::move(*known));
    job.item_known = true;
  }
  const bool plain = scenario::is_message(item) && !encoding().compresses(item);
  if (compresses() && !job.item_known && !plain) out_.inflates = true;
  out_.note_part(is_literal(item));
  return state;
}

// Fills out_ with the next piece of the job. Items of a list share one buffer, so one write, unless
// one of them is chopped or held, or they are many. False: there is nothing more to do now.
bool FrameWriter::pump_job() {
  Job& job = *job_;
  out_.chop.reset();
  std::uint64_t work = 0;
  while (job.next < job.step.items.size() && out_.octets.size() + work < kPiece) {
    const scenario::Item& item = job.step.items[job.next];
    if (job.encoder == nullptr && !begin_item(item)) return true;
    if (item.chop) out_.chop = item.chop;
    const auto state = encode(item);
    if (state == ItemEncoder::State::held) {
      if (!out_.octets.empty()) return true;  // what is before the hold goes out first
      if (hold_item(item) == Held::waits) return false;
      continue;
    }
    if (state != ItemEncoder::State::done) return true;
    work += kItemOctets + (compresses() ? item.payload.length() : 0);
    if (item.fault) marks_.push_back({job.item_start, record_.sent.position + out_.frames()});
    job.encoder.reset();
    ++job.next;
    if (item.chop) break;
  }
  if (!out_.octets.empty()) return true;
  if (job.next < job.step.items.size()) return true;
  job_.reset();
  return false;
}

/// All before the hold is out.
FrameWriter::Held FrameWriter::hold_item(const scenario::Item& item) {
  record_.held = true;
  if (!item.hold->release_ms) {
    job_.reset();
    return Held::waits;
  }
  if (!job_->waiting_for_release) {
    job_->waiting_for_release = true;
    rest_for(std::chrono::milliseconds(*item.hold->release_ms));
    return Held::waits;
  }
  if (pace_.pending()) return Held::waits;
  job_->waiting_for_release = false;
  job_->encoder->release();
  record_.released_at = net::Clock::now();
  return Held::goes_on;
}

// Its rounds are encoded before the clock starts. False: not yet, or they cannot be.
bool FrameWriter::burst_is_ready(net::TimePoint until) {
  while (!burst_->prepared()) {
    if (net::Clock::now() >= until) {
      go_on_later();
      return false;
    }
    if (auto problem = burst_->prepare(sent_log_)) {
      problem_ = std::move(problem);
      burst_.reset();
      return false;
    }
  }
  return true;
}

// A few chunks in a row, without a round through the loop for each; reading has priority all the
// same: a Close that has arrived is seen before the next chunk goes out.
void FrameWriter::pump_burst(net::TimePoint until) {
  if (!burst_is_ready(until)) return;
  for (int n = 0; n < kChunksInARow && net::Clock::now() < until; ++n) {
    host_.read_first(kReadFirst);
    if (burst_ == nullptr || transport_ == nullptr) return;
    if (burst_->done()) {  // a count of 0
      burst_.reset();
      return;
    }
    const net::TimePoint now = net::Clock::now();
    const auto octets = burst_->ready(now);
    if (octets.empty()) {
      rest_for(burst_->wait());
      return;
    }
    const auto result = transport_->send(octets);
    note_progress(result.sent, octets.size(), now);
    if (result.sent > 0) {
      record_.unanswered.sent(result.sent, now);
      burst_->sent(result.sent, sent_log_, record_.ms(now));
      record_.last_octet_at = net::Clock::now();
    }
    if (result.error != 0) {
      host_.write_failed(result.error);
      write_failed_ = true;
      cancel();
      return;
    }
    if (burst_->done()) {
      burst_.reset();
      return;
    }
    if (result.sent < octets.size()) return transport_->want_write();
  }
  go_on_later();
}

}  // namespace wsspec::session
