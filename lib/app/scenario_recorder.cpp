#include "app/scenario_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "text/escape.h"
#include "text/secret_names.h"
#include "wire/header_text.h"
#include "wire/utf8.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;
using observe::Role;

constexpr std::string_view kNotCopied[] = {"Host", "Upgrade", "Connection", "Content-Length",
                                           "Transfer-Encoding"};

/// A payload in the language of scenarios, where "${" begins an expression.
Json payload_json(std::string_view octets) {
  const bool text = !wire::check_utf8(wire::as_octets(octets)).has_value() &&
                    octets.find('\0') == std::string_view::npos;
  if (!text) {
    std::string hex;
    for (const char c : octets) hex += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
    return {{"hex", hex}};
  }
  std::string out(octets);
  for (std::size_t at = 0; (at = out.find("${", at)) != std::string::npos; at += 3)
    out.insert(at, 1, '$');
  return out;
}

const char* kind_of(wire::Opcode type) {
  return type == wire::Opcode::text ? "text" : "binary";
}

}  // namespace

ScenarioFile::ScenarioFile() : scenarios_(std::make_unique<Json>(Json::array())) {}
ScenarioFile::~ScenarioFile() = default;

bool ScenarioFile::reserve(std::size_t octets) {
  if (octets_ + octets > kMostOctets || scenarios_->size() >= kMostConnections) {
    full_ = true;
    return false;
  }
  octets_ += octets;
  return true;
}

void ScenarioFile::add(Json scenario) {
  if (scenarios_->size() < kMostConnections)
    scenarios_->push_back(std::move(scenario));
  else
    full_ = true;
}

std::size_t ScenarioFile::scenarios() const {
  return scenarios_->size();
}

std::string ScenarioFile::text() const {
  const Json file = {{"suite", "recorded"},
                     {"title", "Conversations as they were recorded"},
                     {"scenarios", *scenarios_}};
  return file.dump(2) + "\n";
}

ScenarioRecorder::ScenarioRecorder(ScenarioFile& file, std::uint64_t connection, bool show_secrets)
    : file_(file),
      connection_(connection),
      show_secrets_(show_secrets),
      connect_(std::make_unique<Json>(Json::object())),
      steps_(std::make_unique<Json>(Json::array())) {}

ScenarioRecorder::~ScenarioRecorder() {
  if (steps_->empty()) return;
  std::string title = fmt::format("Connection {} as it was recorded", connection_);
  if (short_) title += ", up to what was too long to be kept";
  file_.add({{"id", fmt::format("connection-{}", connection_)},
             {"title", title},
             {"control", false},
             {"connect", *connect_},
             {"steps", *steps_}});
}

void ScenarioRecorder::step(Json step) {
  if (done_) return;
  if (steps_->size() >= kMostSteps || !file_.reserve(64)) {
    done_ = short_ = true;
    return;
  }
  steps_->push_back(std::move(step));
}

void ScenarioRecorder::on_request(const observe::Request& event) {
  const auto& request = event.request;
  Json& connect = *connect_;
  connect = Json::object();
  const std::string path = show_secrets_ ? request.target : text::redact_url(request.target);
  if (path.starts_with('/')) connect["path"] = payload_json(text::well_formed(path));
  Json headers = Json::array(), subprotocols = Json::array();
  for (const auto& [name, value] : request.headers) {
    const auto is = [&name = name](std::string_view other) { return wire::same_name(name, other); };
    if (is("Sec-WebSocket-Protocol")) {
      std::string_view list = value;
      while (!list.empty()) {
        const std::string_view entry = wire::take_item(list, ',');
        if (wire::is_token(entry) && (show_secrets_ || !text::secret_subprotocol(entry)))
          subprotocols.push_back(payload_json(entry));
      }
      continue;
    }
    if (is("Sec-WebSocket-Extensions")) {
      if (!wire::check_utf8(wire::as_octets(value)))
        connect["extensions"] = Json::array({payload_json(value)});
      continue;
    }
    if (name.size() > 14 && wire::same_name(std::string_view(name).substr(0, 14), "Sec-WebSocket-"))
      continue;
    if (std::any_of(std::begin(kNotCopied), std::end(kNotCopied), is)) continue;
    if (!show_secrets_ && !text::harmless_header(name)) continue;
    if (!wire::is_token(name) || wire::check_utf8(wire::as_octets(value))) continue;
    headers.push_back(Json::array({name, payload_json(value)}));
  }
  if (!headers.empty()) connect["headers"] = headers;
  if (!subprotocols.empty()) connect["subprotocols"] = subprotocols;
}

void ScenarioRecorder::on_response(const observe::Response& event) {
  if (event.interim || opened_) return;
  if (event.response.status == 101)
    opened_ = true;
  else
    step({{"expect", {{"http", event.response.status}}}});
}

void ScenarioRecorder::on_data(Role role, wire::Octets data) {
  if (done_) return;
  Side& from = side(role);
  if (from.frame.size() + data.size() > kMostPayload || !file_.reserve(data.size())) {
    from.cut = true;
    return;
  }
  from.frame += wire::as_chars(data);
}

void ScenarioRecorder::on_violation(const observe::Broken& event) {
  using Kind = wire::ViolationKind;
  const Kind kind = event.violation.kind;
  if (kind != Kind::text_not_utf8 && kind != Kind::close_reason_not_utf8 &&
      kind != Kind::close_code_invalid && kind != Kind::frame_cut_off)
    side(event.side).broken_frame = event.frame;
}

void ScenarioRecorder::on_frame(const observe::Frame& event) {
  Side& from = side(event.side);
  if (from.cut || !event.whole) {
    if (event.side == Role::client || from.cut) done_ = short_ = true;
    return;
  }
  if (event.side == Role::client) {
    client_frame(event);
  } else if (wire::is_control(event.header.opcode)) {
    if (event.header.opcode == static_cast<std::uint8_t>(wire::Opcode::pong))
      step({{"expect", {{"pong", true}}}});
  } else {
    from.message += from.frame;
  }
  from.frame.clear();
}

// A frame that breaks a rule goes out as it was; the others as messages.
void ScenarioRecorder::client_frame(const observe::Frame& event) {
  Side& from = side(Role::client);
  const auto& header = event.header;
  if (from.broken_frame == event.number) {
    Json frame = {{"fin", header.fin},
                  {"rsv", header.rsv},
                  {"opcode", header.opcode},
                  {"mask", header.masked},
                  {"payload", payload_json(from.frame)}};
    if (!wire::is_shortest(header))
      frame["length_encoding"] = header.form == wire::LengthForm::bits64 ? 64 : 16;
    step({{"send", {{"frame", frame}}}});
    return;
  }
  if (header.opcode == static_cast<std::uint8_t>(wire::Opcode::ping))
    step({{"send", {{"ping", payload_json(from.frame)}}}});
  if (wire::is_control(header.opcode)) return;
  from.message += from.frame;
  from.fragments.push_back(from.frame.size());
}

void ScenarioRecorder::on_message(const observe::Message& event) {
  Side& from = side(event.side);
  const std::string message = std::exchange(from.message, {});
  auto fragments = std::exchange(from.fragments, {});
  if (event.side == Role::server) {
    step({{"expect",
           {{"message", {{"type", kind_of(event.type)}, {"equals", payload_json(message)}}}}}});
    return;
  }
  Json item = {{kind_of(event.type), payload_json(message)}};
  if (event.compressed)
    item["deflate"] = "agreed";
  else if (fragments.size() > 1)
    item["fragments"] = fragments;
  step({{"send", item}});
}

void ScenarioRecorder::on_close(const observe::Close& event) {
  closed_ = true;
  if (event.side == Role::server) {
    step({{"expect", {{"close", event.code.value_or(1005)}}}});
  } else if (!event.answer) {
    std::string body;
    if (event.code) {
      body += static_cast<char>(*event.code >> 8);
      body += static_cast<char>(*event.code & 0xff);
      body += event.reason;
    }
    if (event.code && !wire::check_utf8(wire::as_octets(event.reason)))
      step(
          {{"send", {{"close", {{"code", *event.code}, {"reason", payload_json(event.reason)}}}}}});
    else
      step({{"send", {{"close", body.empty() ? Json::object() : payload_json(body)}}}});
  }
}

void ScenarioRecorder::on_end(const observe::End& event) {
  if (!opened_ || closed_) return;
  closed_ = true;
  if (event.side == Role::server)
    step({{"expect", {{"drop", true}}}});
  else
    step({{event.kind == observe::EndKind::reset ? "reset" : "shutdown", true}});
}

}  // namespace wsspec
