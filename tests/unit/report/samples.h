// Results as a run would make them, for the tests of the reports.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "result/result.h"

namespace wsspec::report::samples {

inline scenario::Outcome close_outcome(int code) {
  scenario::Outcome outcome;
  outcome.kind = scenario::Outcome::Kind::close;
  outcome.codes.ranges = {{code, code}};
  return outcome;
}

inline result::RunInfo run_info(std::uint64_t selected) {
  result::RunInfo info;
  info.version = "0.1.0";
  info.url = "ws://127.0.0.1:9001";
  info.server = "uvicorn";
  info.scenario_set = "00ff";
  info.started = "2025-01-02T03:04:05Z";
  info.selected = selected;
  return info;
}

inline result::ScenarioResult result(std::string name, result::Verdict verdict) {
  result::ScenarioResult out;
  out.name = std::move(name);
  out.suite = out.name.substr(0, out.name.find('/'));
  out.suite_title = "Text messages must be UTF-8";
  out.title = "'/' in two octets";
  out.tags = {"u-ov-02"};
  out.level = "must";
  out.spec = "RFC 6455 8.1";
  out.verdict = verdict;
  out.expected = {close_outcome(1007)};
  out.duration_ms = 12.3456;
  return out;
}

inline result::ScenarioResult pass(std::string name) {
  result::ScenarioResult out = result(std::move(name), result::Verdict::pass);
  out.cls = result::Class::exact;
  out.observed.code = 1007;
  out.observed.closer = result::Closer::server;
  out.observed.end = result::End::eof;
  out.observed.close_ms = 2.1;
  out.observed.sent = 1;
  return out;
}

/// Refused with 1002 and a reason that would clear a terminal.
inline result::ScenarioResult fail(std::string name) {
  result::ScenarioResult out = pass(std::move(name));
  out.verdict = result::Verdict::fail;
  out.cls = result::Class::other_code;
  out.observed.code = 1002;
  out.observed.reason = "bad \x1b[2J";
  out.diagnosis = "refused, but with a code that misleads";
  out.failed_step = "step 2: {\"expect\":{\"close\":1007}}";
  out.fault.present = true;
  out.fault.octets = wire::to_vector("Hello \xc0\xaf!");
  out.fault.mark = 6;
  out.fault.at = 6;
  out.fault.why = "0xC0 can never occur in UTF-8";
  result::TranscriptLine sent;
  sent.direction = result::TranscriptLine::Direction::sent;
  sent.at_ms = 0.4;
  sent.what = "text fin";
  sent.octets = wire::to_vector("Hello");
  sent.length = 5;
  result::TranscriptLine received;
  received.direction = result::TranscriptLine::Direction::received;
  received.at_ms = 2.5;
  received.what = "Close 1002";
  received.octets = {0x03, 0xea, 0x1b};
  received.length = 9;
  result::TranscriptLine note;
  note.at_ms = 1234;
  note.what = "end of stream";
  out.transcript = {sent, received, note};
  return out;
}

inline result::ScenarioResult tolerated(std::string name) {
  result::ScenarioResult out = result(std::move(name), result::Verdict::tolerated);
  out.cls = result::Class::drop;
  out.observed.end = result::End::eof;
  out.observed.eof_ms = 3;
  out.observed.sent = 1;
  out.because = "RFC 6455 7.1.7: an endpoint may drop the connection";
  out.diagnosis = "it dropped the connection";
  return out;
}

inline result::ScenarioResult skipped(std::string name) {
  result::ScenarioResult out = result(std::move(name), result::Verdict::skipped);
  out.because = "the target declares no policy.message_rate";
  return out;
}

inline result::ScenarioResult error(std::string name) {
  result::ScenarioResult out = result(std::move(name), result::Verdict::error);
  out.because = "the handshake was answered with HTTP 503 three times";
  out.observed.http_status = 503;
  return out;
}

inline result::Summary summary_of(std::initializer_list<result::ScenarioResult> results) {
  result::Summary out;
  for (const result::ScenarioResult& one : results) out.add(one.verdict);
  out.duration_ms = 1234.5678;
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
inline result::ScenarioResult hostile_result(std::mt19937& random, unsigned number) {
  result::ScenarioResult out = fail("hostile/case-" + std::to_string(number));
  out.verdict = static_cast<result::Verdict>(random() % 5);
  out.observed.code = static_cast<int>(random() % 6000);
  out.observed.reason = hostile(random);
  out.observed.detail = hostile(random);
  out.diagnosis = hostile(random);
  out.because = hostile(random);
  out.title = hostile(random);
  out.failed_step = hostile(random);
  out.fault.octets = wire::to_vector(hostile(random));
  out.fault.octets.resize(std::min<std::size_t>(out.fault.octets.size(), 33));
  out.fault.mark = random() % 40;  // also one that lies outside
  out.fault.why = hostile(random);
  for (result::TranscriptLine& line : out.transcript) {
    line.what = hostile(random);
    line.octets = wire::to_vector(hostile(random));
  }
  return out;
}

}  // namespace wsspec::report::samples
