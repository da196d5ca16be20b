// The evaluator of ${...}: integers with + - * / % and parentheses, names with members.
#include "scenario/expression.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "scenario/policy.h"

namespace wsspec::scenario {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;
constexpr int kMaxLookups = 10000;
constexpr int kMaxDepth = 16;

bool name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
}
bool name_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// "${x}" -> "x" when the text is one expression and nothing else.
std::optional<std::string> lone(const std::string& text) {
  if (text.size() < 4 || text.compare(0, 2, "${") != 0 || text.find('}') != text.size() - 1) {
    return std::nullopt;
  }
  return text.substr(2, text.size() - 3);
}

std::string escape_text(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "${") == 0) out += '$';
    out += text[i];
  }
  return out;
}

}  // namespace

const std::vector<std::string>& reserved_names() {
  static const std::vector<std::string> names = {"i",   "conn",   "nonce", "capture",
                                                 "env", "policy", "seed"};
  return names;
}

bool is_name(std::string_view text) {
  return !text.empty() && name_start(text[0]) && std::all_of(text.begin(), text.end(), name_part);
}

Json escaped(Json json) {
  if (json.is_string()) return escape_text(json.get_ref<const std::string&>());
  if (json.is_structured()) {
    for (Json& member : json) member = escaped(std::move(member));
  }
  return json;
}

/// One expression: recursive descent over the text between "${" and "}".
class Evaluator {
 public:
  /// A value, or the text of an expression that waits for the run.
  struct Value {
    Json json;
    std::string late;
  };

  Evaluator(Expander& owner, std::string_view text, const std::string& at, std::string_view needle)
      : owner_(owner), text_(text), at_(at), needle_(needle) {}

  Value evaluate() {
    Value out = sum();
    skip();
    if (!failed_ && pos_ < text_.size()) {
      fail("'" + std::string(text_.substr(pos_)) + "' is not understood in this expression",
           "names, members, whole numbers, + - * / % and parentheses");
    }
    return failed_ ? Value{wildcard(), {}} : out;
  }

 private:
  using Stage = Expander::Stage;

  void fail(std::string what, std::string hint = {}) {
    if (!failed_) {
      owner_.problems_.add(owner_.document_.problem(at_, JsonText::Part::value, std::move(what),
                                                    std::move(hint), needle_));
    }
    failed_ = true;
  }

  void skip() {
    while (pos_ < text_.size() && text_[pos_] == ' ') ++pos_;
  }
  bool eat(char c) {
    skip();
    if (pos_ >= text_.size() || text_[pos_] != c) return false;
    ++pos_;
    return true;
  }

  Value sum() {
    Value left = product();
    while (!failed_) {
      if (eat('+')) {
        left = apply('+', left, product());
      } else if (eat('-')) {
        left = apply('-', left, product());
      } else {
        break;
      }
    }
    return left;
  }

  Value product() {
    Value left = unary();
    while (!failed_) {
      char op = 0;
      for (const char c : {'*', '/', '%'}) {
        if (op == 0 && eat(c)) op = c;
      }
      if (op == 0) break;
      left = apply(op, left, unary());
    }
    return left;
  }

  Value unary() {
    if (++nesting_ > 50) {
      fail("this expression is nested too deeply");
      return {};
    }
    Value out = eat('-') ? apply('-', Value{Json(0), {}}, unary()) : primary();
    --nesting_;
    return out;
  }

  Value primary() {
    skip();
    if (eat('(')) {
      Value inner = sum();
      if (!failed_ && !eat(')')) fail("')' is missing in this expression");
      return inner;
    }
    if (pos_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[pos_]))) {
      std::uint64_t value = 0;
      const auto [end, error] =
          std::from_chars(text_.data() + pos_, text_.data() + text_.size(), value);
      if (error != std::errc{}) fail("this number needs more than 64 bits");
      pos_ = static_cast<std::size_t>(end - text_.data());
      return {Json(value), {}};
    }
    if (pos_ < text_.size() && name_start(text_[pos_])) return reference();
    fail(text_.find_first_not_of(' ') == std::string_view::npos
             ? "an empty expression"
             : "a name or a number is missing in this expression",
         "a literal ${ is written $${");
    return {};
  }

  std::string word() {
    const std::size_t start = pos_;
    while (pos_ < text_.size() && name_part(text_[pos_])) ++pos_;
    return std::string(text_.substr(start, pos_ - start));
  }

  Value reference() {
    const std::size_t start = pos_;
    std::vector<std::string> path{word()};
    while (pos_ < text_.size() && text_[pos_] == '.') {
      ++pos_;
      path.push_back(word());
      if (path.back().empty()) {
        fail("a name must follow the point in this expression");
        return {};
      }
    }
    if (++owner_.lookups_ > kMaxLookups) {
      fail("too many parameters refer to each other here");
      return {};
    }
    return look_up(path, std::string(text_.substr(start, pos_ - start)));
  }

  Value look_up(const std::vector<std::string>& path, const std::string& text) {
    const std::string& root = path[0];
    if (root == "i" || root == "conn" || root == "nonce" || root == "capture")
      return run_time(path, text);
    if (root == "env") return environment(path, text);
    if (root == "policy") return policy(path, text);
    const Scope& scope = owner_.scope_;
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

  Value parameter(const Json& value, const std::vector<std::string>& path, std::size_t next) {
    if (owner_.depth_ >= kMaxDepth) {
      fail("parameter '" + path[next - 1] + "' refers to itself");
      return {};
    }
    ++owner_.depth_;
    const Json expanded = owner_.expand(value, at_);
    --owner_.depth_;
    return walk(expanded, path, next);
  }

  Value run_time(const std::vector<std::string>& path, const std::string& text) {
    owner_.late_ = true;
    if (path[0] == "i") owner_.counted_ = true;
    const bool capture = path[0] == "capture";
    if (capture && path.size() == 1) {
      fail("a name must follow 'capture'",
           "${capture.NAME}, as in \"capture\": {\"NAME\": \"/id\"}");
      return {};
    }
    if (!capture && path.size() > 1) {
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
    if (!capture) {
      return {Json(!values ? 0 : path[0] == "i" ? values->i : values->conn), {}};
    }
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

  Value environment(const std::vector<std::string>& path, const std::string& text) {
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
    return {Json(owner_.options_.stage == Stage::fixed ? escape_text(found) : found), {}};
  }

  Value policy(const std::vector<std::string>& path, const std::string& text) {
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
    if (!declared) {
      owner_.missing_ = true;
      return {wildcard(), {}};
    }
    const Json& value = (*policies)[key];
    const bool empty = path.size() > 2 && value.contains(path[2]) && value[path[2]].is_array() &&
                       value[path[2]].empty();
    if (path.size() > 2 && (!value.contains(path[2]) || empty)) {
      owner_.needs_.insert("policy." + key + "." + path[2]);
      owner_.missing_ = true;
      return {wildcard(), {}};
    }
    return walk(value, path, 2);
  }

  // Follows path[next...] into a value.
  Value walk(const Json& value, const std::vector<std::string>& path, std::size_t next) {
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
    if (value.is_array() && std::isdigit(static_cast<unsigned char>(member[0]))) {
      std::size_t index = 0;
      const auto [end, error] =
          std::from_chars(member.data(), member.data() + member.size(), index);
      if (error == std::errc{} && end == member.data() + member.size() && index < value.size()) {
        return walk(value[index], path, next + 1);
      }
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

  Value settled(const Json& value) const {
    if (owner_.options_.stage == Stage::fixed && value.is_string()) {
      if (const auto inner = lone(value.get_ref<const std::string&>())) return {Json(), *inner};
    }
    return {value, {}};
  }

  Value apply(char op, const Value& left, const Value& right) {
    if (failed_) return {};
    for (const Value* operand : {&left, &right}) {
      if (!operand->late.empty() || is_wildcard(operand->json)) continue;
      if (!operand->json.is_number_integer()) {
        fail(std::string("'") + op + "' needs whole numbers, not " + type_name(operand->json));
        return {};
      }
      if (operand->json.is_number_unsigned() &&
          operand->json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
        fail("this expression goes beyond 64 bits");
        return {};
      }
    }
    if (is_wildcard(left.json) || is_wildcard(right.json)) return {wildcard(), {}};
    if (!left.late.empty() || !right.late.empty()) {
      const auto text = [](const Value& value) {
        if (!value.late.empty()) return value.late;
        const std::string number = value.json.dump();
        return number[0] == '-' ? "(" + number + ")" : number;
      };
      return {Json(), "(" + text(left) + " " + op + " " + text(right) + ")"};
    }
    const auto a = left.json.get<std::int64_t>();
    const auto b = right.json.get<std::int64_t>();
    std::int64_t out = 0;
    bool overflow = false;
    if (op == '+') {
      overflow = __builtin_add_overflow(a, b, &out);
    } else if (op == '-') {
      overflow = __builtin_sub_overflow(a, b, &out);
    } else if (op == '*') {
      overflow = __builtin_mul_overflow(a, b, &out);
    } else if (b == 0) {
      fail("division by zero");
      return {};
    } else if (a == INT64_MIN && b == -1) {
      overflow = true;
    } else {
      out = op == '/' ? a / b : a % b;
    }
    if (overflow) fail("this expression goes beyond 64 bits");
    return {Json(out), {}};
  }

  Expander& owner_;
  std::string_view text_;
  const std::string& at_;
  std::string_view needle_;
  std::size_t pos_ = 0;
  int nesting_ = 0;
  bool failed_ = false;
};

Json Expander::expand(const Json& json, const std::string& at) {
  if (json.is_string()) {
    const std::string& text = json.get_ref<const std::string&>();
    return text.find("${") == std::string::npos ? json : expand_string(text, at);
  }
  if (json.is_object()) {
    Json out = Json::object();
    for (const auto& [key, value] : json.items()) out[key] = expand(value, pointer_to(at, key));
    return out;
  }
  if (json.is_array()) {
    Json out = Json::array();
    for (std::size_t i = 0; i < json.size(); ++i) {
      out.push_back(expand(json[i], at + "/" + std::to_string(i)));
    }
    return out;
  }
  return json;
}

Json Expander::expand_string(const std::string& text, const std::string& at) {
  // ${path} and ${key} of a raw handshake, and ${token} of token.send, belong to the engine.
  const auto engines = [&](const std::string& name) {
    const auto ends = [&](std::string_view tail) {
      return at.size() >= tail.size() &&
             std::string_view(at).substr(at.size() - tail.size()) == tail;
    };
    if (name == "path" || name == "key") return ends("/handshake/raw");
    return name == "token" && at.compare(0, 18, "/policy/token/send") == 0;
  };

  std::string out;
  bool any = false;  // a part is a wildcard: so is the whole
  std::size_t pos = 0;
  while (pos < text.size()) {
    if (text.compare(pos, 3, "$${") == 0) {
      out += options_.stage == Stage::fixed ? "$${" : "${";
      pos += 3;
      continue;
    }
    if (text.compare(pos, 2, "${") != 0) {
      out += text[pos++];
      continue;
    }
    const std::size_t end = text.find('}', pos);
    const std::string whole = text.substr(pos, end == std::string::npos ? end : end - pos + 1);
    if (end == std::string::npos) {
      problems_.add(document_.problem(at, JsonText::Part::value, "this expression has no '}'",
                                      "a literal ${ is written $${", "${"));
      return wildcard();
    }
    const std::string inner = whole.substr(2, whole.size() - 3);
    if (engines(inner)) {
      out += whole;
      pos = end + 1;
      continue;
    }
    Evaluator::Value value = Evaluator(*this, inner, at, whole).evaluate();
    if (!value.late.empty()) {
      out += "${" + value.late + "}";
    } else if (is_wildcard(value.json) && options_.wildcard_as_text) {
      out += "any";
    } else if (pos == 0 && end + 1 == text.size()) {
      return std::move(value.json);
    } else if (is_wildcard(value.json)) {
      any = true;
    } else {
      out +=
          value.json.is_string() ? value.json.get_ref<const std::string&>() : compact(value.json);
    }
    if (out.size() > kMaxText) {
      problems_.add(document_.problem(at, JsonText::Part::value, "the text is longer than 1 MiB",
                                      "long payloads are made with repeat or cycle"));
      return wildcard();
    }
    pos = end + 1;
  }
  return any ? wildcard() : Json(std::move(out));
}

}  // namespace wsspec::scenario
