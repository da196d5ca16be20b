#include "app/inspect.h"

#include <fmt/format.h>

#include <utility>

#include "app/input.h"
#include "app/inspect_capture.h"
#include "app/inspect_payload.h"
#include "app/safe_text.h"
#include "text/escape.h"

namespace wsspec {
namespace {

using Answer = tl::expected<Inspection, std::string>;

std::string problem_text(const Input& input, payload::Form form,
                         const payload::FormProblem& wrong) {
  return fmt::format("{}:{}:{}: not {}: {} (at character {} of the input)", input.name(),
                     wrong.line, wrong.column,
                     form == payload::Form::json_string ? "a JSON string" : form_name(form),
                     wrong.text, wrong.offset + 1);
}

/// What was meant for the octets themselves is taken for a file's name.
std::string open_problem(const InspectOptions& options, const std::string& problem) {
  if (options.form == payload::Form::raw ||
      !payload::decode(options.form, wire::as_octets(options.file)))
    return problem;
  return fmt::format("{}; an argument names a file: printf %s {} | wsspec inspect --{}", problem,
                     text::printable(shell_word(options.file), 60), form_name(options.form));
}

tl::expected<capture::KeyLog, std::string> key_log(const std::string& file) {
  capture::KeyLog keys;
  if (file.empty()) return keys;
  auto input = Input::open(file);
  if (!input) return tl::unexpected(input.error());
  while (true) {
    const auto piece = input->next();
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) break;
    keys.feed(*piece);
  }
  keys.finish();
  if (keys.size() == 0)
    return tl::unexpected(file +
                          ": there is no TLS secret in it (lines as SSLKEYLOGFILE has them)");
  return keys;
}

/// Whatever holds no capture is one payload.
Answer inspect_payload(Input& input, const InspectOptions& options) {
  payload::Scanner scanner;
  payload::FormReader reader(options.form);
  wire::OctetVector decoded;
  while (true) {
    const auto piece = input.next();
    if (!piece) return tl::unexpected(piece.error());
    const bool end = piece->empty();
    if (options.form == payload::Form::raw) {
      scanner.feed(*piece);
    } else {
      decoded.clear();
      const auto wrong = end ? reader.finish(decoded) : reader.feed(*piece, decoded);
      if (wrong) return tl::unexpected(problem_text(input, options.form, *wrong));
      scanner.feed(decoded);
    }
    if (end) break;
  }
  PayloadReport report{input.name(), options.form, scanner.finish(), {}, {}};
  report.looks = payload::detect(report.scan);
  report.advice = payload::advise(report.scan, report.looks);
  return Inspection{options.json ? payload_json(report) : payload_text(report, options.width),
                    !report.scan.valid()};
}

}  // namespace

const char* form_name(payload::Form form) {
  switch (form) {
    case payload::Form::hex:
      return "hex";
    case payload::Form::base64:
      return "base64";
    case payload::Form::json_string:
      return "json-string";
    case payload::Form::raw:
      break;
  }
  return "raw";
}

Answer inspect(const InspectOptions& options) {
  auto input = Input::open(options.file);
  if (!input) return tl::unexpected(open_problem(options, input.error()));
  const auto head = input->peek(kCaptureHead);
  if (!head) return tl::unexpected(head.error());
  const CaptureKind kind =
      options.form == payload::Form::raw ? capture_kind(*head) : CaptureKind::none;
  if (!options.key_log.empty() && kind != CaptureKind::packets)
    return tl::unexpected(
        std::string("--keylog is for a capture (pcap, pcapng), and this is none"));
  if (kind == CaptureKind::none) return inspect_payload(*input, options);
  auto keys = key_log(options.key_log);
  if (!keys) return tl::unexpected(keys.error());
  const auto broken = inspect_capture(
      kind, [&] { return input->next(); },
      {.json = options.json, .width = options.width, .keys = std::move(*keys)}, options.print);
  if (!broken) return tl::unexpected(broken.error());
  return Inspection{"", *broken};
}

}  // namespace wsspec
