// Finding the entry, and what of it follows from the number: octets, headings, comparison rows.
#include "explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "explain/code_json.h"
#include "scenario/select.h"
#include "text/did_you_mean.h"
#include "text/escape.h"
#include "text/wrap.h"
#include "wire/close_code.h"

namespace wsspec::explain {
namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::string aspect, first, second;
};

bool covers(const CodeText& text, int number) {
  return text.from <= number && number <= text.to;
}

std::string span_text(const CodeText& text) {
  if (text.from == text.to) return std::to_string(text.from);
  return text.to == 65535 ? fmt::format("{} and above", text.from)
                          : fmt::format("{}-{}", text.from, text.to);
}

/// "1008 policy violation", "HTTP 403 forbidden", "4000-4999 private use".
std::string label(const CodeText& text) {
  return fmt::format("{}{} {}", kind_of(text) == CodeKind::http_status ? "HTTP " : "",
                     span_text(text), text.name);
}

std::string heading(int number) {
  const CodeText& text = *code_text(number);
  switch (kind_of(text)) {
    case CodeKind::http_status:
      return label(text) + " (the upgrade was refused)";
    case CodeKind::range:
      return fmt::format("{}: {} (the range {})", number, text.name, span_text(text));
    case CodeKind::close_code:
      break;
  }
  if (wire::may_travel(number)) return label(text);
  return label(text) + (number == 1004 ? " (may not travel)" : " (never travels)");
}

std::string on_the_wire(int number) {
  const CodeText& text = *code_text(number);
  if (!text.on_the_wire.empty()) return std::string(text.on_the_wire);
  if (kind_of(text) == CodeKind::http_status) {
    return "An HTTP response instead of the 101: there never was a WebSocket connection, so there "
           "is no Close frame, and a browser reports 1006 without the status.";
  }
  return fmt::format(
      "A Close frame: octets 88 02 {:02x} {:02x} from a server, 88 82, a masking key and the "
      "masked "
      "code from a client. A reason in UTF-8 of at most 123 octets may follow the code.",
      number >> 8, number & 255);
}

std::vector<Row> rows_of(int a, int b) {
  std::vector<Row> rows;
  if (const PairText* pair = pair_text(a, b)) {
    const bool in_order = covers(*code_text(a), pair->first);
    for (const PairRow& row : pair->rows) {
      rows.push_back({std::string(row.aspect), std::string(in_order ? row.first : row.second),
                      std::string(in_order ? row.second : row.first)});
    }
    return rows;
  }
  const CodeText& first = *code_text(a);
  const CodeText& second = *code_text(b);
  const auto add = [&](const char* aspect, std::string_view left, std::string_view right) {
    rows.push_back({aspect, std::string(left), std::string(right)});
  };
  add("means", first.meaning, second.meaning);
  add("sent by", first.sender, second.sender);
  add("on the wire", on_the_wire(a), on_the_wire(b));
  add("typical", first.seen.front(), second.seen.front());
  add("reconnect", first.reconnect, second.reconnect);
  add("server side", first.server.front(), second.server.front());
  add("client side", first.client.front(), second.client.front());
  add("defined in", first.spec, second.spec);
  return rows;
}

std::string choice(int a, int b) {
  if (const PairText* pair = pair_text(a, b)) return std::string(pair->choose);
  const bool first_http = kind_of(*code_text(a)) == CodeKind::http_status;
  const bool second_http = kind_of(*code_text(b)) == CodeKind::http_status;
  if (first_http != second_http) {
    return fmt::format(
        "They belong to different stages: HTTP {} refuses the opening handshake, {} is about a "
        "connection that may already be open.",
        first_http ? a : b, first_http ? b : a);
  }
  return fmt::format("Use each for what its first line says: {} is '{}', {} is '{}'.", a,
                     code_text(a)->name, b, code_text(b)->name);
}

void list(std::string& out, std::string_view title, const std::vector<std::string_view>& items,
          std::size_t width) {
  out += fmt::format("\n{}\n", title);
  for (const std::string_view item : items) out += text::wrapped(item, width, "  - ", "    ");
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

std::string code_label(int number) {
  const CodeText& text = *code_text(number);
  if (kind_of(text) != CodeKind::range) return label(text);
  return fmt::format("{} {}", number, text.name);
}

nlohmann::ordered_json code_json(int number) {
  const CodeText& text = *code_text(number);
  const CodeKind kind = kind_of(text);
  Json out;
  out["code"] = number;
  out["kind"] = kind == CodeKind::range         ? "range"
                : kind == CodeKind::http_status ? "http_status"
                                                : "close_code";
  if (kind == CodeKind::range) {
    out["from"] = text.from;
    out["to"] = text.to;
  }
  out["name"] = text.name;
  out["description"] = text.meaning;
  if (kind != CodeKind::http_status) out["travels"] = wire::may_travel(number);
  out["on_the_wire"] = on_the_wire(number);
  out["sent_by"] = text.sender;
  out["reconnect"] = text.reconnect;
  out["seen"] = text.seen;
  if (!text.who_closed.empty()) out["who_closed"] = text.who_closed;
  out["server"] = text.server;
  out["client"] = text.client;
  out["related"] = Json::array();
  for (const int other : text.related) {
    const CodeText& entry = *code_text(other);
    out["related"].push_back({{"code", other}, {"name", entry.name}});
  }
  out["spec"] = text.spec;
  out["links"] = text.links;
  return out;
}

CodeKind kind_of(const CodeText& text) {
  if (text.from != text.to) return CodeKind::range;
  return text.from < 1000 ? CodeKind::http_status : CodeKind::close_code;
}

std::vector<const CodeText*> all_code_texts() {
  std::vector<const CodeText*> out;
  for (const auto* texts :
       {&code_texts_low(), &code_texts_high(), &status_texts(), &code_texts_ranges()})
    for (const CodeText& text : *texts) out.push_back(&text);
  return out;
}

const CodeText* code_text(int number) {
  for (const CodeText* text : all_code_texts())
    if (covers(*text, number)) return text;
  return nullptr;
}

const PairText* pair_text(int a, int b) {
  const CodeText* first = code_text(std::min(a, b));
  const CodeText* second = code_text(std::max(a, b));
  for (const PairText& pair : pair_texts())
    if (code_text(pair.first) == first && code_text(pair.second) == second) return &pair;
  return nullptr;
}

tl::expected<int, std::string> parse_code(std::string_view word) {
  const std::string shown = "'" + text::printable(word, 40) + "'";
  if (!word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos) {
    const auto start = std::min(word.find_first_not_of('0'), word.size() - 1);
    const std::string_view digits = word.substr(start);
    const int number = digits.size() > 5 ? 65536 : std::stoi(std::string(digits));
    if (number <= 65535) return number;
    return tl::unexpected(shown + " is no close code: it has two octets, so it is at most 65535");
  }
  const std::string wanted = lower(word);
  std::vector<const CodeText*> found;
  std::vector<std::string> words;
  for (const CodeText* text : all_code_texts()) {
    const std::string name = lower(text->name);
    if (wanted.size() >= 3 && name.find(wanted) != std::string::npos) found.push_back(text);
    for (std::size_t at = 0; at <= name.size();) {
      const std::size_t end = std::min(name.find(' ', at), name.size());
      words.push_back(name.substr(at, end - at));
      at = end + 1;
    }
  }
  if (found.size() == 1) return found.front()->from;
  if (found.empty()) {
    const std::string near = text::did_you_mean(wanted, words);
    return tl::unexpected(shown + " is neither a close code nor a word of one's name; " +
                          (near.empty() ? "try a number such as 1007, or a word such as 'policy'"
                                        : "did you mean '" + near + "'?"));
  }
  std::string candidates;
  for (const CodeText* text : found) candidates += (candidates.empty() ? "" : ", ") + label(*text);
  return tl::unexpected(shown + " fits several, give the number: " + candidates);
}

std::string explain_text(int number, std::size_t width) {
  const CodeText& text = *code_text(number);
  std::string out = heading(number) + "\n\n";
  out += text::wrapped(text.meaning, width, "  ", "  ");
  out += "\n";
  const std::string indent(15, ' ');
  out += text::wrapped(text.sender, width, "  Sent by      ", indent);
  out += text::wrapped(on_the_wire(number), width, "  On the wire  ", indent);
  out += text::wrapped(text.reconnect, width, "  Reconnect    ", indent);
  list(out, "When you see it", text.seen, width);
  if (!text.who_closed.empty()) list(out, "Who closed it", text.who_closed, width);
  list(out, "Fix on the server's side", text.server, width);
  list(out, "Fix on the client's side", text.client, width);
  std::string related;
  for (const int other : text.related) {
    const CodeText& entry = *code_text(other);
    related += (related.empty() ? "" : ", ") + label(entry);
  }
  out += "\n";
  out += text::wrapped(related, width, "Related     ", std::string(12, ' '));
  out += text::wrapped(text.spec, width, "Defined in  ", std::string(12, ' '));
  for (std::size_t i = 0; i < text.links.size(); ++i)
    out += fmt::format("{}{}\n", i == 0 ? "Learn more  " : std::string(12, ' '), text.links[i]);
  return out;
}

std::string explain_text(int a, int b, std::size_t width) {
  if (code_text(a) == code_text(b)) {
    const std::string both =
        a == b ? "" : fmt::format("{} and {} are in the same range.\n\n", a, b);
    return both + explain_text(a, width);
  }
  std::vector<Row> rows = rows_of(a, b);
  std::size_t aspect = 0;
  for (const Row& row : rows) aspect = std::max(aspect, row.aspect.size());
  aspect = std::min<std::size_t>(aspect, 16);
  const std::size_t column = (std::max<std::size_t>(width, 50) - aspect - 4) / 2;
  std::string out = text::columns({{"", aspect}, {code_label(a), column}, {code_label(b), column}});
  out += text::columns(
      {{"", aspect}, {std::string(column, '-'), column}, {std::string(column, '-'), column}});
  for (const Row& row : rows)
    out += text::columns({{row.aspect, aspect}, {row.first, column}, {row.second, column}});
  out += "\nWhich when\n" + text::wrapped(choice(a, b), width, "  ", "  ");
  out += fmt::format("\nMore        wsspec explain {}, wsspec explain {}\n", a, b);
  return out;
}

std::string explain_json(int number) {
  return code_json(number).dump(2) + "\n";
}

std::string explain_json(int a, int b) {
  Json out;
  out["compare"] = {a, b};
  out["rows"] = Json::array();
  for (const Row& row : rows_of(a, b))
    out["rows"].push_back({{"aspect", row.aspect}, {"values", {row.first, row.second}}});
  out["choose"] = choice(a, b);
  out["codes"] = {code_json(a), code_json(b)};
  return out.dump(2) + "\n";
}

}  // namespace wsspec::explain
