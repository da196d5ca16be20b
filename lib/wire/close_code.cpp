#include "wire/close_code.h"

namespace wsspec::wire {

const char* close_code_name(int code) {
  switch (code) {
    case 1000:
      return "normal closure";
    case 1001:
      return "going away";
    case 1002:
      return "protocol error";
    case 1003:
      return "unsupported data";
    case 1004:
      return "reserved";
    case 1005:
      return "no status received";
    case 1006:
      return "abnormal closure";
    case 1007:
      return "invalid frame payload data";
    case 1008:
      return "policy violation";
    case 1009:
      return "message too big";
    case 1010:
      return "mandatory extension";
    case 1011:
      return "internal error";
    case 1012:
      return "service restart";
    case 1013:
      return "try again later";
    case 1014:
      return "bad gateway";
    case 1015:
      return "TLS handshake";
    case 3000:
      return "unauthorized";
    case 3003:
      return "forbidden";
    case 3008:
      return "timeout";
    default:
      break;
  }
  if (code >= 1016 && code <= 2999) return "unassigned";
  if (code >= 3000 && code <= 3999) return "registered for libraries";
  if (code >= 4000 && code <= 4999) return "private use";
  return "not a close code";
}

bool may_travel(int code) {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

bool may_send(Role sender, int code) {
  return may_travel(code) && (code != 1010 || sender == Role::client);
}

}  // namespace wsspec::wire
