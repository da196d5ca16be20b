#include "app/show.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/frame_text.h"
#include "app/safe_text.h"
#include "loader/late.h"
#include "loader/policy_keys.h"
#include "loader/rule.h"
#include "scenario/profile.h"
#include "scenario/select.h"
#include "session/item_encoder.h"
#include "text/escape.h"
#include "text/secret_names.h"
#include "text/wrap.h"

namespace wsspec {
namespace {

using namespace scenario;

std::string safe(std::string_view text) {
  return text::printable(text, 400);
}

/// Prints the steps of one scenario.
class StepPrinter {
 public:
  StepPrinter(const Scenario& scenario, const Profile& profile, const WireView& view,
              std::string& out)
      : scenario_(scenario), profile_(profile), view_(view), out_(out) {}

  void steps(const std::vector<Step>& steps, const std::string& prefix, std::size_t depth) {
    for (std::size_t i = 0; i < steps.size(); ++i)
      step(steps[i], prefix + std::to_string(i + 1) + ".", depth);
  }

 private:
  void line(std::size_t depth, std::string_view text) {
    out_ += std::string(2 + depth * 4, ' ');
    out_ += text;
    out_ += '\n';
  }

  void step(const Step& original, const std::string& number, std::size_t depth) {
    Step step = original;
    std::string suffix;
    if (original.late) {
      // ${i} and ${conn} are known only in the run: the first round and member stand for all.
      auto resolved = loader::resolve(original, {});
      if (!resolved) {
        line(depth, number + " worked out in the run: " + safe(original.summary));
        return;
      }
      step = std::move(*resolved);
      suffix = " (shown for i = 0, conn = 0)";
    }
    if (step.on != "main") suffix = fmt::format(", on {}", safe(step.on)) + suffix;
    if (step.after_close) suffix += ", even after the server's Close";
    const auto say = [&](const std::string& text) { line(depth, number + " " + text + suffix); };

    if (const auto* send = std::get_if<SendStep>(&step.what)) {
      say(send->items.size() == 1 ? "send"
                                  : fmt::format("send {} items in one write", send->items.size()));
      items(send->items, depth + 1);
    } else if (const auto* burst = std::get_if<BurstStep>(&step.what)) {
      std::string text = fmt::format("burst of {}", count_of(burst->count, "round"));
      text += burst->per_second ? fmt::format(", {} a second", *burst->per_second)
                                : std::string(", as fast as the socket takes them");
      if (burst->until_closed) text += ", until the server closes";
      say(text + "; each");
      items(burst->items, depth + 1);
    } else if (const auto* expect = std::get_if<ExpectStep>(&step.what)) {
      say(expectation(*expect));
      for (const Outcome& outcome : expect->tolerate) {
        std::string text = "tolerated: " + safe(outcome.text());
        if (!outcome.because.empty()) text += " (" + safe(outcome.because) + ")";
        line(depth + 1, text);
      }
    } else if (const auto* repeat = std::get_if<RepeatStep>(&step.what)) {
      std::string text = "repeat " + count_of(repeat->times, "time");
      if (repeat->every_ms > 0) text += fmt::format(", every {} ms", repeat->every_ms);
      if (repeat->background) text += ", in the background";
      say(text);
      // As the engine does: the steps inside are worked out one by one.
      steps(std::get<RepeatStep>(original.what).steps, number, depth + 1);
    } else if (const auto* wait = std::get_if<WaitStep>(&step.what)) {
      say(fmt::format("wait {} ms", wait->ms));
    } else if (const auto* read = std::get_if<ReadStep>(&step.what)) {
      say(read->mode == ReadStep::Mode::pause ? "stop reading"
          : read->mode == ReadStep::Mode::resume
              ? "read again"
              : fmt::format("read {} octets a second", read->per_second));
    } else if (std::holds_alternative<ShutdownStep>(step.what)) {
      say("end our sending side (FIN)");
    } else if (std::holds_alternative<ResetStep>(step.what)) {
      say("reset the connection (RST)");
    } else if (const auto* connect = std::get_if<ConnectStep>(&step.what)) {
      std::string text = "connect";
      if (connect->path) text += " to " + text::redact_url(*connect->path);
      if (connect->token) text += " with token: " + connect->token->text();
      if (connect->handshake && !*connect->handshake) text += ", TCP only";
      say(text);
    } else if (std::holds_alternative<DisconnectStep>(step.what)) {
      say("disconnect: Close 1000, wait for the answer, end TCP");
    } else if (const auto* trigger = std::get_if<TriggerStep>(&step.what)) {
      say("trigger " + safe(trigger->name) + ", steps of the target profile");
    }
  }

  void items(const std::vector<Item>& items, std::size_t depth) {
    for (Item item : items) {
      if (session::Encoding{.all = scenario_.compress}.compresses(item) && !item.deflate)
        item.deflate = ItemDeflate{};
      line(depth, item_text(item, profile_));
      for (const std::string& octets : wire_lines(item, profile_, view_))
        line(depth, "  " + octets);
    }
  }

  std::string expectation(const ExpectStep& expect) {
    std::string text = "expect " + safe(expect.outcome.text());
    if (expect.outcome.kind == Outcome::Kind::by_policy) {
      const auto policy = profile_.policies.find(expect.outcome.policy_key);
      if (policy != profile_.policies.end() && policy->second.action == PolicyAction::close) {
        Outcome promised;
        promised.kind = Outcome::Kind::close;
        promised.codes = policy->second.close;
        text += " (" + safe(promised.text()) + ")";
      }
    }
    const auto kind = expect.outcome.kind;
    if (kind != Outcome::Kind::open_for && kind != Outcome::Kind::silence)
      text += fmt::format(" within {} ms", expect.within_ms.value_or(scenario_.default_within_ms));
    if (expect.not_before_ms > 0) text += fmt::format(", not before {} ms", expect.not_before_ms);
    if (expect.since_connect) text += ", counted from the 101";
    if (expect.after_messages_min)
      text += fmt::format(", after at least {}", count_of(*expect.after_messages_min, "message"));
    if (expect.after_messages_max)
      text += fmt::format(", after at most {}", count_of(*expect.after_messages_max, "message"));
    static constexpr const char* kHowMany[] = {"", "exactly", "at least", "at most"};
    const bool none = expect.how_many.kind == HowMany::Kind::at_most && expect.how_many.n == 0;
    if (none)
      text += ", on no connection";
    else if (expect.how_many.kind != HowMany::Kind::all)
      text += fmt::format(", on {} {}", kHowMany[static_cast<std::size_t>(expect.how_many.kind)],
                          count_of(expect.how_many.n, "connection"));
    if (expect.next) text += ", no other message before it";
    if (expect.latency_ms)
      text += fmt::format(", 99 of 100 answers within {} ms", *expect.latency_ms);
    if (!expect.latency_as.empty()) text += ", keep their time as " + safe(expect.latency_as);
    for (const auto& [name, pointer] : expect.capture)
      text += fmt::format(", keep {} as {}", safe(pointer), safe(name));
    return text;
  }

  const Scenario& scenario_;
  const Profile& profile_;
  const WireView& view_;
  std::string& out_;
};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + safe(word);
  return out;
}

/// What the opening handshake has beyond the plain one.
std::string connect_text(const ConnectOptions& connect) {
  std::vector<std::string> words;
  if (!connect.handshake) words.push_back("TCP only, the script sends the handshake");
  if (connect.path) words.push_back("path " + text::redact_url(*connect.path));
  for (const auto& [name, value] : connect.headers)
    words.push_back(name + ": " + text::redact_header(name, value));
  if (connect.subprotocols)
    words.push_back(connect.subprotocols->empty()
                        ? "no subprotocol"
                        : "subprotocols " + joined(*connect.subprotocols));
  if (connect.extensions)
    words.push_back(connect.extensions->empty() ? "no extensions"
                                                : "extensions " + joined(*connect.extensions));
  if (!connect.from.empty()) words.push_back("from " + connect.from);
  if (connect.tls.off) words.push_back("no TLS");
  if (!connect.tls.version.empty()) words.push_back("TLS " + connect.tls.version + " alone");
  if (!connect.tls.alpn.empty()) words.push_back("ALPN " + joined(connect.tls.alpn));
  if (connect.tls.server_name) words.push_back("SNI " + *connect.tls.server_name);
  if (connect.receive_buffer)
    words.push_back(fmt::format("a receive buffer of {} octets", *connect.receive_buffer));
  if (connect.token.kind != scenario::TokenChoice::Kind::valid)
    words.push_back("token: " + connect.token.text());
  return joined(words);
}

/// What the scenario needs and this profile does not have; steps that use it were left out.
std::vector<std::string> undeclared(const Scenario& scenario, const Profile& profile) {
  std::vector<std::string> out;
  for (const auto& need : scenario.requires_) {
    using Kind = scenario::Requirement::Kind;
    const bool missing =
        need.kind == Kind::trigger ||
        (need.kind == Kind::policy && !need.negated && !loader::is_declared(profile, need.path));
    if (missing) out.push_back(need.text());
  }
  return out;
}

void show_one(const Scenario& scenario, const Profile& profile, std::size_t width,
              const WireView& view, std::string& out) {
  out += scenario.name + "\n";
  out += text::wrapped(safe(scenario.title), width, "  ", "  ") + "\n";
  const auto fact = [&](std::string_view name, const std::string& value) {
    if (!value.empty())
      out += text::wrapped(value, width, fmt::format("  {:<10}", name), std::string(12, ' '));
  };
  if (const auto* rule = loader::find_rule(scenario.rule))
    fact("rule", safe(fmt::format("{}: {} -> {}", rule->id, rule->sent, rule->wanted)));
  fact("level", level_name(scenario.level));
  fact("impact", impact_name(scenario.impact));
  fact("spec", safe(scenario.spec));
  fact("tags", joined(scenario.tags));
  std::vector<std::string> needs;
  for (const auto& need : scenario.requires_) needs.push_back(need.text());
  fact("requires", joined(needs));
  fact("connect", connect_text(scenario.connect));
  for (const Group& group : scenario.groups) {
    const std::string own = connect_text(group.connect);
    fact("group", fmt::format("{}: {}{}", safe(group.name), count_of(group.count, "connection"),
                              own.empty() ? "" : ", " + own));
  }
  if (scenario.exclusive || scenario.first)
    fact("runs", !scenario.first ? "alone" : scenario.exclusive ? "first, alone" : "first");
  if (!scenario.auto_pong || !scenario.auto_close)
    fact("answers", scenario.auto_close  ? "pings are left unanswered"
                    : scenario.auto_pong ? "the server's Close is left unanswered"
                                         : "pings and the server's Close are left unanswered");
  fact("file", fmt::format("{}:{}", safe(scenario.file), scenario.line));
  const auto missing = undeclared(scenario, profile);
  if (!missing.empty())
    fact("note", "no target profile declares " + joined(missing) +
                     ": the steps that use it are left out here; give --target or --set");
  out += "\n";
  if (scenario.steps.empty()) out += "  no step is left\n";
  StepPrinter(scenario, profile, view, out).steps(scenario.steps, "", 0);
}

}  // namespace

tl::expected<std::string, std::string> show(const Suites& suites, const Selection& selection,
                                            std::size_t width, bool every_octet) {
  const auto chosen = select(suites.scenarios(), selection);
  if (chosen.empty()) return tl::unexpected(nothing_matched(suites.scenarios(), selection));
  std::string out;
  for (const std::size_t index : chosen) {
    show_one(suites.scenarios()[index], suites.profile(), width,
             every_octet ? kEveryOctet : WireView(), out);
    out += "\n";
  }
  if (out.find("<key>") != std::string::npos)
    out +=
        "<key>: a masking key of four random octets; payloads are shown unmasked, '|' is a hold.\n";
  return without_secrets(out, {}, suites);
}

}  // namespace wsspec
