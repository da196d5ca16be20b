// RFC 7692 7.2: the compression state of one direction of one connection. Messages go through in
// chunks, and what a hostile peer's octets inflate to is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "wire/octets.h"

namespace wsspec::wire {

/// How one message is compressed. The defaults are what RFC 7692 7.2.1 asks for.
struct DeflateMessage {
  int level = 6;           ///< 0 (stored blocks) to 9; another one than before begins a new window
  bool keep_tail = false;  ///< leave the 00 00 ff ff on that 7.2.1 takes off
  bool bfinal = false;     ///< end with a final block and the octet 00 (7.2.3.4)
  /// Refer to the messages before; none = if that was agreed on.
  std::optional<bool> takeover{};
};

/// Compresses what we send.
class Deflater {
 public:
  /// `window_bits`: 8 to 15, as agreed. `takeover`: a message may refer to those before it.
  Deflater(int window_bits, bool takeover);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void begin(const DeflateMessage& message);
  /// Appends what the next octets of the message become; zlib may keep some of it back.
  void add(Octets data, OctetVector& out);
  /// Ends the message.
  void finish(OctetVector& out);
  /// The next message refers to nothing before it.
  void forget();
  bool takeover() const { return takeover_; }
  /// Another one that goes on from here with the same octets.
  std::unique_ptr<Deflater> copy() const;

 private:
  struct Stream;
  void run(Octets data, int flush, OctetVector& out);
  std::unique_ptr<Stream> stream_;
  int window_bits_;
  bool takeover_;
  DeflateMessage message_;
  bool empty_ = true;  ///< of the message, nothing was added so far
};

/// Decompresses what a peer sends.
class Inflater {
 public:
  /// Octets that one message may inflate to: what is beyond is not told. As a rule a message after
  /// such a one cannot be read either, for it may refer to what was passed over.
  static constexpr std::uint64_t kMaxMessage = 64u << 20;
  static constexpr std::size_t kMaxPart = 16 * 1024;
  static constexpr std::size_t kWindow = 32 * 1024;  ///< no message can refer back further

  Inflater(int window_bits, bool takeover);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void begin();
  enum class State : std::uint8_t {
    part,      ///< `part()` is the next of the message; call again
    need,      ///< the input is used up
    corrupt,   ///< not DEFLATE data: `problem()` says why
    too_long,  ///< the message is longer than kMaxMessage; so many octets of it were told
    lost,      ///< refers to the message before, which was too long
  };
  /// Takes octets off the front of `input`.
  State next(Octets& input);
  /// The same after the message's last octet, with the 00 00 ff ff that the sender took off
  /// (RFC 7692 7.2.2). `need` = the message was complete.
  State finish();
  /// Messages that were not read here ended with these octets: later ones may refer to them.
  void remember(Octets octets);
  /// At most kMaxPart octets, at most a quarter of a window that is smaller, valid until the next
  /// call; never empty after State::part.
  Octets part() const { return {buffer_.get(), produced_}; }
  /// "invalid distance too far back"
  const std::string& problem() const { return problem_; }

 private:
  struct Stream;
  State fail(std::string problem);
  State failure() const;
  bool behind_block() const;
  const char* why_incomplete() const;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t part_size_;
  std::size_t produced_ = 0;
  std::uint64_t total_ = 0;
  std::size_t tail_given_ = 0;
  std::string problem_;
  int window_bits_;
  bool takeover_;
  bool ended_ = false;   ///< a final block was the last thing seen
  bool failed_ = false;  ///< the window is of no use any more
  bool over_ = false;    ///< the message is too long
  bool cut_ = false;     ///< so was one that this one may refer to
  bool fed_ = false;     ///< the message has octets
  const char* why_incomplete_ = "";
};

}  // namespace wsspec::wire
