#include "scenario/requirement.h"

#include <algorithm>

namespace wsspec::scenario {
namespace {

constexpr std::string_view kPolicy = "policy.";
constexpr std::string_view kTrigger = "trigger.";

}  // namespace

std::string Requirement::text() const {
  std::string out = negated ? "!" : "";
  if (kind == Kind::policy) out += kPolicy;
  if (kind == Kind::trigger) out += kTrigger;
  return out + path;
}

bool Requirement::is_policy(std::string_view key) const {
  return kind == Kind::policy && !negated && path.starts_with(key) &&
         (path.size() == key.size() || path[key.size()] == '.');
}

Requirement requirement_of(std::string_view text) {
  Requirement out;
  if (text.starts_with('!')) {
    out.negated = true;
    text.remove_prefix(1);
  }
  if (text.starts_with(kPolicy)) {
    out.kind = Requirement::Kind::policy;
    text.remove_prefix(kPolicy.size());
  } else if (text.starts_with(kTrigger)) {
    out.kind = Requirement::Kind::trigger;
    text.remove_prefix(kTrigger.size());
  }
  out.path = text;
  return out;
}

bool requires_capability(const std::vector<Requirement>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const Requirement& need) {
    return need.kind == Requirement::Kind::capability && !need.negated && need.path == name;
  });
}

bool about_a_policy(const std::vector<Requirement>& list) {
  return std::any_of(list.begin(), list.end(), [](const Requirement& need) {
    return need.kind == Requirement::Kind::policy && !need.negated;
  });
}

bool requires_policy(const std::vector<Requirement>& list, std::string_view key) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Requirement& need) { return need.is_policy(key); });
}

const std::vector<std::string>& almost_valid_tokens() {
  static const std::vector<std::string> names = {
      "almost:prefix",          "almost:longer",
      "almost:other-case",      "almost:blank-before",
      "almost:blank-after",     "almost:percent-encoded",
      "almost:empty",           "almost:twice-valid-first",
      "almost:twice-valid-last"};
  return names;
}

std::string TokenChoice::text() const {
  switch (kind) {
    case Kind::valid:
      return "valid";
    case Kind::wrong:
      return index == 0 ? "wrong" : "wrong:" + std::to_string(index);
    case Kind::expired:
      return "expired";
    case Kind::none:
      return "none";
    case Kind::almost:
      return almost_valid_tokens()[static_cast<std::size_t>(form)];
  }
  return {};
}

}  // namespace wsspec::scenario
