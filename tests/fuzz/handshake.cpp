// An HTTP head from a hostile server: read the same whole and cut, never more than it may be, and
// no parsed field holds what would break a line.
//
// Off the end: 15 of 16 for "add more than a head may have" and where, then three sizes of pieces.
#include "wire/handshake.h"

#include <fmt/format.h>

#include "fuzz.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;
using wire::HeadState;

namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool printable(std::string_view text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7e) return false;
  return true;
}

std::string show(const wire::HeaderList& headers) {
  expect(headers.size() <= wire::kMaxHeaders, "the header lines are bounded");
  std::string out;
  for (const auto& [name, value] : headers) {
    expect(one_line(name) && one_line(value), "a header is one line");
    expect(!name.empty() && printable(name) &&
               name.find_first_of(" :\"(),/;<=>?@[\\]{}") == std::string_view::npos,
           "a header's name is a token");
    expect(value.find_first_of(" \t") != 0 && !value.ends_with(' ') && !value.ends_with('\t'),
           "a value has no white space around it");
    expect(wire::find_header(headers, name).has_value(), "a header is found by its name");
    out += fmt::format("{}: {}\n", name, value);
  }
  return out;
}

std::string show(const std::optional<wire::HttpResponse>& response) {
  if (!response) return "none";
  expect(response->status >= 100 && response->status <= 999, "a status has three digits");
  expect(response->version.size() == 8 && printable(response->version), "a version is one");
  expect(one_line(response->reason), "a reason is one line");
  return fmt::format("{} {} {}\n{}", response->version, response->status, response->reason,
                     show(response->headers));
}

std::string show(const std::optional<wire::HttpRequest>& request) {
  if (!request) return "none";
  expect(one_line(request->target) && request->target.find(' ') == std::string::npos,
         "a target is one word");
  return fmt::format("{} {} {}\n{}", request->method, request->target, request->version,
                     show(request->headers));
}

struct Reading {
  wire::HttpHeadReader reader;
  std::size_t left = 0;  ///< octets that no feed took

  void feed(wire::Octets octets) {
    const wire::Octets before = octets;
    const HeadState state = reader.feed(octets);
    expect(state == reader.state(), "a feed returns the state");
    expect(octets.size() <= before.size() &&
               octets.data() == before.data() + (before.size() - octets.size()),
           "a head's octets are taken off the front");
    expect(state != HeadState::incomplete || octets.empty(), "an incomplete head has taken all");
    left += octets.size();
  }
};

/// What was read, written again and read again.
void check_again(const wire::HttpResponse& response) {
  wire::HttpHeadReader reader;
  const std::string head =
      fmt::format("{} {} {}\r\n", response.version, response.status, response.reason);
  std::string lines;
  for (const auto& [name, value] : response.headers)
    lines += fmt::format("{}: {}\r\n", name, value);
  const std::string text = head + lines + "\r\n";
  if (text.size() > wire::kMaxHead) return;  // bare LFs have become CRLFs
  wire::Octets octets = wire::as_octets(text);
  expect(reader.feed(octets) == HeadState::done && octets.empty(), "a head written is a head");
  expect_same(show(std::optional(response)), show(reader.response()), "and reads as it did");
}

}  // namespace

FUZZ_TARGET(handshake) {
  const bool too_long = input.octet() % 16 == 15;
  const std::size_t where = input.octet();
  const fuzz::Cuts cuts(input);
  wire::OctetVector stream = wire::to_vector(input.rest());
  if (too_long)
    stream.insert(stream.begin() + static_cast<int>(stream.size() * where / 256), wire::kMaxHead,
                  'x');
  Reading whole, cut;
  whole.feed(stream);
  cuts.cut(stream, [&](wire::Octets piece) { cut.feed(piece); });

  const HeadState state = whole.reader.state();
  expect(state == cut.reader.state(), "a head is judged the same however it was cut");
  expect(whole.reader.text().size() <= wire::kMaxHead, "a head is bounded");
  const auto response = whole.reader.response();
  const auto request = whole.reader.request();
  expect(printable(whole.reader.problem()), "a problem shows nothing raw");
  expect_same(show(response), show(cut.reader.response()), "a response reads the same when cut");
  expect_same(show(request), show(cut.reader.request()), "a request reads the same when cut");
  expect(!response || !request, "a head is a response or a request");
  if (state == HeadState::done) {
    expect(whole.left == cut.left, "what follows a head is left alone");
    expect(whole.reader.text() == cut.reader.text(), "a head is the same octets when cut");
    expect(whole.reader.text().size() + whole.left == stream.size(), "no octet is lost");
  } else {
    expect(!response && !request && !whole.reader.problem().empty(), "what is no head says why");
  }
  if (!response) return;

  check_again(*response);
  const auto problem = wire::check_upgrade(*response, kKey, {"chat"}, {"permessage-deflate"});
  if (problem) {
    expect(!problem->what.empty() && printable(problem->what),
           "a refused upgrade says why, in plain text");
    return;
  }
  expect(response->status == 101, "an upgrade is a 101");
  expect(wire::joined_header(response->headers, "Sec-WebSocket-Accept") ==
             "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",  // RFC 6455 1.3
         "an upgrade has the key's accept");
  const std::string chosen = wire::joined_header(response->headers, "Sec-WebSocket-Protocol");
  expect(chosen.empty() || chosen == "chat", "an upgrade chooses what was offered");
}
