// For tests that read files of the project.
#pragma once

#include <string>

/// The root of the source tree.
std::string source_dir();
