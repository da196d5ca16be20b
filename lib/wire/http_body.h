// Where an HTTP/1.1 answer ends (RFC 9112 6.3): by its status, its Content-Length, its last chunk,
// or with the connection. Of the body nothing is kept but its first octets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/handshake.h"
#include "wire/octets.h"

namespace wsspec::wire {

enum class BodyState : std::uint8_t {
  reading,      ///< more is to come
  until_close,  ///< the end of the stream ends it
  done,         ///< what follows is no part of it
  bad,          ///< `problem()` says why
};

class HttpBodyReader {
 public:
  /// `method`: of the request that is answered; the answer to HEAD has no body.
  HttpBodyReader(const HttpResponse& response, std::string_view method);

  /// Takes the body's octets off the front of `input`.
  BodyState feed(Octets& input);
  /// The stream has ended.
  BodyState end();
  BodyState state() const { return state_; }
  /// One clause: "a body of 3 octets where Content-Length says 10".
  const std::string& problem() const { return problem_; }
  std::string_view section() const { return section_; }
  /// The first octets of it, at most kMaxBody.
  const std::string& head() const { return head_; }
  /// Another request may follow on this connection (RFC 9112 9.3).
  bool keeps_alive() const { return keeps_alive_; }

 private:
  enum class Chunk : std::uint8_t { size, data, data_end, trailer };
  BodyState fail(std::string problem, std::string_view section);
  void read_length(const HttpResponse& response);
  void take(Octets& input, std::uint64_t most);
  bool take_line(Octets& input);
  void read_chunks(Octets& input);
  void read_chunk_line();

  BodyState state_ = BodyState::reading;
  std::string problem_;
  std::string_view section_ = "RFC 9112 6.3";
  std::string head_;
  std::uint64_t declared_ = 0, left_ = 0, trailers_ = 0;
  bool chunked_ = false;
  bool keeps_alive_ = false;
  Chunk chunk_ = Chunk::size;
  std::string line_;
};

}  // namespace wsspec::wire
