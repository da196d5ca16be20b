// A verdict in words: why it came out so, whose side it is, and what to do. One line, safe to
// print, and the same for scenarios that fail for the same reason (reports group by it).
#pragma once

#include <string>

#include "result/result.h"

namespace wsspec::diagnose {

/// One or two sentences, usually below 220 characters. Empty for a plain pass. Whatever the server
/// chose of it has been through printable().
std::string diagnose(const result::ScenarioResult& result);

/// Sets result.diagnosis, and result.fault.why where there is a fault to explain.
void complete(result::ScenarioResult& result);

}  // namespace wsspec::diagnose
