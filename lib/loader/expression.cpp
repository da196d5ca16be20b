// Strings with ${...} in them, deep inside JSON; what stands between the braces is evaluator.h's.
#include "loader/expression.h"

#include <algorithm>

#include "loader/evaluator.h"

namespace wsspec::loader {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;
constexpr Scope kNoNames;  // template text: the fixed names are in it already

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

Expander Expander::at_run(const Document& document, ProblemList& problems, const RunValues* values,
                          bool hide_secrets) {
  return {document, problems, kNoNames, {Stage::run, values, hide_secrets, false}};
}

Expander Expander::settled(const Document& document, ProblemList& problems, bool wildcard_as_text) {
  return {document, problems, kNoNames, {Stage::final, nullptr, false, wildcard_as_text}};
}

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
  // ${path}, ${key}, ... of a handshake, and ${token} of token.send, belong to the engine.
  const auto engines = [&](const std::string& name) {
    const auto inside = [&](std::string_view part) { return at.find(part) != std::string::npos; };
    const auto& names = engine_names();
    if (std::find(names.begin(), names.end(), name) != names.end())
      return inside("/handshake/raw") || inside("/handshake/headers");
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

}  // namespace wsspec::loader
