// wsspec inspect: faults are where the validator says, detection and advice hold for any octets,
// and nothing depends on how the payload was cut. Off the end: three sizes of pieces.
#include "../unit/wire/utf8_oracle.h"

#include "diagnose/utf8_fault.h"
#include "fuzz.h"
#include "payload/advice.h"
#include "payload/detect.h"
#include "payload/forms.h"
#include "payload/scan.h"

using namespace wsspec;
using fuzz::expect;
using payload::Fault;
using payload::Scan;

namespace {

void check_faults(const Scan& scan, wire::Octets octets) {
  const auto first = wire::test::oracle(octets);
  expect(scan.valid() == !first, "valid is what the validator takes");
  expect(scan.size == octets.size(), "every octet was read");
  expect(scan.faults.size() == std::min<std::uint64_t>(scan.fault_count, 100),
         "faults are listed up to the bound");
  if (first) expect(scan.faults[0].proof == first->at, "the first proof is the validator's");
  std::uint64_t end = 0;
  for (const Fault& fault : scan.faults) {
    expect(fault.offset >= end, "faults come in order and do not overlap");
    end = fault.offset + fault.count;
    expect(end <= octets.size() && fault.proof <= octets.size(), "offsets are in range");
    expect(std::ranges::equal(fault.bad(),
                              octets.subspan(static_cast<std::size_t>(fault.offset), fault.count)),
           "a fault's octets are the payload's");
    expect(fault.cause.kind != wire::Utf8FaultKind::unclear, "every fault has its kind");
    expect(!diagnose::utf8_fault_text(fault.cause).empty(), "every fault has words");
  }
  for (const auto& window : scan.windows)
    expect(
        window.begin + window.octets.size() <= octets.size() && window.octets.size() <= 200 &&
            std::ranges::equal(window.octets, octets.subspan(static_cast<std::size_t>(window.begin),
                                                             window.octets.size())),
        "a window's octets are the payload's");
}

std::string told(const Scan& scan) {
  std::string out;
  const auto looks = payload::detect(scan);
  expect(!looks.empty() && looks.size() <= 4, "there are one to four looks");
  for (const auto& look : looks) {
    expect(look.confidence >= 0 && look.confidence <= 99, "a confidence is a percentage");
    for (const char c : look.reason) expect(c >= 0x20 && c < 0x7f, "a reason is printable ASCII");
    out += look.name + " " + std::to_string(look.confidence) + " " + look.reason + "\n";
  }
  const auto advice = payload::advise(scan, looks);
  expect((advice.strict.close == 0) == scan.valid(), "a strict server closes on faults alone");
  expect(advice.code.size() == (advice.change.empty() ? 0 : payload::kLanguages),
         "code comes with the advice");
  expect(scan.valid() || !advice.change.empty(), "a faulty payload has advice");
  return out + advice.strict.text + std::string(advice.change);
}

/// The octets or "wrong at N": the same whole and cut.
void check_form(payload::Form form, wire::Octets text, const fuzz::Cuts& cuts) {
  payload::FormReader reader(form);
  wire::OctetVector out;
  std::optional<payload::FormProblem> wrong;
  cuts.cut(text, [&](wire::Octets piece) {
    if (!wrong) wrong = reader.feed(piece, out);
  });
  if (!wrong) wrong = reader.finish(out);
  const auto whole = payload::decode(form, text);
  expect(whole.has_value() == !wrong, "a form is right or wrong however it is cut");
  if (whole) expect(*whole == out, "a form means the same however it is cut");
  if (wrong) {
    expect(wrong->offset <= text.size(), "a problem's place is in the text");
    expect(wrong->offset == whole.error().offset && wrong->line == whole.error().line &&
               wrong->column == whole.error().column,
           "a problem's place is the same however the text is cut");
  }
}

}  // namespace

FUZZ_TARGET(payload) {
  const fuzz::Cuts cuts(input);
  const wire::OctetVector octets = wire::to_vector(input.rest());
  const Scan whole = payload::scan(octets);
  check_faults(whole, octets);
  payload::Scanner scanner;
  cuts.cut(octets, [&](wire::Octets piece) { scanner.feed(piece); });
  const Scan pieces = scanner.finish();
  check_faults(pieces, octets);
  expect(pieces.fault_count == whole.fault_count, "as many faults however it is cut");
  fuzz::expect_same(told(pieces), told(whole), "the same answer however it is cut");
  for (const auto form : {payload::Form::hex, payload::Form::base64, payload::Form::json_string})
    check_form(form, octets, cuts);
}
