// A connection's way through TLS. Octets are encrypted when they are sent and counted as sent then:
// at most kBatch of them wait here when the socket is full. Everything that came is decrypted at
// once (SSL_read until it wants more), for no event reports octets that are left inside OpenSSL.
#include <libwebsockets.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "net/connection.h"

namespace wsspec::net {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kRecord = 16384;
/// Plaintext of one send(2): four full records.
constexpr std::size_t kBatch = 4 * kRecord;
/// A drain reads so much ciphertext more than it may tell plaintext: headers, tags, key updates.
constexpr std::size_t kOverhead = 65536;
/// A server that said goodbye ends TCP at once, or waits for our goodbye first (RFC 5246 7.2.1;
/// Python's asyncio does). An answer at once would meet the first kind's closed socket, and the RST
/// that this earns would hide its FIN.
constexpr auto kGoodbye = std::chrono::milliseconds(50);

}  // namespace

// Writes the records that wait; what the socket does not take goes out when it does.
void Connection::flush_tls() {
  while (!tls_->output().empty()) {
    const auto records = tls_->output();
    if (write_error_ != 0) {
      tls_->sent(records.size());  // the peer reads no more
      return;
    }
    const ssize_t n = ::send(fd(), records.data(), records.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      tls_->sent(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      write_error_ = errno;
    } else {
      if (!closing_) lws_callback_on_writable(wsi_);
      return;
    }
  }
  if (shut_) ::shutdown(fd(), SHUT_WR);
}

void Connection::answer_close_notify() {
  if (wsi_ == nullptr || closing_) return;
  tls_->close_notify();
  flush_tls();
}

SendResult Connection::send_tls(std::span<const std::uint8_t> octets) {
  SendResult result;
  if (!tls_->open()) return result;  // on_open comes first
  flush_tls();
  while (result.sent < octets.size() && write_error_ == 0 && tls_->output().empty()) {
    const auto batch = octets.subspan(result.sent, std::min(kBatch, octets.size() - result.sent));
    if (!tls_->write(batch)) {
      write_error_ = EPIPE;
      break;
    }
    result.sent += batch.size();
    flush_tls();
  }
  result.error = write_error_;
  return result;
}

// Goes on with the TLS handshake or tells plaintext, at most `limit` octets, `told` included.
Connection::TlsRead Connection::read_tls(std::size_t limit, std::size_t& told) {
  using State = TlsStream::State;
  const std::shared_ptr<bool> destroyed = destroyed_;
  if (!tls_->open()) {
    const State state = tls_->handshake();
    flush_tls();
    if (state == State::wants_input) return TlsRead::used_up;
    if (state != State::done) return TlsRead::failed;
    if (paused_ && !closing_) lws_rx_flow_control(wsi_, 0);
    handler_->on_open(Clock::now());
    if (*destroyed || wsi_ == nullptr) return TlsRead::gone;
  }
  std::array<std::uint8_t, kRecord> plaintext;
  while (told < limit) {
    std::size_t count = 0;
    const std::size_t room = std::min(plaintext.size(), limit - told);
    const State state = tls_->read(std::span(plaintext).first(room), count);
    if (state == State::done) {
      told += count;
      if (!tell(std::span(plaintext).first(count))) return TlsRead::gone;
      if (holds_octets()) return TlsRead::limit;
      continue;
    }
    if (state == State::closed && !closing_ && !goodbye_->pending()) goodbye_->start(kGoodbye);
    flush_tls();
    return state == State::failed ? TlsRead::failed : TlsRead::used_up;
  }
  return TlsRead::limit;
}

int Connection::service_tls(int reason, std::span<const std::uint8_t> received) {
  std::size_t told = 0;
  if (reason == LWS_CALLBACK_RAW_RX) {
    if (received.empty()) return 0;
    tls_->input(received);
    const TlsRead state = read_tls(kNoLimit, told);
    if (state == TlsRead::limit) tls_->keep_input();
    return state == TlsRead::failed ? -1 : 0;
  }
  flush_tls();
  if (!tls_->open() || (unread_ && !paused_ && !holds_octets())) {
    unread_ = false;
    const TlsRead state = read_tls(kNoLimit, told);
    if (state == TlsRead::gone) return 0;
    if (state == TlsRead::failed) return -1;
  }
  if (wants_write_ && tls_->open() && tls_->output().empty()) {
    wants_write_ = false;
    handler_->on_writable();
  }
  return 0;
}

std::size_t Connection::drain_tls(std::size_t limit) {
  std::array<std::uint8_t, kRecord> received;
  std::size_t told = 0;
  std::size_t taken = 0;
  for (;;) {
    const TlsRead state = read_tls(limit, told);
    if (state == TlsRead::gone) return told;
    if (state == TlsRead::failed) {
      lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);  // RAW_CLOSE tells it
      return told;
    }
    if (state == TlsRead::limit || taken >= limit + kOverhead) {
      tls_->keep_input();
      unread_ = !paused_ && tls_->readable();
      if (unread_) lws_callback_on_writable(wsi_);
      return told;
    }
    const ssize_t n = ::recv(fd(), received.data(), received.size(), MSG_DONTWAIT);
    if (n <= 0) return told;
    taken += static_cast<std::size_t>(n);
    tls_->input(std::span(received).first(static_cast<std::size_t>(n)));
  }
}

// What still came before the end. False: the connection is gone.
bool Connection::last_words_tls(std::span<const std::uint8_t> received) {
  std::size_t told = 0;
  tls_->input(received);
  const TlsRead state = holds_octets() ? TlsRead::limit : read_tls(kNoLimit, told);
  if (state == TlsRead::gone) return false;
  tls_->keep_input();
  return true;
}

// What waits behind octets that were put back and have been told meanwhile. False: the connection
// is gone.
bool Connection::read_kept_tls() {
  std::size_t told = 0;
  const TlsRead state = read_tls(kNoLimit, told);
  if (state == TlsRead::gone) return false;
  if (state == TlsRead::limit) tls_->keep_input();
  if (state != TlsRead::failed || kept_end_) return true;
  lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);  // RAW_CLOSE tells it
  return false;
}

void Connection::finish_tls(EndInfo& end) {
  tls_->cut(end.kind == EndKind::reset);
  end.tls = tls_->problem();
  if (end.tls.failure != TlsFailure::none) end.kind = EndKind::tls_failed;
  end.close_notify = tls_->peer_closed();
  end.chain = tls_->chain();
  end.asked_for_certificate = tls_->asked_for_certificate();
}

}  // namespace wsspec::net
