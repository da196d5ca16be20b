// URLs and base64: what is taken apart can be put together again, and no credential of a URL is
// ever shown.
#include "wire/url.h"

#include "fuzz.h"
#include "text/escape.h"
#include "text/secret_names.h"
#include "wire/handshake.h"

using namespace wsspec;
using fuzz::expect;
using fuzz::expect_same;

namespace {

std::string show(const wire::Url& url) {
  return std::string(url.tls ? "wss://" : "ws://") + url.authority() + url.target;
}

void check_url(const std::string& text) {
  const auto url = wire::parse_url(text);
  if (!url) {
    expect(!url.error().empty(), "a URL that is none says why");
    return;
  }
  expect(!url->host.empty() && url->port != 0, "a URL has a host and a port");
  expect(url->target.starts_with('/'), "a target begins with /");
  for (const std::string* part : {&url->host, &url->target}) {
    for (const char c : *part) {
      const auto octet = static_cast<unsigned char>(c);
      expect(octet > 0x20 && octet != 0x7f && octet != '#', "no part breaks the request line");
    }
  }
  const auto again = wire::parse_url(show(*url));
  expect(again.has_value(), "a URL put together is a URL");
  expect_same(show(*url), show(*again), "and the same");
  expect(again->host == url->host && again->port == url->port && again->userinfo.empty(),
         "with the same host and port");

  const std::string redacted = text::redact_url(text);
  const auto shown = wire::parse_url(redacted);
  expect(shown && shown->userinfo.empty(), "a redacted URL has no credentials");
  expect(shown->host == url->host && shown->port == url->port, "and names the same server");
  expect_same(redacted, text::redact_url(redacted), "redacting twice changes nothing");
}

void check_base64(const std::string& text) {
  const wire::OctetVector octets = wire::to_vector(text);
  const auto decoded = wire::base64_decode(wire::base64(octets));
  expect(decoded == octets, "base64 holds all octets");
  if (const auto read = wire::base64_decode(text))
    expect_same(wire::base64(*read), text, "octets have one base64");
}

}  // namespace

FUZZ_TARGET(url) {
  const std::string text(input.text());
  check_url(text);
  check_base64(text);
}
