// What a payload is made of. Internal to payload*.cpp.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "scenario/payload.h"

namespace wsspec::scenario {

/// Octets that stand in memory, and where the characters of their UTF-8 begin. Of what is not UTF-8
/// every octet but 80 to BF begins one, and so does the first.
class Block {
 public:
  explicit Block(wire::OctetVector octets) : octets_(std::move(octets)) {}
  wire::Octets octets() const { return octets_; }
  std::uint64_t characters() const;
  /// `character`: at most characters(), which is the end.
  std::uint64_t offset_of(std::uint64_t character) const;

 private:
  static constexpr std::uint64_t kStride = 256;
  void index() const;
  wire::OctetVector octets_;
  mutable std::once_flag indexed_;
  mutable std::uint64_t characters_ = 0;
  mutable std::vector<std::uint32_t> every_;  ///< offset of each kStride-th; empty: one octet each
};

struct Payload::Node {
  virtual ~Node() = default;
  virtual std::uint64_t length() const = 0;
  virtual std::unique_ptr<PayloadReader> open() const = 0;
  /// The octets, where they stand in memory anyway; else null.
  virtual std::shared_ptr<const Block> block() const { return nullptr; }

  static Payload payload(std::shared_ptr<const Node> node) { return Payload(std::move(node)); }
  static const Node& of(const Payload& payload) { return *payload.node_; }
};

}  // namespace wsspec::scenario
