// A run as reports see it: what the engine found, with every text made safe to show. Only border.h
// makes these from the engine's own types; a report takes nothing else, so it cannot be handed raw
// text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "result/result.h"
#include "scenario/level.h"
#include "scenario/outcome.h"
#include "text/printable.h"
#include "wire/octets.h"

namespace wsspec::report {

using scenario::Impact;
using text::Printable;

inline constexpr std::size_t kImpacts = 4;

/// One of the outcomes that the scenario asked for.
struct Expected {
  scenario::Outcome::Kind kind = scenario::Outcome::Kind::accepted;
  Printable text;  ///< "Close 1007"
  Printable json;  ///< {"close": 1007}
};

/// result::Observed.
struct Observed {
  struct Tls {
    Printable version;
    result::TlsObserved::End end = result::TlsObserved::End::open;
  };
  std::optional<int> code;
  Printable reason;
  result::Closer closer = result::Closer::none;
  result::End end = result::End::open;
  std::optional<int> http_status;
  std::optional<double> close_ms, eof_ms;
  double lag_ms = 0;
  std::uint64_t sent = 0, answered = 0;
  std::optional<Tls> tls;
  result::Evidence evidence = result::Evidence::none;
  Printable detail;
};

/// result::TranscriptLine; the octets are those of the payload, each of a secret masked.
struct TranscriptLine {
  result::TranscriptLine::Direction direction = result::TranscriptLine::Direction::note;
  double at_ms = 0;
  Printable what;
  wire::OctetVector octets;
  std::uint64_t length = 0;
};

/// result::FaultExcerpt, masked likewise.
struct FaultExcerpt {
  bool present = false;
  wire::OctetVector octets;
  std::size_t mark = 0;
  std::uint64_t offset = 0, at = 0;
  bool truncated = false;
  Printable why;
};

/// result::ServerEnd, with the last lines of the output.
struct ServerEnd {
  Printable text;  ///< "its process ended with exit status 1"
  bool by_itself = true;
  std::optional<int> exit_status;
  Printable signal;  ///< "SIGSEGV"; or empty
  bool core = false;
  std::vector<Printable> output;
};

/// result::ScenarioResult, and whether the exit code counts it.
struct Result {
  std::uint64_t serial = 0;  ///< counts the results of a run
  Printable name;            ///< "utf8/overlong-slash"
  Printable suite;           ///< "utf8"
  Printable id;              ///< "overlong-slash"
  Printable title;
  std::vector<Printable> tags;
  scenario::Level level = scenario::Level::must;
  Impact impact = Impact::interop;
  Printable rule, spec;
  result::Verdict verdict = result::Verdict::error;
  result::Class cls = result::Class::none;
  Printable cause;  ///< "fault-echoed"; empty where none is known
  /// The rule that our own octets broke and the server does not check, where that is the finding.
  std::optional<wire::ViolationKind> unchecked;
  bool timed = false;
  std::vector<Expected> expected;
  Observed observed;
  /// The finding is a share of a group's connections: on so many the expectation came true.
  struct Connections {
    std::uint64_t matched = 0, total = 0;
  };
  std::optional<Connections> connections;
  Printable diagnosis, because, failed_step;
  /// result::Reproduction.
  struct Reproduction {
    std::optional<bool> alone;
    std::vector<Printable> with;
    std::uint64_t jobs = 1;
  } reproduction;
  std::optional<ServerEnd> server_end;
  double duration_ms = 0;
  FaultExcerpt fault;
  std::vector<TranscriptLine> transcript;
  bool without_server = false;  ///< skipped: there was no server (any more) to run it on
  /// It makes exit code 1: a fail from --fail-on on, with --strict a tolerated one and any fail, a
  /// skip inside --require.
  bool counts = false;
};

/// result::RunInfo.
struct Run {
  Printable version, url, server, scenario_set, started;
  bool strict = false;
  Impact fail_on = Impact::interop;
  std::uint64_t selected = 0;
  std::optional<ServerEnd> server_end;  ///< of one that we started, and that was never there
  Printable unreachable;  ///< why nothing can be judged: every scenario is skipped for that
};

struct RunEnd {
  result::Summary summary;
  std::array<std::uint64_t, kImpacts> uncounted{};  ///< fails below --fail-on, by impact
  bool interrupted = false;
  int exit_code = 0;
  Printable reason;  ///< of the exit code: "2 findings of impact data"; empty for a plain 0
};

/// One run's event stream: the console, the JSON report, JUnit ... are subscribers.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_start(const Run& /*run*/) {}
  virtual void on_scenario_started(const Printable& /*name*/, std::uint64_t /*running*/) {}
  virtual void on_result(const Result& /*result*/) {}
  /// After all results: one of them again, whose scenario was repeated; its reproduction is new.
  virtual void on_repeated(const Result& /*result*/) {}
  /// Something a person should know while it runs: "the server stopped answering; ...".
  virtual void on_notice(const Printable& /*text*/) {}
  virtual void on_end(const RunEnd& /*end*/) {}
};

}  // namespace wsspec::report
