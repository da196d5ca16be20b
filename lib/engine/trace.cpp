#include "engine/trace.h"

namespace wsspec::engine {
namespace {

/// Octets that any server reads at once.
constexpr std::uint64_t kOneRead = 4096;

}  // namespace

Trace trace_of(const session::ExchangeRecord& record) {
  Trace out;
  const bool opened = record.connected_at != net::TimePoint{};
  if (!opened && record.transport_end == result::End::open) return out;
  const session::Unanswered& ours = record.unanswered;
  if (!opened) {  // it ended inside the TLS handshake
    out.kind =
        record.transport_end == result::End::reset ? Trace::Kind::unread : Trace::Kind::unanswered;
    out.since = out.last = record.started_at;
    return out;
  }
  // After the server's Close only ours is outstanding, and nothing answers that. Our own, when the
  // script was over, is the least that a server goes down for.
  if (ours.writes == 0 || record.close_at || record.goodbye) {
    // A connection that was reset before anything was sent on it was not even accepted.
    const bool used = record.received_octets > 0 || record.transport_end != result::End::reset;
    out.kind = used ? Trace::Kind::answered : Trace::Kind::unread;
    return out;
  }
  const bool one_read = ours.writes == 1 && ours.octets <= kOneRead;
  const bool unread = one_read && record.transport_end == result::End::reset;
  out.kind = unread ? Trace::Kind::unread : Trace::Kind::unanswered;
  out.since = ours.since;
  out.last = ours.last;
  return out;
}

Trace nearer(const Trace& a, const Trace& b) {
  if (a.kind != b.kind) return a.kind > b.kind ? a : b;
  return a.last >= b.last ? a : b;
}

}  // namespace wsspec::engine
