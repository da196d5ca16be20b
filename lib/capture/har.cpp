#include "capture/har.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace wsspec::capture {
namespace {

constexpr std::size_t kMostDepth = 64;
constexpr std::size_t kMostHeaders = 256;

/// The octets of a file as an input iterator. It copies for nothing: all copies stand at the same
/// place, as the parser makes one and moves on.
class PieceStream {
 public:
  explicit PieceStream(const NextPiece& next) : next_(next) { refill(); }
  bool at_end() const { return piece_.empty(); }
  char get() const { return static_cast<char>(piece_.front()); }
  void advance() {
    piece_ = piece_.subspan(1);
    if (piece_.empty()) refill();
  }
  const std::string& error() const { return error_; }

 private:
  void refill() {
    auto piece = next_();
    if (piece)
      piece_ = *piece;
    else
      error_ = piece.error();
  }
  const NextPiece& next_;
  wire::Octets piece_{};
  std::string error_;
};

class PieceIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  PieceIterator() = default;
  explicit PieceIterator(PieceStream& stream) : stream_(&stream) {}
  char operator*() const { return stream_->get(); }
  PieceIterator& operator++() {
    stream_->advance();
    return *this;
  }
  PieceIterator operator++(int) {
    stream_->advance();
    return *this;
  }
  bool operator==(const PieceIterator& other) const { return ended() == other.ended(); }
  bool operator!=(const PieceIterator& other) const { return !(*this == other); }

 private:
  bool ended() const { return stream_ == nullptr || stream_->at_end(); }
  PieceStream* stream_ = nullptr;
};

/// Follows the path to the few members that matter; the rest is passed over.
class Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Reader(HarSink& sink) : sink_(sink) {}

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return number(value);
  }
  bool string(string_t& value) override {
    if (std::string* place = text_place()) *place = std::move(value);
    return true;
  }
  bool binary(binary_t& /*value*/) override { return true; }
  bool key(string_t& value) override {
    if (path_.size() <= kMostDepth) path_.back().key = value.substr(0, 40);
    return true;
  }
  bool start_object(std::size_t /*size*/) override {
    if (!enter(false)) return false;
    if (in_entry() && path_.size() == 4) {
      entry_ = {};
      messages_ = 0;
    }
    if (in_message()) message_ = {};
    if (wire::HeaderList* headers = header_list(); headers != nullptr)
      if (headers->size() < kMostHeaders) headers->emplace_back();
    return true;
  }
  bool end_object() override {
    if (in_message()) {
      ++messages_;
      sink_.on_message(message_);
    }
    if (in_entry() && path_.size() == 4) sink_.on_entry(entry_, messages_);
    path_.pop_back();
    return true;
  }
  bool start_array(std::size_t /*size*/) override { return enter(true); }
  bool end_array() override {
    path_.pop_back();
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    problem_ = fmt::format("it is no valid JSON at octet {}", position);
    return false;
  }
  const std::string& problem() const { return problem_; }

 private:
  struct Level {
    bool array = false;
    std::string key;  ///< the member that is being read
  };

  bool enter(bool array) {
    if (path_.size() >= kMostDepth) {
      problem_ = "it nests deeper than 64 levels";
      return false;
    }
    path_.push_back({array, ""});
    return true;
  }
  std::string_view key_at(std::size_t level) const {
    return level < path_.size() ? std::string_view(path_[level].key) : std::string_view();
  }
  /// Inside an entry: { log { entries [ {
  bool in_entry() const {
    return path_.size() >= 4 && key_at(0) == "log" && key_at(1) == "entries" && path_[2].array;
  }
  /// ... { _webSocketMessages [ {
  bool in_message() const {
    return in_entry() && path_.size() == 6 && key_at(3) == "_webSocketMessages" && path_[4].array &&
           !path_[5].array;
  }
  /// ... { request { headers [ {
  wire::HeaderList* header_list() {
    if (!in_entry() || path_.size() != 7 || key_at(4) != "headers" || !path_[5].array)
      return nullptr;
    if (key_at(3) == "request") return &entry_.request_headers;
    return key_at(3) == "response" ? &entry_.response_headers : nullptr;
  }
  std::string* text_place() {
    if (in_message()) {
      if (key_at(5) == "type") return &message_.type;
      return key_at(5) == "data" ? &message_.data : nullptr;
    }
    if (in_entry() && path_.size() == 5) {
      if (key_at(3) == "request" && key_at(4) == "method") return &entry_.method;
      if (key_at(3) == "request" && key_at(4) == "url") return &entry_.url;
      if (key_at(3) == "response" && key_at(4) == "_error") return &entry_.error;
    }
    if (wire::HeaderList* headers = header_list(); headers != nullptr && !headers->empty()) {
      if (key_at(6) == "name") return &headers->back().first;
      if (key_at(6) == "value") return &headers->back().second;
    }
    return nullptr;
  }
  bool number(double value) {
    if (in_message() && key_at(5) == "time") message_.time_s = value;
    if (in_message() && key_at(5) == "opcode")
      message_.opcode = static_cast<int>(std::clamp(value, -1.0, 15.0));
    if (in_entry() && path_.size() == 5 && key_at(3) == "response" && key_at(4) == "status")
      entry_.status = static_cast<int>(std::clamp(value, 0.0, 999.0));
    return true;
  }

  HarSink& sink_;
  std::vector<Level> path_;
  HarEntry entry_;
  HarMessage message_;
  std::uint64_t messages_ = 0;
  std::string problem_;
};

}  // namespace

bool is_har(wire::Octets head) {
  std::string_view text = wire::as_chars(head);
  const auto skip = [&](std::string_view what) {
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    text.remove_prefix(at == std::string_view::npos ? text.size() : at);
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
  };
  skip("\xef\xbb\xbf");
  return skip("{") && skip("\"log\"") && skip(":") && skip("{");
}

tl::expected<void, std::string> read_har(const NextPiece& next, HarSink& sink) {
  PieceStream stream(next);
  Reader reader(sink);
  const bool good = nlohmann::json::sax_parse(PieceIterator(stream), PieceIterator(), &reader);
  if (!stream.error().empty()) return tl::unexpected(stream.error());
  if (!good) return tl::unexpected(reader.problem());
  return {};
}

}  // namespace wsspec::capture
