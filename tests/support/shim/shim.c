/* Preloaded into a server: makes one system call on a file fail when it is told to.
 *
 * FAULT_ORDER names a file. While it has the text `CALL ERRNO NAME` (sync, read or write; a number; a part of a path), the
 * next call of that kind on a file whose path contains NAME fails with that errno, and removes the order: it is carried
 * out once. With ` always` at its end it stays, and each such call fails. With ` third`, every third sync fails that
 * comes after a write of a page to such a file: of a write-ahead log that is the commit of a transaction, and neither a
 * checkpoint nor the new head of a log that starts over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* For an order with `third`: how many such syncs it has met, and whether a page was written since the last. */
static atomic_uint met, is_written;

/* The least that a page has: a log's head, and that of a page in it, is shorter. */
#define PAGE 512

/* Whether an order with `third` lets this call fail. */
static int is_third(int is_sync, size_t size) {
    if (size >= PAGE) atomic_store(&is_written, 1);
    return is_sync && atomic_exchange(&is_written, 0) && atomic_fetch_add(&met, 1) % 3 == 0;
}

static int fails(const char *call, int fd, size_t size) {
    const char *order = getenv("FAULT_ORDER");
    if (order == NULL) return 0;
    int saved = errno, found = 0;
    long file = syscall(SYS_openat, AT_FDCWD, order, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        char text[256] = {0}, kind[16], name[128], always[8] = {0}, link[64], path[4096] = {0};
        int code = 0;
        long length = syscall(SYS_read, (int)file, text, sizeof text - 1);
        syscall(SYS_close, (int)file);
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        found = length > 0 && sscanf(text, "%15s %d %127s %7s", kind, &code, name, always) >= 3
            && (strcmp(kind, call) == 0 || (always[0] == 't' && strcmp("write", call) == 0))
            && syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1) > 0 && strstr(path, name) != NULL
            && (always[0] != 't' || is_third(strcmp(kind, call) == 0, size))
            && (always[0] != 0 || syscall(SYS_unlinkat, AT_FDCWD, order, 0) == 0);
        if (found) saved = code;
    }
    errno = saved;
    return found;
}

int fsync(int fd) { return fails("sync", fd, 0) ? -1 : (int)syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return fails("sync", fd, 0) ? -1 : (int)syscall(SYS_fdatasync, fd); }

ssize_t read(int fd, void *to, size_t size) { return fails("read", fd, 0) ? -1 : syscall(SYS_read, fd, to, size); }

ssize_t write(int fd, const void *from, size_t size) {
    return fails("write", fd, size) ? -1 : syscall(SYS_write, fd, from, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t at) {
    return fails("read", fd, 0) ? -1 : syscall(SYS_pread64, fd, to, size, at);
}

ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
    return fails("read", fd, 0) ? -1 : syscall(SYS_pread64, fd, to, size, at);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    return fails("write", fd, size) ? -1 : syscall(SYS_pwrite64, fd, from, size, at);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    return fails("write", fd, size) ? -1 : syscall(SYS_pwrite64, fd, from, size, at);
}
