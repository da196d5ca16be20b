#include "app/safe_text.h"

#include <fmt/format.h>

#include "app/collect_secrets.h"
#include "report/text.h"
#include "text/escape.h"
#include "text/secret_names.h"

namespace wsspec {

std::string printable(std::string_view raw, std::size_t limit) {
  return text::printable(raw, limit);
}

std::string without_secrets(std::string_view url) {
  return text::redact_url(url);
}

std::string without_secrets(std::string_view text, const Target& target, const Suites& suites) {
  return secrets_of(target, suites).redact(text);
}

std::string shell_word(std::string_view word) {
  return report::shell_word(word);
}

std::string header_without_secrets(std::string_view name, std::string_view value) {
  return text::redact_header(name, value);
}

std::string command_without_secrets(std::string_view command) {
  return text::redact_command(command);
}

std::vector<std::string> secrets_of_command(std::string_view command) {
  std::vector<std::string> out;
  for (const std::string_view word : text::secrets_of_command(command)) {
    const bool quoted = word.size() > 2 && (word[0] == '"' || word[0] == '\'');
    out.emplace_back(quoted ? word.substr(1, word.size() - 2) : word);
  }
  return out;
}

std::string count_of(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

}  // namespace wsspec
