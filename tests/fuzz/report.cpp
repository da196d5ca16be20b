// Reports of a run in which every text is hostile: JSON that a strict parser takes and that says
// the same, XML that is well-formed, a console without control characters.
//
// The input is cut at its NULs into the texts of one result.
#include <nlohmann/json.hpp>

#include "../unit/wire/utf8_oracle.h"
#include "fuzz.h"
#include "report/border.h"
#include "report/console.h"
#include "report/json.h"
#include "report/junit.h"

using namespace wsspec;
using fuzz::expect;

namespace {

bool is_utf8(std::string_view text) {
  return !wire::test::oracle(wire::as_octets(text));
}

class Texts {
 public:
  explicit Texts(std::string_view rest) : rest_(rest) {}
  std::string next() {
    const std::size_t end = std::min(rest_.find('\0'), rest_.size());
    const std::string out(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return out;
  }

 private:
  std::string_view rest_;
};

result::ScenarioResult hostile_result(std::uint8_t bits, Texts& texts) {
  result::ScenarioResult out;
  out.verdict = static_cast<result::Verdict>(bits % 5);
  out.cls = static_cast<result::Class>(bits / 5 % 12);
  out.observed.reason = texts.next();
  out.observed.code = 1000 + bits;
  out.observed.closer = result::Closer::server;
  out.observed.detail = texts.next();
  out.because = texts.next();
  out.title = texts.next();
  out.suite = texts.next();
  out.name = out.suite + "/" + texts.next();
  out.suite_title = texts.next();
  out.tags = {texts.next()};
  out.level = scenario::Level::must;
  out.spec = texts.next();
  out.failed_step = texts.next();
  scenario::Outcome outcome;
  outcome.kind = scenario::Outcome::Kind::close;
  outcome.codes.ranges = {{1007, 1008}};
  outcome.because = texts.next();
  out.expected = {outcome};
  result::TranscriptLine line;
  line.what = texts.next();
  line.octets = wire::to_vector(texts.next());
  line.length = line.octets.size() + bits;
  line.direction = result::TranscriptLine::Direction::received;
  out.transcript = {line};
  out.fault.present = (bits & 1) != 0;
  out.fault.octets = wire::to_vector(texts.next().substr(0, 33));
  out.fault.mark = out.fault.octets.size() / 2;
  out.fault.why = texts.next();
  return out;
}

/// Elements that open and close, attributes in double quotes, the characters of XML 1.0.
void check_xml(std::string_view text) {
  expect(is_utf8(text), "XML is UTF-8");
  std::vector<std::string_view> open;
  std::size_t at = text.find("?>") + 2;
  while (at < text.size()) {
    const std::size_t start = text.find('<', at);
    const std::string_view between = text.substr(at, start - at);
    expect(between.find('>') == std::string_view::npos, "text has no bare markup");
    if (start == std::string_view::npos) break;
    bool quoted = false;
    std::size_t end = start + 1;
    for (; end < text.size() && (quoted || text[end] != '>'); ++end) {
      expect(text[end] != '<', "markup has no bare markup");
      if (text[end] == '"') quoted = !quoted;
    }
    expect(end < text.size(), "markup ends");
    const std::string_view tag = text.substr(start + 1, end - start - 1);
    const std::string_view name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag.starts_with('/')) {
      expect(!open.empty() && open.back() == tag.substr(1), "elements are nested");
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
    at = end + 1;
  }
  expect(open.empty(), "all elements end");
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    expect(octet >= 0x20 || c == '\n' || c == '\t', "XML has no control character");
  }
}

void check_json(std::string_view text, const result::ScenarioResult& result,
                const std::string& diagnosis) {
  expect(is_utf8(text), "JSON is UTF-8");
  const auto json = nlohmann::json::parse(text, nullptr, false);
  expect(!json.is_discarded(), "a report is JSON");
  const auto& one = json.at("scenarios").at(0);
  const auto same = [&](const nlohmann::json& told, const std::string& text_of) {
    const bool whole = text_of.size() <= text::kShown && is_utf8(text_of);
    expect(!whole || told == text_of, "UTF-8 is told as it is");
  };
  same(one.at("name"), result.name);
  same(one.at("title"), result.title);
  same(one.at("diagnosis"), diagnosis);
  same(one.at("observed").at("reason"), result.observed.reason);
  expect(json.at("summary").size() == 6, "a report has its summary");
}

}  // namespace

FUZZ_TARGET(report) {
  const std::uint8_t bits = input.octet();
  Texts texts(input.text());
  const result::ScenarioResult raw = hostile_result(bits, texts);
  result::RunInfo info;
  info.server = texts.next();
  info.url = "ws://" + texts.next();
  info.selected = 1;
  const text::Printable notice = text::show(texts.next(), {});
  const std::string diagnosis = texts.next();
  const report::Run run = report::shown(info, {});
  report::Result result = report::shown(raw, {});
  result.diagnosis = text::show(diagnosis, {});
  result.cause = text::show(texts.next(), {});
  result.counts = (bits & 2) != 0;

  std::string console;
  report::ConsoleOptions options;
  options.verbosity = bits % 4 - 1;
  options.sink = [&](std::string_view text) { console += text; };
  options.now_ms = [] { return 0.0; };
  options.width = 20 + bits;
  options.terminal = (bits & 4) != 0;
  report::ConsoleReport on_console(options);
  report::JsonReport as_json;
  report::JUnitReport as_junit({notice, notice});
  report::EventsReport as_events([&](std::string_view line) {
    expect(line.ends_with('\n') && line.find('\n') == line.size() - 1, "an event is one line");
    expect(is_utf8(line) && nlohmann::json::accept(line), "an event is JSON");
  });
  report::RunEnd end;
  end.summary.add(result.verdict);
  end.interrupted = (bits & 0x80) != 0;
  end.reason = notice;
  for (report::Observer* observer :
       std::initializer_list<report::Observer*>{&on_console, &as_json, &as_junit, &as_events}) {
    observer->on_start(run);
    observer->on_scenario_started(result.name, 1);
    observer->on_result(result);
    report::Result repeated = result;
    repeated.reproduction = {(bits & 0x40) != 0, {notice}, bits};
    observer->on_repeated(repeated);
    observer->on_notice(notice);
    observer->on_end(end);
  }
  check_json(as_json.document(), raw, diagnosis);
  check_xml(as_junit.document());
  expect(is_utf8(console), "the console gets UTF-8");
  for (const char c : console) {
    const auto octet = static_cast<unsigned char>(c);
    expect((octet >= 0x20 || c == '\n') && octet != 0x7f, "the console gets no control character");
  }
}
