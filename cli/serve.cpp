// wsspec serve [--listen HOST:PORT] [policies]
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "command.h"
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
  if (policies.text_only && policies.binary_only)
    return usage_error("--text-only and --binary-only leave no message to take");
  const auto served = run_server(
      options, watch_interrupts(),
      [](const std::string& url) {
        fmt::print("listening on {}\n", url);
        std::fflush(stdout);  // a script that waits for the line reads a pipe
      },
      [](const std::string& text) { fmt::print(stderr, "wsspec: note: {}\n", text); });
  return served ? kExitGood : usage_error(printable(served.error(), 500));
}

void add_message_policies(Command& serve, server::ServerPolicies& policies) {
  auto* messages = serve.add_option_group("Policies on messages");
  messages
      ->add_option("--message-rate", policies.message_rate,
                   "Maximum messages per window; one more is closed with 1008")
      ->type_name("N")
      ->range(1, 1000000000);
  messages
      ->add_option("--window-ms", policies.window_ms,
                   "Length of the sliding window of --message-rate")
      ->type_name("MS")
      ->range(1, 3600000)
      ->capture_default_str();
  messages
      ->add_option("--max-message", policies.max_message,
                   "Maximum octets of a message; a longer one is closed with 1009")
      ->type_name("OCTETS")
      ->capture_default_str();
  messages
      ->add_option("--max-fragments", policies.max_fragments,
                   "Maximum frames of a message; one more is closed with 1008")
      ->type_name("N")
      ->range(1, 1000000000);
  messages
      ->add_option("--forbidden", policies.forbidden,
                   "Close with 1008 on a text message that contains TEXT")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return std::string(text.empty() ? "an empty TEXT is in every message" : "");
      });
  messages->add_flag("--text-only", policies.text_only, "Close with 1003 on a binary message");
  messages->add_flag("--binary-only", policies.binary_only, "Close with 1003 on a text message");
}

void add_connection_policies(Command& serve, server::ServerPolicies& policies) {
  auto* connections = serve.add_option_group("Policies on connections");
  connections
      ->add_option("--token", policies.tokens,
                   "An accepted token, as ?token=VALUE or 'Authorization: Bearer\n"
                   "VALUE'; without one the 101 is followed by Close 1008")
      ->type_name("VALUE")
      ->allow_extra_args(false);
  connections
      ->add_option("--token-ttl-ms", policies.token_ttl_ms,
                   "Close with 1008 once the token of a connection is MS old")
      ->type_name("MS")
      ->range(1, 86400000);
  connections->add_flag("--refuse", policies.refuse,
                        "Answer HTTP 401 instead when there is no valid token");
  connections
      ->add_option("--origin", policies.origins,
                   "Allowed origin; any other is answered with HTTP 403")
      ->type_name("ORIGIN")
      ->check(as_header_value)
      ->allow_extra_args(false);
  connections
      ->add_option("--host", policies.hosts,
                   "Served host name; any other in the Host header is answered with HTTP 421")
      ->type_name("NAME")
      ->check(as_header_value)
      ->allow_extra_args(false);
  connections
      ->add_option("--session-ms", policies.session_ms,
                   "Close with 1008 once a connection has lasted MS")
      ->type_name("MS")
      ->range(1, 86400000);
  connections
      ->add_option("--idle-timeout-ms", policies.idle_timeout_ms,
                   "Close with 1008 after MS without data from the client")
      ->type_name("MS")
      ->range(1, 86400000);
  connections
      ->add_option("--max-connections", policies.max_connections,
                   "Maximum simultaneous connections; one more is answered with HTTP 503.\n"
                   "Default: as many as the process may open files for")
      ->type_name("N")
      ->range(1, 1000000);
  connections
      ->add_option("--max-memory", policies.max_memory,
                   "Maximum octets held for all connections together, of unfinished messages\n"
                   "and of echoes that are not read; the connection that goes beyond is closed\n"
                   "with 1013")
      ->type_name("OCTETS")
      ->capture_default_str();
}

}  // namespace

void add_serve(Command& app, int& exit_code) {
  auto options = std::make_shared<ServeOptions>();
  auto& policies = options->policies;
  auto* serve = app.add_subcommand("serve", "Run the reference server, a strict echo server");
  serve->add_option("--listen", options->listen, "Address to listen on; port 0 picks a free port")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  serve->add_option("--subprotocol", policies.subprotocols, "Subprotocol to accept")
      ->type_name("NAME")
      ->check(as_token)
      ->allow_extra_args(false);

  serve->add_flag("!--no-deflate", policies.deflate, "Decline permessage-deflate");

  add_message_policies(*serve, policies);
  add_connection_policies(*serve, policies);

  serve->add_option_group("Demonstration")
      ->add_flag("!--no-utf8-validation", policies.validate_utf8,
                 "Accept and echo text that is not UTF-8 (RFC 6455 8.1 requires Close 1007):\n"
                 "a faulty server to try wsspec against");
  serve->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
