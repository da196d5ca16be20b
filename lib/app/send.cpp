#include "app/send.h"

#include <fmt/format.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "app/collect_secrets.h"
#include "app/destination.h"
#include "app/frame_line.h"
#include "app/send_act.h"
#include "diagnose/clause.h"
#include "explain/explain.h"
#include "judge/judge.h"
#include "loader/frame_option.h"
#include "net/line_input.h"
#include "session/session.h"
#include "text/secret_names.h"

namespace wsspec {
namespace {

using session::Phase;
using std::chrono::milliseconds;

/// Frames of one step of the loop, all of which are printed.
constexpr result::Transcript::Bounds kTranscript{65536, kShownPayload + 4};
constexpr int kPartingMs = 1000;     ///< for the answer to our Close, and for the end after a Close
constexpr int kBodyMs = 500;         ///< for the body of a refusal
constexpr int kInterruptedMs = 200;  ///< for the same after Ctrl-C
constexpr int kStalledMs = 10000;    ///< the other side takes nothing

//   connecting --> sending --acts and input at their end--> waiting --wait_ms, --expect--> parting
//                     |                                        |                              |
//                     +------------- a Close, a refusal, the end of the stream --------------+-->
//                     over
class Sender {
 public:
  Sender(net::Loop& loop, const Destination& destination, std::vector<net::Address> addresses,
         const Target& target, const SendOptions& options, text::Secrets secrets)
      : loop_(loop),
        destination_(destination),
        addresses_(std::move(addresses)),
        target_(target),
        options_(options),
        secrets_(std::move(secrets)),
        acts_(options.acts.begin(), options.acts.end()),
        timer_(loop, [this] { on_time(); }),
        stall_(loop, [this] { look_for_stall(); }) {}

  std::string open_input();
  void expect(scenario::Outcome outcome) { expected_ = std::move(outcome); }
  SendResult run();

 private:
  enum class Stage : std::uint8_t { connecting, sending, waiting, parting, over };

  void connect();
  void changed() { changed_ = true; }
  void advance();
  void send_next();
  bool next_act(SendAct& act);
  void send(SendAct act);
  void opened();
  void wait();
  void part(int ms);
  void finish() { stage_ = Stage::over; }
  void on_time();
  void look_for_stall();
  bool look_at_end();
  bool meets_expectation(bool deadline);
  void print_frames(bool all);
  void report_ending();
  void report_expectation();
  SendResult unreached();
  void print(const std::string& text) const { options_.print(text); }
  std::string shown(std::string_view raw) const { return text::show(raw, secrets_).for_terminal(); }
  const session::ExchangeRecord& record() const { return session_->record(); }
  bool from_input() const { return input_ != nullptr; }

  net::Loop& loop_;
  const Destination& destination_;
  std::vector<net::Address> addresses_;
  std::size_t address_ = 0;
  const Target& target_;
  const SendOptions& options_;
  text::Secrets secrets_;
  std::deque<SendAct> acts_;
  std::optional<scenario::Outcome> expected_;
  std::optional<judge::Judgement> judged_;
  scenario::Profile no_profile_;
  std::unique_ptr<net::LineInput> input_;
  std::unique_ptr<session::Session> session_;
  net::Timer timer_, stall_;
  Stage stage_ = Stage::connecting;
  bool pausing_ = false;
  bool changed_ = true;  ///< there is something to look at: not inside a session's own call
  bool met_ = false;
  bool waited_ = false;  ///< the expectation was judged for the last time
  bool interrupted_ = false;
};

std::string Sender::open_input() {
  auto input = net::LineInput::open(loop_, STDIN_FILENO, [this] { changed(); });
  if (!input) return input.error();
  input_ = std::move(*input);
  return {};
}

void Sender::connect() {
  const net::Address& address = addresses_[address_];
  session::SessionSetup setup = setup_of(loop_, destination_, address, target_);
  if (options_.deflate) setup.extensions = {std::string(wire::kDeflateOffer)};
  setup.transcript = kTranscript;
  setup.chatty = true;  // what comes is what a person wants to see
  setup.seed = static_cast<std::uint64_t>(net::Clock::now().time_since_epoch().count());
  session_ = std::make_unique<session::Session>(loop_, std::move(setup), [this] { changed(); });
  session_->start();
  changed();
}

void Sender::print_frames(bool all) {
  for (const auto& line : all ? session_->take_transcript() : session_->take_complete())
    print(frame_line(line, secrets_));
}

void Sender::advance() {
  if (stage_ == Stage::over) return;
  print_frames(false);
  if (meets_expectation(false) && stage_ != Stage::parting) part(kPartingMs);
  if (look_at_end()) return;
  if (stage_ == Stage::connecting && record().phase == Phase::open) opened();
  if (stage_ == Stage::sending) send_next();
}

// True: nothing is left to do but to wait, or it is over.
bool Sender::look_at_end() {
  const session::ExchangeRecord& seen = record();
  if (seen.phase == Phase::failed && !seen.own_trouble && !seen.response &&
      (seen.failure == session::Failure::connect || seen.failure == session::Failure::timeout) &&
      address_ + 1 < addresses_.size() && !interrupted_) {
    print(fmt::format("*             {}\n", shown(diagnose::clause(seen.failure_fact))));
    ++address_;
    connect();
    return true;
  }
  const bool body_is_due = seen.phase == Phase::refused && session_->answer_is_open();
  if ((seen.is_over() && !body_is_due) || seen.violation) {
    finish();
    return true;
  }
  if (body_is_due && stage_ == Stage::connecting) part(kBodyMs);
  if (seen.close_at && stage_ != Stage::parting) part(kPartingMs);
  return stage_ == Stage::parting;
}

void Sender::opened() {
  stage_ = Stage::sending;
  const auto& headers = record().response->headers;
  for (const char* name : {"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"})
    if (wire::find_header(headers, name)) {
      const std::string value = wire::joined_header(headers, name);
      print(fmt::format("*             {}: {}\n", name,
                        shown(target_.show_secrets ? value : text::redact_header(name, value))));
    }
  if (options_.deflate && !session_->compresses())
    print("*             the server did not agree to permessage-deflate: sent uncompressed\n");
  if (options_.terminal && from_input()) print("connected: a line is a message, /help for more\n");
}

bool Sender::next_act(SendAct& act) {
  if (!acts_.empty()) {
    act = std::move(acts_.front());
    acts_.pop_front();
    return true;
  }
  while (from_input()) {
    const auto line = input_->take();
    if (!line) return false;
    auto typed = options_.terminal ? typed_act(*line) : send_act(SendKind::text, *line);
    if (typed) {
      act = std::move(*typed);
      return true;
    }
    print(typed.error());
  }
  return false;
}

void Sender::send_next() {
  SendAct act;
  while (!pausing_ && !session_->busy() && record().phase == Phase::open) {
    if (!next_act(act)) {
      if (from_input() && !input_->ended()) return;
      if (options_.terminal && from_input())
        part(kPartingMs);
      else
        wait();
      return;
    }
    send(std::move(act));
    print_frames(false);
  }
}

void Sender::send(SendAct act) {
  if (act.pause_ms) {
    pausing_ = true;
    timer_.start(milliseconds(*act.pause_ms));
    return;
  }
  if (options_.deflate && scenario::is_message(act.item))
    act.item.deflate = scenario::ItemDeflate{.on = true, .where_agreed = true, .how = {}};
  session_->send({{std::move(act.item)}}, false);
  if (session_->busy()) stall_.start(milliseconds(kStalledMs));
}

void Sender::look_for_stall() {
  if (stage_ != Stage::sending || !session_->busy()) return;
  if (session_->stalled_ms() < kStalledMs) {
    stall_.start(milliseconds(kStalledMs / 10));
    return;
  }
  print("*             the server reads no more: what was to be sent is given up\n");
  session_->give_up_sending();
  acts_.clear();
  wait();
}

void Sender::wait() {
  stage_ = Stage::waiting;
  timer_.start_deadline(milliseconds(options_.wait_ms));
}

/// Closes from our side, or waits for the end that the other side has announced.
void Sender::part(int ms) {
  stage_ = Stage::parting;
  acts_.clear();
  if (record().phase == Phase::open && !record().close_at) {
    session_->cancel_sending();
    session_->send_close();
  }
  timer_.start_deadline(milliseconds(ms));
  changed();
}

void Sender::on_time() {
  if (pausing_) {
    pausing_ = false;
  } else if (stage_ == Stage::waiting) {
    session_->drain();
    meets_expectation(true);
    waited_ = true;
    part(kPartingMs);
  } else if (stage_ == Stage::parting) {
    finish();
  }
  changed();
}

// What was met stays met; what was not may still be.
bool Sender::meets_expectation(bool deadline) {
  if (!expected_ || met_ || record().violation || stage_ == Stage::parting) return false;
  if (stage_ == Stage::connecting && !record().is_over() && !deadline) return false;
  scenario::ExpectStep step;
  step.outcome = *expected_;
  const scenario::Scenario scenario;
  const judge::TargetFacts facts{.profile = &no_profile_};
  judged_ = judge::judge(*expected_, record(),
                         {.facts = facts,
                          .scenario = scenario,
                          .step = step,
                          .now = net::Clock::now(),
                          .deadline = deadline});
  met_ = judged_->state == judge::Judgement::State::match;
  return met_;
}

SendResult Sender::unreached() {
  SendResult result;
  const session::ExchangeRecord& seen = record();
  if (seen.phase == Phase::refused || seen.failure == session::Failure::bad_101)
    print(answer_lines(*seen.response, secrets_, target_.show_secrets));
  result.problem = text::show(failure_text(seen), secrets_);
  result.hint = tls_hint(seen.tls_failure);
  result.exit_code = kExitNotJudged;
  return result;
}

void Sender::report_ending() {
  const session::ExchangeRecord& seen = record();
  print(ending_line(seen, secrets_));
  const bool known = seen.close_at && !seen.said_goodbye() && *seen.close_code != 1000;
  if (const auto* text = known ? explain::code_text(*seen.close_code) : nullptr)
    print(fmt::format("  {}: {} (wsspec explain {})\n", *seen.close_code, text->meaning,
                      *seen.close_code));
}

void Sender::report_expectation() {
  if (!expected_) return;
  std::string line = fmt::format("expected {}: ", shown(expected_->text()));
  if (met_)
    line += "yes";
  else if (record().violation)
    line += "no, the server broke the protocol";
  else
    line += "no, " + shown(judged_ ? diagnose::clause(judged_->fact) : "it did not come");
  print(line + "\n");
}

SendResult Sender::run() {
  connect();
  while (stage_ != Stage::over) {
    loop_.run_once();
    if (std::exchange(changed_, false)) loop_.as_step([this] { advance(); });
    if (options_.interrupted != nullptr && *options_.interrupted != 0 && !interrupted_) {
      interrupted_ = true;
      part(kInterruptedMs);
    }
  }
  print_frames(true);
  const session::ExchangeRecord& seen = record();
  if (!waited_ && !interrupted_) {
    stage_ = Stage::waiting;
    meets_expectation(true);
  }
  SendResult result;
  if (seen.never_opened() && !interrupted_) {
    result = unreached();
    if (met_) result = {};
  } else if (!seen.never_opened()) {
    report_ending();
  }
  if (seen.violation && !interrupted_) {
    print("the server breaks the protocol: " +
          shown(diagnose::clause(result::fact_of(*seen.violation))) + "\n");
    result.exit_code = std::max<int>(result.exit_code, kExitFindings);
  }
  report_expectation();
  if (from_input() && !input_->problem().empty()) {
    result.problem = text::show(input_->problem(), secrets_);
    result.exit_code = kExitUsage;
  }
  if (expected_ && !met_ && result.exit_code == kExitGood) result.exit_code = kExitFindings;
  if (interrupted_) result.exit_code = kExitInterrupted;
  return result;
}

}  // namespace

SendResult send(const Target& given, const SendOptions& options) {
  const Target target = with_proxy(given, given.url);
  const text::Secrets secrets = secrets_of(target);
  const auto refused = [&](const Refusal& refusal) {
    return SendResult{refusal.code, text::show(refusal.problem, secrets), {}};
  };
  std::optional<scenario::Outcome> expected;
  if (!options.expect.empty()) {
    auto outcome = loader::outcome_of(options.expect);
    if (!outcome) return refused({kExitUsage, "--expect: " + outcome.error()});
    expected = std::move(*outcome);
  }
  const auto destination = destination_of(target);
  if (!destination) return refused(destination.error());
  auto addresses = addresses_of(target, destination->url);
  if (!addresses) return refused(addresses.error());
  auto loop = small_loop();
  if (!loop) return refused(loop.error());
  Sender sender(**loop, *destination, std::move(*addresses), target, options, secrets);
  if (expected) sender.expect(std::move(*expected));
  if (options.acts.empty())
    if (const auto wrong = sender.open_input(); !wrong.empty())
      return refused({kExitNotJudged, wrong});
  return sender.run();
}

}  // namespace wsspec
