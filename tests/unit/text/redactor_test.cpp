#include "text/redactor.h"

#include <doctest/doctest.h>

#include <random>

#include "wire/handshake.h"

using namespace wsspec;
using text::Secrets;

namespace {

Secrets with(std::string_view value) {
  Secrets secrets;
  secrets.add(value);
  return secrets;
}

std::string masked(const Secrets& secrets, std::string_view text) {
  auto octets = wire::to_vector(text);
  secrets.mask(octets);
  return std::string(wire::as_chars(octets));
}

}  // namespace

TEST_CASE("a secret is found as it is, percent-encoded, in base64 and as hex") {
  const auto secrets = with("s3cr3t/Tok+en~1");
  CHECK(secrets.redact("bad token s3cr3t/Tok+en~1, sorry") == "bad token ***, sorry");
  CHECK(secrets.redact("?t=s3cr3t%2FTok%2Ben~1&x") == "?t=***&x");
  CHECK(secrets.redact("?t=s3cr3t%2fTok%2ben~1&x") == "?t=***&x");
  CHECK(secrets.redact("<7333637233742f546f6b2b656e7e31>") == "<***>");
  CHECK(secrets.redact("<73 33 63 72 33 74 2f 54 6f 6b 2b 65 6e 7e 31>") == "<***>");
  CHECK(secrets.redact("nothing of it") == "nothing of it");
  CHECK(Secrets().redact("s3cr3t/Tok+en~1") == "s3cr3t/Tok+en~1");
}

TEST_CASE("a secret inside a longer base64 text is found at every offset") {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string value(6 + random() % 30, ' ');
    for (char& c : value) c = static_cast<char>(33 + random() % 94);
    const auto secrets = with(value);
    const std::string before(random() % 7, 'a'), after(random() % 7, 'z');
    const std::string text = wire::base64(wire::as_octets(before + value + after));
    const std::string shown = secrets.redact(text);
    CAPTURE(value);
    CAPTURE(text);
    CHECK(shown.find("***") != std::string::npos);
    // What is left on either side belongs to the neighbours, and to parts of its first and last
    // octet.
    const auto star = shown.find("***");
    CHECK(star <= before.size() * 8 / 6 + 2);
    CHECK(shown.size() - star - 3 <= after.size() * 8 / 6 + 6);
  }
}

TEST_CASE("a secret that was cut is found by what is left of it") {
  const auto secrets = with("abcdefghijklmnopqrstuvwxyz");
  CHECK(secrets.redact("the header is \"abcdefghijklm\" ...") == "the header is \"***\" ...");
  CHECK(secrets.redact("... opqrstuvwxyz\"") == "... ***\"");
  CHECK(secrets.redact("abcdefg is too little to tell") == "abcdefg is too little to tell");
}

TEST_CASE("short values are no secrets") {
  auto secrets = with("true");
  secrets.add("     x     ");
  CHECK(secrets.empty());
  CHECK(secrets.redact("true, x") == "true, x");
}

TEST_CASE("overlapping and repeated secrets leave one mark each") {
  auto secrets = with("aaaabbbbcccc");
  secrets.add("bbbbccccdddd");
  CHECK(secrets.redact("<aaaabbbbccccdddd>") == "<***>");
  CHECK(secrets.redact("aaaabbbbcccc-bbbbccccdddd") == "***-***");
}

TEST_CASE("masking keeps the length, whatever octets there are") {
  const auto secrets = with("s3cr3tvalue");
  CHECK(masked(secrets, "<s3cr3tvalue>") == "<***********>");
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (char& c : text) c = "s3cr3tvalue\xff"[random() % 12];
    const std::string out = masked(secrets, text);
    CHECK(out.size() == text.size());
    CHECK(out.find("s3cr3") == std::string::npos);
    CHECK(out.find("value") == std::string::npos);
  }
}

TEST_CASE("of values that come again and again the newest 64 are looked for") {
  Secrets secrets;
  CHECK(secrets.empty());
  for (int i = 0; i < 100; ++i)
    secrets.add_recent("session-" + std::to_string(1000 + i) + "-token");
  CHECK_FALSE(secrets.empty());
  CHECK(secrets.redact("session-1099-token") == "***");
  CHECK(secrets.redact("session-1036-token") == "***");
  CHECK(secrets.redact("<session-1099-token>").find("1099") == std::string::npos);
  secrets.add_recent("ab");  // too short to be one
  CHECK(secrets.redact("ab") == "ab");
}
