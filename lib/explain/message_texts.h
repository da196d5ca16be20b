// The messages of browsers and libraries behind `wsspec explain TEXT`. Many messages describe the
// same situation, so the tables are two: what happened (SituationText), and who says it in which
// words (MessageText). Data only; messages.h finds and renders them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace wsspec::explain {

enum class Situation : std::uint8_t {
  // A peer sent what it must not.
  text_not_utf8,
  close_reason_not_utf8,
  reserved_bits,
  unknown_opcode,
  masked_by_server,
  unmasked_by_client,
  bad_length,
  bad_control_frame,
  broken_fragments,
  bad_close_frame,
  frame_after_close,
  message_too_big,
  too_many_fragments,
  inflate_failed,
  // The connection ended.
  lost_without_close,
  close_not_answered,
  peer_closed,
  ping_unanswered,
  idle_too_long,
  slow_reader,
  // The opening handshake failed.
  no_connection,
  no_response,
  not_http,
  handshake_timeout,
  refused_with_status,
  not_an_upgrade,
  no_websocket_library,
  origin_refused,
  bad_response_headers,
  bad_accept,
  subprotocol_mismatch,
  extension_mismatch,
  mixed_content,
  // A program used its own library wrongly.
  sent_after_close,
  used_before_open,
  closed_while_connecting,
  concurrent_use,
  reason_too_long,
  code_not_allowed,
};

struct SituationText {
  Situation id = Situation::text_not_utf8;
  std::string_view name = {};                 ///< in the JSON: "text-not-utf8"
  std::string_view found_in = {};             ///< completes "the client, ..."
  std::string_view meaning = {};              ///< a sentence or two
  std::vector<std::string_view> causes = {};  ///< the most likely first
  /// `by_role`: advice for the side that sent the data and for the side that found it. Otherwise
  /// for the server and for the client.
  bool by_role = false;
  std::vector<std::string_view> first = {};   ///< the sender, or the server
  std::vector<std::string_view> second = {};  ///< the receiver, or the client
  int code = 0;                               ///< the close code or HTTP status that belongs to it
  std::string_view selectors = {};            ///< `wsspec run URL ...` that shows it
};

/// Which side of a connection prints a message.
enum class Side : std::uint8_t { client, server, either };

struct MessageText {
  /// As it is printed; '%' stands for what differs: numbers, hosts, header values.
  std::string_view text = {};
  std::string_view printer = {};  ///< the library, and its version where that is known
  Side side = Side::either;
  Situation situation = Situation::text_not_utf8;
  std::string_view note = {};  ///< what is particular to this library
  int code = 0;                ///< where it is not the situation's
};

const std::vector<SituationText>& data_situations();
const std::vector<SituationText>& end_situations();
const std::vector<SituationText>& handshake_situations();
const std::vector<SituationText>& use_situations();

std::span<const MessageText> browser_messages();
std::span<const MessageText> javascript_messages();
std::span<const MessageText> python_messages();
std::span<const MessageText> go_messages();
std::span<const MessageText> jvm_messages();
std::span<const MessageText> other_messages();  ///< .NET, Rust

}  // namespace wsspec::explain
