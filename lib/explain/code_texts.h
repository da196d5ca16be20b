// The texts behind `wsspec explain`: one entry a close code, a range of codes, or an HTTP status of
// a refused upgrade, and one a pair of codes that people confuse. Data only; explain.h renders it.
//
// They are written for an engineer on call who asks "why were we closed with 1007?": what it means,
// the situations it is seen in on real servers, and what to change on either side.
#pragma once

#include <string_view>
#include <vector>

namespace wsspec::explain {

struct CodeText {
  int from = 0, to = 0;               ///< inclusive; equal for a single code
  std::string_view name = {};         ///< the registry's, in the case of close_code_name()
  std::string_view meaning = {};      ///< a sentence or two
  std::string_view sender = {};       ///< who sends it
  std::string_view reconnect = {};    ///< may a client connect again, and when
  std::string_view on_the_wire = {};  ///< what happened in octets; empty for codes that just travel
  std::vector<std::string_view> seen = {};        ///< real situations, the most likely first
  std::vector<std::string_view> who_closed = {};  ///< how to see which side ended the connection
  std::vector<std::string_view> server = {};      ///< how to fix it on the server's side
  std::vector<std::string_view> client = {};      ///< how to fix it on the client's side
  std::vector<int> related = {};
  std::string_view spec = {};  ///< "RFC 6455 7.4.1"
  std::vector<std::string_view> links = {};
};

/// One line of a comparison.
struct PairRow {
  std::string_view aspect, first, second;
};

struct PairText {
  int first = 0, second = 0;  ///< a range is named by its `from`
  std::vector<PairRow> rows;
  std::string_view choose;  ///< when to use which
};

/// 1000 to 1006; 1007 to 1015; 3000 and above with the ranges.
const std::vector<CodeText>& code_texts_low();
const std::vector<CodeText>& code_texts_high();
const std::vector<CodeText>& code_texts_ranges();
/// HTTP statuses of refused upgrades.
const std::vector<CodeText>& status_texts();
const std::vector<PairText>& pair_texts();

inline constexpr std::string_view kLinkCodes =
    "https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1";
inline constexpr std::string_view kLinkRanges =
    "https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2";
inline constexpr std::string_view kLinkRegistry =
    "https://www.iana.org/assignments/websocket/websocket.xhtml";
inline constexpr std::string_view kLinkHandshake =
    "https://www.rfc-editor.org/rfc/rfc6455#section-4";

}  // namespace wsspec::explain
