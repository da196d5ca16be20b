// Runs every target on the inputs that are checked in for it (seeds, and what once broke a
// promise): CORPUS/TARGET/*. The last line tells the file if one of them aborts.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz.h"

namespace fs = std::filesystem;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (const wsspec::fuzz::Target& target : wsspec::fuzz::targets()) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(argv[1]) / target.name))
      files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    wsspec::fuzz::expect(!files.empty(), std::string("inputs for ") + target.name);
    for (const fs::path& file : files) {
      std::printf("%s/%s\n", target.name, file.filename().c_str());
      std::fflush(stdout);
      std::ifstream in(file, std::ios::binary);
      const std::string octets{std::istreambuf_iterator<char>(in), {}};
      target.run(wsspec::fuzz::Input(wsspec::wire::as_octets(octets)));
    }
  }
  return 0;
}
