#include "net/memory_reserve.h"

#include <ev.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>

namespace wsspec::net {
namespace {

/// More than all that one call into them asks for; a block so large goes back to the system.
constexpr std::size_t kReserve = 512 * 1024;

std::atomic<void*> reserve{nullptr};
std::atomic<bool> used{false};

void* resize(void* old, std::size_t size) {
  if (size == 0) {
    std::free(old);
    return nullptr;
  }
  void* made = std::realloc(old, size);
  if (made != nullptr) return made;
  used = true;
  std::free(reserve.exchange(nullptr));
  return std::realloc(old, size);
}

void* resize_for_libwebsockets(void* old, std::size_t size, const char* /*reason*/) {
  return resize(old, size);
}

void* resize_for_libev(void* old, long size) noexcept {
  return resize(old, static_cast<std::size_t>(size));
}

void* allocate_for_openssl(std::size_t size, const char* /*file*/, int /*line*/) {
  return resize(nullptr, size);
}
void* resize_for_openssl(void* old, std::size_t size, const char* /*file*/, int /*line*/) {
  return resize(old, size);
}
void free_for_openssl(void* old, const char* /*file*/, int /*line*/) {
  std::free(old);
}

}  // namespace

void keep_memory_reserve() {
  reserve = std::malloc(kReserve);
  lws_set_allocator(resize_for_libwebsockets);
  ev_set_allocator(resize_for_libev);
  CRYPTO_set_mem_functions(allocate_for_openssl, resize_for_openssl, free_for_openssl);
}

bool memory_reserve_used() {
  return used;
}

}  // namespace wsspec::net
