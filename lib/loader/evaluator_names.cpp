// The names of ${...}: where each is looked up, and how its members are followed.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "loader/evaluator.h"
#include "loader/policy.h"

namespace wsspec::loader {
namespace {

constexpr std::size_t kMaxChain = 64;

// "${x}" -> "x" when the text is one expression and nothing else.
std::optional<std::string> lone(const std::string& text) {
  if (text.size() < 4 || text.compare(0, 2, "${") != 0 || text.find('}') != text.size() - 1) {
    return std::nullopt;
  }
  return text.substr(2, text.size() - 3);
}

bool is_index(const std::string& member) {
  return !member.empty() &&
         std::all_of(member.begin(), member.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::int64_t number_of(const std::vector<std::string>& path, const RunValues& values) {
  if (path[0] == "i") return values.i;
  if (path[0] == "n") return values.n;
  if (path[0] == "conn") return values.conn;
  return path[1] == "length" ? values.payload_octets : values.carrier_added;
}

/// The entry of a list; null where it has none of that number.
const Json* entry(const Json& list, const std::string& number) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  return error == std::errc{} && index < list.size() ? &list[index] : nullptr;
}

}  // namespace

Evaluator::Value Evaluator::look_up(const Path& path, const std::string& text) {
  const std::string& root = path[0];
  if (root == "i" || root == "conn" || root == "nonce" || root == "capture")
    return run_time(path, text);
  if (root == "env") return environment(path, text);
  if (root == "policy") return policy(path, text);
  const Scope& scope = owner_.scope_;
  const auto named = [&](const Json* object) { return object && object->contains(root); };
  // A file's own `n` or `carrier` is what its expressions mean.
  if ((root == "n" || root == "carrier") && !named(scope.variables) && !named(scope.params))
    return run_time(path, text);
  if (root == "seed") return walk(Json(scope.seed), path, 1);
  const auto find = [&](const Json* object) -> const Json* {
    if (!object) return nullptr;
    const auto found = object->find(root);
    return found == object->end() ? nullptr : &*found;
  };
  if (const Json* value = find(scope.variables)) return walk(*value, path, 1);
  if (const Json* value = find(scope.params)) return parameter(*value, path, 1);
  if (scope.suites) {
    if (const auto suite = scope.suites->find(root); suite != scope.suites->end()) {
      if (path.size() == 1) {
        fail("'" + root + "' is a suite: one of its parameters must follow");
        return {};
      }
      const auto found = suite->second.find(path[1]);
      if (found != suite->second.end()) return parameter(*found, path, 2);
      std::vector<std::string> known;
      for (const auto& [name, value] : suite->second.items()) known.push_back(name);
      fail("suite '" + root + "' has no parameter '" + path[1] + "'", hint_for(path[1], known));
      return {};
    }
  }
  std::vector<std::string> known = reserved_names();
  for (const Json* object : {scope.variables, scope.params}) {
    if (!object) continue;
    for (const auto& [name, value] : object->items()) known.push_back(name);
  }
  fail("unknown parameter '" + root + "'", hint_for(root, known));
  return {};
}

Evaluator::Value Evaluator::parameter(const Json& value, const Path& path, std::size_t next) {
  auto& chain = owner_.expanding_;
  if (std::find(chain.begin(), chain.end(), &value) != chain.end()) {
    fail("parameter '" + path[next - 1] + "' refers to itself");
    return {};
  }
  if (chain.size() >= kMaxChain) {
    fail(fmt::format("more than {} parameters refer to each other here", kMaxChain));
    return {};
  }
  chain.push_back(&value);
  const Json expanded = owner_.expand(value, at_);
  chain.pop_back();
  return walk(expanded, path, next);
}

Evaluator::Value Evaluator::run_time(const Path& path, const std::string& text) {
  owner_.late_ = true;
  if (path[0] == "i") owner_.counted_ = true;
  const bool capture = path[0] == "capture";
  const bool carrier = path[0] == "carrier";
  if (carrier && (path.size() != 2 || (path[1] != "length" && path[1] != "added"))) {
    fail("'carrier' has the members 'length' and 'added'");
    return {};
  }
  if (path[0] == "n") owner_.numbered_ = true;
  if (carrier && path[1] == "length") owner_.sized_ = true;
  if (capture && path.size() == 1) {
    fail("a name must follow 'capture'", "${capture.NAME}, as in \"capture\": {\"NAME\": \"/id\"}");
    return {};
  }
  if (!capture && !carrier && path.size() > 1) {
    fail("'" + path[0] + "' is one value and has no members");
    return {};
  }
  switch (owner_.options_.stage) {
    case Stage::fixed:
      return {Json(), text};
    case Stage::final:
      fail("'" + text + "' is known only while a scenario runs; it cannot be used here");
      return {};
    case Stage::run:
      break;
  }
  const RunValues* values = owner_.options_.values;
  if (path[0] == "nonce") return {Json(values ? values->nonce : "nonce"), {}};
  if (!capture) return {Json(values ? number_of(path, *values) : 0), {}};
  if (!values) return {wildcard(), {}};
  const auto found = values->captures.find(path[1]);
  if (found == values->captures.end()) {
    fail("nothing was captured as '" + path[1] + "'");
    return {};
  }
  const Json json = Json::parse(found->second, nullptr, false);
  if (json.is_discarded()) {
    fail("what was captured as '" + path[1] + "' is not JSON");
    return {};
  }
  return walk(json, path, 2);
}

Evaluator::Value Evaluator::environment(const Path& path, const std::string& text) {
  owner_.secret_ = true;
  if (path.size() != 2) {
    fail("the name of a variable must follow 'env'");
    return {};
  }
  if (owner_.options_.hide_secrets) return {Json(), text};
  const char* value = std::getenv(path[1].c_str());
  if (!value) {
    fail("the environment variable " + path[1] + " is not set");
    return {};
  }
  const std::string found = value;
  owner_.document_.environment.insert(found);
  return {owner_.options_.stage == Stage::fixed ? escaped(found) : Json(found), {}};
}

Evaluator::Value Evaluator::policy(const Path& path, const std::string& text) {
  if (path.size() == 1) {
    fail("a policy key must follow 'policy'");
    return {};
  }
  const std::string& key = path[1];
  if (!find_policy_key(key)) {
    fail("unknown policy '" + key + "'", hint_for(key, policy_key_names()));
    return {};
  }
  if (key == "token") owner_.secret_ = true;
  if (owner_.options_.hide_secrets && key == "token") return {Json(), text};
  owner_.needs_.insert("policy." + key);
  const Json* policies = owner_.scope_.policies;
  const bool declared = policies && policies->contains(key);
  if (path.size() > 2) {
    const std::vector<std::string> known = policy_member_names(key);
    if (std::find(known.begin(), known.end(), path[2]) == known.end()) {
      fail("policy '" + key + "' has no member '" + path[2] + "'", hint_for(path[2], known));
      return {};
    }
  }
  const auto undeclared = [&](const std::string& need) {
    owner_.needs_.insert(need);
    owner_.missing_ = true;
    return Value{wildcard(), {}};
  };
  std::string need = "policy." + key;
  if (!declared) return undeclared(need);
  const Json& value = (*policies)[key];
  if (path.size() > 2) {
    need += "." + path[2];
    const auto member = value.find(path[2]);
    if (member == value.end() || (member->is_array() && member->empty())) return undeclared(need);
    if (path.size() > 3 && member->is_array() && is_index(path[3]) && !entry(*member, path[3]))
      return undeclared(need + "." + path[3]);
  }
  return walk(value, path, 2);
}

Evaluator::Value Evaluator::walk(const Json& value, const Path& path, std::size_t next) {
  if (is_wildcard(value)) return {wildcard(), {}};
  if (next == path.size()) return settled(value);
  const std::string& member = path[next];
  if (value.is_object()) {
    const auto found = value.find(member);
    if (found != value.end()) return walk(*found, path, next + 1);
    std::vector<std::string> known;
    for (const auto& [name, ignored] : value.items()) known.push_back(name);
    fail("'" + path[next - 1] + "' has no member '" + member + "'", hint_for(member, known));
    return {};
  }
  if (value.is_array() && is_index(member)) {
    if (const Json* found = entry(value, member)) return walk(*found, path, next + 1);
    fail("'" + path[next - 1] + "' has no entry " + member + ": it has " +
         std::to_string(value.size()));
    return {};
  }
  if (value.is_string()) {  // "${t.x}" where t is "${capture.t}"
    if (auto inner = lone(value.get<std::string>())) {
      for (; next < path.size(); ++next) *inner += "." + path[next];
      return {Json(), *inner};
    }
  }
  fail("'" + path[next - 1] + "' is " + type_name(value) + " and has no members");
  return {};
}

Evaluator::Value Evaluator::settled(const Json& value) const {
  if (owner_.options_.stage == Stage::fixed && value.is_string()) {
    if (const auto inner = lone(value.get_ref<const std::string&>())) return {Json(), *inner};
  }
  return {value, {}};
}

}  // namespace wsspec::loader
