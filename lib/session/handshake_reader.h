// Reads what comes before the frames: in role client the answers to the opening handshakes that
// went out, in role server the request. It takes octets and gives events; it writes what it read
// into the record, and knows neither connection nor time.
//
//          1xx           101
//   head ------> head ---------> done            the rest of the input is frames
//    |
//    +--- any other status ----> refused         its body is read to the end, and what follows it;
//    |                                           ask_again() leads back to head
//    +--- no HTTP, a bad 101 --> failed
//
// Where a script sends the handshakes itself (raw octets, TLS records, the preface of HTTP/2), the
// answer may be another protocol's: then nothing more is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "session/record.h"
#include "wire/extension.h"
#include "wire/handshake.h"
#include "wire/http_body.h"
#include "wire/request_scan.h"
#include "wire/role.h"

namespace wsspec::session {

class HandshakeReader {
 public:
  struct Options {
    wire::Role role = wire::Role::client;
    bool scripted = false;     ///< the script sends the handshakes
    bool secure = false;       ///< TLS carries the octets
    bool tls_records = false;  ///< the script speaks TLS by itself
  };

  struct Event {
    enum class Kind : std::uint8_t {
      need_more,       ///< the input is used up, or none of ours any more
      tls_record,      ///< `what`; passed over
      interim,         ///< an answer 1xx
      upgraded,        ///< a good 101; `deflate`
      refused,         ///< another final answer
      further_answer,  ///< after that refusal, to something else that was sent
      request,         ///< role server: it came, see the record
      failed,          ///< `failure` and `fact`
      other_protocol,  ///< `what` came, and nothing more is read
      bad_answer,      ///< the refusal breaks HTTP: `what`, `section`
    };
    Kind kind = Kind::need_more;
    Failure failure = Failure::none;
    result::Fact fact{};  ///< why it failed
    std::string what{};
    std::string_view section{};
    int status = 0;            ///< of the answer that ended here; 0 = none did
    std::uint64_t length = 0;  ///< octets of it
    std::optional<wire::DeflateParams> deflate{};
  };

  HandshakeReader(Options options, OpeningRecord& record) : options_(options), record_(record) {}

  /// Octets that went out and are no frames: what they ask for decides how an answer is read.
  void sent(wire::Octets octets) { requests_.feed(octets); }
  /// The next event, its octets taken off the front of `input`. Call until it needs more.
  Event next(wire::Octets& input);
  /// The stream ended (FIN).
  Event end();

  /// Octets of a head that is not complete: of the answer, or of the request.
  std::size_t head_octets() const { return state_ == State::head ? head_.text().size() : 0; }

  /// Refused, but the connection takes another request (RFC 9112 9.3).
  bool takes_another() const { return state_ == State::refused && body_->keeps_alive(); }
  void ask_again();
  /// The refusal is not yet complete.
  bool answer_is_open() const {
    return state_ == State::refused && body_->state() < wire::BodyState::done;
  }
  /// The refusal is complete, and says that it is the last on this connection (RFC 9112 9.6).
  bool end_is_due() const {
    return state_ == State::refused && body_->state() == wire::BodyState::done &&
           !body_->keeps_alive();
  }
  /// The refusal will never be complete: a client would wait for ever.
  Event answer_has_no_end() const;

 private:
  enum class State : std::uint8_t { head, done, refused, failed };

  Event read_body(wire::Octets& input);
  Event read_after_refusal(wire::Octets& input);
  Event skip_records(wire::Octets& input);
  bool is_http2(wire::Octets& input);
  Event read_answer(wire::Octets& input);
  Event final_answer();
  Event read_request(wire::Octets& input);
  Event fail(Failure failure, result::Fact fact);

  Options options_;
  OpeningRecord& record_;
  State state_ = State::head;
  wire::HttpHeadReader head_;
  wire::RequestScan requests_;
  std::optional<wire::HttpBodyReader> body_;  ///< of the newest refusal, until it was asked again
  std::string after_refusal_;                 ///< the first octets after it
  bool bad_ = false;                          ///< a bad answer was told
  std::string first_octets_;                  ///< of an answer that may be HTTP/2
  wire::OctetVector record_head_;             ///< of a TLS record
  std::size_t record_left_ = 0;
  int empty_octets_ = 0;  ///< line ends ahead of a request
};

}  // namespace wsspec::session
