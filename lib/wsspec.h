// wsspec as a library: load scenario files, describe a target, run, get a verdict. The command
// line is a thin layer over this header. Plain types only; nothing here throws.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "result/result.h"
#include "scenario/compressed.h"
#include "scenario/select.h"
#include "server/options.h"

namespace wsspec {

namespace scenario {
struct Profile;
}

/// The version, "0.1.0".
const char* version();

/// Exit codes of the command line, and what they mean.
enum ExitCode : int {
  kExitGood = 0,
  kExitFindings = 1,  ///< a fail, or with strict a tolerated finding
  kExitUsage = 2,     ///< usage, a broken scenario file, nothing matched
  /// target unreachable, a scenario not judged, everything skipped, or a report that could not be
  /// written
  kExitNotJudged = 3,
  kExitInterrupted = 130,
};

struct LoadOptions {
  /// Scenario files and folders. Empty: the built-in suites.
  std::vector<std::string> files;
  /// A target profile's file, or empty.
  std::string profile;
  /// name=value: a profile key, or a suite's parameter.
  std::vector<std::string> settings;
  std::uint64_t seed = 1;
  /// Whether every message is compressed (RFC 7692).
  scenario::DeflateMode deflate = scenario::DeflateMode::off;
};

/// Loaded scenarios and the target profile they were worked out with. Cheap to copy.
class Suites {
 public:
  struct State;
  explicit Suites(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  /// For lib/ only.
  const State& state() const { return *state_; }
  const std::vector<scenario::Scenario>& scenarios() const;
  const scenario::Profile& profile() const;
  /// The profile's url; empty if it has none.
  const std::string& profile_url() const;
  /// Values of the environment variables that the files used: not to be shown.
  const std::vector<std::string>& environment() const;

 private:
  std::shared_ptr<const State> state_;
};

/// The error is what to print: every problem with its place, ready for a terminal.
tl::expected<Suites, std::string> load_suites(const LoadOptions& options);

/// For wss:// targets. Empty: what the profile says, else the defaults.
struct TlsOptions {
  bool insecure = false;  ///< take any certificate
  std::string cacert;     ///< PEM; replaces the system's CAs
  std::string cert;       ///< PEM, for servers that want a client certificate; may hold the key
  std::string key;        ///< PEM
};

struct Target {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> subprotocols;
  std::string unix_socket;  ///< a path; the URL then only gives Host and path
  TlsOptions tls;
  int connect_timeout_ms = 5000;  ///< TCP, TLS and handshake together
  /// Values that are never to be printed, beside those that headers, URL and profile give away.
  std::vector<std::string> secrets;
};

struct RunOptions {
  scenario::Selection selection;
  std::uint64_t jobs = 16;        ///< connections at once
  double connect_rate = 0;        ///< scenarios started a second, 0 = no limit
  std::optional<int> timeout_ms;  ///< replaces the default within_ms
  double timeout_factor = 1.0;    ///< stretches every within_ms
  int max_time_ms = 0;            ///< for the whole run, 0 = no limit
  int wait_for_ms = 0;            ///< keep trying to connect for so long before the run
  bool strict = false;            ///< tolerated is a finding (never at level `may`)
  bool fail_fast = false;         ///< stop at the first fail
  bool may_load_target = false;   ///< run `load` scenarios on targets that are not loopback
  int retry = 0;                  ///< repeats of a scenario whose verdict is `error`, of no other
  int repeat = 1;                 ///< run everything so many times
  bool shuffle = false;           ///< in an order drawn by `seed`
  std::uint64_t seed = 1;
  std::vector<std::string> require;  ///< globs: a skip inside is a finding
  /// Non-zero stops the run; may be null.
  const std::atomic<int>* interrupted = nullptr;
};

struct RunResult {
  result::Summary summary;
  int exit_code = kExitGood;
  /// Why nothing (or not all) was run, in one line; empty if all went its way.
  std::string problem;
  std::string hint;  ///< what may help against the problem, or empty
};

/// Blocks until the run is over. Observers are called on this thread, in order.
RunResult run(const Target& target, const Suites& suites, const RunOptions& options,
              const std::vector<result::Observer*>& observers);

/// Where a run is told: a console, and files.
struct ReportOptions {
  bool color = false;
  bool progress = false;  ///< only on a terminal
  int verbosity = 0;      ///< -1 quiet, 0, 1, 2
  std::size_t width = 80;
  std::string reproduce_prefix;  ///< "wsspec run URL ", without secrets
  std::function<void(std::string_view)> console;
  /// Paths, empty = none, "-" = standard output.
  std::string json, junit, events, autobahn;
  /// The server's name in the autobahn report; empty: its Server header.
  std::string agent;
};

class Reports {
 public:
  /// The error names the file that cannot be written.
  static tl::expected<std::unique_ptr<Reports>, std::string> open(const ReportOptions& options);
  virtual ~Reports() = default;
  virtual std::vector<result::Observer*> observers() = 0;
  /// Writes what is collected; each error is a message for the user.
  virtual std::vector<std::string> finish() = 0;
};

struct ServeOptions {
  std::string listen = "127.0.0.1:9001";  ///< HOST:PORT, port 0 = any
  server::ServerPolicies policies;
};

/// Runs the reference server on this thread until `interrupted` is not 0 (a signal ends the wait),
/// then says Close 1001 to all. `on_listening` is told its URL. The error says why it cannot
/// listen.
tl::expected<void, std::string> run_server(
    const ServeOptions& options, const std::atomic<int>& interrupted,
    const std::function<void(const std::string& url)>& on_listening);

/// The reference server on a loop and a thread of its own; destroying it ends both.
class EmbeddedServer {
 public:
  static tl::expected<std::unique_ptr<EmbeddedServer>, std::string> start(
      const ServeOptions& options);
  virtual ~EmbeddedServer() = default;
  virtual const std::string& url() const = 0;
};

/// What such a server promises, as LoadOptions.settings: "policy.message_rate.limit=20", ...
std::vector<std::string> declared_settings(const server::ServerPolicies& policies);

// The commands that need no server. Each gives what to print, or the error to print instead.

/// The chosen scenarios, a line each or as JSON: {"scenarios": [{name, title, tags, level, spec}]}.
tl::expected<std::string, std::string> list(const Suites& suites,
                                            const scenario::Selection& selection, bool json);
/// Which requirements of the RFCs and which Autobahn cases the chosen scenarios cover, a line each
/// and the totals, or as JSON: {"requirements": [{id, spec, level, sent, wanted, scenarios,
/// reason}], "autobahn": [{id, title, scenarios}], "totals"}. `reason`: why it cannot be observed.
tl::expected<std::string, std::string> coverage(const Suites& suites,
                                                const scenario::Selection& selection, bool json);
/// The chosen scenarios in words, with the octets that go over the wire: the ends of long payloads,
/// or every one.
tl::expected<std::string, std::string> show(const Suites& suites,
                                            const scenario::Selection& selection, std::size_t width,
                                            bool every_octet);
/// Loads options.files (scenario files, folders, target profiles): "12 scenarios in 2 files, all
/// well", or every problem with its place.
tl::expected<std::string, std::string> check(const LoadOptions& options);
/// Explains one close code or HTTP status, or compares two.
tl::expected<std::string, std::string> explanation(const std::vector<std::string>& words, bool json,
                                                   std::size_t width);

/// Text of a server (or of an error that may hold some), safe to print.
std::string printable(std::string_view raw, std::size_t limit);
/// A word as a shell takes it literally: quoted only where that is needed.
std::string shell_word(std::string_view word);
/// A URL without credentials and tokens.
std::string without_secrets(std::string_view url);
/// A header's value: "***" where its name says that it is secret, and for tokens that are offered
/// as a subprotocol.
std::string header_without_secrets(std::string_view name, std::string_view value);
/// Text without any secret of a run.
std::string without_secrets(std::string_view text, const Target& target, const Suites& suites);

}  // namespace wsspec
