#include "app/probe_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "app/safe_text.h"
#include "diagnose/clause.h"
#include "report/text.h"
#include "result/cause.h"
#include "text/secret_names.h"
#include "wire/url.h"

namespace wsspec {
namespace {

using result::Cause;
using session::Phase;
using std::chrono::milliseconds;

constexpr int kPings = 5;
constexpr int kAnswerMs = 1000;   ///< for a pong, and for the echo
constexpr int kClosingMs = 2000;  ///< for the Close in answer, and the end of TCP
constexpr int kBodyMs = 500;      ///< for the body of a refusal
constexpr int kRedirects = 5;
constexpr int kDaysLeft = 14;  ///< fewer are a finding
constexpr std::string_view kEcho = "wsspec probe";
constexpr std::size_t kMessages = 3;
constexpr std::size_t kMessageHead = 200;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// RFC 3986 5.2, as far as redirects need it.
std::string location_of(const wire::Url& from, const std::string& location) {
  if (location.find("://") != std::string::npos) return location;
  const std::string scheme = from.tls ? "wss:" : "ws:";
  if (location.starts_with("//")) return scheme + location;
  const std::string origin = scheme + "//" + from.authority();
  if (location.starts_with("/")) return origin + location;
  const std::string path = from.target.substr(0, from.target.find('?'));
  if (location.starts_with("?")) return origin + path + location;
  return origin + path.substr(0, path.rfind('/') + 1) + location;
}

/// Nothing answers there: no connection, or no sign of life on one.
bool is_unreachable(const session::ExchangeRecord& record) {
  return record.failure == session::Failure::connect ||
         record.failure == session::Failure::timeout || record.own_trouble.has_value();
}

}  // namespace

bool ProbeRun::until(const Condition& done, int ms) {
  const auto end = net::Clock::now() + milliseconds(ms);
  net::Timer alarm(loop_, [] {});
  alarm.start_at(end);
  while (!done() && !interrupted()) {
    if (net::Clock::now() >= end) {
      if (session_ != nullptr) session_->drain();
      return done();
    }
    loop_.run_once();
  }
  return !interrupted();
}

void ProbeRun::connect_to(const Destination& destination, const net::Address& address) {
  session::SessionSetup setup = setup_of(loop_, destination, address, target_);
  setup.extensions = {std::string(wire::kDeflateOffer)};
  setup.chatty = true;
  setup.seed = static_cast<std::uint64_t>(net::Clock::now().time_since_epoch().count());
  session_ = std::make_unique<session::Session>(loop_, std::move(setup), [] {});
  session_->start();
  facts_.address = address.text;
  until([this] { return record().phase == Phase::open || record().is_over(); },
        target_.connect_timeout_ms + kAnswerMs);
}

// The addresses in their order, as clients try them. False: none answers.
bool ProbeRun::connect(const Destination& destination, const std::vector<net::Address>& addresses) {
  std::vector<result::Fact> dead;
  for (const net::Address& address : addresses) {
    connect_to(destination, address);
    if (!is_unreachable(record()) || interrupted()) {
      for (auto& fact : dead) find(std::move(fact));
      return true;
    }
    dead.push_back(result::fact(Cause::address_dead, diagnose::clause(record().failure_fact)));
  }
  return false;
}

// Credentials are for the server that they were given for.
bool ProbeRun::follow(const wire::Url& from) {
  const std::string next = location_of(from, facts_.header("Location"));
  const auto url = wire::parse_url(next);
  if (!url || facts_.redirects.size() >= kRedirects) return false;
  facts_.redirects.push_back(target_.url);
  const bool same = url->authority() == from.authority() && url->tls >= from.tls;
  target_.url = next;
  if (!same)
    std::erase_if(target_.headers,
                  [](const auto& header) { return !text::harmless_header(header.first); });
  return true;
}

tl::expected<void, Refusal> ProbeRun::reach() {
  for (;;) {
    facts_.url = target_.url;
    const auto destination = destination_of(target_, true);
    if (!destination) return tl::unexpected(destination.error());
    const auto begun = net::Clock::now();
    const auto addresses = addresses_of(target_, destination->url);
    if (!addresses) {
      if (addresses.error().code == kExitUsage) return tl::unexpected(addresses.error());
      facts_.unreachable = true;
      find(result::fact(Cause::host_not_resolved, addresses.error().problem));
      return {};
    }
    facts_.dns_ms = net::ms_between(begun, net::Clock::now());
    facts_.addresses.clear();
    for (const auto& address : *addresses) facts_.addresses.push_back(address.text);
    facts_.unreachable = !connect(*destination, *addresses);
    note_connection();
    const bool redirected = record().response && is_redirect(record().response->status);
    if (!redirected || !options_.location || !follow(destination->url)) return {};
  }
}

void ProbeRun::note_connection() {
  const session::ExchangeRecord& seen = record();
  facts_.tcp_ms = facts_.tls_ms = facts_.upgrade_ms = {};
  const net::TimePoint never{};
  if (seen.tcp_at != never) facts_.tcp_ms = net::ms_between(seen.started_at, seen.tcp_at);
  if (seen.tls) {
    facts_.tls_version = seen.tls->version;
    facts_.tls_cipher = seen.tls_facts.cipher;
    facts_.tls_alpn = seen.tls_facts.alpn;
    facts_.tls_ms = net::ms_between(seen.tcp_at, seen.connected_at);
  }
  facts_.chain = seen.tls_facts.chain;
  if (seen.response) {
    facts_.response = seen.response;
    facts_.upgrade_ms = net::ms_between(seen.connected_at, seen.opened_at);
  }
}

void ProbeRun::note_refusal() {
  const int status = facts_.response->status;
  const std::string location = facts_.header("Location");
  if (is_redirect(status) && !location.empty())
    find({.cause = Cause::redirected, .text = location, .status = status});
  else
    find({.cause = Cause::handshake_refused, .status = status});
  if (facts_.response->version == "HTTP/1.0") find(result::fact(Cause::answered_in_http10));
}

void ProbeRun::ask_pings() {
  for (int n = 1; n <= kPings && !over() && !interrupted(); ++n) {
    scenario::Item item;
    item.kind = scenario::Item::Kind::ping;
    item.payload = scenario::Payload::text(fmt::format("wsspec probe {}", n));
    const auto& ledger = record().sent.ledger;
    const auto sent_at = net::Clock::now();
    session_->send({{item}}, false);
    ++facts_.pings;
    until([&] { return over() || (!ledger.empty() && ledger.back().answered > 0); }, kAnswerMs);
    if (over() || interrupted()) return;
    if (ledger.empty() || ledger.back().answered == 0) return find(result::fact(Cause::no_pong));
    facts_.pongs.push_back(net::ms_between(sent_at, ledger.back().answered_at));
  }
}

void ProbeRun::ask_echo() {
  if (!options_.echo || over() || interrupted()) return;
  facts_.echo_asked = true;
  scenario::Item item;
  item.payload = scenario::Payload::text(kEcho);
  item.carrier = false;
  const auto sent_at = net::Clock::now();
  session_->send({{item}}, false);
  const auto& sent = record().sent;
  until([&] { return over() || sent.messages_answered() > 0; }, kAnswerMs);
  if (sent.messages_answered() > 0)
    facts_.echo_ms = net::ms_between(sent_at, sent.ledger.back().answered_at);
}

// From the last octet of either side: a server's own pings keep the connection alive.
void ProbeRun::stay_idle() {
  if (options_.idle_ms == 0 || over() || interrupted()) return;
  facts_.idle_asked = true;
  auto since = net::Clock::now();
  auto octets = record().received_octets;
  until(
      [&] {
        if (over()) return true;
        if (record().received_octets != octets) since = record().last_activity;
        octets = record().received_octets;
        return false;
      },
      options_.idle_ms);
  if (!over()) return;
  const auto ended = record().close_at ? *record().close_at : *record().ended_at;
  facts_.idle_ms = net::ms_between(since, ended);
  result::Fact fact{.cause = Cause::idle_cut, .ms = *facts_.idle_ms};
  fact.detail = report::duration(*facts_.idle_ms);
  fact.text = record().close_at ? fmt::format("closed with {}", *record().close_code)
              : record().end == result::End::reset ? "reset without a Close"
                                                   : "ended without a Close";
  find(std::move(fact));
}

void ProbeRun::close() {
  const bool asked = !record().close_at && !record().is_over();
  const auto sent_at = net::Clock::now();
  if (asked) session_->send_close();
  until([this] { return record().is_over(); }, interrupted() ? 0 : kClosingMs);
  const session::ExchangeRecord& seen = record();
  facts_.closer = seen.closer;
  facts_.close_code = seen.close_code;
  facts_.close_reason = seen.close_reason;
  facts_.end = seen.end;
  if (asked && seen.close_at)
    facts_.close_ms = std::max(0.0, net::ms_between(sent_at, *seen.close_at));
  if (seen.ended_at)
    facts_.end_ms = net::ms_between(seen.close_at ? *seen.close_at : sent_at, *seen.ended_at);
}

void ProbeRun::note_end() {
  const session::ExchangeRecord& seen = record();
  if (seen.violation) return find(result::fact_of(*seen.violation));
  if (facts_.idle_ms || interrupted()) return;
  const bool by_server = seen.close_at && seen.closer == result::Closer::server;
  if (by_server)
    return find(
        {.cause = Cause::closed_unasked, .text = seen.close_reason, .code = *seen.close_code});
  if (!seen.close_at && seen.ended_at && !seen.goodbye)
    return find(result::fact(seen.end == result::End::reset ? Cause::reset_without_close
                                                            : Cause::ended_without_close));
  if (!seen.close_at)
    find({.cause = Cause::close_not_answered, .limit_ms = kClosingMs});
  else if (!seen.ended_at)
    find({.cause = Cause::tcp_left_open, .limit_ms = kClosingMs});
}

void ProbeRun::note_messages() {
  const session::ExchangeRecord& seen = record();
  facts_.messages_count =
      seen.messages - std::min<std::uint64_t>(seen.messages, facts_.echo_ms ? 1 : 0);
  for (const auto& message : seen.received) {
    if (facts_.messages.size() == kMessages) break;
    if (facts_.echo_ms && wire::as_chars(message.octets) == kEcho) continue;
    ProbeFacts::Message out;
    out.text = message.type == wire::Opcode::text;
    out.length = message.length;
    const auto& octets = message.octets;
    out.head.assign(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(
                                                         std::min(kMessageHead, octets.size())));
    out.at_ms = net::ms_between(seen.opened_at, message.at);
    facts_.messages.push_back(std::move(out));
  }
}

tl::expected<ProbeFacts, Refusal> ProbeRun::run() {
  const auto begun = net::Clock::now();
  facts_.started = static_cast<std::int64_t>(std::time(nullptr));
  if (auto reached = reach(); !reached) return tl::unexpected(reached.error());
  if (session_ != nullptr) {
    if (record().phase == Phase::refused) {
      until([this] { return !session_->answer_is_open(); }, kBodyMs);
      facts_.response = record().response;
      note_refusal();
    } else if (record().phase == Phase::failed && !interrupted()) {
      find(record().failure_fact);
    }
    if (record().tls && !facts_.chain.empty()) {
      const int days = days_left(facts_.chain.front(), facts_.started);
      const auto& host = facts_.chain.front().subject;
      if (days >= 0 && days < kDaysLeft)
        find({.cause = Cause::certificate_expires_soon,
              .text = host,
              .detail = count_of(static_cast<std::uint64_t>(days), "day")});
    }
    facts_.opened =
        record().phase == Phase::open || (record().phase == Phase::ended && record().response);
  }
  if (facts_.opened) {
    if (facts_.header("Sec-WebSocket-Extensions").empty())
      facts_.notes.push_back(result::fact(Cause::extensions_declined));
    ask_pings();
    ask_echo();
    stay_idle();
    close();
    note_messages();
    note_end();
  }
  facts_.interrupted = interrupted();
  facts_.total_ms = net::ms_between(begun, net::Clock::now());
  session_.reset();
  return std::move(facts_);
}

}  // namespace wsspec
