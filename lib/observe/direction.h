// The frames of one side, from the first octet after the handshake on. Reads on after a violation,
// as the other side may have done.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "observe/events.h"
#include "wire/message.h"

namespace wsspec::observe {

class Direction : private wire::MessageSink {
 public:
  static constexpr std::size_t kHead = 64;   ///< octets kept of a payload
  static constexpr std::size_t kPings = 64;  ///< that wait for their pong

  Direction(Role side, Sink& sink);
  /// The other side's frames: pongs belong to its pings, and a Close may answer its Close.
  void set_other(Direction& other) { other_ = &other; }
  void allow_deflate(const wire::DeflateParams& agreed);

  void feed(wire::Octets octets, double ms);
  void end(EndKind kind, double ms);

  bool closed() const { return closed_; }
  std::uint64_t frames() const { return frames_; }

 private:
  struct Sent {
    std::string payload;
    double ms = 0;
  };

  /// The last octets of a text.
  class Tail {
   public:
    static constexpr std::size_t kMost = 16;
    void clear() { size_ = 0; }
    void add(wire::Octets data);
    wire::Octets octets() const { return wire::Octets(octets_).first(size_); }

   private:
    std::array<std::uint8_t, kMost> octets_{};
    std::size_t size_ = 0;
  };

  void on_frame(const wire::FrameHeader& header, std::uint64_t at) override;
  void on_message_begin(wire::Opcode type) override;
  void on_message_data(wire::Octets data) override;
  void on_message_end(std::uint64_t end) override;
  void on_ping(wire::Octets payload, std::uint64_t end) override;
  void on_pong(wire::Octets payload, std::uint64_t end) override;
  void on_close(std::optional<std::uint16_t> code, std::string_view reason,
                std::uint64_t end) override;
  void on_violation(const wire::Violation& violation) override;
  void on_refused_data(wire::Octets data) override;
  void on_refused_end(const wire::FrameHeader& header, std::uint64_t end) override;

  void keep_head(wire::Octets data);
  void tell_frame(bool whole);
  bool frame_complete() const;
  void tell_broken_text(const wire::Violation& violation, wire::Octets before, wire::Octets rest);
  void answered(std::string_view payload, double ms);

  Role side_;
  Sink& sink_;
  Direction* other_ = nullptr;
  wire::MessageReader reader_;
  double ms_ = 0;  ///< of the octets that are being read

  bool frame_open_ = false;  ///< begun, and not told yet
  wire::FrameHeader header_{};
  std::uint64_t frames_ = 0, frame_at_ = 0;
  std::array<std::uint8_t, kHead> head_{};
  std::size_t head_size_ = 0;

  wire::Opcode type_ = wire::Opcode::text;
  std::uint64_t messages_ = 0, message_frames_ = 0, message_octets_ = 0;
  bool compressed_ = false;
  wire::Octets data_{};  ///< of the message, told last: valid in the on_violation after it
  Tail before_, last_;   ///< of the message: ahead of data_, and with it

  bool closed_ = false;
  /// A Close's bad reason is told when the reason itself is known.
  std::optional<wire::Violation> bad_reason_;
  std::deque<Sent> pings_;
};

}  // namespace wsspec::observe
