#include "scenario/pattern.h"

#include <re2/re2.h>

namespace wsspec::scenario {
namespace {

constexpr std::int64_t kMaxMemory = std::int64_t{1} << 20;  ///< octets for one pattern's automata
constexpr std::size_t kMaxSearched = std::size_t{1} << 20;  ///< octets of a text

RE2::Options options() {
  RE2::Options out(RE2::Latin1);
  out.set_log_errors(false);
  out.set_max_mem(kMaxMemory);
  out.set_never_capture(true);
  return out;
}

}  // namespace

tl::expected<Pattern, PatternError> Pattern::compile(std::string source) {
  auto compiled = std::make_shared<const RE2>(source, options());
  if (!compiled->ok())
    return tl::unexpected(PatternError{compiled->error(), compiled->error_arg()});
  Pattern out;
  out.source = std::move(source);
  out.compiled_ = std::move(compiled);
  return out;
}

bool Pattern::found_in(std::string_view text) const {
  if (!compiled_) return true;
  text = text.substr(0, kMaxSearched);
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

std::optional<TextRule::Broken> TextRule::broken_by(std::string_view text) const {
  if (matches && !matches->found_in(text)) return Broken{false, matches->source};
  if (not_matches && not_matches->found_in(text)) return Broken{true, not_matches->source};
  return std::nullopt;
}

}  // namespace wsspec::scenario
