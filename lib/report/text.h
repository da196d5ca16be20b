// A finding in words: the same on the console and in JUnit. Every function is pure; the texts are
// on one line each and fit for a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/shown.h"

namespace wsspec::report {

inline constexpr std::size_t kMaxReason = 125;  ///< octets shown of a close reason: all it can have

/// "2.1 ms", "340 ms", "1.23 s".
std::string duration(double ms);

/// "Close 1007 or HTTP 403".
std::string expected_text(const Result& result);

/// 'Close 1002 (protocol error) "bad frame" by server after 2.1 ms, then end of stream'. Of an
/// error without a connection only the detail, which may be empty.
std::string observed_text(const Result& result);

/// "TLSv1.3, ended by close_notify"; empty without TLS.
std::string tls_text(const Observed& seen);

/// Why it is so, whichever field says it: the diagnosis, else the reason; may be empty.
const Printable& why_of(const Result& result);
std::string why_text(const Result& result);
/// The reason first: what all that is tolerated for one reason have in common.
const Printable& reason_of(const Result& result);

/// The octets around the fault, sixteen a line with their offset, and a caret line under the
/// proving octet. Empty when there is no excerpt.
std::vector<std::string> excerpt_lines(const FaultExcerpt& fault);

/// "> 1.2 ms  text fin, 5 octets: 48 65 6c 6c 6f": > sent, < received, * noted. At most
/// `octet_limit` octets of the payload.
std::string transcript_text(const TranscriptLine& entry, std::size_t octet_limit);

/// "3 passed, 0 tolerated, 13 failed (12 against the letter), 0 skipped, 0 errors in 1.23 s". In
/// brackets the fails that do not count.
std::string summary_text(const RunEnd& end);

/// "wsspec run ws://127.0.0.1:9001 utf8/overlong-slash", never cut.
/// With the scenarios that have to run beside it: "wsspec run URL -j 3 a b c". The whole run where
/// neither shows it again.
std::string reproduce_text(const Printable& prefix, const Printable& whole_run,
                           const Result& result);

/// The last lines that the server's process wrote.
std::vector<std::string> output_lines(const std::optional<ServerEnd>& end);

/// What a reader of that line has to put back into it; empty where nothing is hidden.
std::string hidden_text(std::string_view command);

/// "reproduced alone: yes"; empty where that was not tried.
std::string reproduced_text(const Result& result);

/// A word as a shell takes it literally: quoted only where that is needed.
std::string shell_word(std::string_view word);

}  // namespace wsspec::report
