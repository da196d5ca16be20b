#include <nlohmann/json.hpp>

#include "app/inspect_payload.h"
#include "diagnose/utf8_fault.h"
#include "text/escape.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;

Json fault_json(const payload::Fault& fault) {
  Json out;
  out["offset"] = fault.offset;
  out["proved_at"] = fault.proof;
  out["kind"] = wire::utf8_fault_name(fault.cause.kind);
  out["octets"] = text::hex(fault.bad(), fault.count);
  out["reason"] = diagnose::utf8_fault_text(fault.cause);
  return out;
}

Json answer_json(const payload::Answer& answer) {
  return {{"close", answer.close == 0 ? Json() : Json(answer.close)}, {"text", answer.text}};
}

}  // namespace

std::string payload_json(const PayloadReport& report) {
  Json out;
  out["schema"] = "wsspec-inspect/1";
  out["kind"] = "payload";
  out["source"] = text::well_formed(report.name);
  out["form"] = form_name(report.form);
  out["octets"] = report.scan.size;
  out["valid"] = report.scan.valid();
  out["faults"]["total"] = report.scan.fault_count;
  out["faults"]["listed"] = Json::array();
  for (const auto& fault : report.scan.faults) out["faults"]["listed"].push_back(fault_json(fault));
  out["looks_like"] = Json::array();
  for (const auto& look : report.looks)
    out["looks_like"].push_back({{"kind", payload::kind_text(look.kind).id},
                                 {"name", look.name},
                                 {"confidence", look.confidence},
                                 {"reason", look.reason}});
  out["answers"] = {{"strict", answer_json(report.advice.strict)},
                    {"lax", answer_json(report.advice.lax)}};
  out["mistake"] = payload::mistake_id(report.advice.mistake);
  out["change"] = report.advice.change;
  out["code"] = Json::array();
  for (const auto& line : report.advice.code)
    out["code"].push_back({{"language", line.id}, {"line", line.code}});
  return text::json_text(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace wsspec
