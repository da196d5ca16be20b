// What a run found: plain data that reports and diagnoses read. No pointer into the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "result/cause.h"
#include "scenario/level.h"
#include "scenario/outcome.h"
#include "wire/octets.h"
#include "wire/request_fault.h"

namespace wsspec::result {

enum class Verdict : std::uint8_t { pass, tolerated, fail, skipped, error };
/// "pass", "tolerated", ...: as in the JSON report.
inline const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::tolerated:
      return "tolerated";
    case Verdict::fail:
      return "fail";
    case Verdict::skipped:
      return "skipped";
    case Verdict::error:
      return "error";
  }
  return "error";
}

/// How the server behaved, for the reader of a report.
enum class Class : std::uint8_t {
  none,                   // JSON null
  exact,                  // the wanted Close, when it was due
  late,                   // only after withheld octets were released
  other_code,             // a Close, with another code
  drop,                   // ended without a Close
  repaired,               // an answer whose octets differ from what was sent
  accepted,               // went on as if nothing had happened
  limit,                  // closed because of its own size limit
  hung,                   // neither answers nor closes
  died,                   // does not answer a fresh handshake any more
  leaks,                  // takes no new connection: slots of ended ones were not freed
  broken,                 // its own frames violate RFC 6455
  processed_after_fault,  // acted on what came after the fault
};
/// "exact", "other-code", "processed-after-fault", ...; nullptr for none.
inline const char* class_name(Class value) {
  switch (value) {
    case Class::none:
      return nullptr;
    case Class::exact:
      return "exact";
    case Class::late:
      return "late";
    case Class::other_code:
      return "other-code";
    case Class::drop:
      return "drop";
    case Class::repaired:
      return "repaired";
    case Class::accepted:
      return "accepted";
    case Class::limit:
      return "limit";
    case Class::hung:
      return "hung";
    case Class::died:
      return "died";
    case Class::leaks:
      return "leaks";
    case Class::broken:
      return "broken";
    case Class::processed_after_fault:
      return "processed-after-fault";
  }
  return nullptr;
}

enum class Closer : std::uint8_t { none, server, client };
enum class End : std::uint8_t { open, eof, reset };
inline const char* closer_name(Closer closer) {
  switch (closer) {
    case Closer::none:
      return "none";
    case Closer::server:
      return "server";
    case Closer::client:
      return "client";
  }
  return "none";
}
inline const char* end_name(End end) {
  switch (end) {
    case End::open:
      return "open";
    case End::eof:
      return "eof";
    case End::reset:
      return "reset";
  }
  return "open";
}

/// What shows that something was accepted where there is no echo.
enum class Evidence : std::uint8_t {
  none,
  message,  ///< the reply to the profile's message, sent after it
  ping,     ///< only a pong, and no Close for a while
  silence,  ///< only that the connection stayed open
};
/// "message", "ping", "silence"; empty for none.
inline const char* evidence_name(Evidence evidence) {
  switch (evidence) {
    case Evidence::none:
      return "";
    case Evidence::message:
      return "message";
    case Evidence::ping:
      return "ping";
    case Evidence::silence:
      return "silence";
  }
  return "";
}

/// A wss:// connection. `end` is TLS's own: truncated = TCP ended without a close_notify.
struct TlsObserved {
  enum class End : std::uint8_t { open, close_notify, truncated };
  std::string version;  ///< "TLSv1.3"
  End end = End::open;
};
inline const char* tls_end_name(TlsObserved::End end) {
  switch (end) {
    case TlsObserved::End::open:
      return "open";
    case TlsObserved::End::close_notify:
      return "close_notify";
    case TlsObserved::End::truncated:
      return "truncated";
  }
  return "open";
}

/// What was seen on the connection that decided. Times in milliseconds.
struct Observed {
  std::optional<int> code;       ///< of the server's Close; 1005 = a Close without a code
  std::string reason;            ///< raw octets of the server's: sanitise before showing
  Closer closer = Closer::none;  ///< which side sent the first Close frame
  End end = End::open;
  std::optional<int> http_status;
  std::optional<double> close_ms;  ///< our last octet (or release of a hold) -> the Close frame
  std::optional<double> eof_ms;    ///< the Close frame (or our last octet) -> end of stream
  std::uint64_t sent = 0;          ///< data messages written whole
  std::uint64_t answered = 0;      ///< of those, answered
  std::optional<TlsObserved> tls;  ///< only for wss://
  double lag_ms = 0;               ///< what came may have waited so long for our own loop
  Evidence evidence = Evidence::none;
  std::string detail;  ///< one clause; diagnose/ writes it from the result's fact
};

/// One line of the conversation. Payloads are kept as head and length.
struct TranscriptLine {
  enum class Direction : std::uint8_t { sent, received, note };
  Direction direction = Direction::note;
  double at_ms = 0;          ///< since the connection was made
  std::string what;          ///< "text fin", "Close 1007", "end of stream"; safe to print
  wire::OctetVector octets;  ///< the head of the payload, at most 64; raw
  std::uint64_t length = 0;  ///< of the whole payload
};

/// The octets around the fault we sent, when there is one.
struct FaultExcerpt {
  bool present = false;
  wire::OctetVector octets;  ///< at most 33 octets of the message around the proving octet
  std::size_t mark = 0;      ///< index in `octets` of the proving octet; == size(): end of message
  std::uint64_t offset = 0;  ///< of octets[0] in the message
  std::uint64_t at = 0;      ///< of the proving octet in the message
  bool truncated = false;    ///< the end of the message is the proof
  std::string why;           ///< "0xC0 can never occur in UTF-8 (overlong form)"
};

/// What shows a finding again, where more is known of it than its scenario's name.
struct Reproduction {
  std::optional<bool> alone{};      ///< run again, alone: it came again
  std::vector<std::string> with{};  ///< else: it came again beside these; none: only in the run
  std::uint64_t jobs = 1;           ///< connections that all of them take
};

/// How the process of a server that we started went down.
struct ServerEnd {
  bool by_itself = true;             ///< false: it was stuck, and was ended
  std::optional<int> exit_status{};  ///< of the command's shell
  int signal = 0;                    ///< 0 = none
  bool core = false;
  std::string output{};  ///< the end of what it wrote, raw
};

/// What a scenario came to when its server was reached directly, where it is judged by that through
/// a proxy.
struct DirectResult {
  Verdict verdict = Verdict::error;
  Class cls = Class::none;
  std::optional<int> code, http_status;
  std::string words;  ///< one clause, fit to be shown
};

struct ScenarioResult {
  bool built_in = false;  ///< its name, title, rule and tags are wsspec's own: no secret is in them
  std::string name;       ///< "utf8/overlong-slash"
  std::string suite, suite_title;
  std::string title;
  std::vector<std::string> tags;
  scenario::Level level = scenario::Level::must;
  scenario::Impact impact = scenario::Impact::interop;
  std::string rule;  ///< a row of scenarios/coverage/requirements.json, or empty
  std::string spec;
  Verdict verdict = Verdict::error;
  Class cls = Class::none;
  Fact fact;           ///< what was found; diagnose/ turns it into words
  bool timed = false;  ///< octets were held back on purpose
  std::vector<scenario::Outcome> expected;
  Observed observed;
  std::string diagnosis;  ///< one line: why, whose side, what to do
  std::string because;    ///< tolerated / skipped / error: the reason
  double duration_ms = 0;
  FaultExcerpt fault;
  /// The rule that our own octets broke on purpose, if they broke one.
  std::optional<wire::ViolationKind> own_fault;
  /// The rule that our own handshake broke on purpose, if it broke one.
  wire::RequestFault own_request_fault = wire::RequestFault::none;
  bool about_policy = false;               ///< the scenario is about what the target promises
  std::vector<TranscriptLine> transcript;  ///< bounded
  /// What steps took from the server's messages (a session's token, as a rule): not to be shown.
  std::vector<std::string> captured;
  Reproduction reproduction;
  std::optional<DirectResult> direct;
  std::optional<ServerEnd> server_end;  ///< class died or hung, of a server that we started
  std::string failed_step;              ///< the step that decided, one line; "step 2: expect ..."
};

/// What the event loop measured of itself.
struct LoopFigures {
  double longest_step_ms = 0;
  std::uint64_t long_steps = 0;  ///< above limit_ms
  int limit_ms = 0;
  double worst_lag_ms = 0;  ///< the longest that anything may have waited for us
};

struct Summary {
  std::uint64_t pass = 0, tolerated = 0, fail = 0, skipped = 0, error = 0;
  double duration_ms = 0;
  LoopFigures loop{};
  std::uint64_t total() const { return pass + tolerated + fail + skipped + error; }
  void add(Verdict verdict) {
    switch (verdict) {
      case Verdict::pass:
        ++pass;
        break;
      case Verdict::tolerated:
        ++tolerated;
        break;
      case Verdict::fail:
        ++fail;
        break;
      case Verdict::skipped:
        ++skipped;
        break;
      case Verdict::error:
        ++error;
        break;
    }
  }
};

struct RunInfo {
  std::string version;       ///< of wsspec
  std::string url;           ///< credentials removed
  std::string server;        ///< Server header of the first 101, raw; or empty
  std::string scenario_set;  ///< sha256 hex
  std::string started;       ///< RFC 3339, UTC
  bool strict = false;
  std::uint64_t selected = 0;
  std::optional<ServerEnd> server_end;  ///< it was not even there when the run began
};

/// One run's event stream: the console, the JSON report, JUnit ... are subscribers.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_start(const RunInfo& /*info*/) {}
  virtual void on_scenario_started(const std::string& /*name*/, std::uint64_t /*running*/) {}
  virtual void on_result(const ScenarioResult& /*result*/) {}
  /// Something a person should know while it runs: "the server stopped answering; ...".
  virtual void on_notice(const std::string& /*text*/) {}
  virtual void on_end(const Summary& /*summary*/, bool /*interrupted*/) {}
};

}  // namespace wsspec::result
