// wsspec serve [--listen HOST:PORT] [policies]
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.h"
#include "options.h"
#include "terminal.h"
#include "wsspec.h"

namespace wsspec::cli {
namespace {

int execute(const ServeOptions& options) {
  const auto& policies = options.policies;
  if (policies.tokens.empty() && (policies.token_ttl_ms > 0 || policies.refuse))
    return usage_error("--token-ttl-ms and --refuse need a --token");
  const auto served = run_server(options, watch_interrupts(), [](const std::string& url) {
    fmt::print("listening on {}\n", url);
    std::fflush(stdout);  // whoever waits for the line reads a pipe
  });
  return served ? kExitGood : usage_error(printable(served.error(), 500));
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ServeOptions>();
  auto& policies = options->policies;
  auto* serve = app.add_subcommand("serve", "Run the reference server, a strict echo server");
  serve->add_option("--listen", options->listen, "Where; port 0 takes a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  serve->add_option("--subprotocol", policies.subprotocols, "Subprotocol to agree to")
      ->type_name("NAME")
      ->allow_extra_args(false);

  serve->add_flag("!--no-deflate", policies.deflate, "Decline permessage-deflate");

  auto* messages = serve->add_option_group("Policies on messages");
  messages
      ->add_option("--message-rate", policies.message_rate,
                   "Messages in a window; one more earns 1008")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000000));
  messages->add_option("--window-ms", policies.window_ms, "The (sliding) window of --message-rate")
      ->type_name("MS")
      ->check(CLI::Range(1, 3600000))
      ->capture_default_str();
  messages
      ->add_option("--max-message", policies.max_message,
                   "Octets of a message; one more earns 1009")
      ->type_name("OCTETS")
      ->capture_default_str();
  messages
      ->add_option("--max-fragments", policies.max_fragments,
                   "Frames of a message; one more earns 1008")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000000));
  messages
      ->add_option("--forbidden", policies.forbidden, "A text message that holds TEXT earns 1008")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return std::string(text.empty() ? "an empty TEXT is in every message" : "");
      });
  messages->add_flag("--text-only", policies.text_only, "A binary message earns 1003");

  auto* connections = serve->add_option_group("Policies on connections");
  connections
      ->add_option("--token", policies.tokens,
                   "A token that opens the door, as ?token=VALUE or 'Authorization: Bearer\n"
                   "VALUE'; without a valid one 101 is followed by 1008")
      ->type_name("VALUE")
      ->allow_extra_args(false);
  connections
      ->add_option("--token-ttl-ms", policies.token_ttl_ms,
                   "1008 when a connection's token is so old")
      ->type_name("MS")
      ->check(CLI::Range(1, 86400000));
  connections->add_flag("--refuse", policies.refuse, "Without a valid token HTTP 401 instead");
  connections
      ->add_option("--origin", policies.origins,
                   "An origin that is allowed; any other one earns HTTP 403")
      ->type_name("ORIGIN")
      ->allow_extra_args(false);
  connections
      ->add_option("--host", policies.hosts,
                   "A name that is served; another one in the Host header earns HTTP 421")
      ->type_name("NAME")
      ->allow_extra_args(false);
  connections
      ->add_option("--idle-timeout-ms", policies.idle_timeout_ms,
                   "1008 when nothing came for so long")
      ->type_name("MS")
      ->check(CLI::Range(1, 86400000));
  connections
      ->add_option("--max-connections", policies.max_connections,
                   "Connections at once; one more earns HTTP 503")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));

  serve->add_option_group("Faults to show")
      ->add_flag("!--no-utf8-validation", policies.validate_utf8,
                 "Take and echo text that is not UTF-8, where RFC 6455 8.1 demands 1007:\n"
                 "a faulty server to try wsspec against");
  serve->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
