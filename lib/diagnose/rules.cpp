// Which row of the tables speaks, and the few findings whose words need more than a row.
#include "diagnose/rules.h"

#include <algorithm>
#include <cmath>

#include "diagnose/refusals.h"
#include "diagnose/request_faults.h"
#include "diagnose/rule.h"

namespace wsspec::diagnose {
namespace {

using result::Cause;
using result::Class;

bool fits(Want rule, Want want) {
  if (rule == Want::any || rule == want) return true;
  return rule == Want::bad_data &&
         (want == Want::text || want == Want::reason || want == Want::deflate);
}

bool fits(const Rule& rule, const Situation& situation) {
  if (rule.cls != situation.result.cls || !fits(rule.want, situation.want)) return false;
  if (rule.to != 0 && (situation.code < rule.from || situation.code > rule.to)) return false;
  if (rule.causes[0] == Cause::none) return true;
  const Cause cause = situation.result.fact.cause;
  return cause != Cause::none &&
         std::find(rule.causes.begin(), rule.causes.end(), cause) != rule.causes.end();
}

/// A connection that lived this long was probably ended by that.
struct Lifetime {
  double seconds;
  const char* words;
};

constexpr Lifetime kLifetimes[] = {
    {30, "Google Cloud's load balancer (timeoutSec, counts active time too) or HAProxy"},
    {40, "uvicorn's keepalive (ping after 20 s, 20 s to answer)"},
    {50, "HAProxy without `timeout tunnel`"},
    {55, "Heroku's router"},
    {60, "nginx's proxy_read_timeout or the AWS load balancer's idle limit"},
    {100, "Cloudflare's edge"},
    {240, "Azure's load balancer"},
    {600, "AWS API Gateway's idle limit"},
};

/// No idle timeout is shorter: an end so soon after our octets answers them.
constexpr double kShortestIdleMs = 1000;

/// How a connection that should stay open ended unasked; elsewhere the time says nothing.
std::string lifetime_text(const Situation& situation) {
  const auto& observed = situation.result.observed;
  if (situation.result.cls != Class::drop || situation.want != Want::stay || !observed.eof_ms)
    return {};
  if (*observed.eof_ms < kShortestIdleMs)
    return "The server ended the connection without a Close frame as soon as it had what was sent, "
           "so this is no idle timeout: it does not take such messages (a fragment, a type, a "
           "size), or its handler failed on them. Its log should have the reason.";
  for (const Lifetime& known : kLifetimes) {
    if (std::abs(*observed.eof_ms / 1000 - known.seconds) > 1.5) continue;
    return "The connection ended without a Close frame after about " +
           std::to_string(static_cast<int>(known.seconds)) + " s: looks like " + known.words +
           ". Raise it, or send pings more often.";
  }
  return {};
}

/// Before our own payload is called valid, it is looked at.
std::string own_payload_text(const Situation& situation) {
  const auto own = situation.result.own_fault;
  if (situation.want != Want::take || situation.code == 0 || !own) return {};
  if (*own == wire::ViolationKind::text_not_utf8 && situation.code == 1007)
    return "The server is right: what this scenario sends as text is not UTF-8 (see the octets), "
           "so "
           "1007 is the answer. Send it as binary, or expect the Close.";
  if (situation.code == 1002 || situation.code == 1007)
    return situation.fill(
        "The server closed with {code}, and what this scenario sends does break a rule, though it "
        "expects acceptance. Look at the octets before the server is blamed.{reason}");
  return {};
}

/// A refusal by status has the status's usual causes.
std::string refusal_text(const Situation& situation) {
  const auto& fact = situation.result.fact;
  if (fact.cause != Cause::handshake_refused && fact.cause != Cause::other_status) return {};
  if (situation.result.cls != Class::other_code || situation.code != 0) return {};
  const std::string usual = usual_causes(fact.status);
  if (fact.cause == Cause::handshake_refused) {
    if (usual.empty()) return {};
    return situation.fill("{Detail} Usually: ") + usual;
  }
  if (usual.empty())
    return situation.fill("The handshake got HTTP {status}, where {wanted} was expected.");
  return situation.fill("The handshake got HTTP {status}, where {wanted} was expected; usually: ") +
         usual;
}

}  // namespace

std::string words_of_rules(const Situation& situation) {
  for (const auto special : {lifetime_text, own_payload_text, refusal_text, words_of_request_fault})
    if (std::string words = special(situation); !words.empty()) return words;
  for (const auto& table : {rules_broken(), rules_refused(), rules_open()})
    for (const Rule& rule : table)
      if (fits(rule, situation)) return situation.fill(rule.words);
  return {};
}

}  // namespace wsspec::diagnose
