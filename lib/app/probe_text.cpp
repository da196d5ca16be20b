#include "app/probe_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "app/frame_line.h"
#include "app/safe_text.h"
#include "report/text.h"
#include "text/printable.h"
#include "text/secret_names.h"
#include "text/wrap.h"
#include "wire/close_code.h"

namespace wsspec {
namespace {

constexpr std::size_t kField = 300;  ///< octets shown of a text of the server's

class Page {
 public:
  Page(const ProbeFacts& facts, const ProbeView& view) : facts_(facts), view_(view) {}
  std::string text();

 private:
  void row(std::string_view name, const std::string& text,
           const std::optional<double>& ms = std::nullopt);
  std::string shown(std::string_view raw) const {
    return text::show(raw, view_.secrets).for_terminal(kField);
  }
  void tls();
  void upgrade();
  void conversation();
  void closing();
  void findings();

  const ProbeFacts& facts_;
  const ProbeView& view_;
  std::string out_;
};

void Page::row(std::string_view name, const std::string& text, const std::optional<double>& ms) {
  const std::string first = fmt::format("  {:<12} {:>8}  ", name, ms ? report::duration(*ms) : "");
  out_ += text::wrapped(text, view_.width, first, std::string(first.size(), ' '));
}

std::string day(std::int64_t seconds) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string validity(const net::Certificate& certificate, std::int64_t now) {
  const int days = days_left(certificate, now);
  return days >= 0 ? fmt::format("{} days left, until {}", days, day(certificate.not_after))
                   : fmt::format("expired {} days ago, on {}", -days, day(certificate.not_after));
}

void Page::tls() {
  if (facts_.tls_ms)
    row("TLS",
        fmt::format("{}, {}, ALPN {}", facts_.tls_version, facts_.tls_cipher,
                    facts_.tls_alpn.empty() ? "none" : shown(facts_.tls_alpn)),
        facts_.tls_ms);
  for (std::size_t i = 0; i < facts_.chain.size(); ++i) {
    const net::Certificate& one = facts_.chain[i];
    std::string text = fmt::format("{}, by {}; {}", shown(one.subject), shown(one.issuer),
                                   validity(one, facts_.started));
    std::string names;
    for (const std::string& name : one.names) names += (names.empty() ? "" : ", ") + name;
    if (i == 0 && !names.empty()) text += "; for " + shown(names);
    row(i == 0 ? "certificate" : "", text);
  }
}

void Page::upgrade() {
  if (!facts_.response) return;
  const std::string server = facts_.header("Server");
  row("upgrade",
      fmt::format("{} {} {}{}", shown(facts_.response->version), facts_.response->status,
                  shown(facts_.response->reason),
                  server.empty() ? "" : ", Server: " + shown(server)),
      facts_.upgrade_ms);
  if (!facts_.opened) {
    out_ += answer_lines(*facts_.response, view_.secrets, view_.show_secrets);
    return;
  }
  const std::string protocol = facts_.header("Sec-WebSocket-Protocol");
  row("subprotocol",
      protocol.empty()
          ? "none"
          : shown(view_.show_secrets ? protocol
                                     : text::redact_header("Sec-WebSocket-Protocol", protocol)));
  const std::string extensions = facts_.header("Sec-WebSocket-Extensions");
  row("extensions",
      extensions.empty() ? "none (permessage-deflate was offered)" : shown(extensions));
}

void Page::conversation() {
  if (facts_.pings > 0)
    row("pings",
        facts_.pongs.empty()
            ? "no pong"
            : fmt::format("min {}, median {}, max {} of {}", report::duration(facts_.ping(0)),
                          report::duration(facts_.ping(0.5)), report::duration(facts_.ping(1)),
                          facts_.pongs.size()));
  if (facts_.echo_asked)
    row("echo", facts_.echo_ms ? "yes" : "no: the text did not come back", facts_.echo_ms);
  if (facts_.messages_count > 0)
    row("messages", count_of(facts_.messages_count, "message") + " came unasked");
  for (const auto& message : facts_.messages) {
    result::TranscriptLine line;
    line.direction = result::TranscriptLine::Direction::received;
    line.at_ms = message.at_ms;
    line.what = message.text ? "text" : "binary";
    line.length = message.length;
    line.octets = message.head;
    out_ += "  " + frame_line(line, view_.secrets);
  }
}

void Page::closing() {
  if (facts_.idle_ms)
    row("idle", "ended by the server", facts_.idle_ms);
  else if (facts_.idle_asked)
    row("idle", "not ended");
  std::string text = "none";
  if (facts_.close_code) {
    text = *facts_.close_code == 1005 ? std::string("Close without a code")
                                      : fmt::format("Close {} ({})", *facts_.close_code,
                                                    wire::close_code_name(*facts_.close_code));
    if (!facts_.close_reason.empty()) text += " \"" + shown(facts_.close_reason) + '"';
    text += facts_.closer == result::Closer::client ? " by the server, answering ours"
                                                    : " by the server";
  }
  row("close", text, facts_.close_ms);
  row("TCP end",
      facts_.end == result::End::eof     ? "in order (FIN)"
      : facts_.end == result::End::reset ? "reset (RST)"
                                         : "left open by the server",
      facts_.end_ms);
}

void Page::findings() {
  for (const auto& fact : facts_.notes)
    out_ += text::wrapped(shown(finding_text(fact)), view_.width, "note     ", "         ");
  for (const auto& fact : facts_.findings)
    out_ += text::wrapped(shown(finding_text(fact)), view_.width, "FINDING  ", "         ");
  if (facts_.interrupted)
    out_ += "interrupted\n";
  else if (facts_.findings.empty())
    out_ += "healthy\n";
}

std::string Page::text() {
  const std::string url = view_.show_secrets ? facts_.url : text::redact_url(facts_.url);
  out_ = fmt::format("{}\n", shown(url));
  for (const std::string& from : facts_.redirects)
    row("redirected", "from " + shown(view_.show_secrets ? from : text::redact_url(from)));
  if (facts_.dns_ms) {
    std::string all;
    for (const std::string& address : facts_.addresses)
      all += (all.empty() ? "" : ", ") + shown(address);
    row("DNS", all, facts_.dns_ms);
  }
  if (facts_.tcp_ms) row("TCP", shown(facts_.address), facts_.tcp_ms);
  tls();
  upgrade();
  if (facts_.opened) {
    conversation();
    closing();
  }
  findings();
  return std::move(out_);
}

}  // namespace

std::string probe_page(const ProbeFacts& facts, const ProbeView& view) {
  return Page(facts, view).text();
}

std::string probe_line(const ProbeFacts& facts, const ProbeView& view) {
  std::string out =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}  {}", fmt::gmtime(static_cast<std::time_t>(facts.started)),
                  facts.interrupted        ? "interrupted"
                  : facts.unreachable      ? "unreachable"
                  : facts.findings.empty() ? "healthy"
                                           : "finding");
  const auto phase = [&](const char* name, const std::optional<double>& ms) {
    if (ms) out += fmt::format("  {} {}", name, report::duration(*ms));
  };
  phase("tcp", facts.tcp_ms);
  phase("tls", facts.tls_ms);
  phase("upgrade", facts.upgrade_ms);
  if (!facts.pongs.empty()) phase("ping", facts.ping(0.5));
  if (facts.close_code) out += fmt::format("  close {}", *facts.close_code);
  for (const auto& fact : facts.findings)
    out += "\n  " + text::show(finding_text(fact), view.secrets).for_terminal(kField * 2);
  return out + "\n";
}

}  // namespace wsspec
