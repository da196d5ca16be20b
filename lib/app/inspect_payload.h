// What `wsspec inspect` found in a payload, and its two renderings, which are pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "payload/advice.h"
#include "payload/detect.h"
#include "payload/forms.h"
#include "payload/scan.h"

namespace wsspec {

struct PayloadReport {
  std::string name;  ///< of the file, printable
  payload::Form form = payload::Form::raw;
  payload::Scan scan;
  std::vector<payload::Look> looks;
  payload::Advice advice;
};

/// "hex", "base64", "json-string", "raw".
const char* form_name(payload::Form form);

std::string payload_text(const PayloadReport& report, std::size_t width);
std::string payload_json(const PayloadReport& report);

}  // namespace wsspec
