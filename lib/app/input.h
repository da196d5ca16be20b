// A file or standard input, read once from its beginning, in pieces.
#pragma once

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

  /// The next octets, which the next call overwrites; none at the end.
  tl::expected<wire::Octets, std::string> next();
  /// As errors name it: printable.
  const std::string& name() const { return name_; }

 private:
  Input(int descriptor, std::string name);
  int descriptor_;
  std::string name_;
  wire::OctetVector buffer_;
};

}  // namespace wsspec
