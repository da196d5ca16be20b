#include "wire/http_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/header_text.h"

namespace wsspec::wire {
namespace {

constexpr std::size_t kMaxLine = 4096;  ///< of a chunk's size with its extensions, or of a trailer
constexpr std::uint64_t kMaxTrailers = 256;
constexpr std::size_t kSizeDigits = 15;

/// Every element of every header of that name, or nullopt where they differ (RFC 9110 8.6).
std::optional<std::uint64_t> one_length(std::string_view list) {
  std::optional<std::uint64_t> length;
  while (!list.empty()) {
    const std::string_view item = take_item(list, ',');
    if (item.empty() || item.size() > kSizeDigits ||
        !std::all_of(item.begin(), item.end(), is_digit))
      return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : item) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (length && *length != value) return std::nullopt;
    length = value;
  }
  return length;
}

bool last_is_chunked(std::string_view list) {
  std::string_view last;
  while (!list.empty()) last = take_item(list, ',');
  return same_name(last, "chunked");
}

}  // namespace

HttpBodyReader::HttpBodyReader(const HttpResponse& response, std::string_view method) {
  keeps_alive_ =
      response.version == "HTTP/1.1" && !header_has_token(response.headers, "Connection", "close");
  const bool coded = find_header(response.headers, "Transfer-Encoding").has_value();
  const bool measured = find_header(response.headers, "Content-Length").has_value();
  if (coded && measured) {
    fail("an answer with both Transfer-Encoding and Content-Length", "RFC 9112 6.2");
    return;
  }
  const bool empty = response.status < 200 || response.status == 204 || response.status == 304;
  if (empty || method == "HEAD") {
    state_ = BodyState::done;
  } else if (coded) {
    chunked_ = last_is_chunked(joined_header(response.headers, "Transfer-Encoding"));
    if (!chunked_) state_ = BodyState::until_close;
  } else if (measured) {
    read_length(response);
  } else {
    state_ = BodyState::until_close;
  }
  if (state_ == BodyState::until_close) keeps_alive_ = false;
}

void HttpBodyReader::read_length(const HttpResponse& response) {
  const std::string text = joined_header(response.headers, "Content-Length");
  const auto length = one_length(text);
  if (!length) {
    fail(fmt::format("an answer whose Content-Length is {}", show(text)), "RFC 9110 8.6");
    return;
  }
  declared_ = left_ = *length;
  if (left_ == 0) state_ = BodyState::done;
}

BodyState HttpBodyReader::fail(std::string problem, std::string_view section) {
  problem_ = std::move(problem);
  section_ = section;
  keeps_alive_ = false;
  return state_ = BodyState::bad;
}

void HttpBodyReader::take(Octets& input, std::uint64_t most) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(most, input.size()));
  const std::size_t room = kMaxBody - std::min(kMaxBody, head_.size());
  head_ += as_chars(input.first(std::min(size, room)));
  input = input.subspan(size);
  left_ -= std::min<std::uint64_t>(left_, size);
}

BodyState HttpBodyReader::feed(Octets& input) {
  if (state_ == BodyState::until_close) take(input, input.size());
  if (state_ != BodyState::reading) return state_;
  if (chunked_) {
    while (state_ == BodyState::reading && !input.empty()) read_chunks(input);
    return state_;
  }
  take(input, left_);
  if (left_ == 0) state_ = BodyState::done;
  return state_;
}

/// Into line_, without its end; true when it is whole.
bool HttpBodyReader::take_line(Octets& input) {
  const std::string_view text = as_chars(input);
  const std::size_t end = text.find('\n');
  const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
  if (line_.size() + size > kMaxLine) {
    fail(fmt::format("a chunk's line of more than {} octets", kMaxLine), "RFC 9112 7.1");
    return false;
  }
  line_ += text.substr(0, size);
  input = input.subspan(size);
  if (!line_.ends_with('\n')) return false;
  line_.pop_back();
  if (line_.ends_with('\r')) line_.pop_back();
  return true;
}

void HttpBodyReader::read_chunks(Octets& input) {
  if (chunk_ == Chunk::data) {
    take(input, left_);
    if (left_ == 0) chunk_ = Chunk::data_end;
    return;
  }
  if (!take_line(input)) return;
  read_chunk_line();
  line_.clear();
}

void HttpBodyReader::read_chunk_line() {
  switch (chunk_) {
    case Chunk::data_end:
      if (!line_.empty())
        fail(fmt::format("octets after the end of a chunk: {}", show(line_)), "RFC 9112 7.1");
      chunk_ = Chunk::size;
      return;
    case Chunk::trailer:
      if (line_.empty())
        state_ = BodyState::done;
      else if (++trailers_ > kMaxTrailers)
        fail(fmt::format("more than {} trailer lines", kMaxTrailers), "RFC 9112 7.1.2");
      return;
    default:
      break;
  }
  const std::string_view size = trim(std::string_view(line_).substr(0, line_.find(';')));
  std::uint64_t value = 0;
  bool good = !size.empty() && size.size() <= kSizeDigits;
  for (const char c : size) {
    good = good && hex_value(c) >= 0;
    value = value * 16 + static_cast<std::uint64_t>(std::max(0, hex_value(c)));
  }
  if (!good) {
    fail(fmt::format("a chunk whose size is {}", show(line_)), "RFC 9112 7.1");
    return;
  }
  left_ = value;
  chunk_ = value == 0 ? Chunk::trailer : Chunk::data;
}

BodyState HttpBodyReader::end() {
  if (state_ == BodyState::until_close) return state_ = BodyState::done;
  if (state_ != BodyState::reading) return state_;
  if (chunked_) return fail("an answer that ends before its last chunk", "RFC 9112 8");
  return fail(fmt::format("an answer whose body has {} octets, where Content-Length says {}",
                          declared_ - left_, declared_),
              "RFC 9112 8");
}

}  // namespace wsspec::wire
