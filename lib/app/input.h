// A file or standard input, read once from its beginning, in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

#include "wire/octets.h"

namespace wsspec {

class Input {
 public:
  /// "-" is standard input. The error names the file.
  static tl::expected<Input, std::string> open(const std::string& path);
  Input(Input&& other) noexcept;
  Input& operator=(Input&&) = delete;
  ~Input();

  /// The first octets, so many or all there are; next() gives them all the same. At most 64 KiB,
  /// before the first next().
  tl::expected<wire::Octets, std::string> peek(std::size_t size);
  /// The next octets, which the next call overwrites; none at the end.
  tl::expected<wire::Octets, std::string> next();
  /// As errors name it: printable.
  const std::string& name() const { return name_; }

 private:
  tl::expected<wire::Octets, std::string> read(std::size_t at);
  Input(int descriptor, std::string name);
  int descriptor_;
  std::string name_;
  wire::OctetVector buffer_;
  std::size_t peeked_ = 0;  ///< octets of the buffer that next() has not given
  bool ended_ = false;
};

}  // namespace wsspec
