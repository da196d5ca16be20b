#include "explain/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "explain/code_json.h"
#include "explain/explain.h"
#include "explain/messages.h"
#include "text/escape.h"
#include "text/wrap.h"

namespace wsspec::explain {
namespace {

using Json = nlohmann::ordered_json;
using Answer = tl::expected<std::string, std::string>;

constexpr std::size_t kIndent = 13;  // of the lines with a heading in front

/// What to do, by side.
struct Advice {
  std::string side;     ///< in the JSON
  std::string heading;  ///< in the text
  const std::vector<std::string_view>* lines = nullptr;
};

std::vector<Advice> advice_of(const MessageText& message, const SituationText& situation) {
  if (!situation.by_role || message.side == Side::either) {
    if (!situation.by_role)
      return {{"server", "To do on the server's side", &situation.first},
              {"client", "To do on the client's side", &situation.second}};
    return {{"sender", "To do on the side that sent it", &situation.first},
            {"receiver", "To do on the side that prints the message", &situation.second}};
  }
  const bool by_client = message.side == Side::client;
  const std::string sender = by_client ? "server" : "client";
  const std::string receiver = by_client ? "client" : "server";
  return {{sender, fmt::format("To do on the {}'s side, which sent it", sender), &situation.first},
          {receiver, fmt::format("To do on the {}'s side, which found it", receiver),
           &situation.second}};
}

std::string found_by(const MessageText& message, const SituationText& situation) {
  const char* side = message.side == Side::client   ? "the client"
                     : message.side == Side::server ? "the server"
                                                    : "the side that prints it";
  return fmt::format("{}, {}", side, situation.found_in);
}

int code_of(const MessageText& message, const SituationText& situation) {
  return message.code != 0 ? message.code : situation.code;
}

std::string run_line(const SituationText& situation) {
  return fmt::format("wsspec run URL {}", situation.selectors);
}

void list(std::string& out, std::string_view title, const std::vector<std::string_view>& items,
          std::size_t width) {
  out += fmt::format("\n{}\n", title);
  for (const std::string_view item : items) out += text::wrapped(item, width, "  - ", "    ");
}

std::string message_view(const MessageText& message, std::size_t width) {
  const SituationText& situation = situation_text(message.situation);
  std::string out = text::wrapped(shown_message(message), width, "", "") + "\n";
  const std::string deep(kIndent + 2, ' '), rest(kIndent, ' ');
  const auto line = [&](std::string_view heading, std::string_view text) {
    if (!text.empty())
      out += text::wrapped(text, width, fmt::format("  {:<{}}", heading, kIndent), deep);
  };
  line("Printed by", message.printer);
  line("Found by", found_by(message, situation));
  line("Means", situation.meaning);
  line("Note", message.note);
  list(out, "Likely causes, the most likely first", situation.causes, width);
  for (const Advice& advice : advice_of(message, situation))
    list(out, advice.heading, *advice.lines, width);
  out += "\n";
  if (const int code = code_of(message, situation); code != 0)
    out += text::wrapped(fmt::format("{}: wsspec explain {}", code_label(code), code), width,
                         "Code         ", rest);
  out += text::wrapped(run_line(situation), width, "Shown by     ", rest);
  return out;
}

Json message_json(const MessageText& message) {
  const SituationText& situation = situation_text(message.situation);
  Json out;
  out["message"] = shown_message(message);
  out["printed_by"] = message.printer;
  out["side"] = message.side == Side::client   ? "client"
                : message.side == Side::server ? "server"
                                               : "either";
  out["situation"] = situation.name;
  out["found_by"] = found_by(message, situation);
  out["description"] = situation.meaning;
  if (!message.note.empty()) out["note"] = message.note;
  out["causes"] = situation.causes;
  out["advice"] = Json::array();
  for (const Advice& advice : advice_of(message, situation))
    out["advice"].push_back({{"side", advice.side}, {"do", *advice.lines}});
  if (const int code = code_of(message, situation); code != 0)
    out["related"] = {{"code", code}, {"name", code_text(code)->name}};
  out["run"] = run_line(situation);
  return out;
}

std::string log_view(const LogLine& line, std::size_t width) {
  std::string out;
  if (line.messages.empty()) {
    out = "No message of a browser or library is known in this text, but it names a code.\n";
  } else {
    out = message_view(*line.messages.front().message, width);
  }
  for (std::size_t i = 1; i < line.messages.size(); ++i)
    out += text::wrapped(shown_message(*line.messages[i].message), width,
                         i == 1 ? "Also there   " : std::string(kIndent, ' '),
                         std::string(kIndent, ' '));
  for (const int code : line.codes)
    out += fmt::format("\n{}\n\n{}", std::string(std::min<std::size_t>(width, 72), '-'),
                       explain_text(code, width));
  return out;
}

std::string log_json(const LogLine& line) {
  Json out;
  out["messages"] = Json::array();
  for (const MessageMatch& match : line.messages)
    out["messages"].push_back(message_json(*match.message));
  out["codes"] = Json::array();
  for (const int code : line.codes) out["codes"].push_back(code_json(code));
  return out.dump(2) + "\n";
}

bool only_digits(std::string_view word) {
  return word.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// One or two codes, each as a number or a word of its name.
Answer answer_codes(const std::vector<std::string>& words, bool json, std::size_t width) {
  std::vector<int> codes;
  for (const auto& word : words) {
    const auto code = parse_code(word);
    if (!code) return tl::unexpected(code.error());
    codes.push_back(*code);
  }
  if (codes.size() == 1) return json ? explain_json(codes[0]) : explain_text(codes[0], width);
  return json ? explain_json(codes[0], codes[1]) : explain_text(codes[0], codes[1], width);
}

std::string unknown(const std::string& text) {
  const std::string shown = "'" + text::printable(text, 60) + "'";
  if (const MessageText* near = similar_message(text))
    return fmt::format("{} is no message that is known; did you mean '{}'?", shown,
                       shown_message(*near));
  return shown +
         " is no message that is known; try the library's own words, or the close code or HTTP "
         "status beside it";
}

}  // namespace

Answer answer(const std::vector<std::string>& words, bool json, std::size_t width) {
  if (words.empty())
    return tl::unexpected(std::string("a code, two codes to compare, or a message to explain"));
  if (std::all_of(words.begin(), words.end(), only_digits)) {
    if (words.size() > 2) return tl::unexpected(std::string("at most two codes can be compared"));
    return answer_codes(words, json, width);
  }
  const std::string text = joined(words);
  const LogLine line = read_log_line(text);
  if (!line.messages.empty()) return json ? log_json(line) : log_view(line, width);
  // "policy violation", a name in two words, before "policy invalid", two names.
  if (auto named = answer_codes({text}, json, width); named || text.find(' ') == std::string::npos)
    return named;
  if (words.size() <= 2) {
    if (auto two = answer_codes(words, json, width)) return two;
  }
  if (!line.codes.empty()) return json ? log_json(line) : log_view(line, width);
  return tl::unexpected(unknown(text));
}

}  // namespace wsspec::explain
