// What a connection shows of its part in the end of a server, from records made by hand.
#include "engine/trace.h"

#include <doctest/doctest.h>

using namespace wsspec;
using engine::nearer;
using engine::trace_of;
using Kind = engine::Trace::Kind;
using result::End;

namespace {

net::TimePoint at(int ms) {
  return net::TimePoint{} + std::chrono::milliseconds(ms);
}

session::ExchangeRecord connected(End end) {
  session::ExchangeRecord record;
  record.started_at = at(1);
  record.connected_at = at(2);
  record.transport_end = end;
  return record;
}

session::ExchangeRecord wrote(End end, std::uint64_t octets, int times = 1) {
  session::ExchangeRecord record = connected(end);
  for (int i = 0; i < times; ++i) record.unanswered.sent(octets, at(10 + i));
  return record;
}

}  // namespace

TEST_CASE("no connection was made") {
  session::ExchangeRecord record;
  record.started_at = at(1);
  CHECK(trace_of(record).kind == Kind::never_connected);
}

TEST_CASE("a short write that was answered with a reset was never read") {
  CHECK(trace_of(wrote(End::reset, 200)).kind == Kind::unread);
  // Of several writes, or of a long one, the server may have read the beginning.
  CHECK(trace_of(wrote(End::reset, 200, 2)).kind == Kind::unanswered);
  CHECK(trace_of(wrote(End::reset, 100000)).kind == Kind::unanswered);
}

TEST_CASE("a write that was followed by the end of the stream, or by nothing, was read") {
  for (const End end : {End::eof, End::open}) {
    const auto trace = trace_of(wrote(end, 200, 3));
    CHECK(trace.kind == Kind::unanswered);
    CHECK(trace.since == at(10));
    CHECK(trace.last == at(12));
  }
}

TEST_CASE("nothing outstanding") {
  auto record = connected(End::eof);
  record.received_octets = 100;
  CHECK(trace_of(record).kind == Kind::answered);
  auto closed = wrote(End::eof, 4);  // our Close, after the server's
  closed.close_at = at(5);
  CHECK(trace_of(closed).kind == Kind::answered);
  auto goodbye = wrote(End::eof, 4);
  goodbye.goodbye = true;
  CHECK(trace_of(goodbye).kind == Kind::answered);
  // Reset without having been accepted.
  CHECK(trace_of(connected(End::reset)).kind == Kind::unread);
}

TEST_CASE("an end inside the TLS handshake") {
  session::ExchangeRecord record;
  record.started_at = at(1);
  record.transport_end = End::eof;
  CHECK(trace_of(record).kind == Kind::unanswered);
  record.transport_end = End::reset;
  CHECK(trace_of(record).kind == Kind::unread);
}

TEST_CASE("of several connections the nearest counts") {
  const auto early = trace_of(wrote(End::eof, 10)), late = trace_of(wrote(End::eof, 10, 5));
  CHECK(nearer(early, late).last == late.last);
  CHECK(nearer(late, early).last == late.last);
  CHECK(nearer({}, early).kind == Kind::unanswered);
  CHECK(nearer(trace_of(wrote(End::reset, 10)), {}).kind == Kind::unread);
}
