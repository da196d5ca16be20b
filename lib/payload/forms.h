// The forms in which octets are written down: hex, base64, a JSON string. Each is read as a stream,
// in pieces of any size; what is wrong is told with its place.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "wire/octets.h"

namespace wsspec::payload {

enum class Form { raw, hex, base64, json_string };

struct FormProblem {
  std::uint64_t offset = 0;            ///< of the character, from 0
  std::uint64_t line = 1, column = 1;  ///< of the same, in octets
  std::string text;                    ///< one clause; no octets of the input
};

class FormReader {
 public:
  explicit FormReader(Form form) : form_(form) {}

  /// Appends the octets that the next piece stands for.
  std::optional<FormProblem> feed(wire::Octets piece, wire::OctetVector& out);
  /// The end of the input.
  std::optional<FormProblem> finish(wire::OctetVector& out);

 private:
  // Each takes one octet; the text of what is wrong, or nullptr.
  const char* hex(std::uint8_t octet, wire::OctetVector& out);
  const char* base64(std::uint8_t octet, wire::OctetVector& out);
  const char* json(std::uint8_t octet, wire::OctetVector& out);
  const char* json_escape(std::uint8_t octet, wire::OctetVector& out);
  void put_unit(wire::OctetVector& out);
  void put_pending(wire::OctetVector& out);
  FormProblem problem(std::string text) const;

  enum class Json { before, inside, escape, digits, after };

  Form form_;
  std::uint64_t offset_ = 0, line_ = 1, column_ = 1;
  std::uint32_t bits_ = 0;  ///< hex: one digit; base64: a group; JSON: \u's digits
  int digits_ = 0;          ///< that `bits_` holds
  int padding_ = 0;
  bool x_ = false;  ///< hex: "0x" or "\x" may end here
  Json json_ = Json::before;
  std::uint32_t surrogate_ = 0;  ///< the first half of a pair, until the second is known
};

/// The whole of a text at once.
tl::expected<wire::OctetVector, FormProblem> decode(Form form, wire::Octets text);

}  // namespace wsspec::payload
