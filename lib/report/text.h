// A finding in words: the same on the console and in JUnit. Every function is pure, and whatever
// comes from the server or from a scenario file passes through text::printable on its way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "result/result.h"

namespace wsspec::report {

inline constexpr std::size_t kMaxReason = 125;  ///< octets shown of a close reason: all it can have
inline constexpr std::size_t kMaxLine = 1000;   ///< octets shown of a diagnosis, title or the like

/// A line of text from anywhere, fit to be shown.
std::string line(std::string_view raw);

/// "2.1 ms", "340 ms", "1.23 s".
std::string duration(double ms);

/// "Close 1007 or HTTP 403".
std::string expected_text(const result::ScenarioResult& result);

/// 'Close 1002 (protocol error) "bad frame" by server after 2.1 ms, then end of stream'. Of an
/// error without a connection only the detail, which may be empty.
std::string observed_text(const result::ScenarioResult& result);

/// "TLSv1.3, ended by close_notify"; empty without TLS.
std::string tls_text(const result::Observed& seen);

/// Why it is so, whichever field says it: the diagnosis, else the reason; may be empty.
std::string why_text(const result::ScenarioResult& result);

/// The octets around the fault, sixteen a line with their offset, and a caret line under the
/// proving octet. Empty when there is no excerpt.
std::vector<std::string> excerpt_lines(const result::FaultExcerpt& fault);

/// "> 1.2 ms  text fin, 5 octets: 48 65 6c 6c 6f": > sent, < received, * noted. At most
/// `octet_limit` octets of the payload.
std::string transcript_text(const result::TranscriptLine& entry, std::size_t octet_limit);

/// "3 passed, 0 tolerated, 1 failed, 0 skipped, 0 errors in 1.23 s": the last line of a run.
std::string summary_text(const result::Summary& summary);

/// A word as a shell takes it literally: quoted only where that is needed.
std::string shell_word(std::string_view word);

}  // namespace wsspec::report
