#include "app/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "app/option_values.h"
#include "text/escape.h"

namespace wsspec {
namespace {

constexpr std::size_t kPiece = 256u << 10;  // stays in a core's cache
constexpr std::size_t kName = 200;

}  // namespace

Input::Input(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)), buffer_(kPiece) {}

Input::Input(Input&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      buffer_(std::move(other.buffer_)),
      peeked_(other.peeked_),
      ended_(other.ended_) {}

Input::~Input() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

tl::expected<Input, std::string> Input::open(const std::string& path) {
  if (path == "-") return Input(STDIN_FILENO, "standard input");
  const std::string name = text::printable(path, kName);
  if (const auto wrong = as_input_file(path); !wrong.empty())
    return tl::unexpected(path.empty() ? "FILE " + wrong : name + ": " + wrong);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return tl::unexpected(fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
  return Input(descriptor, name);
}

tl::expected<wire::Octets, std::string> Input::peek(std::size_t size) {
  while (peeked_ < size) {
    const auto more = read(peeked_);
    if (!more) return more;
    peeked_ += more->size();
    if (more->empty()) break;
  }
  return wire::Octets(buffer_).first(peeked_);
}

tl::expected<wire::Octets, std::string> Input::next() {
  if (peeked_ > 0) return wire::Octets(buffer_).first(std::exchange(peeked_, 0));
  return read(0);
}

tl::expected<wire::Octets, std::string> Input::read(std::size_t at) {
  while (true) {
    // A terminal's Ctrl-D is told once: after it reading would wait again.
    const auto count = ended_ ? 0 : ::read(descriptor_, buffer_.data() + at, buffer_.size() - at);
    ended_ = count == 0;
    if (count >= 0) return wire::Octets(buffer_).subspan(at, static_cast<std::size_t>(count));
    if (errno != EINTR)
      return tl::unexpected(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
  }
}

}  // namespace wsspec
