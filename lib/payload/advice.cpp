#include "payload/advice.h"

#include <fmt/format.h>

namespace wsspec::payload {
namespace {

constexpr int kSure = 50;  // percent from which a look decides what to do

struct Language {
  std::string_view id, name;
};
constexpr std::array<Language, kLanguages> kNames = {{{"browser", "Browser"},
                                                      {"node", "Node (ws)"},
                                                      {"python", "Python"},
                                                      {"go", "Go"},
                                                      {"java", "Java"},
                                                      {"csharp", "C#"},
                                                      {"rust", "Rust"},
                                                      {"cpp", "C++"}}};

std::string with_label(std::string_view code, std::string_view label) {
  constexpr std::string_view kPlace = "{label}";
  std::string out(code);
  for (auto at = out.find(kPlace); at != std::string::npos;
       at = out.find(kPlace, at + label.size()))
    out.replace(at, kPlace.size(), label);
  return out;
}

Answer strict_answer(const Scan& scan) {
  if (scan.valid()) return {0, "accepted: well-formed UTF-8"};
  const Fault& first = scan.faults[0];
  if (first.cause.kind == wire::Utf8FaultKind::text_cut)
    return {1007,
            fmt::format("Close 1007 when the message ends, at octet {}; where a further fragment "
                        "completes the character, none",
                        scan.size)};
  return {1007,
          fmt::format("Close 1007, at once when octet {} arrives or at the message's end (RFC 6455 "
                      "8.1): npm ws, Python websockets, libwebsockets with its option",
                      first.proof)};
}

Answer lax_answer(const Scan& scan) {
  if (scan.valid()) return {0, "accepted"};
  return {0,
          fmt::format("taken as it is, or with {} U+FFFD in the place of bad octets, and passed "
                      "on: the next strict one that reads it closes 1007 (gorilla, coder leave the "
                      "check to the application; uWebSockets drops TCP: 1006 in a browser)",
                      scan.fault_count)};
}

}  // namespace

Advice advise(const Scan& scan, const std::vector<Look>& looks) {
  Advice out;
  const Look& best = looks.front();
  out.mistake = kind_text(best.kind).mistake;
  if (best.confidence < kSure || (out.mistake == Mistake::none && !scan.valid()))
    out.mistake = scan.valid() ? Mistake::none : Mistake::unchecked;
  out.strict = strict_answer(scan);
  out.lax = lax_answer(scan);
  for (const Remedy* remedy : remedies()) {
    if (remedy->mistake != out.mistake) continue;
    out.change = remedy->advice;
    for (std::size_t i = 0; i < kLanguages; ++i)
      out.code.push_back({kNames[i].id, kNames[i].name, with_label(remedy->code[i], best.charset)});
  }
  return out;
}

}  // namespace wsspec::payload
