#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/probe_text.h"
#include "report/text.h"
#include "text/escape.h"
#include "text/printable.h"
#include "text/secret_names.h"
#include "wire/close_code.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;

Json rounded(const std::optional<double>& ms) {
  return ms ? Json(std::round(*ms * 1000) / 1000) : Json(nullptr);
}

std::string time_text(std::int64_t seconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

class Values {
 public:
  Values(const ProbeFacts& facts, const ProbeView& view) : facts_(facts), view_(view) {}

  std::string shown(std::string_view raw) const {
    return text::show(raw, view_.secrets).for_json();
  }
  std::string url(const std::string& raw) const {
    return shown(view_.show_secrets ? raw : text::redact_url(raw));
  }
  Json tls() const;
  Json upgrade() const;
  Json messages() const;
  Json close() const;
  Json list(const std::vector<result::Fact>& facts) const;

 private:
  const ProbeFacts& facts_;
  const ProbeView& view_;
};

Json Values::tls() const {
  if (!facts_.tls_ms && facts_.chain.empty()) return nullptr;
  Json out{{"version", facts_.tls_version},
           {"cipher", facts_.tls_cipher},
           {"alpn", shown(facts_.tls_alpn)}};
  Json chain = Json::array();
  for (const auto& one : facts_.chain) {
    Json names = Json::array();
    for (const auto& name : one.names) names.push_back(shown(name));
    chain.push_back({{"subject", shown(one.subject)},
                     {"issuer", shown(one.issuer)},
                     {"names", std::move(names)},
                     {"not_before", time_text(one.not_before)},
                     {"not_after", time_text(one.not_after)},
                     {"days_left", days_left(one, facts_.started)}});
  }
  out["certificates"] = std::move(chain);
  return out;
}

Json Values::upgrade() const {
  if (!facts_.response) return nullptr;
  Json headers = Json::array();
  for (const auto& [name, value] : facts_.response->headers)
    headers.push_back(
        {shown(name), shown(view_.show_secrets ? value : text::redact_header(name, value))});
  return {{"status", facts_.response->status},
          {"http_version", shown(facts_.response->version)},
          {"server", shown(facts_.header("Server"))},
          {"subprotocol", shown(view_.show_secrets ? facts_.header("Sec-WebSocket-Protocol")
                                                   : text::redact_header(
                                                         "Sec-WebSocket-Protocol",
                                                         facts_.header("Sec-WebSocket-Protocol")))},
          {"extensions", shown(facts_.header("Sec-WebSocket-Extensions"))},
          {"headers", std::move(headers)}};
}

Json Values::messages() const {
  Json out = Json::array();
  for (const auto& message : facts_.messages)
    out.push_back({{"type", message.text ? "text" : "binary"},
                   {"octets", message.length},
                   {"ms", rounded(message.at_ms)},
                   {"head", shown(wire::as_chars(message.head))}});
  return out;
}

Json Values::close() const {
  if (!facts_.opened) return nullptr;
  Json out;
  out["code"] = facts_.close_code ? Json(*facts_.close_code) : Json(nullptr);
  out["name"] = facts_.close_code ? Json(wire::close_code_name(*facts_.close_code)) : Json(nullptr);
  out["reason"] = shown(facts_.close_reason);
  out["closer"] = result::closer_name(facts_.closer);
  out["end"] = result::end_name(facts_.end);
  return out;
}

Json Values::list(const std::vector<result::Fact>& facts) const {
  Json out = Json::array();
  for (const auto& fact : facts)
    out.push_back({{"cause", result::cause_name(fact.cause)}, {"text", shown(finding_text(fact))}});
  return out;
}

/// A label's value: Prometheus' text format has three escapes.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

class Metrics {
 public:
  explicit Metrics(std::string target) : target_(std::move(target)) {}
  void head(std::string_view name, std::string_view help) {
    out_ += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
  }
  void value(std::string_view name, double number, std::string_view more = {}) {
    out_ += fmt::format("{}{{target=\"{}\"{}}} {}\n", name, target_, more, number);
  }
  void only(std::string_view name, std::string_view help, double number) {
    head(name, help);
    value(name, number);
  }
  std::string text() { return std::move(out_); }

 private:
  std::string target_, out_;
};

}  // namespace

std::string probe_json(const ProbeFacts& facts, const ProbeView& view) {
  const Values values(facts, view);
  Json out{{"schema", "wsspec-probe/1"},
           {"url", values.url(facts.url)},
           {"started", time_text(facts.started)},
           {"verdict", facts.interrupted        ? "interrupted"
                       : facts.unreachable      ? "unreachable"
                       : facts.findings.empty() ? "healthy"
                                                : "findings"}};
  Json redirects = Json::array();
  for (const auto& from : facts.redirects) redirects.push_back(values.url(from));
  out["redirects"] = std::move(redirects);
  Json addresses = Json::array();
  for (const auto& address : facts.addresses) addresses.push_back(values.shown(address));
  out["addresses"] = std::move(addresses);
  out["address"] = values.shown(facts.address);
  out["ms"] = {{"dns", rounded(facts.dns_ms)},     {"tcp", rounded(facts.tcp_ms)},
               {"tls", rounded(facts.tls_ms)},     {"upgrade", rounded(facts.upgrade_ms)},
               {"echo", rounded(facts.echo_ms)},   {"idle", rounded(facts.idle_ms)},
               {"close", rounded(facts.close_ms)}, {"end", rounded(facts.end_ms)},
               {"total", rounded(facts.total_ms)}};
  out["tls"] = values.tls();
  out["upgrade"] = values.upgrade();
  Json pongs = Json::array();
  for (const double ms : facts.pongs) pongs.push_back(rounded(ms));
  out["pings"] = {{"sent", facts.pings}, {"ms", std::move(pongs)}};
  if (!facts.pongs.empty()) {
    out["pings"]["min"] = rounded(facts.ping(0));
    out["pings"]["median"] = rounded(facts.ping(0.5));
    out["pings"]["max"] = rounded(facts.ping(1));
  }
  out["echo"] = facts.echo_asked ? Json(facts.echo_ms.has_value()) : Json(nullptr);
  out["messages"] = {{"count", facts.messages_count}, {"first", values.messages()}};
  out["close"] = values.close();
  out["findings"] = values.list(facts.findings);
  out["notes"] = values.list(facts.notes);
  return text::json_text(out.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string probe_metrics(const ProbeFacts& facts, const ProbeView& view) {
  Metrics out(
      label(text::show(view.show_secrets ? facts.url : text::redact_url(facts.url), view.secrets)
                .for_terminal()));
  out.only("wsspec_up", "1: the opening handshake led to a 101.", facts.opened ? 1 : 0);
  out.only("wsspec_findings", "How many things the probe found.",
           static_cast<double>(facts.findings.size()));
  constexpr std::string_view kPhase = "wsspec_phase_seconds";
  out.head(kPhase, "How long each phase of the connection took.");
  const auto phase = [&](std::string_view name, const std::optional<double>& ms) {
    if (ms) out.value(kPhase, *ms / 1000, fmt::format(",phase=\"{}\"", name));
  };
  phase("dns", facts.dns_ms);
  phase("tcp", facts.tcp_ms);
  phase("tls", facts.tls_ms);
  phase("upgrade", facts.upgrade_ms);
  if (!facts.pongs.empty()) phase("ping", facts.ping(0.5));
  phase("echo", facts.echo_ms);
  phase("idle", facts.idle_ms);
  phase("close", facts.close_ms);
  if (!facts.chain.empty())
    out.only("wsspec_certificate_expiry_timestamp_seconds",
             "When the server's certificate expires.",
             static_cast<double>(facts.chain.front().not_after));
  if (facts.response)
    out.only("wsspec_http_status", "The answer to the opening handshake.", facts.response->status);
  if (facts.close_code)
    out.only("wsspec_close_code", "The code of the server's Close; 1005: it had none.",
             *facts.close_code);
  out.only("wsspec_probe_timestamp_seconds", "When the probe began.",
           static_cast<double>(facts.started));
  return out.text();
}

}  // namespace wsspec
