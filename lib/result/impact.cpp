#include "result/impact.h"

#include <algorithm>

namespace wsspec::result {

scenario::Impact impact_of(scenario::Impact declared, Class cls) {
  using scenario::Impact;
  switch (cls) {
    case Class::died:
    case Class::leaks:
    case Class::hung:
      return Impact::critical;
    case Class::repaired:
      return std::min(declared, Impact::data);  // gravest first
    default:
      return declared;
  }
}

}  // namespace wsspec::result
