// UTF-8: the validator, whole and cut, says what the slow oracle says; so does the decoder that
// shows a server's text. Off the end: three sizes of pieces.
#include "../unit/wire/utf8_oracle.h"

#include "diagnose/utf8_fault.h"
#include "fuzz.h"
#include "text/escape.h"

using namespace wsspec;
using fuzz::expect;
using wire::test::oracle;
using wire::test::same;

FUZZ_TARGET(utf8) {
  const fuzz::Cuts cuts(input);
  const wire::OctetVector text = wire::to_vector(input.rest());
  const auto wanted = oracle(text);
  expect(same(wire::check_utf8(text), wanted), "the whole text is judged as the oracle judges it");

  wire::Utf8Validator validator;
  std::optional<wire::Utf8Fault> found;
  std::size_t read = 0;
  cuts.cut(text, [&](wire::Octets piece) {
    const auto at = validator.feed(piece);
    expect(!at || !found, "a fault is told once");
    expect(!at || *at < piece.size(), "the proving octet is in the piece");
    if (at) found = wire::Utf8Fault{read + *at, false};
    read += piece.size();
    expect(validator.faulty() == found.has_value(), "a validator stays faulty");
    const auto so_far = oracle(wire::Octets(text).first(read));
    expect(validator.complete() == !so_far, "complete means that the text could end here");
  });
  if (!found && !validator.complete()) found = wire::Utf8Fault{text.size(), true};
  expect(same(found, wanted), "the same octet proves it however the text is cut");
  validator.reset();
  expect(validator.complete() && !validator.faulty(), "a reset validator is as a new one");

  const std::string_view chars = wire::as_chars(text);
  std::size_t at = 0;
  while (at < chars.size()) {
    const auto c = text::first_character(chars.substr(at));
    if (!c.well_formed) break;
    expect(!oracle(wire::as_octets(chars.substr(at, c.size))), "what is shown as it is, is UTF-8");
    at += c.size;
  }
  expect((at == chars.size()) == !wanted, "a text of well-formed characters is UTF-8");
  if (wanted) {
    expect(wanted->at >= at && wanted->at - at <= 3, "the fault is in the first bad character");
    const std::size_t begin = wanted->at - std::min<std::size_t>(wanted->at, 16);
    const std::string why = diagnose::utf8_fault_reason(wire::Octets(text).subspan(begin),
                                                        wanted->at - begin, wanted->truncated);
    expect(!why.empty() && why.find('\n') == std::string::npos, "a fault has one line of words");
  }
}
