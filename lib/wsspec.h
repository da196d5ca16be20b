// wsspec as a library: load scenario files, describe a target, run, get a verdict. The command
// line is a thin layer over this header. Plain types only; nothing here throws but std::bad_alloc.
#pragma once

#include "app/check.h"
#include "app/coverage.h"
#include "app/explanation.h"
#include "app/inspect.h"
#include "app/list.h"
#include "app/option_values.h"
#include "app/options.h"
#include "app/reports.h"
#include "app/run.h"
#include "app/safe_text.h"
#include "app/probe.h"
#include "app/send.h"
#include "app/send_act.h"
#include "app/serve.h"
#include "app/show.h"
#include "app/suites.h"
#include "app/tap.h"
