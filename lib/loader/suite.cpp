// One suite file's scenarios: defaults, for_each, the members of a scenario, its steps.
#include "loader/suite.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "loader/parse.h"
#include "loader/policy.h"
#include "loader/rule.h"

namespace wsspec::loader {
namespace {

constexpr std::uint64_t kMaxConnections = 1'000'000;

const std::vector<std::string>& scenario_keys() {
  static const std::vector<std::string> keys = {
      "id",   "rule",      "title",        "spec",    "level",       "impact", "requires",
      "tags", "weight",    "exclusive",    "connect", "connections", "steps",  "for_each",
      "auto", "within_ms", "about_policy", "control", "first"};
  return keys;
}

// What `defaults` may hold: members of a scenario that make sense for many, and one of its own.
const std::vector<std::string>& default_keys() {
  static const std::vector<std::string> keys = {
      "level",   "impact", "spec",      "requires",     "tags",         "weight", "exclusive",
      "connect", "auto",   "within_ms", "tolerate_for", "about_policy", "control"};
  return keys;
}

/// Makes one scenario of one combination of for_each values.
class Maker {
 public:
  Maker(const SuiteFile& file, const Shared& shared, Reader& reader, const Node& node,
        const Json& variables, std::vector<std::string> needs)
      : file_(file),
        shared_(shared),
        reader_(reader),
        node_(node),
        defaults_{&file.defaults, "/defaults"},
        requires_(std::move(needs)) {
    scope_.variables = &variables;
    scope_.params = &file.params;
    scope_.suites = &shared.suites;
    scope_.policies = shared.policies.is_null() ? nullptr : &shared.policies;
    scope_.seed = shared.seed;
  }

  Scenario make() {
    Scenario out;
    out.suite = file_.suite;
    out.suite_title = file_.title;
    out.built_in = file_.document->built_in;
    out.file = file_.document->text.name();
    if (const auto value = own("id", true)) {
      const std::string id = reader_.string(value->node());
      if (!is_slug(id, true) && value->json.is_string()) {
        reader_.fail(value->node(),
                     "the id '" + id + "' is not made of letters, digits, '.', '-' and '_'");
      }
      out.name = file_.suite + "/" + id;
    } else {
      reader_.fail(node_, "a scenario needs 'id'");
    }
    if (const auto value = own("title", true)) out.title = reader_.string(value->node());
    settings(out);
    connections(out);
    if (shared_.steps || !file_.document->built_in) steps(out);
    for (const std::string& need : requires_) require(out, need);
    return out;
  }

  void require(Scenario& out, const std::string& need) {
    const Requirement made = requirement_of(need);
    if (required_.insert(made.text()).second) out.requires_.push_back(made);
  }

  /// Reads the defaults although no scenario may need them: all have their own, or there is none.
  void check_defaults() {
    Scenario ignored;
    settings(ignored);
    connections(ignored);
    tolerance();
  }

 private:
  // What a scenario may leave to the defaults.
  void settings(Scenario& out) {
    const Rule* rule = nullptr;
    if (const auto value = own("rule", true)) rule = parse_rule(value->node());
    if (rule != nullptr) {
      out.rule = rule->id;
      out.spec = rule->spec;
      out.level = rule->level;
      out.tags.push_back(rule->id);
    }
    // What the rule says stands before the defaults, and a scenario's own value before both.
    const auto said = [&](const char* key, bool text) {
      return rule != nullptr ? own(key, text) : either(key, text);
    };
    if (const auto value = said("spec", true)) out.spec = reader_.string(value->node());
    if (const auto value = said("level", false))
      out.level = parse_word(value->node(), "level", level_of, level_names(), out.level);
    if (const auto value = either("impact", false))
      out.impact = parse_word(value->node(), "impact", impact_of_name, impact_names(), out.impact);
    if (const auto value = either("weight", false)) {
      out.weight = reader_.natural(value->node(), kMaxConnections, 1);
      weighed_ = true;
    }
    if (const auto value = either("exclusive", false)) {
      out.exclusive = reader_.boolean(value->node());
    }
    if (const auto value = own("first", false)) out.first = reader_.boolean(value->node());
    if (const auto value = either("about_policy", false))
      out.about_policy = reader_.boolean(value->node());
    if (const auto value = either("control", false))
      out.needs_control = reader_.boolean(value->node());
    auto within = own("within_ms", false);
    out.own_within = within.has_value();
    if (!within) within = inherited("within_ms", false);
    if (const auto& value = within) {
      out.default_within_ms = reader_.milliseconds(value->node());
    }
    lists(out);
    switches(out);
  }

  // Both stages; names and titles read "any" where a policy is not declared.
  Owned settle(const Node& raw, bool text) {
    Expander fixed(reader_.document(), reader_.problems(), scope_,
                   {Expander::Stage::fixed, nullptr, false, text});
    Json json = fixed.expand(*raw, raw.at);
    for (const std::string& need : fixed.needs()) add_once(requires_, need);
    auto final = Expander::settled(reader_.document(), reader_.problems(), text);
    return {final.expand(json, raw.at), raw.at};
  }

  static std::optional<Node> member(const Node& object, const std::string& key) {
    if (!object->is_object()) return std::nullopt;
    const auto found = object->find(key);
    if (found == object->end()) return std::nullopt;
    return Node{&*found, pointer_to(object.at, key)};
  }
  std::optional<Owned> own(const std::string& key, bool text) {
    const auto raw = member(node_, key);
    if (!raw) return std::nullopt;
    return settle(*raw, text);
  }
  std::optional<Owned> inherited(const std::string& key, bool text) {
    const auto raw = member(defaults_, key);
    if (!raw) return std::nullopt;
    return settle(*raw, text);
  }
  std::optional<Owned> either(const std::string& key, bool text) {
    auto found = own(key, text);
    return found ? std::move(found) : inherited(key, text);
  }

  const Rule* parse_rule(const Node& node) {
    const std::string id = reader_.string(node);
    const Rule* rule = find_rule(id);
    if (rule == nullptr && node->is_string())
      reader_.fail(node, "unknown rule '" + id + "': no row of the requirements has this id",
                   hint_for(id, rule_ids()));
    return rule;
  }

  /// One of a few words; `value` where it is none of them.
  template <class Enum>
  Enum parse_word(const Node& node, const std::string& what,
                  std::optional<Enum> (*meaning)(std::string_view),
                  const std::vector<std::string>& words, Enum value) {
    const std::string name = reader_.string(node);
    const auto known = meaning(name);
    if (!known && node->is_string())
      reader_.fail(node, "unknown " + what + " '" + name + "'", hint_for(name, words));
    return known.value_or(value);
  }

  void lists(Scenario& out) {
    static const std::vector<std::string> capabilities = {
        "echo", "binary", "broadcast", "deflate", "ping", "subprotocol", "tls", "!tls"};
    for (const bool from_defaults : {true, false}) {
      const auto tags = from_defaults ? inherited("tags", true) : own("tags", true);
      if (tags) {
        std::unordered_set<std::string> known(out.tags.begin(), out.tags.end());
        for (const std::string& tag : reader_.strings(tags->node()))
          if (known.insert(tag).second) out.tags.push_back(tag);
      }
      const auto needs = from_defaults ? inherited("requires", true) : own("requires", true);
      if (!needs || !reader_.list(needs->node(), "a list of capabilities")) continue;
      for (std::size_t i = 0; i < needs->json.size(); ++i) {
        const Node entry = needs->node().entry(i);
        const std::string name = reader_.string(entry);
        if (std::find(capabilities.begin(), capabilities.end(), name) == capabilities.end() &&
            !is_policy_requirement(name)) {
          std::vector<std::string> known = capabilities;
          for (const std::string& key : policy_key_names()) known.push_back("policy." + key);
          std::string hint = hint_for(name, known);
          if (hint.empty()) hint = "echo, binary, deflate, ping, subprotocol, tls or policy.KEY";
          if (entry->is_string()) reader_.fail(entry, "unknown requirement '" + name + "'", hint);
        }
        require(out, name);
      }
    }
  }

  void switches(Scenario& out) {
    const auto value = either("auto", false);
    if (!value) return;
    Members members(reader_, value->node(), "'auto'");
    if (const auto pong = members.take("pong")) out.auto_pong = reader_.boolean(*pong);
    if (const auto close = members.take("close")) out.auto_close = reader_.boolean(*close);
    members.finish();
  }

  // Path and headers stay template text: ${capture.x} and ${conn} in them are filled in when the
  // connection is made. They are checked with stand-ins now.
  Owned settle_connect(const Node& raw) {
    Owned out{Json::object(), raw.at};
    if (!raw->is_object()) return settle(raw, false);
    for (const auto& [key, value] : raw->items()) {
      const Node entry{&value, pointer_to(raw.at, key)};
      if (key != "path" && key != "headers") {
        out.json[key] = settle(entry, false).json;
        continue;
      }
      Expander fixed(reader_.document(), reader_.problems(), scope_, {});
      out.json[key] = fixed.expand(value, entry.at);
      for (const std::string& need : fixed.needs()) add_once(requires_, need);
      auto check = Expander::at_run(reader_.document(), reader_.problems());
      check.expand(out.json[key], entry.at);
    }
    return out;
  }

  void connections(Scenario& out) {
    for (const Node& place : {defaults_, node_}) {
      if (const auto raw = member(place, "connect")) {
        const Owned value = settle_connect(*raw);
        out.connect = parse_connect(reader_, value.node(), out.connect, {}, "'connect'");
      }
    }
    need_for(out.connect);
    const auto raw = member(node_, "connections");
    if (!raw) return;
    if (!(*raw)->is_object()) {
      reader_.wrong_type(*raw, "an object of groups");
      return;
    }
    std::uint64_t total = 1;
    for (const auto& [name, value] : (*raw)->items()) {
      const Owned group = settle_connect(Node{&value, pointer_to(raw->at, name)});
      if (!is_slug(name, false) || name == "main") {
        reader_.fail_key(*raw, name, "a group cannot be called '" + name + "'",
                         name == "main" ? "'main' is the connection that is always there" : "");
      }
      Group made;
      made.name = name;
      made.connect = parse_connect(reader_, group.node(), out.connect, {"count"}, "a group");
      need_for(made.connect);
      if (const auto count = member(group.node(), "count")) {
        made.count = reader_.natural(*count, kMaxConnections, 1);
      }
      total += made.count;
      out.groups.push_back(std::move(made));
    }
    if (!weighed_) out.weight = std::min(total, kMaxConnections);
  }

  void need_for(const ConnectOptions& options) {
    for (const std::string& need : needs_of_token(options.token)) add_once(requires_, need);
    if (options.tls.any()) add_once(requires_, "tls");
  }

  TolerateFor tolerance() {
    const auto value = inherited("tolerate_for", false);
    return value ? parse_tolerate_for(reader_, value->node()) : TolerateFor{};
  }

  void steps(Scenario& out) {
    auto context = std::make_shared<StepContext>();
    context->document = file_.document;
    context->triggers = shared_.triggers;
    for (const Group& group : out.groups) {
      context->groups.push_back(group.name);
      context->known_groups.insert(group.name);
    }
    context->tolerate_for = tolerance();
    const auto raw = member(node_, "steps");
    if (!raw) {
      reader_.fail(node_, "a scenario needs 'steps'");
      return;
    }
    if ((*raw)->is_array() && (*raw)->empty())
      reader_.fail(*raw, "a scenario needs at least one step");
    out.steps = load_steps(reader_, *raw, scope_, context, requires_);
  }

  const SuiteFile& file_;
  const Shared& shared_;
  Reader& reader_;
  Node node_;
  Node defaults_;
  std::vector<std::string> requires_;
  std::unordered_set<std::string> required_;  ///< what the scenario has of them
  Scope scope_;
  bool weighed_ = false;
};

}  // namespace

bool is_slug(std::string_view text, bool dots) {
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
                  (dots && c == '.');
         });
}

void load_suite(const SuiteFile& file, const Shared& shared, Tables& tables, ProblemList& problems,
                std::map<std::string, std::string>& names, std::vector<Scenario>& out) {
  Reader reader(*file.document, problems);
  const auto check_keys = [&](const Node& node, const std::vector<std::string>& known,
                              const char* what) {
    for (const auto& [key, value] : node->items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        reader.fail_key(node, key, "unknown key '" + key + "' in " + what, hint_for(key, known));
      }
    }
  };
  const Json none = Json::object();
  if (file.defaults.is_object()) {
    check_keys(Node{&file.defaults, "/defaults"}, default_keys(), "'defaults'");
    // Those with expressions wait for a scenario: its for_each may give their names a meaning.
    SuiteFile plain;
    plain.document = file.document;
    for (const auto& [key, value] : file.defaults.items()) {
      if (compact(value).find("${") == std::string::npos) plain.defaults[key] = value;
    }
    Maker(plain, shared, reader, Node{&none, ""}, none, {}).check_defaults();
  } else {
    reader.wrong_type(Node{&file.defaults, "/defaults"}, "an object");
  }
  if (!file.readable) return;
  const Json& list = file.json["scenarios"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Node node{&list[i], "/scenarios/" + std::to_string(i)};
    if (problems.full(file.document->text.name())) return;
    if (!node->is_object()) {
      reader.fail(node, std::string("a scenario must be an object, not ") + type_name(*node));
      continue;
    }
    check_keys(node, scenario_keys(), "a scenario");
    const int line = file.document->text.line_of_scenario(i);
    std::vector<std::string> requires_;
    const auto each = [&](const Json& variables) {
      Scenario made = Maker(file, shared, reader, node, variables, requires_).make();
      made.line = line;
      const std::string here = made.file + ":" + std::to_string(line);
      const auto [first, fresh] = names.emplace(made.name, here);
      if (!fresh && node->contains("id")) {
        reader.fail(Node{&(*node)["id"], node.at + "/id"},
                    "a second scenario is called '" + made.name + "'",
                    first->second == here ? "its 'for_each' values must be in the id"
                                          : "the first is at " + first->second);
      }
      out.push_back(std::move(made));
    };
    const auto loop = node->find("for_each");
    if (loop == node->end()) {
      each(none);
    } else {
      Scope scope;
      scope.params = &file.params;
      scope.suites = &shared.suites;
      scope.policies = shared.policies.is_null() ? nullptr : &shared.policies;
      scope.seed = shared.seed;
      const Node at{&*loop, node.at + "/for_each"};
      const std::size_t room = shared.max_scenarios - std::min(shared.max_scenarios, out.size());
      if (unroll(reader, at, scope, tables, std::min(room, kMaxUnrolled), requires_, each))
        continue;
      reader.fail(at, room < kMaxUnrolled ? "all suites together make more than " +
                                                std::to_string(shared.max_scenarios) + " scenarios"
                                          : "'for_each' makes more than 10000 scenarios");
    }
  }
}

}  // namespace wsspec::loader
