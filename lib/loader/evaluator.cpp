// The arithmetic of ${...}.
#include "loader/evaluator.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace wsspec::loader {
namespace {

constexpr int kMaxLookups = 10000;
constexpr int kMaxNesting = 50;

}  // namespace

Evaluator::Value Evaluator::evaluate() {
  Value out = sum();
  skip();
  if (!failed_ && pos_ < text_.size()) {
    fail("'" + std::string(text_.substr(pos_)) + "' is not understood in this expression",
         "names, members, whole numbers, + - * / % and parentheses");
  }
  return failed_ ? Value{wildcard(), {}} : out;
}

void Evaluator::fail(std::string what, std::string hint) {
  if (!failed_) {
    owner_.problems_.add(owner_.document_.problem(at_, JsonText::Part::value, std::move(what),
                                                  std::move(hint), needle_));
  }
  failed_ = true;
}

void Evaluator::skip() {
  while (pos_ < text_.size() && text_[pos_] == ' ') ++pos_;
}

bool Evaluator::eat(char c) {
  skip();
  if (pos_ >= text_.size() || text_[pos_] != c) return false;
  ++pos_;
  return true;
}

Evaluator::Value Evaluator::sum() {
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

Evaluator::Value Evaluator::product() {
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

Evaluator::Value Evaluator::unary() {
  if (++nesting_ > kMaxNesting) {
    fail("this expression is nested too deeply");
    return {};
  }
  Value out = eat('-') ? apply('-', Value{Json(0), {}}, unary()) : primary();
  --nesting_;
  return out;
}

Evaluator::Value Evaluator::primary() {
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

std::string Evaluator::word() {
  const std::size_t start = pos_;
  while (pos_ < text_.size() && name_part(text_[pos_])) ++pos_;
  return std::string(text_.substr(start, pos_ - start));
}

// "[...]" after a name: the member whose name (or number) the expression inside gives. False: it
// is not known, or no name.
bool Evaluator::bracket(Path& path) {
  const Value inner = sum();
  if (failed_) return false;
  if (!eat(']')) {
    fail("']' is missing in this expression");
    return false;
  }
  if (!inner.late.empty()) {
    fail("'" + inner.late + "' is known only while a scenario runs; it cannot choose a member");
    return false;
  }
  if (is_wildcard(inner.json)) return false;
  if (inner.json.is_string()) {
    path.push_back(inner.json.get<std::string>());
  } else if (inner.json.is_number_integer()) {
    path.push_back(inner.json.dump());
  } else {
    fail(std::string("a name or a whole number is wanted in [ ], not ") + type_name(inner.json));
    return false;
  }
  return true;
}

Evaluator::Value Evaluator::reference() {
  const std::size_t start = pos_;
  Path path{word()};
  bool known = true;
  bool brackets = false;
  while (pos_ < text_.size() && (text_[pos_] == '.' || text_[pos_] == '[')) {
    if (text_[pos_++] == '[') {
      brackets = true;
      if (!bracket(path)) known = false;
      if (failed_) return {};
      continue;
    }
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
  if (!known) return {wildcard(), {}};
  if (brackets && path[0] == "capture") {
    fail("what was captured has members with a point only");
    return {};
  }
  return look_up(path, std::string(text_.substr(start, pos_ - start)));
}

Evaluator::Value Evaluator::apply(char op, const Value& left, const Value& right) {
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

}  // namespace wsspec::loader
