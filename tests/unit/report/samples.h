// Results as a run would make them, for the tests of the reports.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "report/shown.h"

namespace wsspec::report::samples {

/// A text as it comes from the engine, in a run without secrets.
inline Printable text(std::string_view raw) {
  return text::show(raw, {});
}

inline Expected close_outcome(int code) {
  return {scenario::Outcome::Kind::close, text("Close " + std::to_string(code)),
          text("{\"close\":" + std::to_string(code) + "}")};
}

inline Run run_info(std::uint64_t selected) {
  Run run;
  run.version = text("0.1.0");
  run.url = text("ws://127.0.0.1:9001");
  run.server = text("uvicorn");
  run.scenario_set = text("00ff");
  run.started = text("2025-01-02T03:04:05Z");
  run.selected = selected;
  return run;
}

inline Result result(const std::string& name, result::Verdict verdict) {
  Result out;
  out.name = text(name);
  out.suite = text(name.substr(0, name.find('/')));
  out.id = text(name.substr(name.find('/') + 1));
  out.title = text("'/' in two octets");
  out.tags = {text("u-ov-02")};
  out.level = wsspec::scenario::Level::must;
  out.impact = Impact::data;
  out.spec = text("RFC 6455 8.1");
  out.verdict = verdict;
  out.expected = {close_outcome(1007)};
  out.duration_ms = 12.3456;
  return out;
}

inline Result pass(std::string name) {
  Result out = result(name, result::Verdict::pass);
  out.cls = result::Class::exact;
  out.observed.code = 1007;
  out.observed.closer = result::Closer::server;
  out.observed.end = result::End::eof;
  out.observed.close_ms = 2.1;
  out.observed.sent = 1;
  return out;
}

/// Refused with 1002 and a reason that would clear a terminal.
inline Result fail(std::string name) {
  Result out = pass(name);
  out.verdict = result::Verdict::fail;
  out.counts = true;
  out.cls = result::Class::other_code;
  out.observed.code = 1002;
  out.observed.reason = text("bad \x1b[2J");
  out.diagnosis = text("refused, but with a code that misleads");
  out.failed_step = text("step 2: {\"expect\":{\"close\":1007}}");
  out.fault.present = true;
  out.fault.octets = wire::to_vector("Hello \xc0\xaf!");
  out.fault.mark = 6;
  out.fault.at = 6;
  out.fault.why = text("0xC0 can never occur in UTF-8");
  TranscriptLine sent;
  sent.direction = result::TranscriptLine::Direction::sent;
  sent.at_ms = 0.4;
  sent.what = text("text fin");
  sent.octets = wire::to_vector("Hello");
  sent.length = 5;
  TranscriptLine received;
  received.direction = result::TranscriptLine::Direction::received;
  received.at_ms = 2.5;
  received.what = text("Close 1002");
  received.octets = {0x03, 0xea, 0x1b};
  received.length = 9;
  TranscriptLine note;
  note.at_ms = 1234;
  note.what = text("end of stream");
  out.transcript = {sent, received, note};
  return out;
}

inline Result tolerated(std::string name) {
  Result out = result(name, result::Verdict::tolerated);
  out.cls = result::Class::drop;
  out.observed.end = result::End::eof;
  out.observed.eof_ms = 3;
  out.observed.sent = 1;
  out.because = text("RFC 6455 7.1.7: an endpoint may drop the connection");
  out.diagnosis = text("it dropped the connection");
  return out;
}

inline Result skipped(std::string name) {
  Result out = result(name, result::Verdict::skipped);
  out.because = text("the target declares no policy.message_rate");
  return out;
}

inline Result error(std::string name) {
  Result out = result(name, result::Verdict::error);
  out.because = text("the handshake was answered with HTTP 503 three times");
  out.observed.http_status = 503;
  return out;
}

inline RunEnd end_of(const std::vector<Result>& results, bool interrupted = false) {
  RunEnd out;
  for (const Result& one : results) {
    out.summary.add(one.verdict);
    if (one.verdict == result::Verdict::fail && !one.counts)
      ++out.uncounted[static_cast<std::size_t>(one.impact)];
  }
  out.summary.duration_ms = 1234.5678;
  out.interrupted = interrupted;
  return out;
}

/// Octets as a hostile server likes them: random ones, and what breaks terminals, JSON and XML.
inline std::string hostile(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"]]>",
                                                 "\x1b[2J",
                                                 "\xef\xbf\xbe",
                                                 "\xef\xbf\xbf",
                                                 "\xed\xa0\x80",
                                                 "<!--",
                                                 "--><failure/>",
                                                 "&#0;",
                                                 "&amp;",
                                                 "\"'",
                                                 "\xe2\x80\xae",
                                                 "\xf4\x90\x80\x80",
                                                 "\xf0\x9f\x98\x80",
                                                 "\r\n",
                                                 "\xc2\x85",
                                                 "\xce",
                                                 "\xe2\x80",
                                                 "\\x1b",
                                                 "<?xml ?>",
                                                 "\xef\xb7\x90"};
  std::string out;
  const unsigned parts = static_cast<unsigned>(random() % 12);
  for (unsigned i = 0; i < parts; ++i) {
    if (random() % 2 == 0) out += kPieces[random() % std::size(kPieces)];
    const unsigned octets = static_cast<unsigned>(random() % 9);
    for (unsigned k = 0; k < octets; ++k) out += static_cast<char>(random() & 0xff);
  }
  return out;
}

/// Every string that a server can influence, hostile.
inline Result hostile_result(std::mt19937& random, unsigned number) {
  Result out = fail("hostile/case-" + std::to_string(number));
  out.verdict = static_cast<result::Verdict>(random() % 5);
  out.observed.code = static_cast<int>(random() % 6000);
  out.observed.reason = text(hostile(random));
  out.observed.detail = text(hostile(random));
  out.diagnosis = text(hostile(random));
  out.because = text(hostile(random));
  out.title = text(hostile(random));
  out.failed_step = text(hostile(random));
  out.fault.octets = wire::to_vector(hostile(random));
  out.fault.octets.resize(std::min<std::size_t>(out.fault.octets.size(), 33));
  out.fault.mark = random() % 40;  // also one that lies outside
  out.fault.why = text(hostile(random));
  for (TranscriptLine& line : out.transcript) {
    line.what = text(hostile(random));
    line.octets = wire::to_vector(hostile(random));
  }
  return out;
}

}  // namespace wsspec::report::samples
