// Conversations of others as a scenario file that `run` replays: what the client sent, and what the
// server made of it, is what is expected.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "observe/events.h"

namespace wsspec {

/// Collects what becomes the file; bounded.
class ScenarioFile {
 public:
  static constexpr std::size_t kMostOctets = 64u << 20;  ///< of all payloads
  static constexpr std::size_t kMostConnections = 1000;

  ScenarioFile();
  ~ScenarioFile();
  /// False: there is no room for so much more.
  bool reserve(std::size_t octets);
  void add(nlohmann::ordered_json scenario);
  std::string text() const;
  std::size_t scenarios() const;
  /// Something was left out.
  bool full() const { return full_; }

 private:
  std::unique_ptr<nlohmann::ordered_json> scenarios_;
  std::size_t octets_ = 0;
  bool full_ = false;
};

/// One connection; when it is destroyed its scenario is in the file.
class ScenarioRecorder : public observe::Sink {
 public:
  static constexpr std::size_t kMostPayload = 1u << 20;
  static constexpr std::size_t kMostSteps = 1000;

  ScenarioRecorder(ScenarioFile& file, std::uint64_t connection, bool show_secrets);
  ~ScenarioRecorder() override;

  void on_request(const observe::Request& event) override;
  void on_response(const observe::Response& event) override;
  void on_data(observe::Role side, wire::Octets data) override;
  void on_frame(const observe::Frame& event) override;
  void on_message(const observe::Message& event) override;
  void on_violation(const observe::Broken& event) override;
  void on_close(const observe::Close& event) override;
  void on_end(const observe::End& event) override;

 private:
  struct Side {
    std::string frame, message;  ///< payloads
    std::vector<std::uint64_t> fragments;
    bool cut = false;                ///< something of the payload is missing
    std::uint64_t broken_frame = 0;  ///< Frame::number
    bool control_was_broken = false;
  };
  Side& side(observe::Role role) { return sides_[role == observe::Role::client ? 0 : 1]; }
  void step(nlohmann::ordered_json step);
  void client_frame(const observe::Frame& event);

  ScenarioFile& file_;
  std::uint64_t connection_;
  bool show_secrets_;
  std::unique_ptr<nlohmann::ordered_json> connect_, steps_;
  Side sides_[2];
  bool opened_ = false, closed_ = false, done_ = false, short_ = false;
};

}  // namespace wsspec
