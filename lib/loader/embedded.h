// The files of scenarios/ that the build compiles in (cmake/embed.cmake writes the data).
#pragma once

#include <cstddef>
#include <span>

namespace wsspec::loader {

struct EmbeddedFile {
  const char* path;           ///< relative to scenarios/: "suites/utf8.json"
  const unsigned char* data;  ///< not terminated
  std::size_t size;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace wsspec::loader
