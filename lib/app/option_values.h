// What the values of options may be, the same for every command, which declares the check with the
// option. A check returns what is wrong with a value, or nothing; it does not quote the value,
// which may be a token.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace wsspec {

/// RFC 9110 5.5: no control character but tab.
std::string as_header_value(const std::string& text);
/// RFC 9110 5.6.2: a header's name, a subprotocol's.
std::string as_token(const std::string& text);
std::string as_not_empty(const std::string& text);
/// A file that can be read: no folder.
std::string as_input_file(const std::string& path);
/// A file that can be written, or "-": no folder.
std::string as_output_file(const std::string& path);
/// http://, socks5:// or socks5h://[user:password@]host[:port].
std::string as_proxy(const std::string& text);
/// 0 to 2^32 - 1: a suite may compute with it.
std::string as_seed(const std::string& text);

using HeaderLine = std::pair<std::string, std::string>;
/// The header of `-H 'Name: value'`, or those of `-H @FILE`: one a line, 64 KiB at most; empty
/// lines are passed over, and a line names no file.
tl::expected<std::vector<HeaderLine>, std::string> headers_of(const std::string& text);
inline bool is_header_file(const std::string& text) {
  return text.starts_with("@");
}

/// What is wrong where two outputs would go to one file, or nothing. `outputs`: option and path,
/// which is empty where the option was not given.
std::string one_file_each(const std::vector<std::pair<std::string, std::string>>& outputs);

}  // namespace wsspec
