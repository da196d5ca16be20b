#include "app/collect_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "app/safe_text.h"
#include "app/secret_values.h"
#include "scenario/profile.h"
#include "text/escape.h"
#include "text/secret_names.h"
#include "wire/url.h"

namespace wsspec {
namespace {

using text::Secrets;

void add_environment(const std::vector<std::string>& values, std::string_view url,
                     Secrets& secrets) {
  const auto parsed = wire::parse_url(url);
  for (const std::string& value : values) {
    // Where the target is, is no secret; what its URL may carry is.
    if (value.find("://") != std::string::npos)
      add_url(value, secrets);
    else if (!parsed || parsed->authority().find(value) == std::string::npos)
      secrets.add(value);
  }
}

void add_connect(const scenario::ConnectOptions& connect, Secrets& secrets) {
  for (const auto& [name, value] : connect.headers) add_header(name, value, secrets);
  if (connect.path) add_url(*connect.path, secrets);
  if (connect.subprotocols)
    for (const auto& entry : *connect.subprotocols) add_subprotocol(entry, secrets);
}

void add_item(const scenario::Item& item, Secrets& secrets) {
  if (item.kind != scenario::Item::Kind::handshake) return;
  for (const auto& [name, value] : item.handshake.headers) add_header(name, value, secrets);
  if (item.handshake.path) add_url(*item.handshake.path, secrets);
}

void add_steps(const std::vector<scenario::Step>& steps, Secrets& secrets) {
  for (const auto& step : steps) {
    if (const auto* connect = std::get_if<scenario::ConnectStep>(&step.what)) {
      if (connect->path) add_url(*connect->path, secrets);
    } else if (const auto* send = std::get_if<scenario::SendStep>(&step.what)) {
      for (const auto& item : send->items) add_item(item, secrets);
    } else if (const auto* repeat = std::get_if<scenario::RepeatStep>(&step.what)) {
      add_steps(repeat->steps, secrets);
    }
  }
}

/// The values of the environment that a text asks for: an error quotes what they made of it.
void add_environment_of(std::string_view text, Secrets& secrets) {
  constexpr std::string_view kBegin = "env.";
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos;
       at = text.find(kBegin, at + 1)) {
    std::size_t end = at + kBegin.size();
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    const std::string name(text.substr(at + kBegin.size(), end - at - kBegin.size()));
    if (const char* value = std::getenv(name.c_str())) add_value(value, secrets);
  }
}

/// What the command line says of it, but the URL.
void add_target(const Target& target, Secrets& secrets) {
  for (const auto& [name, value] : target.headers) add_header(name, value, secrets);
  for (const auto& entry : target.subprotocols) add_subprotocol(entry, secrets);
  for (const auto& value : target.secrets) add_value(value, secrets);
  add_url(target.proxy, secrets);
}

/// {"policy": {"token": {"valid": VALUE}}} of "policy.token.valid=VALUE".
std::string as_json(const loader::Setting& setting) {
  nlohmann::json value = nlohmann::json::parse(setting.value, nullptr, false);
  if (value.is_discarded()) value = setting.value;
  std::string_view name = setting.name;
  while (!name.empty()) {
    const std::size_t dot = name.rfind('.');
    const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    value = nlohmann::json{{std::string(name.substr(begin)), std::move(value)}};
    name = name.substr(0, begin == 0 ? 0 : dot);
  }
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_built_in(std::string_view suite) {
  static const std::vector<loader::Source> suites = loader::built_in_suites();
  return std::any_of(suites.begin(), suites.end(), [&](const loader::Source& source) {
    return source.name == fmt::format("built-in:{}.json", suite);
  });
}

/// Of a profile what is no promise and no capability; of a suite's parameters what is no number.
bool secret_setting(const loader::Setting& setting) {
  const std::string_view name = setting.name;
  const std::string_view first = name.substr(0, name.find('.'));
  const auto value = nlohmann::json::parse(setting.value, nullptr, false);
  if (value.is_boolean() || value.is_null()) return false;
  if (name == "policy" || name.starts_with("policy.token")) return !value.is_number();
  for (const char* harmless : {"capabilities", "policy", "tls", "chatty", "stream"})
    if (first == harmless) return false;
  if (loader::is_profile_setting(name)) return true;
  const std::string_view last = name.substr(name.rfind('.') + 1);
  if (value.is_number()) return text::secret_name(last);
  return !text::harmless_name(last) && !is_built_in(first);
}

}  // namespace

Secrets secrets_of(const Target& target) {
  Secrets secrets;
  if (target.show_secrets) return secrets;
  add_url(target.url, secrets);
  add_target(target, secrets);
  return secrets;
}

Secrets secrets_of(const Target& target, const Suites& suites) {
  if (target.show_secrets) return {};
  const scenario::Profile& profile = suites.profile();
  const std::string& url = target.url.empty() ? profile.url : target.url;
  Secrets secrets;
  add_language(profile.json, secrets);
  add_url(url, secrets);
  if (!target.through.empty()) add_url(target.through, secrets);
  add_target(target, secrets);
  for (const auto& [name, value] : profile.headers) add_header(name, value, secrets);
  for (const auto& entry : profile.subprotocols) add_subprotocol(entry, secrets);
  for (const auto& setting : suites.secret_settings()) add_value(setting, secrets);
  add_environment(suites.environment(), url, secrets);
  if (suites.built_in()) return secrets;  // they hold none of their own
  for (const auto& scenario : suites.scenarios()) {
    add_connect(scenario.connect, secrets);
    for (const auto& group : scenario.groups) add_connect(group.connect, secrets);
    add_steps(scenario.steps, secrets);
  }
  return secrets;
}

namespace {

constexpr std::size_t kClause = 500;  ///< octets shown of one

/// A line of a file with spaces for what moves a terminal's cursor or cannot be seen, each as long
/// as it was: the caret stays at its column.
std::string visible(std::string line) {
  for (std::size_t at = 0; at < line.size();) {
    const auto character = text::first_character(std::string_view(line).substr(at));
    const std::string_view raw = std::string_view(line).substr(at, character.size);
    if (text::printable(raw, raw.size()) != raw) line.replace(at, raw.size(), raw.size(), ' ');
    at += character.size;
  }
  return line;
}

}  // namespace

std::string text_of(std::vector<scenario::Problem> problems,
                    const std::vector<loader::Source>& sources,
                    const std::vector<loader::Setting>& settings) {
  std::string all;
  for (const auto& source : sources)
    if (!source.built_in) all += source.text + "\n";
  for (const auto& setting : settings) all += as_json(setting) + "\n";
  Secrets secrets;
  if (!problems.empty()) {
    add_language(all, secrets);
    add_environment_of(all, secrets);
    for (const auto& setting : settings)
      if (secret_setting(setting)) add_value(setting.value, secrets);
  }
  std::string out;
  for (auto& problem : problems) {
    secrets.mask({reinterpret_cast<std::uint8_t*>(problem.source.data()), problem.source.size()});
    problem.source = visible(std::move(problem.source));
    problem.file = text::printable(problem.file, kClause);
    problem.what = text::printable(secrets.redact(problem.what), kClause);
    problem.hint = text::printable(secrets.redact(problem.hint), kClause);
    out += problem.text();
    if (out.empty() || out.back() != '\n') out += '\n';
  }
  return out;
}

std::string no_setting(std::string_view text) {
  constexpr std::string_view kName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const std::string_view name = text.substr(0, text.find_first_not_of(kName));
  return fmt::format("error: --set wants name=value, not '{}{}'\n", name.substr(0, 80),
                     name.size() < text.size() ? "…" : "");
}

std::string setting_without_secrets(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const loader::Setting setting{std::string(text.substr(0, equals)),
                                std::string(text.substr(std::min(equals + 1, text.size())))};
  return secret_setting(setting) ? setting.name + "=***" : std::string(text);
}

std::vector<std::string> secret_settings(const std::vector<loader::Setting>& settings) {
  std::vector<std::string> out;
  for (const auto& setting : settings)
    if (secret_setting(setting)) out.push_back(setting.value);
  return out;
}

}  // namespace wsspec
