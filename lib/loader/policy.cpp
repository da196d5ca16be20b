// How a policy is read, and what a requirement may name of it.
#include "loader/policy.h"

#include <algorithm>
#include <climits>

#include "loader/parse.h"
#include "wire/header_text.h"

namespace wsspec::loader {
namespace {

enum class MemberType : std::uint8_t {
  natural,
  boolean,
  string,
  strings,
  pattern,
  payload,
  payloads,
  object
};

// Own members of all policies: a name means the same type everywhere.
struct OwnMember {
  std::string_view name;
  MemberType type;
};
constexpr OwnMember kOwn[] = {
    {"limit", MemberType::natural},      {"send", MemberType::object},
    {"valid", MemberType::string},       {"wrong", MemberType::strings},
    {"expired", MemberType::string},     {"ttl_ms", MemberType::natural},
    {"allowed", MemberType::strings},    {"denied", MemberType::strings},
    {"absent", MemberType::boolean},     {"required", MemberType::strings},
    {"messages", MemberType::payloads},  {"near_misses", MemberType::payloads},
    {"breach", MemberType::payload},     {"addresses", MemberType::strings},
    {"redirects", MemberType::strings},  {"supported", MemberType::strings},
    {"trace", MemberType::pattern},      {"look_alikes", MemberType::strings},
    {"other_case", MemberType::strings},
};

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  std::size_t pos = 0;
  while (pos < text.size()) {
    const std::size_t end = std::min(text.find(' ', pos), text.size());
    if (end > pos) out.emplace_back(text.substr(pos, end - pos));
    pos = end + 1;
  }
  return out;
}

// A rate without a window means "a second".
int default_window_ms(std::string_view key) {
  return key.size() > 5 && key.substr(key.size() - 5) == "_rate" ? 1000 : 0;
}

template <typename Enum>
Enum choice(Reader& reader, const Node& node, const std::vector<std::string>& names) {
  const std::string name = reader.string(node);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  if (node->is_string()) {
    reader.fail(node, "unknown " + last_token(node.at) + " '" + name + "'", hint_for(name, names));
  }
  return Enum{};
}

void check_own(Reader& reader, const Node& node, MemberType type) {
  switch (type) {
    case MemberType::natural:
      reader.natural(node);
      break;
    case MemberType::boolean:
      reader.boolean(node);
      break;
    case MemberType::string:
      reader.string(node);
      break;
    case MemberType::strings:
      reader.strings(node);
      break;
    case MemberType::pattern:
      parse_pattern(reader, node);
      break;
    case MemberType::payload:
      parse_payload(reader, node);
      break;
    case MemberType::payloads:
      if (!reader.list(node, "a list of payloads")) break;
      for (std::size_t i = 0; i < node->size(); ++i) parse_payload(reader, node.entry(i));
      break;
    case MemberType::object:
      break;  // token.send: read by the profile
  }
}

const std::vector<std::string>& kinds_of_frame() {
  static const std::vector<std::string> kinds = {"text", "binary", "ping", "pong", "fragment"};
  return kinds;
}

const std::vector<std::string>& actions() {
  static const std::vector<std::string> names = {"close", "refuse", "throttle", "discard",
                                                 "error_reply"};
  return names;
}

const std::vector<std::string>& scopes() {
  static const std::vector<std::string> names = {"connection", "address", "token"};
  return names;
}

// One status or a list.
std::vector<int> parse_statuses(Reader& reader, const Node& node) {
  std::vector<int> out;
  const auto add = [&](const Node& status) {
    out.push_back(static_cast<int>(reader.natural(status, 599, 100)));
  };
  if (node->is_array()) {
    for (std::size_t i = 0; i < node->size(); ++i) add(node.entry(i));
  } else {
    add(node);
  }
  return out;
}

std::vector<std::string> parse_counts(Reader& reader, const Node& node) {
  const auto& kinds = kinds_of_frame();
  std::vector<std::string> out;
  if (!reader.list(node, "a list of kinds of frames")) return out;
  for (std::size_t i = 0; i < node->size(); ++i) {
    const Node entry = node.entry(i);
    const std::string kind = reader.string(entry);
    if (entry->is_string() && std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
      reader.fail(entry, "'counts' does not know '" + kind + "'", hint_for(kind, kinds));
    }
    out.push_back(kind);
  }
  return out;
}

// What a careless comparison with "https://a.example" lets in (RFC 6455 10.2): by prefix, by
// suffix, of the host alone, of what a browser never sends (RFC 6454 7). In this order, which names
// the scenarios.
Json look_alikes_of(const std::string& origin) {
  const std::size_t colon = origin.find("://");
  if (colon == std::string::npos) return Json::array();
  const std::string scheme = origin.substr(0, colon);
  const std::string place = origin.substr(colon + 3);  // host and port
  const std::size_t port =
      place.find(':', place.find(']') == std::string::npos ? 0 : place.find(']'));
  const std::string host = place.substr(0, port);
  const std::string label = host.substr(0, host.find('.'));
  return Json::array({origin + ".evil.example", scheme + "://evil-" + place,
                      scheme + "://evil." + place,
                      (scheme == "https" ? "http://" : "https://") + place,
                      scheme + "://" + host + (port == std::string::npos ? ":8443" : ""),
                      scheme + "://" + host + "." + place.substr(host.size()), origin + "/",
                      wire::other_case(origin),
                      scheme + "://xn--" + label + "-9na" + place.substr(label.size()), "null"});
}

// Members that follow from others.
void derive(Json& json, std::string_view key) {
  const auto strings = [&](const char* name) {
    std::vector<std::string> out;
    if (json.contains(name) && json[name].is_array()) {
      for (const Json& entry : json[name]) {
        if (entry.is_string()) out.push_back(entry.get<std::string>());
      }
    }
    return out;
  };
  if (key == "origin" && !json.contains("look_alikes")) {
    const auto allowed = strings("allowed");
    if (allowed.empty()) return;
    Json made = Json::array();
    for (const Json& one : look_alikes_of(allowed.front())) {
      if (std::find(allowed.begin(), allowed.end(), one.get<std::string>()) == allowed.end())
        made.push_back(one);
    }
    json["look_alikes"] = std::move(made);
  }
  if (key == "subprotocol" && !json.contains("other_case")) {
    const auto supported = strings("supported");
    Json made = Json::array();
    for (const std::string& name : supported) {
      std::string other = wire::other_case(name);
      if (std::find(supported.begin(), supported.end(), other) == supported.end())
        made.push_back(std::move(other));
    }
    if (!made.empty()) json["other_case"] = std::move(made);
  }
}

// What ${policy.K.member} finds where the profile says nothing.
void fill_defaults(Json& json, const PolicyKey& row, const Policy& policy) {
  const auto fill = [&](const char* name, Json value) {
    if (!json.contains(name)) json[name] = std::move(value);
  };
  fill("close", Json::array({row.default_code}));
  fill("action", actions()[static_cast<std::size_t>(row.default_action)]);
  fill("status", row.default_statuses);
  fill("scope", "connection");
  fill("window_ms", policy.window_ms);
  fill("penalty_ms", 0);
  fill("within_ms", policy.within_ms);
  fill("counts", policy.counts);
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> out;
  for (std::size_t pos = 0;;) {
    const std::size_t dot = path.find('.', pos);
    out.emplace_back(path.substr(pos, dot - pos));
    if (dot == std::string_view::npos) return out;
    pos = dot + 1;
  }
}

}  // namespace

const std::vector<std::string>& policy_key_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const PolicyKey& row : policy_keys()) out.emplace_back(row.key);
    return out;
  }();
  return names;
}

std::vector<std::string> policy_member_names(std::string_view key) {
  std::vector<std::string> out;
  if (const PolicyKey* row = find_policy_key(key)) out = words(row->members);
  for (std::string& name : words(common_policy_members())) out.push_back(std::move(name));
  return out;
}

bool is_policy_requirement(std::string_view text) {
  if (text.substr(0, 1) == "!") text.remove_prefix(1);
  if (text.substr(0, 7) != "policy.") return false;
  const std::vector<std::string> path = split_path(text.substr(7));
  if (!find_policy_key(path[0])) return false;
  if (path.size() == 1) return true;
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  if (!has(policy_member_names(path[0]), path[1])) return false;
  if (path.size() == 2) return true;
  // A member that has few values: a slip would make a scenario that never runs.
  if (path[1] == "counts") return path.size() == 3 && has(kinds_of_frame(), path[2]);
  if (path[1] == "action") return path.size() == 3 && has(actions(), path[2]);
  if (path[1] == "scope") return path.size() == 3 && has(scopes(), path[2]);
  return !path.back().empty();
}

bool declares(const Json& policies, std::string_view path) {
  const Json* value = &policies;
  for (const std::string& step : split_path(path)) {
    if (value->is_object()) {
      const auto found = value->find(step);
      if (found == value->end()) return false;
      value = &*found;
    } else if (value->is_array()) {
      const bool index = !step.empty() && step.size() < 6 &&
                         step.find_first_not_of("0123456789") == std::string::npos;
      if (index && std::stoul(step) < value->size()) {
        value = &(*value)[std::stoul(step)];
      } else if (std::find(value->begin(), value->end(), Json(step)) == value->end()) {
        return false;
      } else {
        return true;
      }
    } else {
      return value->is_string() && value->get_ref<const std::string&>() == step;
    }
  }
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_number()) return *value != 0;
  // "" is a token, too; an empty list or object says nothing (a policy of its own is never empty:
  // its defaults are filled in).
  return value->is_string() || !value->empty();
}

bool is_declared(const Profile& profile, std::string_view path) {
  const Json all = Json::parse(profile.json, nullptr, false);
  return all.is_object() && all.contains("policy") && declares(all["policy"], path);
}

Json policy_object(Json value) {
  if (value.is_number()) return Json{{"limit", std::move(value)}};
  if (value.is_boolean() && value.get<bool>()) return Json::object();
  return value;
}

std::uint64_t number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

Policy parse_policy(Reader& reader, const std::string& key, Json& json, const std::string& at) {
  Policy out;
  out.key = key;
  const PolicyKey& row = *find_policy_key(key);
  out.close.ranges = {{row.default_code, row.default_code}};
  out.action = row.default_action;
  out.statuses = row.default_statuses;
  out.window_ms = default_window_ms(key);
  out.counts = key == "control_rate" ? std::vector<std::string>{"ping", "pong"}
                                     : std::vector<std::string>{"text", "binary"};

  // What is read has its run-time names replaced by stand-ins; what is kept has them.
  const Json view = Expander::at_run(reader.document(), reader.problems()).expand(json, at);
  const Node node{&view, at};
  if (!node->is_object() && !node.wild()) {
    if (node->is_boolean()) {
      reader.fail(node, "a policy is never false", "leave '" + key + "' out");
    } else {
      reader.wrong_type(node,
                        row.type == "number" ? "a number, true or an object" : "true or an object");
    }
    return out;
  }
  Members members(reader, node, "policy '" + key + "'");
  if (const auto value = members.take("close")) out.close = parse_codes(reader, *value);
  if (const auto value = members.take("within_ms")) out.within_ms = reader.milliseconds(*value);
  if (const auto value = members.take("action")) {
    out.action = choice<PolicyAction>(reader, *value, actions());
  }
  if (const auto value = members.take("status")) out.statuses = parse_statuses(reader, *value);
  if (const auto value = members.take("scope")) {
    out.scope = choice<PolicyScope>(reader, *value, scopes());
  }
  if (const auto value = members.take("window_ms")) out.window_ms = reader.milliseconds(*value);
  if (const auto value = members.take("penalty_ms")) out.penalty_ms = reader.milliseconds(*value);
  if (const auto value = members.take("counts")) out.counts = parse_counts(reader, *value);
  if (const auto value = members.take("reply"))
    out.error_reply = parse_message_rule(reader, *value);
  if (out.action == PolicyAction::error_reply && !out.error_reply) {
    reader.fail(node, "the action 'error_reply' needs 'reply', a rule for the error message");
  }
  for (const std::string& name : words(row.members)) {
    const auto value = members.take(name);
    if (!value) continue;
    for (const OwnMember& own : kOwn) {
      if (own.name == name) check_own(reader, *value, own.type);
    }
  }
  members.finish();
  if (node->is_object()) {
    out.limit = number(*node, "limit");
    if (const auto found = node->find("required"); found != node->end() && found->is_array())
      for (const Json& name : *found)
        if (name.is_string()) out.required.push_back(name.get<std::string>());
    out.ttl_ms = static_cast<int>(std::min<std::uint64_t>(number(*node, "ttl_ms"), INT_MAX));
  }

  if (json.is_object()) {
    fill_defaults(json, row, out);
    derive(json, key);
  }
  return out;
}

}  // namespace wsspec::loader
