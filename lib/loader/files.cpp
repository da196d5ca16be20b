// Where scenario files come from: the disk or the binary itself.
#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "loader/embedded.h"
#include "loader/load.h"

namespace wsspec::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFile = std::uintmax_t{64} << 20;

tl::unexpected<Problem> refused(const std::string& path, std::string what) {
  Problem problem;
  problem.file = path;
  problem.what = std::move(what);
  return tl::make_unexpected(std::move(problem));
}

Result<Source> read_one(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return refused(path, "no such file");
  // Not only regular files: `check <(generate)` gives a pipe.
  if (fs::is_regular_file(path, error) && fs::file_size(path, error) > kMaxFile) {
    return refused(path, "the file is larger than 64 MiB");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return refused(path, "the file cannot be opened");
  Source out;
  out.name = path;
  std::string chunk(64 * 1024, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), in.gcount() > 0) {
    out.text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
    if (out.text.size() > kMaxFile) return refused(path, "the file is larger than 64 MiB");
  }
  if (in.bad()) return refused(path, "the file cannot be read");
  return out;
}

bool ends_with(const std::string& text, std::string_view tail) {
  return text.size() >= tail.size() &&
         text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

Source embedded_source(const EmbeddedFile& file, std::string name) {
  Source out;
  out.name = std::move(name);
  out.text.assign(reinterpret_cast<const char*>(file.data), file.size);
  out.built_in = true;
  return out;
}

constexpr std::string_view kSuites = "suites/";
constexpr std::string_view kTables = "tables/";

}  // namespace

Result<std::vector<Source>> read_sources(const std::string& path) {
  std::vector<Source> out;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    auto source = read_one(path);
    if (!source) return tl::make_unexpected(source.error());
    out.push_back(std::move(*source));
    return out;
  }
  std::vector<std::string> names;
  fs::directory_iterator it(path, error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().string();
    if (ends_with(name, ".json") && !ends_with(name, ".schema.json")) names.push_back(name);
  }
  if (error) return refused(path, "the folder cannot be read");
  if (names.empty()) return refused(path, "the folder has no *.json file");
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    auto source = read_one(name);
    if (!source) return tl::make_unexpected(source.error());
    out.push_back(std::move(*source));
  }
  return out;
}

std::vector<Source> built_in_suites() {
  std::vector<Source> out;
  for (const EmbeddedFile& file : embedded_files()) {
    const std::string path = file.path;
    if (path.compare(0, kSuites.size(), kSuites) != 0) continue;
    out.push_back(embedded_source(file, "built-in:" + path.substr(kSuites.size())));
  }
  return out;
}

std::map<std::string, Source> built_in_tables() {
  std::map<std::string, Source> out;
  for (const EmbeddedFile& file : embedded_files()) {
    const std::string path = file.path;
    if (path.compare(0, kTables.size(), kTables) != 0 || !ends_with(path, ".json")) continue;
    std::string name = path.substr(kTables.size());
    name.resize(name.size() - 5);
    out.emplace(name, embedded_source(file, "built-in:" + path));
  }
  return out;
}

std::string built_in_file(std::string_view path) {
  for (const EmbeddedFile& file : embedded_files())
    if (file.path == path) return embedded_source(file, "").text;
  return {};
}

std::string digest(const LoadInput& input) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return {};
  // Lengths go in too: moving an octet from a name to its text must change the digest. Folders do
  // not: the same files give the same digest wherever they lie.
  const auto add = [&](const std::string& text) {
    const std::string length = std::to_string(text.size()) + ":";
    EVP_DigestUpdate(context.get(), length.data(), length.size());
    EVP_DigestUpdate(context.get(), text.data(), text.size());
  };
  for (const Source& source : input.suites) {
    add(fs::path(source.name).filename().string());
    add(source.text);
  }
  for (const auto& [name, source] : input.tables) {
    add(name);
    add(source.text);
  }
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context.get(), sum, &size) != 1) return {};
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kDigits[sum[i] >> 4];
    out += kDigits[sum[i] & 15];
  }
  return out;
}

}  // namespace wsspec::loader
