// What a caller of wsspec may choose: plain structs, and the exit codes of the command line.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenario/compressed.h"
#include "scenario/level.h"
#include "scenario/model.h"
#include "scenario/select.h"
#include "server/options.h"

namespace wsspec {

/// Exit codes of the command line, and what they mean.
enum ExitCode : int {
  kExitGood = 0,
  kExitFindings = 1,  ///< a fail of impact --fail-on or graver; see RunOptions::strict, require
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
  /// Built-in suites that none of these can name are not read; empty: all are. What they select is
  /// the Selection's business.
  std::vector<std::string> selectors;
  /// Further selectors, which must match something that there is (--exclude, --require).
  std::vector<std::string> named;
  /// False: built-in scenarios without their steps, for names and titles alone.
  bool steps = true;
  std::uint64_t seed = 1;
  /// Whether every message is compressed (RFC 7692).
  scenario::DeflateMode deflate = scenario::DeflateMode::off;
};

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
  /// The same endpoint through a proxy. Everything is run twice, first directly; only what differs
  /// is a finding then. Empty: there is none.
  std::string through;
  std::string unix_socket;  ///< a path; the URL then only gives Host and path
  /// http://, socks5:// or socks5h://[user:password@]host[:port]. Empty: what the environment says.
  std::string proxy;
  TlsOptions tls;
  int connect_timeout_ms = 5000;  ///< TCP, TLS and handshake together
  /// Values that are never to be printed, beside those that headers, URL and profile give away.
  std::vector<std::string> secrets;
  bool show_secrets = false;  ///< nothing is hidden, in no output
};

struct RunOptions {
  scenario::Selection selection;
  std::uint64_t jobs = 16;        ///< simultaneous connections
  double connect_rate = 0;        ///< scenarios started per second, 0 = no limit
  std::optional<int> timeout_ms;  ///< replaces the default within_ms
  double timeout_factor = 1.0;    ///< stretches every within_ms
  int max_time_ms = 0;            ///< for the whole run, 0 = no limit
  std::string start;              ///< run the server: sh -c START; empty = it runs already
  std::string start_log;          ///< file for all that it writes
  int wait_for_ms = 0;            ///< wait up to this long for the server to accept connections
  /// From this impact on a fail makes exit code 1.
  scenario::Impact fail_on = scenario::Impact::interop;
  bool strict = false;     ///< so does every fail, and what is tolerated (never at level `may`)
  bool fail_fast = false;  ///< stop at the first fail
  bool may_load_target = false;  ///< run `load` scenarios on targets that are not loopback
  int retry = 0;                 ///< repeats of a scenario whose verdict is `error`, of no other
  int repeat = 1;                ///< times that everything is run
  bool shuffle = false;          ///< in an order drawn by `seed`
  std::uint64_t seed = 1;
  std::vector<std::string> require;  ///< globs: a skip inside is a finding
  /// Non-zero stops the run; may be null.
  const std::atomic<int>* interrupted = nullptr;
};

/// Where a run is reported: a console, and files.
struct ReportOptions {
  bool color = false;
  bool progress = false;  ///< only on a terminal
  bool terminal = false;  ///< the console is one: all it prints is wrapped
  int verbosity = 0;      ///< -1 quiet, 0, 1, 2
  std::size_t width = 80;
  /// "wsspec run URL ", to be followed by a name; and the whole command. Both without secrets.
  std::string reproduce_prefix, reproduce_run;
  std::function<void(std::string_view)> console;
  /// Paths, empty = none, "-" = standard output.
  std::string json, junit, events, autobahn, transcript;
  /// The server's name in the autobahn report; empty: its Server header.
  std::string agent;
};

/// One thing that `send` does.
struct SendAct {
  scenario::Item item{};
  std::optional<int> pause_ms{};  ///< nothing is sent for so long, in place of the item
};

struct SendOptions {
  std::vector<SendAct> acts;  ///< in order; empty: what standard input says
  /// Lines of a person at a terminal, who may write commands; else each line is a message.
  bool terminal = false;
  std::string expect;    ///< an outcome (loader/frame_option.h); or empty
  int wait_ms = 1000;    ///< what comes is awaited so long after the last act
  bool deflate = false;  ///< offer permessage-deflate, and compress the messages where it is agreed
  std::function<void(std::string_view)> print;
  /// Non-zero ends it; may be null.
  const std::atomic<int>* interrupted = nullptr;
};

struct ProbeOptions {
  bool echo = false;       ///< send one short text, and see whether it comes back
  int idle_ms = 0;         ///< stay silent for so long, and see whether the connection is ended
  bool location = false;   ///< follow redirects
  int repeat = 1;          ///< probes; 0 = until it is interrupted
  int every_ms = 10000;    ///< from the begin of one to that of the next
  bool json = false;       ///< a line of JSON a probe, in place of the page
  std::string prometheus;  ///< file for node_exporter's textfile collector, "-" = standard output
  std::size_t width = 80;
  std::function<void(std::string_view)> print;
  /// Non-zero ends it; may be null.
  const std::atomic<int>* interrupted = nullptr;
};

struct ServeOptions {
  std::string listen = "127.0.0.1:9001";  ///< HOST:PORT, port 0 = any
  server::ServerPolicies policies;
};

}  // namespace wsspec
