// What octets look like: one plain example a kind, and those that two kinds could claim. The many
// are in tests/e2e/payload_samples.py.
#include "payload/detect.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "../wire/hex.h"
#include "payload/advice.h"

using namespace wsspec;
using namespace wsspec::payload;
using wire::test::hex;

namespace {

std::vector<Look> looks_of(wire::Octets octets) {
  return detect(scan(octets));
}

std::string best(wire::Octets octets) {
  return kind_text(looks_of(octets).front().kind).id;
}
std::string best(std::string_view text) {
  return best(wire::as_octets(text));
}

}  // namespace

TEST_CASE("detect: one of each kind") {
  CHECK(best("") == "empty");
  CHECK(best("{\"a\": [1, 2]}") == "json");
  CHECK(best("[1, 2") == "text");
  CHECK(best("hello") == "text");
  CHECK(best("gr\xc3\xbc\xc3\x9f dich \xe2\x82") == "text-cut");
  CHECK(best(std::string_view("hello\0\0\0", 8)) == "zeros-after-text");
  CHECK(best("caf\xef\xbf\xbd") == "replaced");
  CHECK(best("caf\xc3\x83\xc2\xa9") == "double-encoded");
  CHECK(best("a \xed\xa0\xbd\xed\xb8\x80") == "cesu-8");
  CHECK(best("a \xed\xa0\xbd") == "lone-surrogates");
  CHECK(best("\xce\xba\xe1\xbd\xb9\xcf\x83\xff\xce\xbc\xce\xb5") == "mixed");
  CHECK(best("caf\xe9 au lait") == "latin-1");
  CHECK(best(hex("82 b1 82 f1 82 c9 82 bf 82 cd")) == "shift-jis");
  CHECK(best(hex("c4 e3 ba c3 ca c0 bd e7")) == "gbk");
  CHECK(best(std::string_view("h\0e\0l\0l\0o\0", 10)) == "utf-16le");
  CHECK(best(std::string_view("\0h\0e\0l\0l\0o", 10)) == "utf-16be");
  CHECK(best(std::string_view("h\0\0\0i\0\0\0", 8)) == "utf-32le");
  CHECK(best(std::string_view("\0\0\0h\0\0\0i", 8)) == "utf-32be");
  CHECK(best("\x89PNG\r\n\x1a\n....IHDR") == "png");
  CHECK(best("\xff\xd8\xff\xe0..JFIF") == "jpeg");
  CHECK(best("%PDF-1.7\n%\xe2\xe3") == "pdf");
  CHECK(best(std::string_view("PK\x03\x04\x14\0\0\0", 8)) == "other-format");
  CHECK(best(hex("08 96 01 12 05 63 61 66 c3 a9")) == "protobuf");
  CHECK(best(hex("82 a1 61 01 a1 62 c3")) == "msgpack");
  CHECK(best(hex("a2 61 61 01 61 62 f5")) == "cbor");
  CHECK(best(hex("0c 00 00 00 10 61 00 01 00 00 00 00")) == "bson");
}

TEST_CASE("detect: a lone octet after letters is Latin-1, after other characters a cut") {
  CHECK(best("caf\xc3") == "text-cut");
  CHECK(looks_of(wire::as_octets("caf\xc3"))[0].confidence < 50);
  CHECK(best("\xc3\xa9t\xc3") == "text-cut");
  CHECK(best("\xe9t\xe9 !") == "latin-1");
}

TEST_CASE("detect: what is nearly all ASCII is not random") {
  for (const Look& look : looks_of(wire::as_octets("{\"a\":\"caf\xe9\"}")))
    CHECK(look.kind != Kind::random);
}

TEST_CASE("detect: what is not whole is no record") {
  CHECK(best(hex("82 a1 61 01 a1 62")) != "msgpack");
  CHECK(best(hex("a2 61 61 01 61 62")) != "cbor");
  CHECK(best(hex("08 96 01 12 05 63 61 66 c3")) != "protobuf");
}

TEST_CASE("detect: a confidence is a percentage and the best comes first, with a reason") {
  for (const std::string_view text :
       {"caf\xe9 au lait", "hello", "\xff\xfe\xfd", "gr\xc3\xbc\xc3\x9f \xff"}) {
    const auto looks = looks_of(wire::as_octets(text));
    REQUIRE_FALSE(looks.empty());
    for (std::size_t i = 0; i < looks.size(); ++i) {
      CHECK(looks[i].confidence >= 0);
      CHECK(looks[i].confidence <= 99);
      CHECK_FALSE(looks[i].reason.empty());
      if (i > 0) CHECK(looks[i].confidence <= looks[i - 1].confidence);
    }
  }
}

TEST_CASE("detect: a cut at a usual size says so") {
  std::string text;
  while (text.size() < 5000) text += "\xe4\xbd\xa0\xe5\xa5\xbd";
  const auto looks = looks_of(wire::as_octets(text.substr(0, 4096)));
  CHECK(looks[0].kind == Kind::text_cut);
  CHECK(looks[0].reason.find("4096") != std::string::npos);
}

TEST_CASE("detect: nested and endless records do not exhaust anything") {
  best(std::string(200000, '\x91'));
  best(std::string(200000, '\x81'));
  best(std::string(200000, '\x9f'));
  best(std::string(200000, '\xdb'));
  best(std::string(200000, '\x0a'));
  best(std::string(200000, '['));
}

TEST_CASE("kinds and mistakes: each has its words, and ids differ") {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < kKinds; ++i) {
    const KindText& text = kind_text(static_cast<Kind>(i));
    CHECK(text.kind == static_cast<Kind>(i));
    CHECK(ids.insert(text.id).second);
  }
  std::set<Mistake> mistakes;
  for (const Remedy* remedy : remedies()) {
    CHECK(mistakes.insert(remedy->mistake).second);
    CHECK_FALSE(remedy->advice.empty());
    for (const std::string_view code : remedy->code) CHECK_FALSE(code.empty());
  }
  CHECK(mistakes.size() == kMistakes - 1);
}

TEST_CASE("advice: what servers answer, and what to change") {
  const auto advice_of = [](std::string_view text) {
    const Scan seen = scan(wire::as_octets(text));
    return advise(seen, detect(seen));
  };
  const Advice good = advice_of("hello");
  CHECK(good.mistake == Mistake::none);
  CHECK(good.strict.close == 0);
  CHECK(good.code.empty());
  const Advice bad = advice_of("caf\xe9 au lait");
  CHECK(bad.strict.close == 1007);
  CHECK(bad.strict.text.find("octet 4") != std::string::npos);
  CHECK(bad.mistake == Mistake::wrong_charset);
  REQUIRE(bad.code.size() == kLanguages);
  for (const CodeLine& line : bad.code) CHECK(line.code.find("{label}") == std::string::npos);
  CHECK(bad.code[2].code == "await ws.send(payload.decode(\"windows-1252\"))");
  CHECK(advice_of("caf\xc3\x83\xc2\xa9").mistake == Mistake::double_encoded);
  CHECK(advice_of("\xff\xfe\xfd").mistake == Mistake::unchecked);
}
