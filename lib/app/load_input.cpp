#include "app/load_input.h"

#include "app/collect_secrets.h"
#include "scenario/profile.h"

namespace wsspec {

tl::expected<Settings, std::string> split_settings(const std::vector<std::string>& settings) {
  Settings out;
  std::string problems;
  for (const auto& text : settings) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      problems += no_setting(text);
      continue;
    }
    loader::Setting setting{text.substr(0, equals), text.substr(equals + 1)};
    (loader::is_profile_setting(setting.name) ? out.profile : out.suites)
        .push_back(std::move(setting));
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return out;
}

tl::expected<loader::Source, std::string> profile_source(const std::string& path) {
  if (path.empty()) return loader::Source();
  auto read = loader::read_sources(path);
  if (!read) return tl::unexpected(text_of({read.error()}, {}));
  if (read->size() != 1) return tl::unexpected(std::string("error: --target wants one file\n"));
  return std::move(read->front());
}

}  // namespace wsspec
