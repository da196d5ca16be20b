#include "app/conversation_json.h"

#include <nlohmann/json.hpp>

#include "result/cause.h"
#include "text/escape.h"
#include "text/secret_names.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kText = 1000;

/// Times to a thousandth of a millisecond.
double rounded(double ms) {
  return static_cast<double>(static_cast<std::int64_t>(ms * 1000 + 0.5)) / 1000;
}

Json event_of(const char* name, std::uint64_t connection, double ms) {
  return {{"event", name}, {"connection", connection}, {"ms", rounded(ms)}};
}

std::string line_of(const Json& event) {
  return text::json_text(event.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

Json headers_json(const wire::HeaderList& headers, bool show_secrets) {
  Json out = Json::array();
  for (const auto& [name, value] : headers)
    out.push_back({text::well_formed(name),
                   text::well_formed(show_secrets ? value : text::redact_header(name, value))});
  return out;
}

}  // namespace

void ConversationJson::on_request(const observe::Request& event) {
  Json json = event_of("request", connection_, event.ms);
  const auto& request = event.request;
  json["method"] = text::well_formed(request.method);
  json["target"] =
      text::well_formed(options_.show_secrets ? request.target : text::redact_url(request.target));
  json["headers"] = headers_json(request.headers, options_.show_secrets);
  if (!event.fault.empty()) json["fault"] = event.fault;
  emit_(line_of(json));
}

void ConversationJson::on_response(const observe::Response& event) {
  Json json = event_of("response", connection_, event.ms);
  json["status"] = event.response.status;
  json["headers"] = headers_json(event.response.headers, options_.show_secrets);
  json["waited_ms"] = rounded(event.waited_ms);
  json["interim"] = event.interim;
  json["deflate"] = event.deflate.has_value();
  if (!event.fault.empty()) json["fault"] = texts_.shown(event.fault, kText);
  emit_(line_of(json));
}

void ConversationJson::on_frame(const observe::Frame& event) {
  Json json = event_of("frame", connection_, event.ms);
  const auto& header = event.header;
  json["side"] = wire::role_name(event.side);
  json["number"] = event.number;
  json["opcode"] = header.opcode;
  json["fin"] = header.fin;
  json["rsv"] = header.rsv;
  json["masked"] = header.masked;
  json["length"] = header.length;
  json["at"] = event.at;
  if (!event.whole) json["whole"] = false;
  if (options_.payloads) json["payload"] = texts_.hex_of(event.head);
  emit_(line_of(json));
}

void ConversationJson::on_message(const observe::Message& event) {
  Json json = event_of("message", connection_, event.ms);
  json["side"] = wire::role_name(event.side);
  json["number"] = event.number;
  json["opcode"] = static_cast<int>(event.type);
  json["frames"] = event.frames;
  json["octets"] = event.octets;
  json["compressed"] = event.compressed;
  emit_(line_of(json));
}

void ConversationJson::on_violation(const observe::Broken& event) {
  Json json = event_of("violation", connection_, event.ms);
  json["side"] = wire::role_name(event.side);
  json["frame"] = event.frame;
  json["opcode"] = event.opcode;
  json["kind"] = result::cause_name(result::cause_of(event.violation.kind));
  json["section"] = event.violation.section;
  json["at"] = event.violation.at;
  json["at_in_message"] = event.violation.at_in_message;
  json["text"] = text::printable(violation_text(event), kText);
  if (event.cut) {
    json["cut"] = {{"character", event.cut->character}, {"there", event.cut->there}};
    if (event.cut->block != 0) json["cut"]["block"] = event.cut->block;
  }
  emit_(line_of(json));
}

void ConversationJson::on_close(const observe::Close& event) {
  Json json = event_of("close", connection_, event.ms);
  json["side"] = wire::role_name(event.side);
  json["code"] = event.code ? Json(*event.code) : Json(nullptr);
  json["reason"] = texts_.shown(event.reason, kText);
  json["answer"] = event.answer;
  emit_(line_of(json));
}

void ConversationJson::on_pong(const observe::Ping& event) {
  Json json = event_of("ping", connection_, event.ms);
  json["side"] = wire::role_name(event.side);
  json["round_trip_ms"] = rounded(event.round_trip_ms);
  emit_(line_of(json));
}

void ConversationJson::on_opaque(observe::Role side, std::string_view why, double ms) {
  Json json = event_of("opaque", connection_, ms);
  json["side"] = wire::role_name(side);
  json["why"] = texts_.shown_problem(why);
  emit_(line_of(json));
}

void ConversationJson::on_end(const observe::End& event) {
  Json json = event_of("end", connection_, event.ms);
  json["side"] = wire::role_name(event.side);
  json["how"] = event.kind == observe::EndKind::reset ? "reset" : "fin";
  emit_(line_of(json));
}

}  // namespace wsspec
