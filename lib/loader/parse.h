// The parts of the language, each in its own file: payload_parse.cpp, outcome_parse.cpp, item.cpp,
// expect.cpp, step.cpp, connect.cpp. They read JSON without expressions (or with wildcards) and
// never stop at the first problem. Internal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "loader/document.h"
#include "loader/expression.h"
#include "scenario/model.h"

namespace wsspec::loader {

Payload parse_payload(Reader& reader, const Node& node);
/// `bytes` and `order` of a length.
LengthField parse_length_field(Reader& reader, Members& members);
/// Octets from a string of hex digits and spaces.
std::vector<std::uint8_t> parse_hex(Reader& reader, const Node& node);

/// The outcome in `node`; keys in `modifiers` may stand beside it and are read elsewhere.
Outcome parse_outcome(Reader& reader, const Node& node, const std::vector<std::string>& modifiers,
                      std::string_view what);
Pattern parse_pattern(Reader& reader, const Node& node);
/// {"matches": R, "not_matches": R}.
TextRule parse_text_rule(Reader& reader, const Node& node);
/// Such a rule, or R alone: what it must match.
TextRule parse_value_rule(Reader& reader, const Node& node);
CodeSet parse_codes(Reader& reader, const Node& node);
CodeRange parse_code_key(Reader& reader, const Node& object, const std::string& key);
MessageRule parse_message_rule(Reader& reader, const Node& node);
/// An entry of any_of or tolerate: an outcome and `because`.
Outcome parse_tolerated(Reader& reader, const Node& node);

Item parse_item(Reader& reader, const Node& node);
/// One item or a list.
std::vector<Item> parse_items(Reader& reader, const Node& node);
wire::HeaderList parse_headers(Reader& reader, const Node& node);

using TolerateFor = std::vector<std::pair<CodeRange, std::vector<Outcome>>>;
TolerateFor parse_tolerate_for(Reader& reader, const Node& node);
ExpectStep parse_expect(Reader& reader, const Node& node, const TolerateFor& tolerate_for);

/// Over what is in `base`.
ConnectOptions parse_connect(Reader& reader, const Node& node, ConnectOptions base,
                             std::initializer_list<std::string_view> beside, std::string_view what);
TokenChoice parse_token_choice(Reader& reader, const Node& node);
/// What the profile must declare for this choice: "policy.token", "policy.token.expired", ...
std::vector<std::string> needs_of_token(const TokenChoice& choice);
std::string parse_path(Reader& reader, const Node& node);

/// What steps refer to; shared with the steps that are worked out when they run.
struct StepContext {
  std::shared_ptr<const Document> document;
  TolerateFor tolerate_for;
  std::vector<std::string> groups{"main"};
  std::unordered_set<std::string> known_groups{"main"};  ///< the same
  /// Names of the profile's triggers; nullopt = no profile, any name will do.
  std::optional<std::vector<std::string>> triggers;
};

/// What steps imply for their scenario.
struct Implied {
  std::vector<std::string> requires_;
  bool missing = false;  ///< the step cannot be worked out: something is not declared
};

/// Loads a list of steps: `scope` gives the fixed names. Steps that need a policy that is not
/// declared are checked, then left out.
std::vector<Step> load_steps(Reader& reader, const Node& node, const Scope& scope,
                             const std::shared_ptr<const StepContext>& context,
                             std::vector<std::string>& requires_);

/// Parses one step whose fixed names are filled in. `values` null = stand-ins. `shown`: the step
/// for its summary when `node` holds secrets.
Step parse_step(Reader& reader, const Node& node, const std::shared_ptr<const StepContext>& context,
                const RunValues* values, const Json* shown, Implied& implied);

/// Compact JSON, at most `limit` octets.
std::string one_line(const Json& json, std::size_t limit = 400);

void add_once(std::vector<std::string>& list, const std::string& value);

}  // namespace wsspec::loader

namespace wsspec::scenario {

struct LateStep {
  std::shared_ptr<const loader::StepContext> context;
  Json json;  ///< template text: only run-time names are left
  std::string at;
  Json shown;  ///< for the summary when `json` holds secrets, else null
};

}  // namespace wsspec::scenario
