// ${...}: the evaluator says what a plain one of 128 bits says, and it does not matter whether a
// value is known when the file is loaded or only when the step runs.
//
// Off the end: the value of ${conn}. The rest is the text between the braces.
#include "loader/expression.h"

#include <cctype>
#include <optional>

#include "fuzz.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;
using loader::Expander;
using scenario::compact;
using scenario::Json;

namespace {

__extension__ typedef __int128 Wide;

/// The grammar once more, for texts of numbers and signs. nullopt: no such text, or an operation
/// beyond 64 bits with sign. (A number alone may have 64 without.)
class Plain {
 public:
  explicit Plain(std::string_view text) : text_(text) {}
  std::optional<std::string> value() {
    const Wide out = sum();
    spaces();
    if (bad_ || at_ != text_.size()) return std::nullopt;
    return out < 0 ? std::to_string(static_cast<std::int64_t>(out))
                   : std::to_string(static_cast<std::uint64_t>(out));
  }

 private:
  char next() {
    spaces();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  Wide checked(Wide n) {
    if (n > INT64_MAX || n < INT64_MIN) bad_ = true;
    return bad_ ? 0 : n;
  }
  Wide sum() {
    Wide out = product();
    while (!bad_ && (next() == '+' || next() == '-'))
      out = text_[at_++] == '+' ? checked(checked(out) + checked(product()))
                                : checked(checked(out) - checked(product()));
    return out;
  }
  Wide product() {
    Wide out = unary();
    while (!bad_ && (next() == '*' || next() == '/' || next() == '%')) {
      const char op = text_[at_++];
      const Wide right = checked(unary());
      out = checked(out);
      if (op != '*' && right == 0) bad_ = true;
      if (bad_) return 0;
      if (op == '%' && right == -1 && out == INT64_MIN) bad_ = true;  // as the division
      out = checked(op == '*' ? out * right : op == '/' ? out / right : out % right);
    }
    return out;
  }
  Wide unary() {
    if (++depth_ > 50) bad_ = true;
    if (bad_) return 0;
    Wide out;
    if (next() == '-') {
      ++at_;
      out = checked(-checked(unary()));
    } else {
      out = primary();
    }
    --depth_;
    return out;
  }
  Wide primary() {
    if (next() == '(') {
      ++at_;
      const Wide out = sum();
      if (next() != ')') bad_ = true;
      ++at_;
      return out;
    }
    if (std::isdigit(static_cast<unsigned char>(next())) == 0) bad_ = true;
    Wide out = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (!bad_ && (out = out * 10 + (text_[at_] - '0')) > UINT64_MAX) bad_ = true;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool bad_ = false;
};

struct Worked {
  Json json;
  bool good = false;
};

/// Both stages, as for a step that runs.
Worked work_out(const std::string& text, std::int64_t conn) {
  static const Json kParams = Json::parse(
      R"({"n": 3, "big": 9223372036854775807, "list": [1, "x", [2]], "o": {"a": {"b": -4}},
          "up": "${n * 2}", "late": "${conn}", "loop": "${loop}", "text": "a ${n} b"})");
  loader::Document document;
  document.text = loader::JsonText("fuzz.json", compact(Json::array({text})));
  loader::ProblemList problems;
  loader::Scope scope;
  scope.params = &kParams;
  Expander fixed(document, problems, scope, {});
  const Json first = fixed.expand(Json(text), "/0");
  if (!problems.empty()) return {};
  const scenario::RunValues values{0, conn, {{"x", "[5]"}}};
  const loader::Scope no_names;
  Expander stand_in(document, problems, no_names, {Expander::Stage::run, nullptr, false, false});
  (void)stand_in.expand(first, "/0");
  problems.take();  // 0 for ${conn} may divide
  Expander run(document, problems, no_names, {Expander::Stage::run, &values, false, false});
  Json out = run.expand(first, "/0");
  std::size_t expressions = 0;
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos; at += 2) ++expressions;
  expect(problems.size() <= expressions, "one expression has one problem");
  return {std::move(out), problems.empty()};
}

/// The name `conn` replaced by a number.
std::string with_number(const std::string& text, std::int64_t conn) {
  const auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && part(text[end])) ++end;
    if (end == at) ++end;
    const std::string word = text.substr(at, end - at);
    out += word == "conn" ? "(" + std::to_string(conn) + ")" : word;
    at = end;
  }
  return out;
}

}  // namespace

FUZZ_TARGET(expression) {
  const std::int64_t conn = input.octet();
  const std::string inner(input.text());
  if (inner.find_first_of("}${") != std::string::npos) {
    // More than one expression: only that nothing throws, and the result is text that can be shown.
    const Worked out = work_out(inner, conn);
    expect(!out.good || !compact(out.json).empty(), "a text with expressions is a value");
    return;
  }
  const std::string text = "${" + inner + "}";
  const Worked late = work_out(text, conn);
  const std::string known = "${" + with_number(inner, conn) + "}";
  const Worked early = work_out(known, conn);
  if (known.size() == text.size() || (late.good && early.good)) {
    expect(late.good == early.good, "a text is the same twice");
    if (late.good) expect_same(compact(late.json), compact(early.json), "late and early agree");
  }
  if (inner.find_first_not_of("0123456789+-*/%() ") != std::string::npos) return;
  const auto wanted = Plain(inner).value();
  expect(wanted.has_value() == late.good, "both understand the expression, or neither");
  if (wanted) expect_same(compact(late.json), *wanted, "both have the same value");
}
