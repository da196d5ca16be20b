// Typed access to JSON values: every getter reports what is wrong and goes on with a default, so
// that one reading finds all problems.
#include "loader/document.h"

#include <algorithm>

#include "text/did_you_mean.h"

namespace wsspec::loader {

Problem Document::problem(const std::string& pointer, JsonText::Part part, std::string what,
                          std::string hint, std::string_view needle) const {
  for (const auto& [set, name] : settings) {
    const bool inside = pointer.compare(0, set.size(), set) == 0 &&
                        (pointer.size() == set.size() || pointer[set.size()] == '/');
    if (!inside) continue;
    Problem out;
    out.file = "--set " + name;
    out.what = std::move(what);
    out.hint = std::move(hint);
    return out;
  }
  return text.problem(pointer, part, std::move(what), std::move(hint), needle);
}

std::string hint_for(std::string_view word, const std::vector<std::string>& known) {
  if (const std::string near = text::did_you_mean(word, known); !near.empty()) {
    return "did you mean '" + near + "'?";
  }
  if (known.empty() || known.size() > 30) return {};
  std::string out = "known: ";
  for (const std::string& name : known) {
    if (out.size() > 7) out += ", ";
    out += name;
  }
  return out;
}

void Reader::fail(const Node& node, std::string what, std::string hint, std::string_view part) {
  problems_.add(
      document_.problem(node.at, JsonText::Part::value, std::move(what), std::move(hint), part));
}

void Reader::fail_key(const Node& object, std::string_view key, std::string what,
                      std::string hint) {
  problems_.add(document_.problem(pointer_to(object.at, key), JsonText::Part::key, std::move(what),
                                  std::move(hint)));
}

void Reader::wrong_type(const Node& node, std::string_view expected) {
  std::string name = last_token(node.at);
  const bool index = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  name = index || name.empty() ? "this" : "'" + name + "'";
  fail(node, name + " must be " + std::string(expected) + ", not " + type_name(*node));
}

bool Reader::boolean(const Node& node) {
  if (node->is_boolean()) return node->get<bool>();
  if (!node.wild()) wrong_type(node, "true or false");
  return false;
}

std::uint64_t Reader::natural(const Node& node, std::uint64_t most, std::uint64_t least) {
  if (node.wild()) return least;
  if (!node->is_number_integer()) {
    if (node->is_number()) {
      fail(node, "a whole number is expected here");
    } else {
      wrong_type(node, "a whole number");
    }
    return least;
  }
  const bool negative = !node->is_number_unsigned() && node->get<std::int64_t>() < 0;
  const std::uint64_t value = negative ? 0 : node->get<std::uint64_t>();
  if (negative || value < least || value > most) {
    fail(node, most == UINT64_MAX
                   ? "must be at least " + std::to_string(least) + ", is " + node->dump()
                   : "must be from " + std::to_string(least) + " to " + std::to_string(most) +
                         ", is " + node->dump());
    return least;
  }
  return value;
}

int Reader::milliseconds(const Node& node) {
  return static_cast<int>(natural(node, 24u * 3600 * 1000));  // a day: more is a slip
}

double Reader::number(const Node& node) {
  if (node->is_number()) return node->get<double>();
  if (!node.wild()) wrong_type(node, "a number");
  return 0;
}

std::string Reader::string(const Node& node) {
  if (node->is_string()) return node->get<std::string>();
  if (node.wild()) return {};
  if (node->is_number() && document_.text.is_string_at(node.at)) return node->dump();
  wrong_type(node, "a string");
  return {};
}

std::vector<std::string> Reader::strings(const Node& node) {
  std::vector<std::string> out;
  if (!list(node, "a list of strings")) return out;
  for (std::size_t i = 0; i < node->size(); ++i) {
    // "tags": ["${case.tags}"] with a list inside means its entries.
    const Node entry = node.entry(i);
    if (entry->is_array() && document_.text.is_string_at(entry.at)) {
      for (std::size_t k = 0; k < entry->size(); ++k) out.push_back(string(entry.entry(k)));
    } else {
      out.push_back(string(entry));
    }
  }
  return out;
}

void Reader::just_true(const Node& node) {
  if (node.wild() || (node->is_boolean() && node->get<bool>())) return;
  fail(node, "'" + last_token(node.at) + "' takes only true");
}

bool Reader::list(const Node& node, std::string_view expected) {
  if (node->is_array()) return true;
  if (!node.wild()) wrong_type(node, expected);
  return false;
}

Members::Members(Reader& reader, const Node& node, std::string_view what)
    : reader_(reader), node_(node), what_(what) {
  ok_ = node_->is_object();
  if (!ok_ && !node_.wild()) {
    reader_.fail(node_, what_ + " must be an object, not " + type_name(*node_));
  }
}

std::optional<Node> Members::take(std::string_view key) {
  known_.emplace_back(key);
  if (!ok_) return std::nullopt;
  const auto found = node_->find(known_.back());
  if (found == node_->end()) return std::nullopt;
  return Node{&*found, pointer_to(node_.at, key)};
}

std::optional<Node> Members::need(std::string_view key) {
  auto found = take(key);
  if (!found && ok_) reader_.fail(node_, what_ + " needs '" + std::string(key) + "'");
  return found;
}

void Members::know(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) known_.emplace_back(key);
}

void Members::finish() {
  if (!ok_) return;
  for (const auto& [key, value] : node_->items()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      reader_.fail_key(node_, key, "unknown key '" + key + "' in " + what_, hint_for(key, known_));
    }
  }
}

std::optional<std::string> one_kind(Reader& reader, const Node& node,
                                    const std::vector<std::string>& kinds,
                                    const std::vector<std::string>& extra, std::string_view what) {
  if (node.wild()) return std::nullopt;
  if (!node->is_object()) {
    reader.fail(node, std::string(what) + " must be an object, not " + type_name(*node));
    return std::nullopt;
  }
  std::optional<std::string> found;
  bool slip = false;
  for (const auto& [key, value] : node->items()) {
    if (std::find(kinds.begin(), kinds.end(), key) != kinds.end()) {
      if (found) {
        reader.fail_key(node, key,
                        std::string(what) + " has one kind, but '" + *found + "' and '" + key +
                            "' stand side by side");
        return std::nullopt;
      }
      found = key;
    } else if (std::find(extra.begin(), extra.end(), key) == extra.end()) {
      slip = true;
    }
  }
  if (found) return found;
  if (slip) {
    std::vector<std::string> known = kinds;
    known.insert(known.end(), extra.begin(), extra.end());
    for (const auto& [key, value] : node->items()) {
      if (std::find(extra.begin(), extra.end(), key) != extra.end()) continue;
      reader.fail_key(node, key, "unknown key '" + key + "' in " + std::string(what),
                      hint_for(key, known));
    }
  } else {
    std::string list;
    for (const std::string& kind : kinds) list += (list.empty() ? "" : ", ") + kind;
    reader.fail(node, std::string(what) + " needs one of " + list);
  }
  return std::nullopt;
}

}  // namespace wsspec::loader
