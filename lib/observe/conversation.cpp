#include "observe/conversation.h"

#include <algorithm>
#include <utility>

#include "wire/opening_request.h"

namespace wsspec::observe {
namespace {

constexpr int kInterimAnswers = 16;

}  // namespace

Conversation::Conversation(Sink& sink)
    : sink_(sink), client_(Role::client, sink), server_(Role::server, sink) {
  client_.set_other(server_);
  server_.set_other(client_);
}

void Conversation::feed(Role side, wire::Octets octets, double ms) {
  if (octets.empty() || state_ == State::opaque) return;
  if (state_ == State::frames) return direction(side).feed(octets, ms);
  if (side == Role::client)
    read_request(octets, ms);
  else
    read_response(octets, ms);
}

void Conversation::end(Role side, EndKind kind, double ms) {
  bool& ended = ended_[side == Role::client ? 0 : 1];
  if (std::exchange(ended, true)) return;
  if (state_ == State::frames) return direction(side).end(kind, ms);
  if (side == Role::client && asked_ && state_ == State::head && !ended_[1]) {
    client_end_ = {kind, ms};
    return;
  }
  if (side == Role::server && client_end_) {
    sink_.on_end({Role::client, client_end_->first, client_end_->second});
    client_end_.reset();
  }
  sink_.on_end({side, kind, ms});
}

void Conversation::give_up(Role side, std::string_view why, double ms) {
  state_ = State::opaque;
  wire::OctetVector().swap(waiting_);
  scan_.reset();
  sink_.on_opaque(side, why, ms);
  request_head_ = {};
  response_head_ = {};
  if (client_end_) sink_.on_end({Role::client, client_end_->first, ms});
  client_end_.reset();
}

// RFC 6455 4.1: a client waits for the answer. What comes earlier is kept until the answer says
// whether it is frames.
void Conversation::read_request(wire::Octets octets, double ms) {
  if (asked_) {
    waiting_.insert(waiting_.end(), octets.begin(), octets.end());
    if (waiting_.size() > kWaiting)
      give_up(Role::client, "it sends more than 64 KiB before the answer to its request", ms);
    return;
  }
  while (request_head_.text().empty() && !octets.empty() &&
         (octets[0] == '\r' || octets[0] == '\n'))  // RFC 9112 2.2
    octets = octets.subspan(1);
  const wire::Octets before = octets;
  const auto state = request_head_.feed(octets);
  if (!scan_) scan_.emplace();
  scan_->feed(before.first(before.size() - octets.size()));
  if (state == wire::HeadState::incomplete) return;
  const auto request = request_head_.request();
  if (!request) return give_up(Role::client, request_head_.problem(), ms);
  asked_ = true;
  asked_ms_ = ms;
  const auto refused = wire::check_opening_request(*request);
  sink_.on_request({*request, refused ? refused->why : "", ms});
  request_head_ = {};
  if (!octets.empty()) read_request(octets, ms);
}

void Conversation::read_response(wire::Octets octets, double ms) {
  while (!octets.empty() && state_ == State::head) {
    if (body_) {
      const auto state = body_->feed(octets);
      if (state == wire::BodyState::bad) return give_up(Role::server, body_->problem(), ms);
      if (state != wire::BodyState::done) return;
      body_.reset();
      answered({}, ms);
      continue;
    }
    if (response_head_.feed(octets) == wire::HeadState::incomplete) return;
    const auto response = response_head_.response();
    if (!response) return give_up(Role::server, response_head_.problem(), ms);
    if (!asked_) return give_up(Role::server, "it answers before it was asked", ms);
    response_head_ = {};
    Response event{.response = *response, .waited_ms = ms - asked_ms_, .ms = ms};
    if (response->status < 200 && response->status != 101) {
      event.interim = true;
      sink_.on_response(event);
      if (++interim_ > kInterimAnswers)
        return give_up(Role::server, "it sends too many interim answers", ms);
      continue;
    }
    const wire::SentRequest request = scan_->asked();
    scan_->answered();
    if (response->status != 101) {
      sink_.on_response(event);
      body_.emplace(*response, request.method);
      if (body_->state() == wire::BodyState::done) {
        body_.reset();
        answered({}, ms);
      }
      continue;
    }
    if (const auto problem = wire::check_upgrade(*response, request)) event.fault = problem->what;
    const auto agreed = wire::read_deflate_answer(
        request.extensions, wire::joined_header(response->headers, "Sec-WebSocket-Extensions"));
    if (agreed)
      event.deflate = *agreed;
    else if (event.fault.empty())
      event.fault = agreed.error().what;
    sink_.on_response(event);
    compressed_ = event.deflate.has_value();
    if (event.deflate) {
      client_.allow_deflate(*event.deflate);
      server_.allow_deflate(*event.deflate);
    }
    state_ = State::frames;
    return answered(octets, ms);
  }
}

/// What the client has sent meanwhile is told before the rest of what the server did.
void Conversation::answered(wire::Octets rest, double ms) {
  asked_ = false;
  interim_ = 0;
  const wire::OctetVector waiting = std::exchange(waiting_, {});
  const auto client_end = std::exchange(client_end_, std::nullopt);
  if (state_ == State::frames) scan_.reset();
  if (!waiting.empty()) {
    if (state_ == State::frames)
      client_.feed(waiting, ms);
    else
      read_request(waiting, ms);
  }
  if (client_end) {
    if (state_ == State::frames)
      client_.end(client_end->first, ms);
    else
      sink_.on_end({Role::client, client_end->first, ms});
  }
  if (!rest.empty() && state_ == State::frames) server_.feed(rest, ms);
}

}  // namespace wsspec::observe
