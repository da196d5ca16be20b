// wsspec inspect [FILE|-]
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "command.h"
#include "commands.h"
#include "options.h"
#include "terminal.h"

namespace wsspec::cli {
namespace {

struct Options {
  std::string file, key_log;
  bool hex = false, base64 = false, json_string = false, json = false;
};

int execute(const Options& options) {
  InspectOptions chosen;
  using payload::Form;
  if (options.hex + options.base64 + options.json_string > 1)
    return usage_error("--hex, --base64 and --json-string exclude each other");
  if (options.hex) chosen.form = Form::hex;
  if (options.base64) chosen.form = Form::base64;
  if (options.json_string) chosen.form = Form::json_string;
  const bool terminal = isatty(STDIN_FILENO) == 1;
  if (options.file.empty() && terminal)
    return usage_error(
        "nothing to inspect: name a file (wsspec inspect FILE), or pipe the octets\n"
        "(printf 'caf\\xe9' | wsspec inspect); - reads what is typed, until Ctrl-D");
  if (options.file == "-" && terminal)
    std::fputs("wsspec: reading the terminal; Ctrl-D ends\n", stderr);
  if (!options.file.empty()) chosen.file = options.file;
  chosen.json = options.json;
  chosen.key_log = options.key_log;
  chosen.width = terminal_width();
  chosen.print = [](std::string_view lines) { std::fwrite(lines.data(), 1, lines.size(), stdout); };
  const auto found = inspect(chosen);
  if (!found) return usage_error(found.error());
  std::fwrite(found->text.data(), 1, found->text.size(), stdout);
  if (const int code = printed(); code != kExitGood) return code;
  return found->faults ? kExitFindings : kExitGood;
}

}  // namespace

void add_inspect(Command& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "inspect",
      "Inspect a payload: is it UTF-8, where not and why, what it is instead; or a capture");
  command
      ->add_option("FILE", options->file,
                   "The octets of a message; - or none: standard input. Exit code 0 if they\n"
                   "are valid UTF-8, 1 if not, 2 if they cannot be read. Or a capture (pcap,\n"
                   "pcapng, a browser's HAR, the log of tap), whose connections are judged: 0\n"
                   "without violations, 1 with")
      ->check(as_not_empty);
  command->add_flag("--hex", options->hex,
                    "The input is hex digits: 'c3 28', c328, 0xc3,0x28, c3:28, \\xc3\\x28");
  command->add_flag("--base64", options->base64,
                    "The input is base64, with + and / or - and _, with or without padding");
  command->add_flag("--json-string", options->json_string,
                    "The input is one JSON string, quotes and escapes included");
  command
      ->add_option("--keylog", options->key_log,
                   "The TLS secrets of a capture's connections, as SSLKEYLOGFILE makes browsers,\n"
                   "curl, Python and Node (--tls-keylog) write them")
      ->type_name("FILE")
      ->check(as_not_empty);
  command->add_flag("--json", options->json,
                    "As JSON (schema wsspec-inspect/1), with up to 100 faults; of a capture as\n"
                    "JSON Lines (wsspec-conversation/1)");
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace wsspec::cli
