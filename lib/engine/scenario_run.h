// One scenario on one target: a small interpreter that walks the script, a set of connections, and
// the verdict. Everything is driven by what the sessions tell and by one timer; nothing blocks.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/endpoint.h"
#include "engine/promises.h"
#include "engine/rate_limits.h"
#include "engine/trace.h"
#include "judge/judge.h"
#include "net/connection.h"
#include "net/loop.h"
#include "result/finding.h"
#include "result/result.h"
#include "scenario/model.h"
#include "scenario/profile.h"
#include "session/session.h"

namespace wsspec::engine {

class StartedServer;

/// How the connections of a run ended.
struct Ends {
  std::uint64_t opened = 0;    ///< those that ended after their 101
  std::uint64_t unclosed = 0;  ///< of these, without a closing handshake (RFC 6455 7.1.4)
  void add(const session::ExchangeRecord& record);
  /// So many that a server which counts them still may have no room left.
  bool may_fill_a_server() const { return unclosed >= 8; }
};

/// What all runs against one target share.
struct RunContext : Endpoint {
  const scenario::Profile* profile = nullptr;  ///< never null
  StartedServer* server = nullptr;             ///< --start; null: it runs without us
  judge::TargetFacts facts{};
  ConnectPace connects{};
  Ends ends{};
  std::optional<int> timeout_ms{};  ///< replaces within_ms where a scenario names none of its own
  double timeout_factor = 1.0;
  std::uint64_t seed = 1;
  std::string nonce{};            ///< of this run, also if two run at the same time
  net::TimePoint last_heard{};    ///< when octets came last from the server
  bool show_secrets = false;      ///< what was captured, and the payloads of a prologue
  std::uint64_t connections = 0;  ///< made so far: with `nonce` it gives each its own ${nonce}
};

/// What one run shows of the server as a whole.
struct TargetSeen {
  /// The connection was refused, or the handshake answered 429 or 503, before the script began:
  /// worth another try.
  bool refused = false;
  bool unreachable = false;  ///< connect() failed, or no answer came in time
  /// The connection ended without a Close (or connect() failed): is the server still alive?
  bool suspicious = false;
  /// It failed for an answer that did not come in time, on a connection that was read and written.
  bool unanswered = false;
  bool own_trouble = false;  ///< this machine's, or ours: nothing was learned
  bool full = false;         ///< a handshake was refused with HTTP 503
  /// A plain handshake on a connection that was made: it was dropped, or left unanswered since.
  struct TurnedAway {
    net::TimePoint at{};
    bool dropped = false;
  };
  std::optional<TurnedAway> turned_away{};
  bool unsolicited = false;  ///< a message that is no echo and that no step asked for
  /// Something listens, but there is no TLS with it: no other try will do.
  net::TlsFailure tls_failure = net::TlsFailure::none;
  Trace trace;             ///< for when the server is found down
  std::string server;      ///< Server header of the first 101, raw
  std::string extensions;  ///< what the first 101 that agreed to extensions says of them
};

/// Of a handshake that got no answer on a connection that was made.
std::optional<TargetSeen::TurnedAway> turned_away(const session::ExchangeRecord& record);

class ScenarioRun {
 public:
  /// `on_done` is called once, from the loop (never from inside `start`); the run may be destroyed
  /// in it.
  ScenarioRun(RunContext& context, const scenario::Scenario& scenario,
              std::function<void()> on_done);
  ~ScenarioRun();
  ScenarioRun(const ScenarioRun&) = delete;
  ScenarioRun& operator=(const ScenarioRun&) = delete;

  void start();
  /// Ends it as an error: interrupted, out_of_time.
  void abandon(result::Cause why);
  bool done() const { return stage_ >= Stage::ending; }

  result::ScenarioResult take_result() { return std::move(result_); }
  /// What was learned about the target, whatever the verdict; whole when it is done.
  const TargetSeen& seen() const { return seen_; }
  /// What it sent; whole when it is done.
  const Use& use() const { return use_; }

 private:
  struct Member {
    std::unique_ptr<session::Session> session;
    std::string nonce;
    std::map<std::string, std::string> captures;  ///< what was captured on this connection
    std::uint64_t harmless_sent = 0;
    std::uint64_t received_next = 0;
    bool end_expected = false;  ///< a step has asked for the Close, the drop or the refusal
    std::uint64_t octets_before_closing = 0;
    std::vector<Pace> paces;  ///< of the rates that this connection has to keep
  };
  struct Group {
    std::vector<Member> members;
    /// Members whose sessions had something to tell: since this pass began, and before it. A step
    /// looks at these only, or a crowd of n would cost n looks for each event of each.
    std::vector<std::size_t> touched, told;
    std::size_t closed = 0;  ///< at the end: so many of the first members have nothing more to tell
    scenario::ConnectOptions connect;
    std::uint64_t count = 1;
    bool connected = false;
    std::uint64_t unmade = 0;  ///< members whose turn to connect has not come: no session yet
    /// Its script sends the handshake: the prologue runs once that is accepted.
    bool login_due = false;
  };
  struct Op;
  /// A list of steps that is being walked, once or several times.
  struct Frame {
    const std::vector<scenario::Step>* steps = nullptr;
    std::size_t next = 0;
    std::uint64_t times = 1, round = 0;
    int every_ms = 0;
    net::TimePoint round_started{};
    bool repeat = false;
    bool prologue = false;
    std::string alias;              ///< what "main" means inside (triggers)
    std::unique_ptr<Op> suspended;  ///< a late prologue: the step that goes on after it
  };
  struct Strand {
    std::vector<Frame> frames;
    std::unique_ptr<Op> op;
    bool background = false;
    bool finished = false;
    bool closed_in_repeat = false;
  };
  /// Only forward, and no further than drawn:
  ///
  ///   running --the last step, or one that failed--> closing --every end came, or its time-->
  ///   ending
  ///   running --an error, a skip, a refusal--> cut_short --> ending
  ///   ending --> done --the next turn of the loop--> told
  enum class Stage : std::uint8_t {
    running,    // the script is walked
    closing,    // what is still on its way is awaited
    cut_short,  // nothing is awaited any more
    ending,     // every connection is looked at once more, and dropped
    done,       // the result is whole
    told,       // on_done was called
  };
  bool script_over() const { return stage_ > Stage::running; }
  /// The looks at every connection when the script is over, one after the other.
  enum class Look : std::uint8_t { drain, violations, conduct, own_trouble, survival, drop, over };
  struct EndingState {
    std::vector<Member*> members;  ///< of all groups
    std::size_t next = 0;          ///< of `members`: to say goodbye to, or to look at
    bool goodbyes_said = false;
    bool waited = false;  ///< as long as the end of an HTTP answer may take
    int drains = 0;       ///< of that member: more has come than one step of the loop takes in
    Look look = Look::drain;
  };

  enum class Progress : std::uint8_t { waiting, done, over };

  void on_time();
  void advance();
  void step_strand(Strand& strand);
  Progress next_step(Strand& strand);
  void begin(Strand& strand, const scenario::Step& step);
  Progress poll(Strand& strand);
  void collect(Op& op);
  bool long_enough() const { return net::Clock::now() >= slice_end_; }
  bool leaves_rest(Op& op, std::size_t looked_at);
  bool resolve_late(Op& op);
  bool drop_members(Op& op, const std::function<void(Member&)>& before);
  Progress poll_connect(Op& op);
  bool still_sending(session::Session& session);
  void cannot_compress();
  std::optional<net::TimePoint> take_turn(Member& member, const Sending& sending,
                                          const scenario::Carrier& carrier);
  void turn_ended(Member& member);
  std::optional<result::Fact> not_carried(const Op& op, const session::Session& session,
                                          const Sending& sending);
  Progress keep_promises(Op& op, std::size_t i, const scenario::Step& step);
  result::Finding within_promises(result::Finding finding, const Member* member);
  bool begin_sending(const scenario::Step& step, session::Session& session);
  static bool answer_is_awaited(const Strand& strand, const Op& op);
  Progress poll_sending(const Strand& strand, Op& op);
  Progress begin_repeat(Strand& strand, const scenario::RepeatStep& repeat);
  Progress begin_trigger(Strand& strand, const std::string& name);
  Progress poll_touch(Op& op);
  static void touch(Member& member, const scenario::Step& step);
  Progress poll_disconnect(Op& op);
  Progress poll_expect(Strand& strand, Op& op);
  Member* one_too_many(const Op& op);
  bool all_read(Op& op, std::size_t index, net::TimePoint due);
  Progress bad_step(Strand& strand, Op& op, Member* bad, judge::Judgement bad_judgement);
  static net::TimePoint due_at(const scenario::ExpectStep& expect, const Member& member);
  bool settle_member(Op& op, std::size_t index);
  bool close_seen() const;
  bool take_match(Member& member, const scenario::ExpectStep& expect,
                  const judge::Judgement& judged);
  bool capture(Member& member, const scenario::ExpectStep& expect,
               const session::Received& message);
  enum class Asked : std::uint8_t { yes, not_needed, later, run_over };
  Asked send_harmless(Op& op, std::size_t index);
  net::TimePoint probe(const Op& op, std::size_t index, const scenario::ExpectStep& expect);
  bool excused(const Op& op, const session::Session& session) const;
  bool refusal(Member& member);
  std::optional<result::Fact> slots_leaked(const session::ExchangeRecord& record) const;
  void refused_by_status(int status);
  void not_opened(const session::ExchangeRecord& record);
  bool is_broken_101(const session::Session& session) const;
  bool may_connect();
  void add_use(const Member& member);
  void fail_step(Op& op, Member* member, const judge::Judgement& judgement);
  bool begin_connecting(Group& target);
  bool make_session(Group& target, const scenario::ConnectStep* step, std::size_t index);
  bool looks_into_answers() const;
  session::SessionSetup setup_for(const Group& group, const scenario::ConnectStep* step,
                                  std::size_t index, const std::string& nonce,
                                  std::string& token_message);
  bool agreed(const scenario::ConnectOptions& connect, const session::Session& session);
  bool wants_prologue(const Strand& strand, const Op& op);
  void begin_prologue(Strand& strand, bool suspend);
  bool login_is_due(const Strand& strand);
  void forget_login(session::Session& session) const;
  bool begin_exchange(const std::string& name, bool after_prologue);
  scenario::RunValues values_of(const Group& group, std::size_t index) const;
  scenario::Step shown_step(const Op& op, const Member* member);
  void note_expected(const scenario::Outcome& outcome);
  void note_good_step(const Op& op, const judge::Judgement& good, const scenario::Outcome& outcome,
                      const std::string* because);
  void tell_captured();
  void wake_in(int ms);
  void wake_at(net::TimePoint when);
  void finish_script();
  void collect_for_ending();
  bool say_goodbyes();
  net::TimePoint awaited_until(const Member& member) const;
  bool closing_done();
  void conclude();
  void go_on_ending();
  bool look_once_more(Member& member);
  void after_look();
  void judge_violation(Member& member);
  void judge_conduct(Member& member);
  void judge_own_trouble(Member& member);
  void note_survival(Member& member);
  void decide(result::Finding finding, Member* member);
  void stop_script();
  /// An error: it cannot be judged.
  void give_up(result::Fact fact);
  void skip(result::Fact fact);
  int stretched(int ms) const;
  int policy_within_ms(const scenario::ExpectStep& step) const;
  int within_ms(const scenario::ExpectStep& step, bool of_profile = false) const;
  void fix_deadline(scenario::Step& step, bool of_profile) const;
  Group& group(const std::string& name);
  void observe(const Member& member);

  RunContext& context_;
  const scenario::Scenario& scenario_;
  std::function<void()> on_done_;
  Promises promises_;
  std::vector<Pace> shared_paces_;  ///< of rates that all connections share
  net::Timer timer_;
  std::optional<net::TimePoint> wake_;
  std::map<std::string, Group> groups_;
  std::vector<std::unique_ptr<session::Session>> retired_;  ///< of connections that were made anew
  EndingState end_;
  std::deque<Strand> strands_;
  std::map<std::string, std::string> captures_;
  result::ScenarioResult result_;
  result::Finding standing_;
  std::vector<std::string> noted_;  ///< result_.expected, as JSON
  net::TimePoint started_{};
  net::TimePoint closing_since_{};
  Member* decided_by_ = nullptr;
  std::uint64_t connections_made_ = 0;
  bool about_connect_rate_ = false;
  Use use_;
  bool advancing_ = false, again_ = false;
  bool timed_ = false;          ///< this pass is the timer's: any member may be due
  net::TimePoint slice_end_{};  ///< this pass looks at no more members then
  Stage stage_ = Stage::running;
  std::uint64_t opened_ = 0;  ///< connections that had been opened and were replaced since
  TargetSeen seen_;
  std::string token_message_;
};

/// name, title, tags, ... of a scenario, into a result.
result::ScenarioResult result_head(const scenario::Scenario& scenario);

}  // namespace wsspec::engine
