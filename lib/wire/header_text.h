// The small grammar that header values share (RFC 9110 5.6): tokens, lists, quoted strings, and how
// a peer's octets are shown in a message.
#pragma once

#include <string>
#include <string_view>

namespace wsspec::wire {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// ASCII only: header names and tokens have no other case (and no locale).
inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same_name(std::string_view a, std::string_view b);
/// RFC 9110 5.6.2
bool is_token(std::string_view text);
/// Of a hexadecimal digit in either case; -1: it is none.
int hex_value(char c);
/// Without spaces and tabs at either end.
std::string_view trim(std::string_view text);
/// The next item before `separator`, trimmed, taken off `list`. A separator inside a quoted string
/// (RFC 9110 5.6.4) does not count.
std::string_view take_item(std::string_view& list, char separator);
/// The next line, taken off `text`, without its end; both CRLF and a bare LF end one (RFC
/// 9112 2.2).
std::string_view take_line(std::string_view& text);
/// Small letters for large ones and the other way round; ASCII.
std::string other_case(std::string text);
/// A control character that no header value may hold (RFC 9110 5.5): any but tab.
bool holds_control(std::string_view value);
bool is_printable(std::string_view text);
/// Octets of the peer in a message: quoted when printable, else all of them as hex; at most 32.
std::string show(std::string_view octets);

}  // namespace wsspec::wire
