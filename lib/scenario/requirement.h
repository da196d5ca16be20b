// What a scenario needs of its target, and the token that a connection comes with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wsspec::scenario {

/// One entry of `requires`.
struct Requirement {
  enum class Kind : std::uint8_t {
    capability,  ///< "echo": the target was seen to have it
    policy,      ///< "policy.token.wrong": the profile declares it
    trigger,     ///< "trigger.revoke": the profile has it
  };
  Kind kind = Kind::capability;
  bool negated = false;  ///< "!policy.ratio", "!tls": not declared, not there
  std::string path;      ///< without the words before it: "echo", "token.wrong", "revoke"

  /// As a file has it.
  std::string text() const;
  /// Policy `key` or a member of it, declared.
  bool is_policy(std::string_view key) const;
  bool operator==(const Requirement&) const = default;
};

Requirement requirement_of(std::string_view text);
bool requires_capability(const std::vector<Requirement>& list, std::string_view name);
/// It requires any policy.
bool about_a_policy(const std::vector<Requirement>& list);
bool requires_policy(const std::vector<Requirement>& list, std::string_view key);

/// `token` of a connection: which of the profile's policy.token it shows.
struct TokenChoice {
  enum class Kind : std::uint8_t { valid, wrong, expired, none, almost };
  /// Of `almost`: how it is made from the valid one. A careless comparison takes it for that.
  enum class Form : std::uint8_t {
    prefix,
    longer,
    other_case,
    blank_before,
    blank_after,
    percent_encoded,
    empty,
    twice_valid_first,
    twice_valid_last
  };
  Kind kind = Kind::valid;
  std::size_t index = 0;  ///< of `wrong`
  Form form = Form::prefix;

  /// As a file has it: "valid", "wrong:2", "almost:prefix".
  std::string text() const;
  bool operator==(const TokenChoice&) const = default;
};
/// "almost:prefix", ...: in the order of TokenChoice::Form.
const std::vector<std::string>& almost_valid_tokens();

}  // namespace wsspec::scenario
