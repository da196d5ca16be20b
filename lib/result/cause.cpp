#include "result/cause.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace wsspec::result {
namespace {

constexpr std::string_view kIds[] = {
#define WSSPEC_CAUSE(id) #id,
    WSSPEC_CAUSES(WSSPEC_CAUSE)
#undef WSSPEC_CAUSE
};

using Names = std::array<std::string, std::size(kIds)>;

Names kebab() {
  Names names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = kIds[i];
    for (char& c : names[i])
      if (c == '_') c = '-';
  }
  return names;
}

}  // namespace

const int kCauses = static_cast<int>(std::size(kIds));

const char* cause_name(Cause cause) {
  static const Names names = kebab();
  if (cause == Cause::none) return nullptr;
  return names[static_cast<std::size_t>(cause)].c_str();
}

Cause cause_of(wire::ViolationKind kind) {
  using Kind = wire::ViolationKind;
  switch (kind) {
    case Kind::unmasked:
      return Cause::frame_unmasked;
    case Kind::masked:
      return Cause::frame_masked;
    case Kind::rsv:
      return Cause::reserved_bits;
    case Kind::reserved_opcode:
      return Cause::reserved_opcode;
    case Kind::length_not_shortest:
      return Cause::length_not_shortest;
    case Kind::length_msb:
      return Cause::length_top_bit;
    case Kind::control_fragmented:
      return Cause::control_fragmented;
    case Kind::control_too_long:
      return Cause::control_too_long;
    case Kind::continuation_without_start:
      return Cause::continuation_without_start;
    case Kind::data_inside_fragmented:
      return Cause::data_inside_fragmented;
    case Kind::text_not_utf8:
      return Cause::output_not_utf8;
    case Kind::close_body_one_octet:
      return Cause::close_body_one_octet;
    case Kind::close_code_invalid:
      return Cause::close_code_illegal;
    case Kind::close_reason_not_utf8:
      return Cause::close_reason_not_utf8;
    case Kind::after_close:
      return Cause::frame_after_close;
    case Kind::deflate_data:
      return Cause::output_not_inflatable;
    case Kind::frame_cut_off:
      return Cause::frame_cut_off;
    case Kind::inflated_too_long:
      return Cause::message_too_long;
    case Kind::http_answer:
      return Cause::answer_not_http;
  }
  return Cause::none;
}

Cause cause_of_errno(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Cause::connect_refused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return Cause::connect_unreachable;
    case EACCES:
    case EPERM:
      return Cause::connect_denied;
    case ENOENT:
      return Cause::no_such_socket;
    case EMFILE:
    case ENFILE:
      return Cause::out_of_descriptors;
    case EADDRNOTAVAIL:
      return Cause::no_source_address;
    case ENOMEM:
    case ENOBUFS:
      return Cause::out_of_memory;
    case ETIMEDOUT:
      return Cause::connect_timeout;
    default:
      return Cause::connect_failed;
  }
}

bool is_own(const Fact& fact) {
  switch (fact.cause) {
    case Cause::out_of_descriptors:
    case Cause::no_source_address:
    case Cause::out_of_memory:
    case Cause::own_lag:
    case Cause::not_set_up:
      return true;
    default:
      return std::any_of(fact.of.begin(), fact.of.end(), is_own);
  }
}

Fact fact_of(const wire::Violation& violation) {
  Fact out;
  out.cause = cause_of(violation.kind);
  // A reason that ends inside a character was cut there (to 123 octets, as a rule).
  if (violation.kind == wire::ViolationKind::close_reason_not_utf8 && violation.truncated)
    out.cause = Cause::close_reason_cut;
  out.text = violation.what;
  out.section = violation.section;
  return out;
}

}  // namespace wsspec::result
