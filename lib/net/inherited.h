// What global_init changes, as it was before: a program that is started from here gets it back.
#pragma once

#include <sys/resource.h>

#include <optional>
#include <string>

namespace wsspec::net {

struct InheritedSettings {
  std::optional<rlimit> descriptors;
  std::optional<std::string> http_proxy;
};
const InheritedSettings& inherited_settings();

}  // namespace wsspec::net
