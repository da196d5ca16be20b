// Which proxies and platforms end an idle connection after how long.
#pragma once

#include <string>

namespace wsspec::diagnose {

/// What usually ends a connection after so long without traffic, and what to do: sentences. Where
/// the time fits nothing known, the remedy alone.
std::string usual_idle_cuts(double ms);

}  // namespace wsspec::diagnose
