// wsspec tap --listen HOST:PORT --target URL
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"
#include "wsspec.h"

namespace wsspec::cli {
namespace {

/// Standard output as it comes, without ever waiting for its reader: connections would wait too.
class LiveOutput {
 public:
  static constexpr std::size_t kMost = 4u << 20;  ///< octets that wait for the reader

  ~LiveOutput() {
    if (left_out_ > 0)
      fmt::print(stderr,
                 "wsspec: note: {} of lines were left out: standard output takes them too slowly\n",
                 count_of(left_out_, "octet"));
  }
  void write(std::string_view lines) {
    if (waiting_.size() + lines.size() > kMost)
      left_out_ += lines.size();
    else
      waiting_ += lines;
    flush(0);
  }
  /// Waits for the reader for so long.
  void flush(int patience_ms) {
    std::size_t sent = 0;
    while (sent < waiting_.size()) {
      pollfd ready{STDOUT_FILENO, POLLOUT, 0};
      if (poll(&ready, 1, patience_ms) != 1) break;
      // A pipe that is ready takes so much without waiting (POSIX: PIPE_BUF).
      const std::size_t size = std::min<std::size_t>(waiting_.size() - sent, 4096);
      const ssize_t written = ::write(STDOUT_FILENO, waiting_.data() + sent, size);
      if (written < 0) {
        failed_ = true;
        sent = waiting_.size();
        break;
      }
      sent += static_cast<std::size_t>(written);
    }
    waiting_.erase(0, sent);
  }
  bool failed() const { return failed_; }

 private:
  std::string waiting_;
  std::uint64_t left_out_ = 0;
  bool failed_ = false;
};

int execute(const TapOptions& options) {
  if (!options.key.empty() && options.cert.empty()) return usage_error("--key needs --cert");
  const std::string twice = one_file_each(
      {{"--log", options.log}, {"--pcapng", options.pcapng}, {"--scenario", options.scenario}});
  if (!twice.empty()) return usage_error(twice);
  for (const std::string* path : {&options.log, &options.pcapng, &options.scenario})
    if (*path == "-") return usage_error("standard output has the lines: name a file, not '-'");
  LiveOutput out;
  const auto ended = run_tap(
      options, watch_interrupts(), [&](std::string_view lines) { out.write(lines); },
      [](const std::string& text) { fmt::print(stderr, "wsspec: note: {}\n", text); });
  if (!ended) {
    print_error(printable(ended.error().text, 500));
    return ended.error().exit_code;
  }
  out.flush(1000);
  if (out.failed()) {
    print_error("cannot write to standard output");
    return kExitNotJudged;
  }
  return *ended;
}

void add_outputs(Command& tap, TapOptions& options) {
  auto* outputs = tap.add_option_group("What is shown and kept");
  outputs
      ->add_option("--only", options.only,
                   "Show these lines only: violations, closes, connection N; several may be named")
      ->type_name("WHAT");
  outputs->add_flag("--payloads", options.payloads,
                    "Show the first 64 octets of each payload, and put them into --log");
  outputs
      ->add_option("--log", options.log,
                   "Write every event as a line of JSON; 'wsspec inspect' reads it")
      ->type_name("FILE")
      ->check(as_output_file);
  outputs
      ->add_option("--pcapng", options.pcapng,
                   "Write a capture for Wireshark and tshark. It holds all octets as they passed,\n"
                   "secrets too; of TLS those inside it")
      ->type_name("FILE")
      ->check(as_output_file);
  outputs
      ->add_option("--scenario", options.scenario,
                   "Write the conversations at the end as a scenario file, which 'wsspec run URL\n"
                   "FILE' replays. It holds the messages; secrets of headers and URLs are left out")
      ->type_name("FILE")
      ->check(as_output_file);
  outputs->add_flag("--show-secrets", options.show_secrets,
                    "Hide no values of headers, URLs and what repeats them");
}

}  // namespace

void add_tap(Command& app, int& exit_code) {
  auto options = std::make_shared<TapOptions>();
  auto* tap = app.add_subcommand(
      "tap", "Relay between real clients and a real server, and say who breaks which rule");
  tap->add_option("--listen", options->listen, "Address for the clients; port 0 picks a free port")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  tap->add_option(
         "--target", options->target,
         "The server, as ws://HOST[:PORT] or wss://HOST[:PORT]. All octets pass untouched:\n"
         "it sees the path, the Host and the Origin that the client sent")
      ->type_name("URL")
      ->required();
  tap->add_flag("--rewrite-host", options->rewrite_host,
                "Put the name of --target into the Host header of a connection's first request,\n"
                "for servers that serve several names");
  tap->add_option("--cert", options->cert, "Speak TLS with the clients: certificate (PEM)")
      ->type_name("FILE")
      ->check(as_input_file);
  tap->add_option("--key", options->key, "Private key of --cert (PEM), unless that file holds it")
      ->type_name("FILE")
      ->check(as_input_file);
  tap->add_flag("-k,--insecure", options->tls.insecure, "wss target: accept any certificate");
  tap->add_option("--cacert", options->tls.cacert,
                  "wss target: trust these CAs (PEM), not the system's")
      ->type_name("FILE")
      ->check(as_input_file);
  add_outputs(*tap, *options);
  tap->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
