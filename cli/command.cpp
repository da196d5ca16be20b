#include "command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

#include "wsspec.h"

namespace wsspec::cli {

Option* Option::type_name(const std::string& name) {
  option_->type_name(name);
  return this;
}

Option* Option::required() {
  option_->required();
  return this;
}

Option* Option::optional_value() {
  option_->expected(0, 1);
  return this;
}

Option* Option::allow_extra_args(bool allowed) {
  option_->allow_extra_args(allowed);
  return this;
}

Option* Option::delimiter(char character) {
  option_->delimiter(character);
  return this;
}

Option* Option::capture_default_str() {
  option_->capture_default_str();
  return this;
}

Option* Option::range(int least, int most) {
  option_->check(CLI::Range(least, most));
  return this;
}

namespace {

/// What is no number, or NaN, is in no range.
std::function<std::string(const std::string&)> in_range(double least, double most, bool or_zero) {
  return [=](const std::string& text) {
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) &&
        ((value >= least && value <= most) || (or_zero && value == 0)))
      return std::string();
    return fmt::format("{}{} to {}", or_zero ? "0, or " : "", least, most);
  };
}

}  // namespace

Option* Option::range(double least, double most) {
  option_->check(in_range(least, most, false));
  return this;
}

Option* Option::zero_or_range(double least, double most) {
  option_->check(in_range(least, most, true));
  return this;
}

Option* Option::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return this;
}

Option* Option::check(const std::function<std::string(const std::string&)>& check) {
  option_->check(check);
  return this;
}

std::size_t Option::count() const {
  return option_->count();
}

Command* Command::add_subcommand(const std::string& name, const std::string& text) {
  return &commands_.emplace_back(app_->add_subcommand(name, text));
}

Command* Command::add_option_group(const std::string& name) {
  return &commands_.emplace_back(app_->add_option_group(name));
}

template <typename Value>
Option* Command::add_option(const std::string& names, Value& value, const std::string& text) {
  return &options_.emplace_back(app_->add_option(names, value, text));
}

template <typename Value>
Option* Command::add_flag(const std::string& names, Value& value, const std::string& text) {
  return &options_.emplace_back(app_->add_flag(names, value, text));
}

Option* Command::add_ordered(const std::string& names,
                             std::function<std::string(const std::string&)> add,
                             const std::string& text) {
  CLI::Option* option = app_->add_option(
      names,
      [add = std::move(add), names](const CLI::results_t& values) {
        const std::string wrong = add(values.empty() ? std::string() : values.front());
        if (!wrong.empty()) throw CLI::ValidationError(names, wrong);
        return true;
      },
      text);
  option->expected(1)->trigger_on_parse();
  return &options_.emplace_back(option);
}

using Text = const std::string&;
template Option* Command::add_option(Text, std::string&, Text);
template Option* Command::add_option(Text, std::vector<std::string>&, Text);
template Option* Command::add_option(Text, int&, Text);
template Option* Command::add_option(Text, double&, Text);
template Option* Command::add_option(Text, std::size_t&, Text);
template Option* Command::add_option(Text, std::optional<int>&, Text);
template Option* Command::add_option(Text, std::optional<double>&, Text);
template Option* Command::add_option(Text, std::optional<std::size_t>&, Text);
template Option* Command::add_flag(Text, bool&, Text);
template Option* Command::add_flag(Text, int&, Text);

void Command::callback(std::function<void()> run) {
  app_->callback(std::move(run));
}

int parse(int argc, char** argv, const ProgramTexts& texts,
          const std::function<void(Command&)>& declare) {
  CLI::App app{texts.about};
  app.set_version_flag("--version", texts.version);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.footer(texts.footer);
  Command program(&app);
  declare(program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitGood : kExitUsage;
  }
  return kExitGood;
}

}  // namespace wsspec::cli
