// A line of a live conversation, for a terminal. Internal to lib/app.
#pragma once

#include <string>

#include "result/result.h"
#include "session/record.h"
#include "text/redactor.h"

namespace wsspec {

/// So many octets of a payload are shown.
inline constexpr std::size_t kShownPayload = 1000;

/// "<    1.4 ms  text, 5 octets  "Hello"": > sent, < received, * noted. Text as it reads, with what
/// cannot be seen made visible; all else, and text that is not UTF-8, in hex.
std::string frame_line(const result::TranscriptLine& line, const text::Secrets& secrets);

/// How it ended: the Close with its code and reason, which side closed, and how TCP ended.
std::string ending_line(const session::ExchangeRecord& record, const text::Secrets& secrets);

/// An HTTP answer's head and the first octets of its body, a line each. Values of headers that may
/// be secrets are shown with `show_secrets` only.
std::string answer_lines(const wire::HttpResponse& response, const text::Secrets& secrets,
                         bool show_secrets);

}  // namespace wsspec
