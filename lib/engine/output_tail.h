// The end of a program's output, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace wsspec::engine {

class OutputTail {
 public:
  static constexpr std::size_t kKept = 64 * 1024;

  void add(std::span<const std::uint8_t> octets) {
    if (octets.size() >= kKept) {
      text_.clear();
      octets = octets.last(kKept);
    }
    text_.append(reinterpret_cast<const char*>(octets.data()), octets.size());
    if (text_.size() > 2 * kKept) text_.erase(0, text_.size() - kKept);
  }
  void clear() { text_.clear(); }
  /// At most the last kKept octets.
  std::string text() const {
    return text_.size() > kKept ? text_.substr(text_.size() - kKept) : text_;
  }

 private:
  std::string text_;
};

}  // namespace wsspec::engine
