// The figures of all connections that passed a tap, or that stand in a capture.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "observe/events.h"

namespace wsspec {

class ConversationTotals {
 public:
  /// Of one connection, added when it is over.
  struct Ending {
    bool opened = false;  ///< frames were exchanged
    bool refused = false;
    int status = 0;  ///< of the refusal
    bool closed = false;
    observe::Role closer{};  ///< whose Close came first
    int code = 1005;
    bool reset = false;
  };

  void add(const Ending& ending);
  void add(const observe::Message& event);
  void add(const observe::Ping& event);
  void add(const observe::Broken& event);
  void count_unreachable() { ++unreachable_; }
  std::uint64_t connections() const { return connections_; }
  std::uint64_t unreachable() const { return unreachable_; }
  std::uint64_t violations() const { return violations_[0] + violations_[1]; }

  /// Lines for a person.
  std::string text() const;

 private:
  struct Messages {
    std::uint64_t count = 0, octets = 0;
  };
  std::uint64_t connections_ = 0, unreachable_ = 0, dropped_ = 0, reset_ = 0, unopened_ = 0;
  std::map<int, std::uint64_t> refused_;
  std::map<int, std::uint64_t> codes_[2];  ///< of the client, of the server
  Messages messages_[2];
  std::uint64_t violations_[2] = {};
  std::uint64_t pings_[2] = {};
  std::vector<float> round_trips_;  ///< ms, of the first kRoundTrips
  static constexpr std::size_t kRoundTrips = 100000;
};

/// Notes how one connection ends.
class EndingNote : public observe::Sink {
 public:
  explicit EndingNote(ConversationTotals& totals) : totals_(totals) {}
  ~EndingNote() override {
    if (!cancelled_) totals_.add(ending_);
  }
  /// The target was never reached: there was no connection.
  void cancel() { cancelled_ = true; }

  void on_response(const observe::Response& event) override;
  void on_message(const observe::Message& event) override { totals_.add(event); }
  void on_pong(const observe::Ping& event) override { totals_.add(event); }
  void on_violation(const observe::Broken& event) override { totals_.add(event); }
  void on_close(const observe::Close& event) override;
  void on_end(const observe::End& event) override;

 private:
  ConversationTotals& totals_;
  ConversationTotals::Ending ending_;
  bool cancelled_ = false;
};

}  // namespace wsspec
