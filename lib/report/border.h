// The border between the engine and the reports: the one place where results are redacted and made
// safe to show.
#pragma once

#include "report/shown.h"
#include "result/result.h"
#include "text/redactor.h"

namespace wsspec::report {

/// With its diagnosis, which is made here: it quotes and cuts what the server sent.
Result shown(const result::ScenarioResult& raw, const text::Secrets& secrets);

Result::Reproduction shown(const result::Reproduction& raw, const text::Secrets& secrets);

Run shown(const result::RunInfo& raw, const text::Secrets& secrets);

}  // namespace wsspec::report
