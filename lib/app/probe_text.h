// A probe's facts as people and programs read them. Pure; internal to lib/app.
#pragma once

#include <cstddef>
#include <string>

#include "app/probe_facts.h"
#include "text/redactor.h"

namespace wsspec {

struct ProbeView {
  const text::Secrets& secrets;
  bool show_secrets = false;
  std::size_t width = 80;
};

/// The page: a line a phase, then the findings.
std::string probe_page(const ProbeFacts& facts, const ProbeView& view);
/// One line, for a monitor: the time, the verdict, the phases, the causes.
std::string probe_line(const ProbeFacts& facts, const ProbeView& view);
/// One line of JSON, schema wsspec-probe/1.
std::string probe_json(const ProbeFacts& facts, const ProbeView& view);
/// Prometheus' text format, for node_exporter's textfile collector.
std::string probe_metrics(const ProbeFacts& facts, const ProbeView& view);

}  // namespace wsspec
