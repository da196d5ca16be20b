// Where things stand in a JSON text, and how a line of it is shown.
#include "loader/json_text.h"

#include <algorithm>

#include "loader/json_parser.h"
#include "wire/utf8.h"

namespace wsspec::loader {

const char* type_name(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "true or false";
    default:
      return "a number";
  }
}

std::string pointer_to(const std::string& at, std::string_view key) {
  std::string out = at + "/";
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string last_token(std::string_view pointer) {
  const std::size_t slash = pointer.rfind('/');
  if (slash == std::string_view::npos) return {};
  std::string out;
  for (std::size_t i = slash + 1; i < pointer.size(); ++i) {
    if (pointer[i] == '~' && i + 1 < pointer.size()) {
      out += pointer[++i] == '1' ? '/' : '~';
    } else {
      out += pointer[i];
    }
  }
  return out;
}

bool JsonText::parse(Json& out, ProblemList& problems) const {
  if (const auto fault = wire::check_utf8(wire::as_octets(text_))) {
    problems.add(problem_at(fault->at, "the file is not UTF-8 here", ""));
    return false;
  }
  scenarios_.clear();
  return parse_json(*this, out, {.problems = &problems, .scenarios = &scenarios_});
}

const JsonText::Place& JsonText::place(std::string pointer) const {
  if (places_.empty()) {
    Json ignored;
    parse_json(*this, ignored, {.index = &places_});
    places_.emplace("", Place{});
  }
  while (true) {
    if (const auto found = places_.find(pointer); found != places_.end()) return found->second;
    const std::size_t slash = pointer.rfind('/');
    pointer.resize(slash == std::string::npos ? 0 : slash);
  }
}

Problem JsonText::problem(const std::string& pointer, Part part, std::string what, std::string hint,
                          std::string_view needle) const {
  const Place& found = place(pointer);
  std::size_t offset =
      part == Part::key && found.key != std::string::npos ? found.key : found.value;
  if (!needle.empty()) {
    const std::string_view token =
        std::string_view(text_).substr(found.value, found.end - found.value);
    if (const std::size_t inside = token.find(needle); inside != std::string_view::npos) {
      offset = found.value + inside;
    }
  }
  return problem_at(offset, std::move(what), std::move(hint));
}

Problem JsonText::problem_at(std::size_t offset, std::string what, std::string hint) const {
  Problem out;
  out.file = name_;
  out.what = std::move(what);
  out.hint = std::move(hint);
  if (text_.empty()) return out;
  offset = std::min(offset, text_.size());
  const std::size_t line = line_at(offset);
  out.line = static_cast<int>(line) + 1;
  std::size_t begin = line_begins_[line];
  out.column = static_cast<int>(offset - begin) + 1;

  // At most 160 octets of a long line, cut between characters.
  std::size_t end = text_.find('\n', begin);
  if (end == std::string::npos) end = text_.size();
  if (end > begin && text_[end - 1] == '\r') --end;
  offset = std::min(offset, std::max(begin, end));
  const auto continues = [&](std::size_t i) {
    return i < end && (static_cast<unsigned char>(text_[i]) & 0xc0) == 0x80;
  };
  if (end - begin > 160) {
    if (offset - begin > 80) begin = offset - 80;
    while (begin < offset && continues(begin)) ++begin;
    if (end - begin > 160) {
      end = begin + 160;
      // A character has at most three such octets; what is no UTF-8 may go on for a whole line.
      for (int i = 0; i < 3 && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80; ++i) --end;
    }
  }
  out.source = text_.substr(begin, end - begin);
  out.caret = static_cast<int>(offset - begin);
  // The line goes to a terminal: no control character, nothing that is not UTF-8.
  for (char& c : out.source) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (wire::check_utf8(wire::as_octets(out.source))) {
    for (char& c : out.source) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  return out;
}

bool JsonText::is_string_at(const std::string& pointer) const {
  const Place& found = place(pointer);
  return found.value < text_.size() && text_[found.value] == '"';
}

std::size_t JsonText::line_at(std::size_t offset) const {
  if (line_begins_.empty()) {
    line_begins_.push_back(0);
    for (std::size_t i = text_.find('\n'); i != std::string::npos; i = text_.find('\n', i + 1))
      line_begins_.push_back(i + 1);
  }
  const auto next = std::upper_bound(line_begins_.begin(), line_begins_.end(), offset);
  return static_cast<std::size_t>(next - line_begins_.begin()) - 1;
}

int JsonText::line_of_scenario(std::size_t i) const {
  return i < scenarios_.size() ? static_cast<int>(line_at(scenarios_[i])) + 1 : 0;
}

}  // namespace wsspec::loader
