/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk with faults, by LD_PRELOAD, for the command line tests:
 *   DISK_FAULT_ROOM=N      regular files take N bytes more, by write and pwrite, then ENOSPC
 *   DISK_FAULT_READONLY=P  nothing below the path P can be made, changed, renamed or removed: EROFS
 *   DISK_FAULT_KILL=N      kill -9 before the N-th call that changes or syncs the disk
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_llong room = -1; /* -1: not asked yet */
static atomic_llong steps;

static void step(void)
{
    const char *text = getenv("DISK_FAULT_KILL");

    if (text != NULL && atomic_fetch_add(&steps, 1) + 1 == atoll(text))
        (void)raise(SIGKILL);
}

static int has_room(int fd, size_t len)
{
    const char *text = getenv("DISK_FAULT_ROOM");
    long long none = -1;
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return 1;
    step();
    if (text == NULL)
        return 1;
    (void)atomic_compare_exchange_strong(&room, &none, atoll(text));
    if (atomic_fetch_sub(&room, (long long)len) >= (long long)len)
        return 1;
    atomic_store(&room, 0); /* full for good */
    errno = ENOSPC;
    return 0;
}

static int may_change(const char *path)
{
    const char *prefix = getenv("DISK_FAULT_READONLY");

    if (prefix == NULL || strncmp(path, prefix, strlen(prefix)) != 0)
        return 1;
    errno = EROFS;
    return 0;
}

static int is_writable(const char *path)
{
    step();
    return may_change(path);
}

static int are_writable(const char *from, const char *to)
{
    step();
    return may_change(from) && may_change(to);
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *bytes, size_t len)
{
    return has_room(fd, len) ? NEXT(ssize_t(*)(int, const void *, size_t), "write")(fd, bytes, len)
                             : -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return has_room(fd, len)
               ? NEXT(ssize_t(*)(int, const void *, size_t, off_t), "pwrite")(fd, bytes, len, at)
               : -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t at)
{
    return pwrite(fd, bytes, len, at);
}

static int open_as(const char *name, const char *path, int flags, va_list ap)
{
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;

    if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0 && !is_writable(path))
        return -1;
    return NEXT(int (*)(const char *, int, ...), name)(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    int fd = open_as("open", path, flags, ap);
    va_end(ap);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    int fd = open_as("open64", path, flags, ap);
    va_end(ap);
    return fd;
}

int mkdir(const char *path, mode_t mode)
{
    return is_writable(path) ? NEXT(int (*)(const char *, mode_t), "mkdir")(path, mode) : -1;
}

int unlink(const char *path)
{
    return is_writable(path) ? NEXT(int (*)(const char *), "unlink")(path) : -1;
}

int rename(const char *from, const char *to)
{
    return are_writable(from, to) ? NEXT(int (*)(const char *, const char *), "rename")(from, to)
                                  : -1;
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return are_writable(from, to) ? NEXT(int (*)(int, const char *, int, const char *, unsigned),
                                         "renameat2")(from_fd, from, to_fd, to, flags)
                                  : -1;
}

int fsync(int fd)
{
    step();
    return NEXT(int (*)(int), "fsync")(fd);
}

int syncfs(int fd)
{
    step();
    return NEXT(int (*)(int), "syncfs")(fd);
}
