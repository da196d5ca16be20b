// A later variable may use the earlier ones: {"case": {"table": "t"}, "at": {"range": [1,
// "${case.n}"]}}.
#include "loader/for_each.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "loader/parse.h"

namespace wsspec::loader {
namespace {

bool is_file_word(const std::string& name) {
  return !name.empty() && name[0] != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  });
}

Json parse_range(Reader& reader, const Node& node) {
  Json out = Json::array();
  if (!reader.list(node, "[from, to] or [from, to, step]")) return wildcard();
  if (node->size() < 2 || node->size() > 3) {
    reader.fail(node, "'range' takes [from, to] or [from, to, step]");
    return out;
  }
  std::int64_t part[3] = {0, 0, 1};
  for (std::size_t i = 0; i < node->size(); ++i) {
    const Node entry = node.entry(i);
    if (entry.wild()) return wildcard();
    constexpr std::int64_t kLimit = std::int64_t{1} << 53;
    if (!entry->is_number_integer()) {
      reader.fail(entry, "'range' takes whole numbers");
      return out;
    }
    const bool large =
        entry->is_number_unsigned() && entry->get<std::uint64_t>() > std::uint64_t{kLimit};
    if (large || entry->get<std::int64_t>() < -kLimit) {
      reader.fail(entry, "a number of a range is from -2^53 to 2^53");
      return out;
    }
    part[i] = entry->get<std::int64_t>();
  }
  const auto [from, to, step] = part;
  if (step == 0) {
    reader.fail(node, "the step of a range must not be 0");
    return out;
  }
  // One more than allowed, so that the limit is noticed.
  for (std::int64_t n = from; (step > 0 ? n <= to : n >= to) && out.size() <= kMaxUnrolled;
       n += step) {
    out.push_back(n);
  }
  return out;
}

// ["a", "b"] -> [{"n": 0, "value": "a"}, {"n": 1, "value": "b"}]
Json parse_entries(Reader& reader, const Node& node) {
  if (node.wild()) return wildcard();
  Json out = Json::array();
  if (!reader.list(node)) return out;
  if (node->empty()) reader.fail(node, "an empty list makes no scenario");
  for (std::size_t i = 0; i < node->size(); ++i)
    out.push_back(Json{{"n", i}, {"value", (*node)[i]}});
  return out;
}

}  // namespace

std::optional<Source> Tables::find(const Document& document, const std::string& name) const {
  namespace fs = std::filesystem;
  if (!document.built_in && !document.text.name().empty()) {
    for (const fs::path& folder :
         {document.folder() / ".." / "tables", document.folder() / "tables"}) {
      const fs::path path = folder / (name + ".json");
      std::error_code error;
      if (!fs::is_regular_file(path, error)) continue;
      if (auto found = read_sources(path.lexically_normal().string()); found && !found->empty()) {
        return std::move(found->front());
      }
    }
  }
  const auto found = given_.find(name);
  if (found == given_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> Tables::known(const Document& document) const {
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  for (const auto& [name, source] : given_) out.push_back(name);
  if (document.built_in) return out;
  for (const fs::path& folder :
       {document.folder() / ".." / "tables", document.folder() / "tables"}) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (it->path().extension() == ".json") add_once(out, it->path().stem().string());
    }
  }
  return out;
}

const Json* Tables::rows(Reader& reader, const Node& node) {
  const std::string name = reader.string(node);
  if (node.wild() || !node->is_string()) return nullptr;
  std::optional<Source> source;
  if (is_file_word(name)) source = find(reader.document(), name);
  if (!source) {
    reader.fail(node, "there is no table '" + name + "'", hint_for(name, known(reader.document())));
    return nullptr;
  }
  const auto [place, fresh] = cache_.emplace(source->name, Json());
  Json& rows = place->second;
  if (fresh) {
    Document document;
    document.text = JsonText(source->name, source->text);
    Json json;
    if (document.text.parse(json, problems_)) {
      Reader table(document, problems_);
      if (table.list(Node{&json, ""}, "a list of rows")) rows = escaped(std::move(json));
    }
  }
  return rows.is_array() ? &rows : nullptr;
}

bool unroll(Reader& reader, const Node& node, const Scope& scope, Tables& tables, std::size_t most,
            std::vector<std::string>& requires_, const std::function<void(const Json&)>& each) {
  if (!node->is_object()) {
    reader.wrong_type(node, "an object of names and lists");
    return true;
  }
  for (const auto& [name, value] : node->items()) {
    const auto& reserved = reserved_names();
    if (!is_name(name)) {
      reader.fail_key(node, name, "'" + name + "' is not a name", "letters, digits and '_'");
      return true;
    }
    if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
      reader.fail_key(node, name, "the name '" + name + "' is taken");
      return true;
    }
  }

  const auto values_of = [&](const std::string& name, const Json& raw, const Scope& inner) -> Json {
    const std::string at = pointer_to(node.at, name);
    Expander expander(reader.document(), reader.problems(), inner, {});
    Json json = expander.expand(raw, at);
    for (const std::string& need : expander.needs()) add_once(requires_, need);
    if (is_wildcard(json)) return json;
    const Node value{&json, at};
    if (json.is_array()) {
      if (json.empty()) reader.fail(value, "an empty list makes no scenario");
      return json;
    }
    const auto kind = one_kind(reader, value, {"range", "table", "entries"}, {},
                               "a list, a range, entries or a table");
    if (!kind) return Json::array();
    Members members(reader, value, "this");
    const Node what = *members.take(*kind);
    members.finish();
    if (*kind == "range") return parse_range(reader, what);
    if (*kind == "entries") return parse_entries(reader, what);
    const Json* rows = tables.rows(reader, what);
    return rows ? *rows : what.wild() ? wildcard() : Json::array();
  };

  Json variables = Json::object();
  // Of each variable, for the combinations so far are bounded too: an empty list after two long
  // ones would make nothing and take for ever.
  std::vector<std::size_t> counts(node->size() + 1);
  bool over = false;
  const auto next = [&](const auto& self, const Json::const_iterator& variable) -> void {
    if (++counts[variables.size()] > most) {
      over = true;
      return;
    }
    if (variable == node->end()) {
      each(variables);
      return;
    }
    Scope inner = scope;
    inner.variables = &variables;
    Json values = values_of(variable.key(), *variable, inner);
    if (is_wildcard(values)) values = Json::array({wildcard()});
    for (const Json& value : values) {
      if (over || reader.problems().full(reader.document().text.name())) return;
      variables[variable.key()] = value;
      self(self, std::next(variable));
    }
    variables.erase(variable.key());
  };
  next(next, node->begin());
  return !over;
}

}  // namespace wsspec::loader
