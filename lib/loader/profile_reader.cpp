// A target profile: the file, then --set on top, then expressions, then the parts.
#include "scenario/profile.h"

#include <algorithm>

#include "loader/late.h"
#include "loader/load.h"
#include "loader/parse.h"
#include "loader/policy.h"
#include "loader/suite.h"

namespace wsspec::scenario {

struct LateProfile {
  std::shared_ptr<const loader::Document> document;
  Json message, carrier;  ///< template text; null: nothing in it waits for the run
};

}  // namespace wsspec::scenario

namespace wsspec::loader {

namespace {

constexpr std::uint64_t kMaxHarmless = 1u << 20;
constexpr std::uint64_t kMaxCarrier = 64u << 10;

HarmlessMessage parse_message(Reader& reader, const Node& node) {
  HarmlessMessage out;
  Members members(reader, node, "'message'");
  if (const auto value = members.need("send")) {
    out.send = parse_item(reader, *value);
    const Item::Kind kind = out.send.kind;
    if (kind != Item::Kind::text && kind != Item::Kind::binary) {
      reader.fail(*value, "a message is 'text' or 'binary'");
    } else if (out.send.chop || out.send.hold || out.send.fault) {
      reader.fail(*value, "a harmless message has no 'chop', 'hold' or 'fault'");
    } else if (out.send.payload.length() > kMaxHarmless) {
      reader.fail(*value, "a harmless message has at most 1 MiB");
    }
    out.send.carrier = false;
  }
  if (const auto value = members.take("reply")) out.reply = parse_message_rule(reader, *value);
  members.finish();
  return out;
}

Carrier parse_carrier(Reader& reader, const Node& node) {
  Carrier out;
  Members members(reader, node, "'carrier'");
  if (const auto value = members.take("prefix")) out.prefix = parse_payload(reader, *value);
  if (const auto value = members.take("suffix")) out.suffix = parse_payload(reader, *value);
  if (const auto value = members.take("escape")) {
    out.json = reader.string(*value) == "json";
    if (!out.json && !value->wild()) reader.fail(*value, "'escape' takes only \"json\"");
  }
  if (const auto value = members.take("length")) {
    Members field(reader, *value, "'length'");
    out.length = parse_length_field(reader, field);
    if (const auto at = field.take("at")) out.length->at = reader.natural(*at, out.prefix.length());
    field.finish();
  }
  if (out.length && out.prefix.length() + out.suffix.length() > kMaxCarrier)
    reader.fail(node, "a carrier with a length has at most 64 KiB");
  members.finish();
  return out;
}

void normalise_policies(Json& root) {
  const auto policies = root.find("policy");
  if (policies == root.end() || !policies->is_object()) return;
  for (auto& [key, value] : policies->items()) value = policy_object(std::move(value));
}

void apply(const Setting& setting, Json& root, Document& document, ProblemList& problems) {
  Json value = Json::parse(setting.value, nullptr, false);
  if (value.is_discarded()) value = setting.value;
  Json* place = &root;
  std::string at;
  std::size_t pos = 0;
  while (true) {
    const std::size_t dot = setting.name.find('.', pos);
    const std::string name = setting.name.substr(pos, dot - pos);
    if (place->is_null()) *place = Json::object();
    if (!place->is_object() || name.empty()) {
      Problem problem;
      problem.file = "--set " + setting.name;
      problem.what = name.empty() ? "a name is missing"
                                  : "'" + last_token(at) + "' is " + type_name(*place) +
                                        " and has no member '" + name + "'";
      problems.add(std::move(problem));
      return;
    }
    place = &(*place)[name];
    at = pointer_to(at, name);
    if (dot == std::string::npos) break;
    pos = dot + 1;
  }
  *place = std::move(value);
  document.settings[at] = setting.name;
}

class ProfileReader {
 public:
  ProfileReader(std::shared_ptr<const Document> document, Json& root, ProblemList& problems)
      : document_(std::move(document)), reader_(*document_, problems), root_(root) {}

  Profile read() {
    Members members(reader_, Node{&root_, ""}, "a target profile");
    if (!members.ok()) return {};
    members.know({"$schema"});
    policies(members);
    scope_.policies = &policies_;
    scope_.seed = document_->seed;

    if (const auto value = settled(members.take("url"))) out_.url = reader_.string(value->node());
    if (const auto raw = members.take("headers")) {
      const Owned value = fixed(*raw);
      auto check = Expander::at_run(*document_, reader_.problems());
      check.expand(value.json, value.at);
      out_.headers = parse_headers(reader_, value.node());
      root_["headers"] = value.json;
    }
    if (const auto value = settled(members.take("subprotocols"))) {
      out_.subprotocols = reader_.strings(value->node());
    }
    if (const auto value = settled(members.take("tls"))) tls(value->node());
    if (const auto value = settled(members.take("chatty"))) {
      out_.chatty = reader_.boolean(value->node());
    }
    if (const auto value = settled(members.take("stream"))) {
      out_.stream = reader_.boolean(value->node());
    }
    late_ = std::make_shared<LateProfile>();
    late_->document = document_;
    if (const auto raw = members.take("message")) message(*raw);
    if (const auto raw = members.take("carrier")) carrier(*raw);
    out_.late = late_;
    if (const auto value = settled(members.take("capabilities"))) capabilities(value->node());

    context_ = std::make_shared<StepContext>();
    context_->document = document_;
    const auto triggers = members.take("triggers");
    context_->triggers.emplace();
    if (triggers && (*triggers)->is_object()) {
      for (const auto& [name, steps] : (*triggers)->items()) {
        out_.triggers[name] = this->steps(Node{&steps, pointer_to(triggers->at, name)});
        context_->triggers->push_back(name);
      }
    } else if (triggers) {
      reader_.wrong_type(*triggers, "an object of names and lists of steps");
    }
    if (const auto raw = members.take("prologue")) out_.prologue = steps(*raw);
    members.finish();
    root_["policy"] = policies_;
    out_.json = compact(root_);
    out_.environment.assign(document_->environment.begin(), document_->environment.end());
    return std::move(out_);
  }

 private:
  void undeclared(const Node& node, const std::string& need) {
    reader_.fail(node, "this needs '" + need + "', which the profile does not declare");
  }

  Owned fixed(const Node& raw) {
    Expander expander(*document_, reader_.problems(), scope_, {});
    Owned out{expander.expand(*raw, raw.at), raw.at};
    if (expander.missing()) undeclared(raw, *expander.needs().rbegin());
    return out;
  }

  std::optional<Owned> settled(const std::optional<Node>& raw) {
    if (!raw) return std::nullopt;
    Owned out = fixed(*raw);
    root_[last_token(raw->at)] = out.json;
    auto final = Expander::settled(*document_, reader_.problems());
    out.json = final.expand(out.json, out.at);
    return out;
  }

  void policies(Members& members) {
    const auto raw = members.take("policy");
    if (!raw) return;
    if (!(*raw)->is_object()) {
      reader_.wrong_type(*raw, "an object of policies");
      return;
    }
    scope_.policies = raw->json;
    const Owned value = fixed(*raw);
    for (const auto& [key, json] : value.json.items()) {
      if (!find_policy_key(key)) {
        reader_.fail_key(*raw, key, "unknown policy '" + key + "'",
                         hint_for(key, policy_key_names()));
        continue;
      }
      const std::string at = pointer_to(raw->at, key);
      if ((**raw)[key].is_object() && (**raw)[key].contains("limit") &&
          find_policy_key(key)->type == "object") {
        reader_.fail(Node{&json, at}, "policy '" + key + "' has no limit",
                     "its members: " + std::string(find_policy_key(key)->members));
        continue;
      }
      Json policy = json;
      out_.policies[key] = parse_policy(reader_, key, policy, at);
      if (key == "token") token(policy, at);
      policies_[key] = std::move(policy);
    }
  }

  void token(const Json& policy, const std::string& at) {
    if (!policy.is_object()) return;
    if (const auto valid = policy.find("valid"); valid != policy.end()) {
      out_.token_valid = valid->is_string()   ? valid->get<std::string>()
                         : valid->is_number() ? valid->dump()
                                              : "";
    }
    if (const auto expired = policy.find("expired"); expired != policy.end())
      if (expired->is_string()) out_.token_expired = expired->get<std::string>();
    if (const auto wrong = policy.find("wrong"); wrong != policy.end() && wrong->is_array())
      for (const Json& one : *wrong)
        out_.token_wrong.push_back(one.is_string() ? one.get<std::string>() : "");
    const auto send = policy.find("send");
    if (send == policy.end()) return;
    auto final = Expander::settled(*document_, reader_.problems());
    const Json json = final.expand(*send, at + "/send");
    const Node node{&json, at + "/send"};
    using Kind = TokenPlace::Kind;
    static const std::vector<std::string> kinds = {"header", "query", "cookie", "subprotocol",
                                                   "message"};
    const auto kind = one_kind(reader_, node, kinds, {"value"}, "'send'");
    if (!kind) return;
    TokenPlace place;
    place.kind = static_cast<Kind>(std::find(kinds.begin(), kinds.end(), *kind) - kinds.begin());
    place.format = "${token}";
    Members members(reader_, node, "'send'");
    const Node value = *members.take(*kind);
    switch (place.kind) {
      case Kind::header:
        place.name = reader_.string(value);
        if (const auto format = members.take("value")) place.format = reader_.string(*format);
        break;
      case Kind::query:
      case Kind::cookie:
        place.name = reader_.string(value);
        break;
      case Kind::subprotocol:
        place.format = reader_.string(value);
        break;
      case Kind::message: {
        const Payload payload = parse_payload(reader_, value);
        const wire::OctetVector octets = payload.head(64 * 1024);
        place.format.assign(octets.begin(), octets.end());
        break;
      }
    }
    members.finish();
    const bool shaped = place.kind == Kind::subprotocol || place.kind == Kind::message ||
                        place.kind == Kind::header;
    if (shaped && place.format.find("${token}") == std::string::npos) {
      reader_.fail(node, "the token's place is not marked", "write ${token} where it goes");
    }
    out_.token_place = std::move(place);
  }

  void tls(const Node& node) {
    Members members(reader_, node, "'tls'");
    if (const auto value = members.take("insecure")) out_.tls.insecure = reader_.boolean(*value);
    for (const auto& [name, place] : {std::pair{"cacert", &out_.tls.cacert},
                                      {"cert", &out_.tls.cert},
                                      {"key", &out_.tls.key}}) {
      const auto value = members.take(name);
      if (!value) continue;
      *place = reader_.string(*value);
      // A file of the profile stands beside it, one of --set where the user is.
      const bool set =
          document_->settings.contains(value->at) || document_->settings.contains(node.at);
      if (!place->empty() && !set) *place = (document_->folder() / *place).string();
    }
    members.finish();
  }

  // Read with stand-ins now; what waits for the run is kept as template text.
  Json stood_in(const Node& raw, Json& late) {
    const Owned value = fixed(raw);
    root_[last_token(raw.at)] = value.json;
    auto expander = Expander::at_run(*document_, reader_.problems());
    Json out = expander.expand(value.json, value.at);
    if (expander.late()) late = value.json;
    return out;
  }

  bool counts(const Json& json) {
    ProblemList ignored;
    auto expander = Expander::at_run(*document_, ignored);
    expander.expand(json, "");
    return expander.counted();
  }

  void message(const Node& raw) {
    const Json json = stood_in(raw, late_->message);
    out_.message = parse_message(reader_, Node{&json, raw.at});
    const Json& late = late_->message;
    out_.message->late = !late.is_null();
    if (!late.is_object() || !late.contains("send") || !late.contains("reply")) return;
    out_.message->numbered = counts(late["send"]) && counts(late["reply"]);
  }

  void carrier(const Node& raw) {
    const Json json = stood_in(raw, late_->carrier);
    out_.carrier = parse_carrier(reader_, Node{&json, raw.at});
    ProblemList ignored;
    auto expander = Expander::at_run(*document_, ignored);
    expander.expand(late_->carrier, raw.at);
    out_.carrier->numbered = expander.numbered();
    out_.carrier->sized = expander.sized();
  }

  void capabilities(const Node& node) {
    Members members(reader_, node, "'capabilities'");
    for (const char* name : {"echo", "binary", "broadcast", "deflate", "ping", "subprotocol"}) {
      if (const auto value = members.take(name)) out_.capabilities[name] = reader_.boolean(*value);
    }
    members.finish();
  }

  std::vector<Step> steps(const Node& raw) {
    std::vector<std::string> needs;
    std::vector<Step> out = load_steps(reader_, raw, scope_, context_, needs);
    for (const std::string& need : needs) {
      const std::size_t dot = need.find('.');
      if (dot == std::string::npos) continue;  // a capability: a profile's steps know their target
      const std::string name = need.substr(dot + 1);
      if (need.compare(0, dot, "trigger") == 0) {
        reader_.fail(raw, "there is no trigger '" + name + "' before this",
                     hint_for(name, *context_->triggers));
      } else if (!policies_.contains(name)) {
        undeclared(raw, need);
      }
    }
    return out;
  }

  std::shared_ptr<const Document> document_;
  Reader reader_;
  Json& root_;
  Scope scope_;
  Json policies_ = Json::object();
  std::shared_ptr<StepContext> context_;
  std::shared_ptr<LateProfile> late_;
  Profile out_;
};

template <class Part>
Result<Part> resolved(const LateProfile& late, const Json& json, const std::string& at,
                      const RunValues& values, Part (*parse)(Reader&, const Node&)) {
  ProblemList problems;
  auto expander = Expander::at_run(*late.document, problems, &values);
  const Json filled = expander.expand(json, at);
  Reader reader(*late.document, problems);
  Part out = parse(reader, Node{&filled, at});
  if (!problems.empty()) return tl::make_unexpected(problems.first());
  return out;
}

}  // namespace

const std::vector<std::string>& profile_key_names() {
  static const std::vector<std::string> keys = {
      "url",     "headers", "subprotocols", "tls",      "prologue", "message",
      "carrier", "chatty",  "stream",       "triggers", "policy",   "capabilities"};
  return keys;
}

Result<HarmlessMessage> resolve_message(const Profile& profile, const RunValues& values) {
  if (!profile.late || profile.late->message.is_null()) return *profile.message;
  auto out = resolved(*profile.late, profile.late->message, "/message", values, parse_message);
  if (out) out->numbered = profile.message->numbered;
  return out;
}

Result<Carrier> resolve_carrier(const Profile& profile, const RunValues& values) {
  if (!carrier_is_late(profile)) return *profile.carrier;
  auto out = resolved(*profile.late, profile.late->carrier, "/carrier", values, parse_carrier);
  const Carrier& declared = *profile.carrier;
  if (!out || (!declared.numbered && !declared.sized)) return out;
  out->numbered = declared.numbered;
  out->sized = declared.sized;
  out->of_message = [late = profile.late, numbers = RunValues(values)](
                        std::uint64_t n, std::uint64_t octets) mutable {
    numbers.n = static_cast<std::int64_t>(n);
    numbers.payload_octets = static_cast<std::int64_t>(octets);
    // It was resolved before, with other numbers.
    return resolved(*late, late->carrier, "/carrier", numbers, parse_carrier).value_or(Carrier{});
  };
  return out;
}

bool carrier_is_late(const Profile& profile) {
  return profile.late && !profile.late->carrier.is_null();
}

bool is_profile_setting(std::string_view name) {
  const auto& keys = profile_key_names();
  const auto dot = name.find('.');
  if (std::find(keys.begin(), keys.end(), name.substr(0, dot)) == keys.end()) return false;
  // `policy` is also a suite: what is no policy key is one of that suite's parameters.
  if (name.substr(0, dot) != "policy" || dot == std::string_view::npos) return true;
  const auto key = name.substr(dot + 1, name.find('.', dot + 1) - dot - 1);
  return find_policy_key(std::string(key)) != nullptr;
}

ProfileOutput load_profile(const Source& source, const std::vector<Setting>& settings) {
  ProfileOutput out;
  ProblemList problems;
  auto document = std::make_shared<Document>();
  document->text = JsonText(source.name, source.text);
  document->built_in = source.built_in;
  Json root = Json::object();
  if (source.text.empty() || document->text.parse(root, problems)) {
    if (root.is_object()) {
      normalise_policies(root);
      for (const Setting& setting : settings) {
        if (!is_profile_setting(setting.name)) continue;
        apply(setting, root, *document, problems);
        normalise_policies(root);
      }
    }
    out.profile = ProfileReader(document, root, problems).read();
  }
  out.problems = problems.take();
  return out;
}

}  // namespace wsspec::loader
