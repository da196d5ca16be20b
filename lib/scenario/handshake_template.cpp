// The names that the engine fills into the octets of a handshake.
#include <algorithm>

#include "scenario/model.h"

namespace wsspec::scenario {

const std::vector<std::string>& engine_names() {
  static const std::vector<std::string> names = {"path", "query",  "key",
                                                 "host", "scheme", "headers"};
  return names;
}

// One pass: what is filled in is not looked at again.
std::string fill_handshake(std::string_view text, const HandshakeNames& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find("${");
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const std::size_t end = text.find('}');
    const std::string_view name =
        end == std::string_view::npos ? std::string_view{} : text.substr(2, end - 2);
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](const auto& value) { return value.first == name; });
    if (found == values.end()) {
      out += text.substr(0, 2);
      text.remove_prefix(2);
    } else {
      out += found->second;
      text.remove_prefix(end + 1);
    }
  }
  return out;
}

}  // namespace wsspec::scenario
