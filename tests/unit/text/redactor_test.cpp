#include "text/redactor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>

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

TEST_CASE("words with a version between them are no piece of a secret, but digits are") {
  const auto login = with("CONNECT\naccept-version:1.2\nhost:localhost\npasscode:qz81rr07kx\n");
  CHECK(login.redact("handshake-headers/bad-version-13.0") == "handshake-headers/bad-version-13.0");
  CHECK(login.redact("the code is qz81rr07, they say") != "the code is qz81rr07, they say");
  CHECK(with("version1").redact("my version1 of it") == "my *** of it");
  CHECK(with("admin123456").redact("no, admin123456") == "no, ***");
}

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
    std::string value(12 + random() % 30, ' ');
    for (char& c : value) c = static_cast<char>(33 + random() % 94);
    value[5] = '0';  // no word
    const auto secrets = with(value);
    const std::string before(random() % 7, '<'), after(random() % 7, '>');
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

TEST_CASE("short values are matched whole, and very short ones not at all") {
  auto secrets = with("true");
  for (const char* value : {"     x     ", "1", "en", "chat", "json", "12345"}) secrets.add(value);
  CHECK(secrets.empty());
  CHECK(secrets.redact("true, x") == "true, x");
  secrets.add("hunter2");
  secrets.add("493021");
  CHECK(secrets.redact("bad pin 493021, HUNTER2") == "bad pin ***, ***");
  CHECK(secrets.redact("a1493021 hunter22") == "a1493021 hunter22");
  CHECK(secrets.redact("68756e74657232 aHVudGVyMg==") == "*** ***==");
}

TEST_CASE("what our own words are made of is no evidence") {
  Secrets secrets;
  for (const char* value : {"websocket", "localhost", "127.0.0.1:9001", "close the connection",
                            "application/json", "websocketserver", "HTTP/1.1", "keep-alive",
                            "aaaaaaaaaaaaaaaa", "message", "utf-8", "text/html; charset=utf-8"})
    secrets.add(value);
  for (const char* text : {"no Close, the connection stays open", "WebSocket server at localhost",
                           "Connect to 127.0.0.1:9001, HTTP/1.1 101", "aaaaaaaaaaaaaaaaaaaaaaaa",
                           "the message is not UTF-8; application/json", "text fin 10 octets"})
    CHECK(secrets.redact(text) == text);
  // Beside something else they are.
  secrets.add("websocket-Zq81-server");
  secrets.add("secret-of-joe-a-user");
  CHECK(secrets.redact("<websocket-Zq81-server>") == "<***>");
  CHECK(secrets.redact("<SECRET-OF-JOE-A-USER>") == "<***>");
  CHECK(secrets.redact("WebSocket server, secret of a user") ==
        "WebSocket server, secret of a user");
}

TEST_CASE("a secret is found in every form that a server may give it") {
  const std::string value = "cnry-Wn5~!x/Zq8+Key";
  const auto secrets = with(value);
  const auto encoded = [](std::string_view text) { return wire::base64(wire::as_octets(text)); };
  const auto hex = [&](const char* before, const char* between) {
    std::string out;
    for (const unsigned char c : value) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", c);
      out += (out.empty() ? "" : between) + std::string(before) + digits;
    }
    return out;
  };
  std::string url = encoded(value);
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  std::string dashes, spaces;
  for (const char c : value) {
    dashes += c;
    dashes += '-';
    spaces += c;
    spaces += ' ';
  }
  for (const std::string& form : {value,
                                  std::string("CNRY-WN5~!X/ZQ8+KEY"),
                                  hex("%", ""),
                                  hex("%25", ""),
                                  hex("\\x", ""),
                                  hex("\\u00", ""),
                                  hex("", ""),
                                  hex("", ":"),
                                  hex("", ", "),
                                  hex("0x", ","),
                                  hex("0x", ", "),
                                  hex("", "-"),
                                  encoded(value),
                                  encoded(encoded(value)),
                                  encoded("user:" + value),
                                  url,
                                  dashes,
                                  spaces,
                                  value.substr(1, value.size() - 2),
                                  encoded(hex("", "")),
                                  hex("", "").substr(1)}) {
    CAPTURE(form);
    const std::string shown = secrets.redact("you sent '" + form + "' to us");
    CHECK(shown.starts_with("you sent '"));
    CHECK(shown.ends_with("' to us"));
    CHECK(shown.find("***") != std::string::npos);
    // At most what shares a character with what is left of it, or is less than a run.
    CHECK(shown.size() <= 26);
  }
}

TEST_CASE("a large text of any kind is searched in linear time") {
  Secrets secrets;
  std::mt19937 random(3);
  for (int i = 0; i < 100; ++i) {
    std::string value(40, ' ');
    for (char& c : value) c = static_cast<char>(33 + random() % 94);
    secrets.add(value);
  }
  const auto seconds = [&](const std::string& piece, std::size_t size) {
    std::string text;
    while (text.size() < size) text += piece;
    const auto begin = std::clock();
    CHECK(secrets.redact(text) == text);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  for (const char* piece : {"a", "0", "%41", "\\u0041", "0x41,", "YWFh", "41:", "% ", "\\x"}) {
    CAPTURE(piece);
    const double small = seconds(piece, 100'000), large = seconds(piece, 800'000);
    CHECK(large < 16 * small + 0.05);
  }
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
