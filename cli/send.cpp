// wsspec send URL [MESSAGE OPTIONS...]
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"
#include "wsspec.h"

namespace wsspec::cli {
namespace {

struct Options : TargetOptions {
  std::string deflate = "off";
  SendOptions send;
  bool reads_stdin = false;  ///< "-" was named: it can be read once
};

int execute(Options& options) {
  if (auto settled = settle(options); !settled) return usage_error(settled.error());
  SendOptions& send = options.send;
  send.interrupted = &watch_interrupts();
  send.terminal = isatty(STDIN_FILENO) == 1;
  send.deflate = options.deflate == "on";
  send.print = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  const SendResult result = wsspec::send(options.target, send);
  if (!result.problem.empty()) {
    print_error(result.problem.for_terminal(600));
    if (!result.hint.empty()) std::fputs(("  hint: " + result.hint + "\n").c_str(), stderr);
  }
  return result.exit_code;
}

void add_message_options(Command& app, Options& options) {
  auto* messages = app.add_option_group("Messages, sent in the order of the options");
  const auto add = [&](const char* name, const char* type, SendKind kind, const char* text) {
    return messages
        ->add_ordered(
            name,
            [&options, kind](const std::string& value) -> std::string {
              const bool file = kind == SendKind::text_file || kind == SendKind::binary_file;
              if (file && value == "-" && std::exchange(options.reads_stdin, true))
                return "standard input can be read once";
              auto act = send_act(kind, value);
              if (!act) return act.error();
              options.send.acts.push_back(std::move(*act));
              return {};
            },
            text)
        ->type_name(type);
  };
  add("--text", "STR", SendKind::text, "A text message");
  add("--text-hex", "HEX", SendKind::text_hex, "A text message of these octets, UTF-8 or not");
  add("--text-file", "FILE", SendKind::text_file, "A text message of this file ('-' = stdin)");
  add("--binary-hex", "HEX", SendKind::binary_hex, "A binary message");
  add("--binary-file", "FILE", SendKind::binary_file,
      "A binary message of this file ('-' = stdin)");
  add("--ping", "[STR]", SendKind::ping, "A ping")->optional_value();
  add("--close", "[CODE[:REASON]]", SendKind::close, "A Close")->optional_value();
  add("--frame", "SPEC", SendKind::frame,
      "A frame as you shape it, e.g. fin=0,rsv=4,opcode=1,mask=no,length=200,hex=c0af.\n"
      "Also: length_encoding=7|16|64; text=... in place of hex; both stand last");
  add("--bytes", "HEX", SendKind::bytes, "These octets, framing and all");
  add("--pause", "MS", SendKind::pause, "Send nothing for so long");
}

}  // namespace

void add_send(Command& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* send = app.add_subcommand("send", "Send messages or frames, and show what comes back");
  send->add_option("URL", options->target.url, "ws:// or wss://host[:port][/path]")->required();
  add_message_options(*send, *options);
  auto* course = send->add_option_group("Execution");
  course
      ->add_option("--wait", options->send.wait_ms,
                   "Show what comes for so long after the last message")
      ->type_name("MS")
      ->range(0, 86400000)
      ->capture_default_str();
  course
      ->add_option("--expect", options->send.expect,
                   "Exit 0 if this comes, else 1: close [CODES], http [STATUSES], text [GLOB],\n"
                   "binary, echo, pong, drop, open MS, or an outcome in a scenario file's JSON")
      ->type_name("OUTCOME")
      ->check(as_outcome);
  course
      ->add_option("--deflate", options->deflate,
                   "Offer permessage-deflate and compress the messages: off or on")
      ->type_name("MODE")
      ->one_of({"off", "on"})
      ->capture_default_str();
  add_show_secrets(*course, options->target);
  add_target_options(*send->add_option_group("Target"), *options);
  send->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
