// The audit of our own octets: where the fault is, what comes after it, what may be answered.
#include "session/sent_log.h"

#include <doctest/doctest.h>

using namespace wsspec;
using session::Fault;
using session::SentLog;
using session::SentRecord;

namespace {

wire::OctetVector frame(std::uint8_t opcode, wire::OctetVector payload, bool fin = true,
                        bool masked = true) {
  wire::FrameHeader header;
  header.opcode = opcode;
  header.fin = fin;
  header.masked = masked;
  header.key = {0x12, 0x34, 0x56, 0x78};
  return wire::encode_frame(header, payload);
}

struct Fixture {
  result::Transcript transcript;
  SentRecord record;
  SentLog out{transcript, record};
  void send(const wire::OctetVector& octets) { out.sent(octets, 0); }
};

}  // namespace

TEST_CASE("valid messages have no fault and are waiting for their answers") {
  Fixture f;
  f.send(frame(1, {'o', 'k'}));
  f.send(frame(9, {'p'}));
  f.send(frame(2, {0xff}));
  CHECK(f.record.fault.source == Fault::Source::none);
  CHECK(f.record.messages() == 2);
  CHECK(f.record.ledger.size() == 3);
  CHECK_FALSE(f.record.text_not_utf8);
}

TEST_CASE(
    "of a message that we compressed ourselves the first octets are kept as they were before") {
  Fixture f;
  f.out.allow_deflate(15, false);
  session::KnownMessage hello;
  hello.digest.begin(wire::Opcode::text);
  hello.digest.add(wire::as_octets("Hello"));
  hello.digest.finish();
  hello.head = wire::to_vector(std::string_view("Hello"));
  f.out.know(0, hello);
  wire::FrameHeader header{.rsv = 4, .opcode = 1, .masked = true};
  f.send(wire::encode_frame(header, wire::OctetVector{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}));
  f.send(frame(1, {'o', 'k'}));
  REQUIRE(f.record.ledger.size() == 2);
  CHECK(wire::as_chars(f.record.ledger[0].payload) == "Hello");
  CHECK(f.record.ledger[0].digest.length() == 5);
  CHECK(wire::as_chars(f.record.ledger[1].payload) == "ok");
}

TEST_CASE("after a UTF-8 fault means after the message's FIN") {
  Fixture f;
  f.send(frame(1, {'a', 0xff}, false));  // octets 0 to 7; the proof is octet 7
  CHECK(f.record.fault.source == Fault::Source::violation);
  CHECK(f.record.fault.at == 7);
  CHECK_FALSE(f.record.fault.settled);
  f.send(frame(9, {'p'}));
  f.send(frame(0, {'b'}));
  CHECK(f.record.fault.settled);
  CHECK(f.record.fault.after == f.record.position);
  f.send(frame(1, {'c'}));
  CHECK(f.record.ledger.back().end > f.record.fault.after);
}

TEST_CASE("after a framing fault begins with the next frame") {
  Fixture f;
  f.send(frame(3, {'x'}));
  const auto end = f.record.position;
  f.send(frame(1, {'y'}));
  CHECK(f.record.fault.settled);
  CHECK(f.record.fault.after == end);
}

TEST_CASE("the same found at every way of cutting the octets") {
  wire::OctetVector all = frame(1, {0xe2, 0x82, 0x28});
  const auto more = frame(9, {'p'});
  all.insert(all.end(), more.begin(), more.end());
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    Fixture f;
    f.send({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut)});
    f.send({all.begin() + static_cast<std::ptrdiff_t>(cut), all.end()});
    CHECK(f.record.fault.at == 8);
    CHECK(f.record.fault.after == 9);
    CHECK(f.record.excerpt.octets == wire::OctetVector{0xe2, 0x82, 0x28});
    CHECK(f.record.excerpt.mark == 2);
  }
}

TEST_CASE("an excerpt shows at most 16 octets on either side of the proof") {
  Fixture f;
  wire::OctetVector text(10000, 'a');
  text[7777] = 0xc0;
  f.send(frame(1, text));
  f.send(frame(1, {'l', 'a', 't', 'e', 'r'}));
  const auto& excerpt = f.record.excerpt;
  CHECK(excerpt.at == 7777);
  CHECK(excerpt.octets.size() == 33);
  CHECK(excerpt.mark == 16);
  CHECK(excerpt.octets[16] == 0xc0);
  CHECK(excerpt.offset == 7777 - 16);
}

TEST_CASE("the tool's own ping is no part of the script") {
  Fixture f;
  f.out.sent_by_tool(frame(9, {'q'}), 0);
  CHECK(f.record.ledger.back().own_probe);
  CHECK(f.record.fault.source == Fault::Source::none);
}

TEST_CASE("an item that is marked as the fault is the fault") {
  Fixture f;
  f.send(frame(1, {'b', 'a', 'd', 'w', 'o', 'r', 'd'}));
  f.out.mark_fault(0, f.record.position);
  CHECK(f.record.fault_is_out());
  CHECK(f.record.fault.after == f.record.position);
}

TEST_CASE("digests: equal by type, length and octets, above the kept part by SHA-256") {
  auto digest = [](wire::Opcode type, const wire::OctetVector& octets, std::size_t piece) {
    session::MessageDigest out;
    out.begin(type);
    for (std::size_t at = 0; at < octets.size(); at += piece)
      out.add(wire::Octets(octets).subspan(at, std::min(piece, octets.size() - at)));
    out.finish();
    return out;
  };
  wire::OctetVector octets(20000, 'x');
  const auto one = digest(wire::Opcode::text, octets, 20000);
  CHECK(one.same(digest(wire::Opcode::text, octets, 7)));
  CHECK_FALSE(one.same(digest(wire::Opcode::binary, octets, 20000)));
  octets[19999] = 'y';
  CHECK_FALSE(one.same(digest(wire::Opcode::text, octets, 20000)));
  CHECK(one.length() == 20000);
}

TEST_CASE("a ledger entry keeps how long each answer took, and no more than it has room for") {
  session::LedgerEntry entry;
  entry.sent(2, 10);
  entry.sent(1, 30);
  entry.answer(15);
  entry.answer(50);
  CHECK(entry.answered == 2);
  CHECK(entry.times == std::vector<float>{5, 40, 30});
  entry.sent(2 * session::LedgerEntry::kTimes, 60);
  CHECK(entry.times.size() == session::LedgerEntry::kTimes);
  for (std::size_t i = 2; i < 2 * session::LedgerEntry::kTimes; ++i) entry.answer(61);
  CHECK(entry.answered == 2 * session::LedgerEntry::kTimes);
  CHECK(entry.times.back() == 1);
}

TEST_CASE("a frame that breaks the framing is kept: whoever answers it took it for good") {
  Fixture f;
  auto bad_text = frame(1, {'h', 'i'});
  bad_text[0] |= 0x20;  // RSV2
  f.send(bad_text);
  f.send(frame(9, {'p'}, true, false));
  f.send(frame(3, {'x'}));  // nobody can know how a reserved opcode would be answered
  f.send(frame(1, {'o', 'k'}));
  REQUIRE(f.record.ledger.size() == 3);
  CHECK(f.record.ledger[0].refused);
  CHECK(f.record.ledger[0].digest.length() == 2);
  CHECK(f.record.ledger[1].refused);
  CHECK(f.record.ledger[1].payload == wire::OctetVector{'p'});
  CHECK_FALSE(f.record.ledger[2].refused);
  CHECK(f.record.messages() == 1);
  CHECK(f.record.controls() == 0);
}

TEST_CASE("the script's own pongs are kept, as many as fit") {
  Fixture f;
  f.send(frame(10, {}));
  for (int i = 0; i < 100; ++i) f.send(frame(10, {static_cast<std::uint8_t>(i)}));
  CHECK(f.record.pongs.size() == SentRecord::kPongs);
  CHECK(f.record.pongs.back() == wire::OctetVector{99});
}

TEST_CASE("of a bomb the beginning is known, and an echo of it may be long") {
  session::MessageDigest whole, cut, other;
  const wire::OctetVector zeros(1u << 20);
  for (auto* digest : {&whole, &cut, &other}) {
    digest->begin(wire::Opcode::binary);
    for (int i = 0; i < 64; ++i) digest->add(zeros);
  }
  whole.add(zeros);  // an echo that came without compression
  other.add(zeros);
  other.add(zeros);
  cut.cut();
  for (auto* digest : {&whole, &cut, &other}) digest->finish();
  CHECK(cut.same(whole));
  CHECK(whole.same(cut));
  CHECK_FALSE(whole.same(other));
  session::MessageDigest small;
  small.begin(wire::Opcode::binary);
  small.add(zeros);
  small.finish();
  CHECK_FALSE(cut.same(small));
}

TEST_CASE("a message that was compressed may be echoed as long as it is") {
  Fixture f;
  f.out.allow_deflate(15, true);
  wire::Deflater deflater(15, true);
  const wire::OctetVector data(100000, 'a');
  wire::OctetVector packed;
  deflater.begin({});
  deflater.add(data, packed);
  deflater.finish(packed);
  wire::FrameHeader header;
  header.masked = true;
  header.rsv = 4;
  f.send(wire::encode_frame(header, packed));
  CHECK(f.record.echo_octets == f.record.position + 100000);
  CHECK(f.record.fault.source == Fault::Source::none);
}
