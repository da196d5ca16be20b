// Reports cannot be handed raw text: each CASE above 0 must not compile (tests/CMakeLists.txt runs
// the compiler on every one), and case 0, the same with Printable, must.
#include <string>

#include "report/console.h"
#include "report/json.h"
#include "report/text.h"
#include "result/result.h"
#include "text/printable.h"

namespace wsspec {

void use(report::ConsoleReport& console, report::JsonReport& json, const std::string& raw) {
  const text::Secrets secrets;
  report::Result result;
  report::Run run;
#if CASE == 0
  result.title = text::show(raw, secrets);
  result.because = text::Printable::of_ours("not run");
  run.server = text::show(raw, secrets);
  console.on_notice(text::show(raw, secrets));
#elif CASE == 1   // a member
  result.title = raw;
#elif CASE == 2   // a view of it
  result.observed.reason = std::string_view(raw);
#elif CASE == 3   // a literal is ours only by name
  result.because = "not run";
#elif CASE == 4   // an argument
  console.on_notice(raw);
#elif CASE == 5   // built from it
  run.server = text::Printable(raw);
#elif CASE == 6   // not a literal
  run.server = text::Printable::of_ours(raw.c_str());
#elif CASE == 7   // a literal with an escape sequence
  run.server = text::Printable::of_ours("\x1b[2J");
#elif CASE == 8   // the engine's own result
  console.on_result(result::ScenarioResult());
#elif CASE == 9   // the engine's own facts of the run
  json.on_start(result::RunInfo());
#elif CASE == 10  // a function of the reports
  (void)report::observed_text(result::ScenarioResult());
#endif
  console.on_result(result);
  json.on_start(run);
}

}  // namespace wsspec
