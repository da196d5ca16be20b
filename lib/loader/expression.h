// ${...} in strings. Two stages share one evaluator:
//
//   fixed  fills in all that is known when a file is loaded (for_each variables, parameters,
//   policy,
//          environment, seed). What only a run knows (${i}, ${n}, ${conn}, ${nonce}, ${carrier.x},
//          ${capture.x}) stays,
//          with the fixed names in it replaced: "${conn + base}" becomes "${(conn + 5)}". The
//          result is template text: a literal "${" in it is written "$${".
//   run    turns template text into final values, with a run's values or with stand-ins (0, and a
//          wildcard for captures) that let a step be checked before it runs.
//
// So a step that waits for its run-time values needs no scope: only its own JSON. Internal.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "loader/document.h"
#include "loader/json.h"
#include "scenario/model.h"

namespace wsspec::loader {

/// What names mean while a file is loaded. All values are template text.
struct Scope {
  const Json* variables = nullptr;                      ///< object: for_each
  const Json* params = nullptr;                         ///< object: the file's own, after --set
  const std::map<std::string, Json>* suites = nullptr;  ///< suite -> its params
  const Json* policies = nullptr;                       ///< object, or null: no profile
  std::uint64_t seed = 1;
};

/// Names that no parameter or variable may have.
const std::vector<std::string>& reserved_names();
bool is_name(std::string_view text);
/// Text as template text, deep: "${" becomes "$${".
Json escaped(Json json);

class Expander {
 public:
  enum class Stage : std::uint8_t { fixed, run, final };
  struct Options {
    Stage stage = Stage::fixed;
    const RunValues* values = nullptr;  ///< stage run; null = stand-ins
    bool hide_secrets = false;          ///< ${env...} and ${policy.token...} stay as they are
    bool wildcard_as_text = false;      ///< a wildcard reads "any": for names and titles
  };

  Expander(const Document& document, ProblemList& problems, const Scope& scope, Options options)
      : document_(document), problems_(problems), scope_(scope), options_(options) {}
  Expander(const Document&, ProblemList&, Scope&&, Options) = delete;  // it would dangle

  /// Template text with a run's values, or (null) with stand-ins.
  static Expander at_run(const Document& document, ProblemList& problems,
                         const RunValues* values = nullptr, bool hide_secrets = false);
  /// Template text in a place that no run-time name may stand in.
  static Expander settled(const Document& document, ProblemList& problems,
                          bool wildcard_as_text = false);

  /// The value with its expressions worked out; `at` is its place in the document.
  Json expand(const Json& json, const std::string& at);

  bool late() const { return late_; }          ///< a run-time name was met
  bool counted() const { return counted_; }    ///< ${i} was met
  bool numbered() const { return numbered_; }  ///< ${n} was met
  bool sized() const { return sized_; }        ///< ${carrier.length} was met
  bool missing() const { return missing_; }    ///< a policy (or member of one) is not declared
  bool secret() const { return secret_; }      ///< an environment variable or token was met
  const std::set<std::string>& needs() const { return needs_; }  ///< "policy.K" that were used

 private:
  friend class Evaluator;
  Json expand_string(const std::string& text, const std::string& at);

  const Document& document_;
  ProblemList& problems_;
  const Scope& scope_;
  Options options_;
  bool late_ = false;
  bool counted_ = false;
  bool numbered_ = false;
  bool sized_ = false;
  bool missing_ = false;
  bool secret_ = false;
  std::set<std::string> needs_;
  std::vector<const Json*> expanding_;  // parameters, each referred to by the one before
  int lookups_ = 0;                     // bounds the work of parameters that double each other
};

}  // namespace wsspec::loader
