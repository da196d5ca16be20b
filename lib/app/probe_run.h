// The course of one probe. Internal to lib/app.
#pragma once

#include <memory>

#include "app/destination.h"
#include "app/probe_facts.h"
#include "session/session.h"

namespace wsspec {

class ProbeRun {
 public:
  ProbeRun(net::Loop& loop, Target target, const ProbeOptions& options)
      : loop_(loop), target_(std::move(target)), options_(options) {}
  /// The error: the target is none.
  tl::expected<ProbeFacts, Refusal> run();

 private:
  using Condition = std::function<bool()>;
  bool until(const Condition& done, int ms);
  bool interrupted() const { return options_.interrupted != nullptr && *options_.interrupted != 0; }
  const session::ExchangeRecord& record() const { return session_->record(); }
  bool over() const { return record().gone() || record().is_over(); }
  void find(result::Fact fact) { facts_.findings.push_back(std::move(fact)); }

  tl::expected<void, Refusal> reach();
  bool connect(const Destination& destination, const std::vector<net::Address>& addresses);
  void connect_to(const Destination& destination, const net::Address& address);
  bool follow(const wire::Url& from);
  void note_connection();
  void note_refusal();
  void ask_pings();
  void ask_echo();
  void stay_idle();
  void close();
  void note_end();
  void note_messages();

  net::Loop& loop_;
  Target target_;
  const ProbeOptions& options_;
  ProbeFacts facts_;
  std::unique_ptr<session::Session> session_;
};

}  // namespace wsspec
