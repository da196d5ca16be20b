// What a server's own octets show where more is known than the rule that they break: that text was
// written into the connection, that two writers share it, that a length counts characters. A
// function of the record alone.
#pragma once

#include <optional>

#include "result/cause.h"
#include "session/record.h"

namespace wsspec::judge {

/// The defect that the frames of the other side show, compared with the echo that was due; nullopt
/// where there is none, or where it has no name.
std::optional<result::Fact> defect(const session::ExchangeRecord& record);

/// Of a record with a violation: its defect, else the rule that is broken.
result::Fact violation_fact(const session::ExchangeRecord& record);

}  // namespace wsspec::judge
