// Only signatures: a magic number is close to proof, and a wrong guess misleads more than none.
#include "diagnose/origin.h"

#include "payload/signature.h"

namespace wsspec::diagnose {

std::string known_signature(wire::Octets head) {
  const auto* known = payload::signature_of(head);
  return known == nullptr ? std::string() : known->name;
}

}  // namespace wsspec::diagnose
