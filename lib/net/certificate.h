// A certificate as people ask about it: for whom, from whom, how long.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct x509_st;
struct x509_store_ctx_st;

namespace wsspec::net {

struct Certificate {
  std::string subject, issuer;       ///< "CN=a.example, O=Example"; raw: the server chose them
  std::vector<std::string> names{};  ///< DNS names and addresses that it is for, the first 16
  std::int64_t not_before = 0, not_after = 0;  ///< seconds since 1970
};

Certificate read_certificate(x509_st* certificate);
/// What the server sent, its own first; at most 10. For a verify callback.
std::vector<Certificate> read_chain(x509_store_ctx_st* store);

}  // namespace wsspec::net
