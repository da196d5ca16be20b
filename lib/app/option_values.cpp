#include "app/option_values.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "wire/header_text.h"

namespace wsspec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderFile = 64u << 10;

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

tl::expected<HeaderLine, std::string> header_of(const std::string& line) {
  const auto colon = line.find(':');
  if (colon == std::string::npos)
    return tl::unexpected(std::string("a header is 'Name: value' (-H)"));
  const std::string name = line.substr(0, colon);
  if (const auto wrong = as_token(name); !wrong.empty())
    return tl::unexpected("a header's name: " + wrong);
  std::string value = line.substr(colon + 1);
  value.erase(0, value.find_first_not_of(" \t"));
  if (const auto wrong = as_header_value(value); !wrong.empty()) return tl::unexpected(wrong);
  return HeaderLine{name, value};
}

/// At most kHeaderFile octets: a device has no end.
tl::expected<std::string, std::string> read_header_file(const std::string& path) {
  if (const auto wrong = as_input_file(path); !wrong.empty())
    return tl::unexpected(path.empty() ? "-H @FILE: " + wrong : path + ": " + wrong);
  std::ifstream file(path, std::ios::binary);
  std::string text(kHeaderFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || !file.eof()) {
    if (text.size() > kHeaderFile) return tl::unexpected(path + ": headers of 64 KiB at most");
    return tl::unexpected("cannot read " + path);
  }
  return text;
}

}  // namespace

std::string as_header_value(const std::string& text) {
  return wire::holds_control(text) ? "a header has no line breaks and no other control characters"
                                   : "";
}

std::string as_token(const std::string& text) {
  return wire::is_token(text) ? "" : "letters, digits and !#$%&'*+-.^_`|~ only (RFC 9110 5.6.2)";
}

std::string as_not_empty(const std::string& text) {
  return text.empty() ? "is empty" : "";
}

std::string as_input_file(const std::string& path) {
  if (path.empty()) return "names no file";
  if (is_folder(path)) return "is a folder, not a file";
  return access(path.c_str(), R_OK) == 0 ? ""
                                         : fmt::format("cannot be read: {}", std::strerror(errno));
}

std::string as_output_file(const std::string& path) {
  if (path.empty()) return "names no file";
  return path != "-" && is_folder(path) ? "is a folder, not a file" : "";
}

std::string as_seed(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= 10 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  return digits && std::stoull(text) <= 0xffffffffu ? "" : "0 to 4294967295";
}

tl::expected<std::vector<HeaderLine>, std::string> headers_of(const std::string& text) {
  std::vector<HeaderLine> out;
  if (!is_header_file(text)) {
    auto header = header_of(text);
    if (!header) return tl::unexpected(header.error());
    out.push_back(std::move(*header));
    return out;
  }
  const std::string path = text.substr(1);
  const auto content = read_header_file(path);
  if (!content) return tl::unexpected(content.error());
  std::size_t number = 0;
  for (std::size_t at = 0; at < content->size();) {
    const std::size_t end = std::min(content->find('\n', at), content->size());
    std::string line = content->substr(at, end - at);
    at = end + 1;
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    auto header = header_of(line);
    if (!header) return tl::unexpected(fmt::format("{}:{}: {}", path, number, header.error()));
    out.push_back(std::move(*header));
  }
  return out;
}

std::string one_file_each(const std::vector<std::pair<std::string, std::string>>& outputs) {
  const auto place = [](const std::string& path) {
    std::error_code error;
    if (path == "-") return fs::path("-");
    const fs::path known = fs::weakly_canonical(path, error);
    return error ? fs::path(path) : known;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) {
      const auto& [option, path] = outputs[i];
      if (path.empty() || outputs[k].second.empty() || path == "/dev/null") continue;
      if (place(path) == place(outputs[k].second))
        return fmt::format("{} and {} would write to the same file", outputs[k].first, option);
    }
  return {};
}

}  // namespace wsspec
