/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Calls left until the one at which something happens; 0: nothing does. */
static atomic_long countdown;
static atomic_bool kills, failed;
static char calls[4096];
static size_t call_count;

void disk_fail_at(long n)
{
    kills = false;
    failed = false;
    countdown = n;
}

void disk_kill_at(long n)
{
    kills = true;
    countdown = n;
}

bool disk_failed(void)
{
    countdown = 0;
    return failed;
}

void disk_watch(void)
{
    call_count = 0;
    calls[0] = '\0';
}

const char *disk_calls(void)
{
    return calls;
}

static bool fails(char call)
{
    long left = countdown;

    if (call_count + 1 < sizeof calls) {
        calls[call_count++] = call;
        calls[call_count] = '\0';
    }
    if (left == 0 || atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    if (kills)
        _exit(DISK_KILLED);
    failed = true;
    errno = ENOSPC;
    return true;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if ((flags & O_CREAT) != 0) {
        va_list ap;

        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0 && fails('o'))
        return -1;
    return __real_open(path, flags, mode);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (fd <= STDERR_FILENO || !fails('w'))
        return __real_write(fd, bytes, len);
    (void)!__real_write(fd, bytes, len / 2);
    errno = ENOSPC;
    return -1;
}

ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    if (!fails('w'))
        return __real_pwrite(fd, bytes, len, at);
    (void)!__real_pwrite(fd, bytes, len / 2, at);
    errno = ENOSPC;
    return -1;
}

#define WRAP(call, name, declared, given)                                                          \
    int __real_##name declared;                                                                    \
    int __wrap_##name declared;                                                                    \
    int __wrap_##name declared                                                                     \
    {                                                                                              \
        return fails(call) ? -1 : __real_##name given;                                             \
    }

WRAP('m', mkdir, (const char *path, mode_t mode), (path, mode))
WRAP('r', rename, (const char *from, const char *to), (from, to))
WRAP('r', renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned flags),
     (from_fd, from, to_fd, to, flags))
WRAP('u', unlink, (const char *path), (path))
WRAP('u', remove, (const char *path), (path))

/* Counted and not done: no power is cut here, and a test that syncs for real takes minutes. */
#define WRAP_SYNC(call, name)                                                                      \
    int __wrap_##name(int fd);                                                                     \
    int __wrap_##name(int fd)                                                                      \
    {                                                                                              \
        (void)fd;                                                                                  \
        return fails(call) ? -1 : 0;                                                               \
    }

WRAP_SYNC('f', fsync)
WRAP_SYNC('s', syncfs)
