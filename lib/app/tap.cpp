#include "app/tap.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "app/conversation_json.h"
#include "app/conversation_text.h"
#include "app/conversation_totals.h"
#include "app/listen_address.h"
#include "app/scenario_recorder.h"
#include "capture/pcapng_writer.h"
#include "net/connection.h"
#include "net/loop.h"
#include "observe/conversation.h"
#include "observe/fan_out.h"
#include "relay/relay.h"
#include "report/file_sink.h"
#include "text/escape.h"
#include "wire/url.h"

namespace wsspec {
namespace {

/// Signals, violations that wait for a reaction, and files are looked after so often.
constexpr auto kHeartbeat = std::chrono::milliseconds(100);
/// Sockets on each side; epoll waits for them.
constexpr unsigned kDescriptors = 65536;
constexpr std::size_t kBuffer = 64 * 1024;
/// What is observed before the clock is looked at. 256 octets inflate to 256 KiB at most.
constexpr std::size_t kSlice = 4096, kCompressedSlice = 256;

/// A file that is written in large pieces.
class BufferedFile {
 public:
  tl::expected<void, std::string> open(const std::string& path) {
    if (path.empty()) return {};
    auto sink = report::StreamSink::open(path);
    if (!sink) return tl::unexpected(sink.error());
    sink_ = std::move(*sink);
    return {};
  }
  explicit operator bool() const { return sink_ != nullptr; }
  void write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kBuffer) flush();
  }
  void flush() {
    if (!sink_ || buffer_.empty()) return;
    sink_->write(buffer_);
    buffer_.clear();
  }
  std::string error() const { return sink_ ? sink_->error() : ""; }

 private:
  std::shared_ptr<report::StreamSink> sink_;
  std::string buffer_;
};

/// Which lines are shown.
struct Filter {
  bool violations = false, closes = false;
  std::set<std::uint64_t> connections;

  static tl::expected<Filter, std::string> parse(const std::vector<std::string>& only) {
    Filter filter;
    std::vector<std::string> words;
    for (const std::string& one : only) {
      const auto space = one.find(' ');
      words.push_back(one.substr(0, space));
      if (space != std::string::npos) words.push_back(one.substr(space + 1));
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "violations") {
        filter.violations = true;
      } else if (word == "closes") {
        filter.closes = true;
      } else if (word == "connection" && i + 1 < words.size() && is_number(words[i + 1])) {
        filter.connections.insert(std::stoull(words[++i]));
      } else {
        return tl::unexpected("--only takes 'violations', 'closes' or 'connection N', not '" +
                              text::printable(word, 50) + "'");
      }
    }
    return filter;
  }
  bool shows(std::uint64_t connection, LineKind kind) const {
    if (!connections.empty() && !connections.contains(connection)) return false;
    if (!violations && !closes) return true;
    return (violations && kind == LineKind::violation) || (closes && kind == LineKind::close);
  }

 private:
  static bool is_number(const std::string& text) {
    return !text.empty() && text.size() < 19 &&
           text.find_first_not_of("0123456789") == std::string::npos;
  }
};

class Tapped;

/// What all connections share.
struct Tap {
  const TapOptions& options;
  const std::function<void(std::string_view)>& console;
  Filter filter{};
  ConversationTotals totals{};
  ScenarioFile scenario{};
  BufferedFile log{}, pcapng_file{};
  std::unique_ptr<capture::PcapngWriter> pcapng{};
  std::string target_address{};
  net::TimePoint began{};
  std::chrono::system_clock::time_point began_at{};
  std::uint64_t connections = 0, reached = 0;
  std::set<Tapped*> waiting{};  ///< those with violations that wait for a reaction
  std::string lines{};
  net::Loop* loop = nullptr;

  double ms(net::TimePoint at) const { return net::ms_between(began, at); }
  std::uint64_t epoch_ns(net::TimePoint at) const {
    const auto when = began_at.time_since_epoch() + (at - began);
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(when).count());
  }
  void show(std::uint64_t connection, LineKind kind, double ms, const std::string& text) {
    if (filter.shows(connection, kind)) lines += numbered(connection, ms, text);
    if (lines.size() >= kBuffer) print();
  }
  void print() {
    if (!lines.empty()) console(lines);
    lines.clear();
  }
};

/// One connection.
class Tapped : public relay::Watcher {
 public:
  Tapped(Tap& tap, std::uint64_t number, const std::string& client)
      : tap_(tap),
        number_(number),
        text_({tap.options.payloads, tap.options.show_secrets},
              [this](LineKind kind, double ms, const std::string& line) {
                tap_.show(number_, kind, ms, line);
              }),
        ending_(tap.totals) {
    sinks_.add(ending_);
    sinks_.add(text_);
    if (tap_.log) {
      json_ = std::make_unique<ConversationJson>(
          number, ConversationTextOptions{tap.options.payloads, tap.options.show_secrets}, text_,
          [this](const std::string& line) { tap_.log.write(line); });
      sinks_.add(*json_);
    }
    if (!tap_.options.scenario.empty()) {
      scenario_ =
          std::make_unique<ScenarioRecorder>(tap.scenario, number, tap.options.show_secrets);
      sinks_.add(*scenario_);
    }
    if (tap_.pcapng) {
      flow_.client = capture::parse_endpoint(client);
      flow_.server = capture::parse_endpoint(tap.target_address);
    }
    event("open", net::Clock::now(), {{"client", client}});
  }
  ~Tapped() override { tap_.waiting.erase(this); }

  void on_connected(net::TimePoint at) override {
    ++tap_.reached;
    connected_ = true;
    if (tap_.pcapng) tap_.pcapng->open(flow_, tap_.epoch_ns(at));
    // What the client has sent before is of no earlier time for the target.
    if (tap_.pcapng && !early_.empty())
      tap_.pcapng->octets(flow_, wire::Role::client, early_, tap_.epoch_ns(at));
    wire::OctetVector().swap(early_);
  }
  // A little input may be many frames, or inflate to much. What is too much for one step of the
  // loop is left for a later round: the other connections are served meanwhile.
  void on_octets(wire::Role side, wire::Octets octets, net::TimePoint at) override {
    if (tap_.pcapng && connected_)
      tap_.pcapng->octets(flow_, side, octets, tap_.epoch_ns(at));
    else if (tap_.pcapng && early_.size() < kBuffer)
      early_.insert(early_.end(), octets.begin(), octets.end());
    if (!behind()) octets = octets.subspan(observe(side, octets, at));
    if (!octets.empty()) put_off({side, wire::to_vector(octets), at, {}});
  }
  bool behind() const override { return !backlog_.empty(); }
  void on_end(wire::Role side, relay::EndKind kind, net::TimePoint at) override {
    const bool reset = kind == relay::EndKind::reset;
    if (tap_.pcapng && connected_) tap_.pcapng->end(flow_, side, reset, tap_.epoch_ns(at));
    const auto how = reset ? observe::EndKind::reset : observe::EndKind::fin;
    if (behind())
      put_off({side, {}, at, how});
    else
      conversation_.end(side, how, tap_.ms(at));
  }
  void on_failed(wire::Role side, const std::string& why, net::TimePoint at) override {
    const bool target = side == wire::Role::server;
    const std::string shown = text::printable(why, 300);
    tap_.show(number_, LineKind::close, tap_.ms(at),
              target ? fmt::format("the target {} cannot be reached: {}; the client gets HTTP 502",
                                   tap_.target_address, shown)
                     : fmt::format("client: {}", shown));
    event("failed", at, {{"side", wire::role_name(side)}, {"why", shown}});
    if (target && !connected_) tap_.totals.count_unreachable();
    if (target && !connected_) ending_.cancel();
  }
  void tick(double ms) { text_.tick(ms); }
  bool waiting() const { return text_.waiting(); }

 private:
  /// Octets of a side, or its end.
  struct Backlog {
    wire::Role side;
    wire::OctetVector octets;
    net::TimePoint at;
    std::optional<observe::EndKind> end;
    std::size_t done = 0;
  };

  /// How many octets there was time for.
  std::size_t observe(wire::Role side, wire::Octets octets, net::TimePoint at) {
    const net::TimePoint until = tap_.loop->slice_end();
    const std::size_t most = conversation_.compressed() ? kCompressedSlice : kSlice;
    std::size_t done = 0;
    while (done < octets.size() && (done == 0 || net::Clock::now() < until)) {
      const wire::Octets slice = octets.subspan(done, std::min(octets.size() - done, most));
      conversation_.feed(side, slice, tap_.ms(at));
      done += slice.size();
    }
    if (text_.waiting()) tap_.waiting.insert(this);
    return done;
  }
  void put_off(Backlog rest) {
    backlog_.push_back(std::move(rest));
    if (!later_) later_ = std::make_unique<net::Timer>(*tap_.loop, [this] { go_on(); });
    if (!later_->pending()) later_->start(net::Duration::zero());
  }
  void go_on() {
    Backlog& first = backlog_.front();
    first.done += observe(first.side, wire::Octets(first.octets).subspan(first.done), first.at);
    if (first.end) conversation_.end(first.side, *first.end, tap_.ms(first.at));
    if (first.done == first.octets.size()) backlog_.pop_front();
    if (behind()) return later_->start(net::Duration::zero());
    caught_up();
  }
  void event(const char* name, net::TimePoint at, const nlohmann::ordered_json& more) {
    if (!tap_.log) return;
    nlohmann::ordered_json json = {{"event", name}, {"connection", number_}, {"ms", tap_.ms(at)}};
    json.update(more);
    tap_.log.write(
        text::json_text(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) +
        "\n");
  }

  Tap& tap_;
  std::uint64_t number_;
  ConversationText text_;
  EndingNote ending_;
  std::unique_ptr<ConversationJson> json_;
  std::unique_ptr<ScenarioRecorder> scenario_;
  observe::FanOut sinks_;
  observe::Conversation conversation_{sinks_};
  capture::PcapngWriter::Flow flow_;
  wire::OctetVector early_;  ///< for pcapng: of the client, before the target was connected
  bool connected_ = false;
  std::deque<Backlog> backlog_;
  std::unique_ptr<net::Timer> later_;
};

tl::unexpected<TapError> usage(std::string text) {
  return tl::unexpected(TapError{kExitUsage, std::move(text)});
}

/// The relay's options, but for the listening address.
tl::expected<relay::Options, TapError> route(const TapOptions& options, Tap& tap) {
  const auto url = wire::parse_url(options.target);
  if (!url) return usage("--target: " + url.error());
  if (url->target != "/" || !url->userinfo.empty())
    return usage("--target takes no path, query or login: what the client asks for is passed on");
  relay::Options out;
  auto addresses = net::resolve(url->host, url->port);
  if (!addresses) return tl::unexpected(TapError{kExitNotJudged, addresses.error()});
  out.targets = std::move(*addresses);
  tap.target_address = out.targets.front().text;
  if (options.rewrite_host) out.host = url->authority();
  if (url->tls) {
    auto tls = net::TlsContext::create(
        {.host = url->host, .insecure = options.tls.insecure, .ca_file = options.tls.cacert});
    if (!tls) return usage(tls.error());
    out.target_tls = std::move(*tls);
  }
  if (!options.cert.empty()) {
    auto tls = net::TlsContext::create_server(options.cert, options.key);
    if (!tls) return usage(tls.error());
    out.client_tls = std::move(*tls);
  }
  const auto listen = listen_address(options.listen);
  if (!listen) return usage(listen.error());
  out.listen = *listen;
  return out;
}

tl::expected<void, TapError> open_files(const TapOptions& options, Tap& tap) {
  if (auto opened = tap.log.open(options.log); !opened) return usage(opened.error());
  if (auto opened = tap.pcapng_file.open(options.pcapng); !opened) return usage(opened.error());
  if (tap.pcapng_file)
    tap.pcapng = std::make_unique<capture::PcapngWriter>(
        "wsspec tap", [&tap](std::string_view octets) { tap.pcapng_file.write(octets); });
  return {};
}

/// What is written at the end; the exit code.
int finish(const TapOptions& options, Tap& tap,
           const std::function<void(const std::string& text)>& on_notice) {
  int code = tap.reached == 0 && tap.totals.unreachable() > 0 ? kExitNotJudged : kExitGood;
  tap.lines += tap.totals.text();
  tap.print();
  for (auto* file : {&tap.log, &tap.pcapng_file}) {
    file->flush();
    if (file->error().empty()) continue;
    on_notice(file->error());
    code = kExitNotJudged;
  }
  if (options.scenario.empty()) return code;
  if (tap.scenario.full())
    on_notice("--scenario: not all could be kept, the file has the first part");
  if (const auto written = report::write_file(options.scenario, tap.scenario.text()); !written) {
    on_notice(written.error());
    code = kExitNotJudged;
  }
  return code;
}

}  // namespace

tl::expected<int, TapError> run_tap(const TapOptions& options, const std::atomic<int>& interrupted,
                                    const std::function<void(std::string_view lines)>& console,
                                    const std::function<void(const std::string& text)>& on_notice) {
  Tap tap{.options = options, .console = console};
  auto filter = Filter::parse(options.only);
  if (!filter) return usage(filter.error());
  tap.filter = std::move(*filter);
  net::global_init(kDescriptors);
  auto wanted = route(options, tap);
  if (!wanted) return tl::unexpected(wanted.error());
  if (auto opened = open_files(options, tap); !opened) return tl::unexpected(opened.error());
  auto loop = net::Loop::create(kDescriptors);
  if (!loop) return tl::unexpected(TapError{kExitNotJudged, loop.error()});
  tap.loop = loop->get();
  tap.began = net::Clock::now();
  tap.began_at = std::chrono::system_clock::now();
  const net::Address listen = wanted->listen;
  const char* scheme = wanted->client_tls ? "wss" : "ws";
  auto relay = relay::Relay::listen(
      **loop, std::move(*wanted),
      [&tap](const std::string& client) {
        return std::make_unique<Tapped>(tap, ++tap.connections, client);
      },
      [&](std::size_t links) {
        on_notice(
            fmt::format("{} connections are open, more are turned away: this process may open "
                        "no more files (ulimit -n)",
                        links));
      });
  if (!relay) return usage(relay.error());
  console(fmt::format("listening on {}://{}, target {}\n", scheme,
                      with_port(listen, (*relay)->port()), options.target));
  if (tap.log)
    tap.log.write(
        nlohmann::ordered_json({{"event", "start"},
                                {"schema", kConversationSchema},
                                {"time", fmt::format("{:%FT%TZ}", fmt::gmtime(tap.began_at))},
                                {"target", options.target}})
            .dump() +
        "\n");
  net::Timer heartbeat(**loop, [&] {
    const double now = tap.ms(net::Clock::now());
    for (Tapped* one : std::set<Tapped*>(tap.waiting)) {
      one->tick(now);
      if (!one->waiting()) tap.waiting.erase(one);
    }
    tap.log.flush();
    tap.pcapng_file.flush();
    heartbeat.start(kHeartbeat);
  });
  heartbeat.start(kHeartbeat);
  while (interrupted.load() == 0) {
    (*loop)->run_once();
    tap.print();
  }
  (*relay)->shut_down();
  return finish(options, tap, on_notice);
}

}  // namespace wsspec
