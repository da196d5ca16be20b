// Report files appear whole or not at all, and every failure names its cause.
#include "report/file_sink.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace wsspec::report;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("wsspec-sink-" + std::to_string(::getpid()));
  Folder() { fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a report file is made, then replaced, and no temporary file stays") {
  Folder folder;
  REQUIRE(write_file(folder / "r.json", "one").has_value());
  CHECK(content(folder / "r.json") == "one");
  REQUIRE(write_file(folder / "r.json", "two").has_value());
  CHECK(content(folder / "r.json") == "two");
  CHECK(folder.files() == 1);
}

TEST_CASE("a replaced file keeps its permissions, a link stays a link") {
  Folder folder;
  REQUIRE(write_file(folder / "r.json", "one").has_value());
  ::chmod((folder / "r.json").c_str(), 0600);
  fs::create_symlink("r.json", folder.path / "link.json");
  REQUIRE(write_file(folder / "link.json", "two").has_value());
  CHECK(fs::is_symlink(folder.path / "link.json"));
  CHECK(content(folder / "r.json") == "two");
  struct stat info {};
  REQUIRE(::stat((folder / "r.json").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
}

TEST_CASE("a full disk is an error that names path and cause") {
  const auto written = write_file("/dev/full", "text");
  REQUIRE(!written.has_value());
  CHECK(written.error() == "cannot write /dev/full: No space left on device");
  CHECK(write_file("/dev/null", "text").has_value());
  CHECK(fs::is_character_file("/dev/null"));  // written to, not replaced
}

TEST_CASE("a folder that is not there, or a folder as the file, is an error") {
  Folder folder;
  const auto missing = write_file(folder / "no/r.json", "x");
  REQUIRE(!missing.has_value());
  CHECK(missing.error() ==
        "cannot write " + (folder / "no/r.json") + ": No such file or directory");
  const auto is_folder = write_file(folder.path.string(), "x");
  REQUIRE(!is_folder.has_value());
  CHECK(is_folder.error() == "cannot write " + folder.path.string() + ": Is a directory");
  CHECK(folder.files() == 0);
}

TEST_CASE("when the disk is full half way the old report stays and the temporary file goes") {
  Folder folder;
  const std::string path = folder / "r.json";
  REQUIRE(write_file(path, "old").has_value());
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct rlimit small = before;
  small.rlim_cur = 4096;
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto written = write_file(path, std::string(100000, 'x'));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE(!written.has_value());
  CHECK(written.error() == "cannot write " + path + ": File too large");
  CHECK(content(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("a file name of any length the system allows, and one without a folder") {
  Folder folder;
  const std::string longest = folder / std::string(255, 'r').c_str();
  CHECK(write_file(longest, "x").has_value());
  CHECK(content(longest) == "x");
  const auto too_long = write_file(longest + "r", "x");
  REQUIRE(!too_long.has_value());
  CHECK(too_long.error() == "cannot write " + longest + "r: File name too long");
  CHECK(folder.files() == 1);

  const fs::path before = fs::current_path();
  fs::current_path(folder.path);
  CHECK(write_file("here.json", "y").has_value());
  fs::current_path(before);
  CHECK(content(folder / "here.json") == "y");
}

TEST_CASE("a stream sink writes as it goes and keeps its first error") {
  Folder folder;
  {
    auto sink = StreamSink::open(folder / "events.jsonl");
    REQUIRE(sink.has_value());
    (*sink)->write("{}\n");
    CHECK(content(folder / "events.jsonl") == "{}\n");
    (*sink)->write("[]\n");
    CHECK((*sink)->error().empty());
  }
  CHECK(content(folder / "events.jsonl") == "{}\n[]\n");

  auto full = StreamSink::open("/dev/full");
  REQUIRE(full.has_value());
  (*full)->write("x");
  (*full)->write("y");
  CHECK((*full)->error() == "cannot write /dev/full: No space left on device");

  const auto missing = StreamSink::open(folder / "no/events.jsonl");
  REQUIRE(!missing.has_value());
  CHECK(missing.error().ends_with("No such file or directory"));
}
