/* Makes the N-th call of one function of libc fail once, from main() on, as curl's torture tests do:
 *
 *   TORTURE_CALL=send TORTURE_AT=3 LD_PRELOAD=libtorture_shim.so program
 *
 * TORTURE_COUNT=FILE: how often the function was called is written there at the end, and nothing
 * fails without TORTURE_AT. What libc calls inside itself does not come by here. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char* wanted;
static long fails_at;
static atomic_long calls;
static atomic_int counting;

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);

/* True: this call is the one. */
static int fails(const char* name) {
  if (!atomic_load(&counting) || wanted == NULL || strcmp(name, wanted) != 0) return 0;
  return atomic_fetch_add(&calls, 1) + 1 == fails_at;
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void* real(const char* name) {
  const int before = atomic_exchange(&counting, 0);
  void* found = dlsym(RTLD_NEXT, name);
  atomic_store(&counting, before);
  return found;
}

#define FAIL(name, error) \
  if (fails(name)) {      \
    errno = error;        \
    return -1;            \
  }

void* malloc(size_t size) {
  if (fails("malloc")) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  if (fails("calloc")) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_calloc(count, size);
}

void* realloc(void* old, size_t size) {
  if (fails("realloc")) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_realloc(old, size);
}

ssize_t write(int fd, const void* octets, size_t size) {
  FAIL("write", ENOSPC)
  return REAL(write)(fd, octets, size);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  FAIL("writev", ENOSPC)
  return REAL(writev)(fd, parts, count);
}

ssize_t send(int fd, const void* octets, size_t size, int flags) {
  FAIL("send", ENOBUFS)
  return REAL(send)(fd, octets, size, flags);
}

ssize_t read(int fd, void* octets, size_t size) {
  FAIL("read", EIO)
  return REAL(read)(fd, octets, size);
}

ssize_t recv(int fd, void* octets, size_t size, int flags) {
  FAIL("recv", ENOMEM)
  return REAL(recv)(fd, octets, size, flags);
}

int socket(int domain, int type, int protocol) {
  FAIL("socket", EMFILE)
  return REAL(socket)(domain, type, protocol);
}

int connect(int fd, const struct sockaddr* address, socklen_t size) {
  FAIL("connect", EADDRNOTAVAIL)
  return REAL(connect)(fd, address, size);
}

int fsync(int fd) {
  FAIL("fsync", EIO)
  return REAL(fsync)(fd);
}

int rename(const char* from, const char* to) {
  FAIL("rename", ENOSPC)
  return REAL(rename)(from, to);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, int) : 0;
  va_end(more);
  FAIL("open", EMFILE)
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) __attribute__((alias("open")));

FILE* fopen(const char* path, const char* mode) {
  if (fails("open")) {
    errno = EMFILE;
    return NULL;
  }
  return REAL(fopen)(path, mode);
}

FILE* fopen64(const char* path, const char* mode) __attribute__((alias("fopen")));

int poll(struct pollfd* all, nfds_t count, int timeout) {
  FAIL("poll", ENOMEM)
  return REAL(poll)(all, count, timeout);
}

int epoll_wait(int fd, struct epoll_event* events, int most, int timeout) {
  FAIL("epoll_wait", EINTR)
  return REAL(epoll_wait)(fd, events, most, timeout);
}

static int (*program)(int, char**, char**);

static int begin(int count, char** words, char** environment) {
  wanted = getenv("TORTURE_CALL");
  const char* at = getenv("TORTURE_AT");
  fails_at = at != NULL ? atol(at) : 0;
  atomic_store(&counting, 1);
  return program(count, words, environment);
}

int __libc_start_main(int (*main)(int, char**, char**), int count, char** words, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void* stack_end) {
  program = main;
  return REAL(__libc_start_main)(begin, count, words, init, fini, rtld_fini, stack_end);
}

__attribute__((destructor)) static void tell(void) {
  atomic_store(&counting, 0);
  const char* path = getenv("TORTURE_COUNT");
  if (path == NULL) return;
  char text[32];
  const int size = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd >= 0) (void)!syscall(SYS_write, fd, text, (size_t)size);
}
