#include "options.h"

#include <cstdio>

#include "command.h"
#include "terminal.h"

namespace wsspec::cli {

void add_load_options(Command& app, LoadOptions& load) {
  app.add_option("--target", load.profile, "Target profile (JSON): policies, token, ...")
      ->type_name("FILE")
      ->check(as_input_file);
  app.add_option("--set", load.settings,
                 "Set a profile key or a suite's parameter, e.g. policy.message_rate.limit=20")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_tls_options(Command& app, TlsOptions& tls) {
  app.add_flag("-k,--insecure", tls.insecure, "wss: accept any server certificate");
  app.add_option("--cacert", tls.cacert, "wss: trust these CAs (PEM), not the system's")
      ->type_name("FILE")
      ->check(as_input_file);
  app.add_option("--cert", tls.cert, "wss: client certificate (PEM), for servers that ask for one")
      ->type_name("FILE")
      ->check(as_input_file);
  app.add_option("--key", tls.key, "wss: private key of --cert (PEM), unless that file holds it")
      ->type_name("FILE")
      ->check(as_input_file);
}

void add_target_options(Command& app, TargetOptions& options) {
  app.add_option("-H,--header", options.headers,
                 "Header for every opening handshake: 'Name: value', or @FILE with one a line")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  app.add_option("--subprotocol", options.target.subprotocols, "Subprotocol to offer")
      ->type_name("NAME")
      ->check(as_token)
      ->allow_extra_args(false);
  app.add_option("--origin", options.origin, "Origin header")
      ->type_name("ORIGIN")
      ->check(as_header_value);
  app.add_option("--unix-socket", options.target.unix_socket, "Connect to this Unix socket")
      ->type_name("PATH")
      ->check(as_not_empty);
  app.add_option("--proxy", options.target.proxy,
                 "Connect through http://, socks5:// or socks5h://[user:password@]host[:port].\n"
                 "Default: https_proxy (wss), http_proxy (ws), all_proxy, unless no_proxy names\n"
                 "the host or it is this machine")
      ->type_name("URL")
      ->check(as_proxy);
  add_tls_options(app, options.target.tls);
  app.add_option("--connect-timeout", options.target.connect_timeout_ms,
                 "Limit for the connection and its opening handshake")
      ->type_name("MS")
      ->range(1, 3600000)
      ->capture_default_str();
}

void add_show_secrets(Command& app, Target& target) {
  app.add_flag("--show-secrets", target.show_secrets,
               "Hide nothing: values of headers, query, cookies, tokens, logins are shown as\n"
               "they are, in every output");
}

// A header is kept in a file so that it does not end up in a log, whatever its name.
tl::expected<void, std::string> settle(TargetOptions& options) {
  Target& target = options.target;
  if (!options.origin.empty()) target.headers.emplace_back("Origin", options.origin);
  for (const std::string& text : options.headers) {
    auto headers = headers_of(text);
    if (!headers) return tl::unexpected(headers.error());
    for (auto& header : *headers) {
      if (is_header_file(text)) target.secrets.push_back(header.second);
      target.headers.push_back(std::move(header));
    }
  }
  return {};
}

void add_choice_options(Command& app, Choice& choice) {
  app.add_option("--exclude", choice.selection.exclude, "Exclude these scenarios")
      ->type_name("SELECTOR")
      ->allow_extra_args(false);
  app.add_option("--level", choice.levels, "Only these levels: must, should, may, robust")
      ->type_name("LEVEL")
      ->delimiter(',')
      ->one_of({"must", "should", "may", "robust"})
      ->allow_extra_args(false);
  app.add_flag("--slow", choice.selection.slow,
               "Include scenarios tagged slow, which take seconds: waits, and much data");
  add_deflate_option(app, choice);
}

void add_deflate_option(Command& app, Choice& choice) {
  app.add_option(
         "--deflate", choice.deflate,
         "Compress every message (permessage-deflate): off, on, or both (plain and compressed)")
      ->type_name("MODE")
      ->one_of({"off", "on", "both"})
      ->capture_default_str();
}

void settle(Choice& choice, LoadOptions& load) {
  // A file that was named is taken whole, with whatever globs come beside it.
  for (const auto& selector : choice.selectors)
    (scenario::is_file_selector(selector) ? load.files : choice.selection.include)
        .push_back(selector);
  load.selectors = choice.selection.include;
  load.named = choice.selection.exclude;
  if (choice.deflate != "off")
    load.deflate = choice.deflate == "on" ? scenario::DeflateMode::on : scenario::DeflateMode::both;
  using scenario::Level;
  for (const auto& level : choice.levels)
    for (const auto value : {Level::must, Level::should, Level::may, Level::robust})
      if (level == scenario::level_name(value)) choice.selection.levels.push_back(value);
}

int usage_error(const std::string& text) {
  print_error(text);
  return kExitUsage;
}

int print(const tl::expected<std::string, std::string>& text) {
  if (!text) return usage_error(text.error());
  std::fwrite(text->data(), 1, text->size(), stdout);
  return kExitGood;
}

}  // namespace wsspec::cli
