// The page for a terminal. Nothing of the payload is printed but as hex digits, as ASCII that
// shows, and (its first characters) through text::printable().
#include <fmt/format.h>

#include <algorithm>

#include "app/inspect_payload.h"
#include "app/safe_text.h"
#include "diagnose/utf8_fault.h"
#include "text/escape.h"
#include "text/wrap.h"

namespace wsspec {
namespace {

using payload::Fault;
using payload::Window;

constexpr std::size_t kNarrow = 50;  // columns: below, headings stand above their texts
constexpr std::size_t kFaultLines = 8;

class Page {
 public:
  explicit Page(std::size_t width) : width_(std::max<std::size_t>(width, 10)) {}

  /// Columns beside a heading, or below it on a narrow page.
  std::size_t room(std::size_t indent) const { return width_ - left(indent); }
  /// The heading, and the lines beside it; on a narrow page below it.
  void lines(std::string_view heading, std::size_t indent, const std::vector<std::string>& lines) {
    if (narrow()) paragraph(heading, 0);
    const std::string rest(left(indent), ' ');
    std::string first = narrow() ? rest : fmt::format("  {:<{}}", heading, indent);
    for (const std::string& line : lines) {
      out_ += (first.empty() ? rest : first) + line + "\n";
      first.clear();
    }
  }
  void entry(std::string_view heading, std::size_t indent, std::string_view words) {
    lines(heading, indent, text::lines_of(words, room(indent)));
  }
  void paragraph(std::string_view words, std::size_t indent) {
    for (const std::string& line : text::lines_of(words, width_ - indent))
      out_ += std::string(indent, ' ') + line + "\n";
  }
  void heading(std::string_view words) {
    out_ += "\n";
    paragraph(words, 0);
  }
  void line(const std::string& text) { out_ += text + "\n"; }
  std::size_t width() const { return width_; }
  std::string take() { return std::move(out_); }

 private:
  bool narrow() const { return width_ < kNarrow; }
  std::size_t left(std::size_t indent) const { return narrow() ? 2 : indent + 2; }

  std::size_t width_;
  std::string out_;
};

/// How a row of a dump fits into the page.
struct Row {
  std::size_t digits = 6, octets = 16;
  bool text = true;
};

Row row_of(std::size_t width, std::uint64_t last_offset) {
  Row row;
  const std::size_t digits = fmt::format("{}", last_offset).size();
  row.digits = width < kNarrow ? digits : std::max<std::size_t>(digits, 6);
  for (; row.octets > 1; row.octets /= 2) {
    const std::size_t hex = row.digits + 2 + 3 * row.octets;
    row.text = hex + 3 + row.octets <= width;
    if (row.text || (row.octets <= 4 && hex <= width)) break;
  }
  return row;
}

/// Carets under the octets of each fault that are in the row; empty without any.
std::string carets(const std::vector<Fault>& faults, std::uint64_t from, std::size_t count,
                   std::size_t digits) {
  std::string out;
  for (const Fault& fault : faults)
    for (std::uint64_t at = fault.offset; at < fault.offset + fault.count; ++at) {
      if (at < from || at >= from + count) continue;
      out.resize(digits + 2 + 3 * static_cast<std::size_t>(at - from), ' ');
      out += "^^";
    }
  return out;
}

void dump(Page& page, const Window& window, const std::vector<Fault>& faults) {
  const std::uint64_t end = window.begin + window.octets.size();
  const Row row = row_of(page.width(), end);
  const auto near = [&](std::uint64_t from) {  // a row, or the one before or after it, has a fault
    return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
      return fault.offset + fault.count + row.octets > from && fault.offset < from + 2 * row.octets;
    });
  };
  for (std::uint64_t from = window.begin / row.octets * row.octets; from < end;
       from += row.octets) {
    if (!near(from)) continue;
    const std::uint64_t begin = std::max(from, window.begin);
    const auto skipped = static_cast<std::size_t>(begin - from);
    const auto octets =
        wire::Octets(window.octets)
            .subspan(
                static_cast<std::size_t>(begin - window.begin),
                static_cast<std::size_t>(std::min<std::uint64_t>(end, from + row.octets) - begin));
    std::string line = fmt::format("{:>{}}  {}{}", from, row.digits, std::string(3 * skipped, ' '),
                                   text::hex(octets, row.octets));
    if (row.text) {
      line.resize(row.digits + 2 + 3 * row.octets + 1, ' ');
      line += "|" + std::string(skipped, ' ');
      for (const std::uint8_t octet : octets)
        line += octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '.';
      line += "|";
    }
    page.line(line);
    if (const std::string marks = carets(faults, from, row.octets, row.digits); !marks.empty())
      page.line(marks);
  }
}

std::string fault_words(const Fault& fault) {
  const std::string place = fault.count == 1 ? fmt::format("octet {}", fault.offset)
                                             : fmt::format("octets {} to {}", fault.offset,
                                                           fault.offset + fault.count - 1);
  return fmt::format("{} ({}): {}", place, text::hex(fault.bad(), fault.count),
                     diagnose::utf8_fault_text(fault.cause));
}

void put_faults(Page& page, const payload::Scan& scan) {
  if (scan.valid()) return;
  page.heading(scan.fault_count == 1 ? "The fault" : "The first faults");
  std::size_t told = 0;
  for (const Window& window : scan.windows) {
    if (told > 0) page.line("");
    dump(page, window, scan.faults);
    const std::uint64_t end = window.begin + window.octets.size();
    for (const Fault& fault : scan.faults)
      if (fault.offset >= window.begin && fault.offset < end && told < kFaultLines) {
        page.paragraph(fault_words(fault), 2);
        ++told;
      }
    if (told >= kFaultLines) break;
  }
  if (told < scan.fault_count)
    page.paragraph(
        fmt::format("and {} more{}", scan.fault_count - told,
                    scan.faults.size() > told
                        ? fmt::format(" (--json lists {})",
                                      scan.faults.size() < scan.fault_count
                                          ? fmt::format("the first {}", scan.faults.size())
                                          : "all")
                        : ""),
        2);
}

void put_looks(Page& page, const PayloadReport& report) {
  page.heading("It looks like");
  for (const auto& look : report.looks)
    page.entry(look.confidence > 0 ? fmt::format("{} %", look.confidence) : "?", 6,
               look.name + ": " + look.reason);
}

/// Code stays on one line where it fits; else the comment after it has lines of its own.
void put_code(Page& page, const payload::CodeLine& line) {
  constexpr std::size_t kIndent = 10;
  const std::size_t room = page.room(kIndent);
  std::vector<std::string> lines{line.code};
  if (line.code.size() > room) {
    const auto comment =
        std::min(std::min(line.code.find("  // "), line.code.find("  # ")), line.code.size());
    lines = text::lines_of(line.code.substr(0, comment), room);
    for (const std::string& words : text::lines_of(line.code.substr(comment), room))
      if (!words.empty()) lines.push_back(words);
  }
  page.lines(line.language, kIndent, lines);
}

std::string first_line(const PayloadReport& report) {
  const auto& scan = report.scan;
  std::string out = fmt::format("{}: {}", report.name, count_of(scan.size, "octet"));
  if (report.form != payload::Form::raw) out += fmt::format(" (from {})", form_name(report.form));
  if (scan.valid()) return out + ", valid UTF-8";
  return out + ", not valid UTF-8: " + count_of(scan.fault_count, "fault");
}

}  // namespace

std::string payload_text(const PayloadReport& report, std::size_t width) {
  Page page(width);
  page.paragraph(first_line(report), 0);
  const auto& advice = report.advice;
  put_faults(page, report.scan);
  put_looks(page, report);
  page.heading("Sent as a text message");
  page.entry("strict server", 15, advice.strict.text);
  page.entry("lax server", 15, advice.lax.text);
  if (advice.change.empty()) return page.take();
  page.heading("To change at the sender");
  page.paragraph(advice.change, 2);
  for (const auto& line : advice.code) put_code(page, line);
  return page.take();
}

}  // namespace wsspec
