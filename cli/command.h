// The command line as the subcommands declare it. CLI11 does the work, and only command.cpp
// includes it: its headers cost more to compile than everything else in this folder.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace wsspec::cli {

class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  /// What the value is called in the help.
  Option* type_name(const std::string& name);
  Option* required();
  /// The option may stand without a value, which is empty then.
  Option* optional_value();
  /// False: a list takes one value for each time that the option is named.
  Option* allow_extra_args(bool allowed);
  Option* delimiter(char character);
  /// The help shows the value that the variable has now.
  Option* capture_default_str();
  Option* range(int least, int most);
  Option* range(double least, double most);
  /// 0, which stands for no limit, or a number from `least` on.
  Option* zero_or_range(double least, double most);
  Option* one_of(std::vector<std::string> words);
  /// The check returns what is wrong with a value, or nothing.
  Option* check(const std::function<std::string(const std::string&)>& check);
  /// How often it was given.
  std::size_t count() const;

 private:
  CLI::Option* option_;
};

/// The program, a subcommand, or a group of a subcommand's options.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command* add_subcommand(const std::string& name, const std::string& text);
  Command* add_option_group(const std::string& name);
  /// command.cpp lists the types of values.
  template <typename Value>
  Option* add_option(const std::string& names, Value& value, const std::string& text);
  /// One of several options whose order on the command line counts: `add` is called while the line
  /// is read, for each time that the option is named, and returns what is wrong with the value, or
  /// nothing.
  Option* add_ordered(const std::string& names, std::function<std::string(const std::string&)> add,
                      const std::string& text);
  template <typename Value>
  Option* add_flag(const std::string& names, Value& value, const std::string& text);
  /// What to do when the command was chosen and its options are read.
  void callback(std::function<void()> run);

 private:
  CLI::App* app_;
  std::deque<Option> options_;
  std::deque<Command> commands_;
};

struct ProgramTexts {
  std::string about, version, footer;
};

/// Reads the command line and runs the subcommand that it names. 0; kExitUsage after a wrong
/// command line, which was reported.
int parse(int argc, char** argv, const ProgramTexts& texts,
          const std::function<void(Command&)>& declare);

}  // namespace wsspec::cli
