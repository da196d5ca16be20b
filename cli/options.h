// Options and small things that several subcommands share, declared once.
#pragma once

#include <string>
#include <vector>

#include "wsspec.h"

namespace wsspec::cli {

class Command;

/// --target and --set.
void add_load_options(Command& app, LoadOptions& load);

/// -k, --cacert, --cert and --key, with curl's meaning.
void add_tls_options(Command& app, TlsOptions& tls);

/// What every command that connects takes: headers, subprotocols, TLS, time. What is given is in
/// `target` once settle() has read the others.
struct TargetOptions {
  std::vector<std::string> headers;
  std::string origin;
  Target target;
};
void add_target_options(Command& app, TargetOptions& options);
/// The error is one line.
tl::expected<void, std::string> settle(TargetOptions& options);
/// --show-secrets.
void add_show_secrets(Command& app, Target& target);

/// Which scenarios: SELECTOR..., --exclude, --level, --slow, --deflate.
struct Choice {
  std::vector<std::string> selectors, levels;
  std::string deflate = "off";
  scenario::Selection selection;
};
void add_choice_options(Command& app, Choice& choice);
/// --deflate alone, for commands that take names only.
void add_deflate_option(Command& app, Choice& choice);

/// Sorts the selectors into files to load and globs, and reads the levels and --deflate.
void settle(Choice& choice, LoadOptions& load);

/// Writes "wsspec: error: ..." to stderr; returns the exit code for it.
int usage_error(const std::string& text);

/// Prints the text and returns 0, or the error (as usage_error) and 2.
int print(const tl::expected<std::string, std::string>& text);

}  // namespace wsspec::cli
