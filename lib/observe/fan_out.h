// Several sinks of one conversation, told in the order they were added.
#pragma once

#include <vector>

#include "observe/events.h"

namespace wsspec::observe {

class FanOut : public Sink {
 public:
  /// It must live as long as this.
  void add(Sink& sink) { sinks_.push_back(&sink); }

  void on_request(const Request& event) override {
    each([&](Sink& s) { s.on_request(event); });
  }
  void on_response(const Response& event) override {
    each([&](Sink& s) { s.on_response(event); });
  }
  void on_data(Role side, wire::Octets data) override {
    each([&](Sink& s) { s.on_data(side, data); });
  }
  void on_frame(const Frame& event) override {
    each([&](Sink& s) { s.on_frame(event); });
  }
  void on_message(const Message& event) override {
    each([&](Sink& s) { s.on_message(event); });
  }
  void on_violation(const Broken& event) override {
    each([&](Sink& s) { s.on_violation(event); });
  }
  void on_close(const Close& event) override {
    each([&](Sink& s) { s.on_close(event); });
  }
  void on_pong(const Ping& event) override {
    each([&](Sink& s) { s.on_pong(event); });
  }
  void on_opaque(Role side, std::string_view why, double ms) override {
    each([&](Sink& s) { s.on_opaque(side, why, ms); });
  }
  void on_end(const End& event) override {
    each([&](Sink& s) { s.on_end(event); });
  }

 private:
  template <typename Call>
  void each(const Call& call) {
    for (Sink* sink : sinks_) call(*sink);
  }
  std::vector<Sink*> sinks_;
};

}  // namespace wsspec::observe
