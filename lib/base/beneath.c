/* SPDX-License-Identifier: Apache-2.0 */
#include "base/beneath.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

enum { NAME_PART = 256 };

/* Every part names something below the one before: the path is written one way only. */
static bool is_plain(const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, "/");

        if (len == 0 || len >= NAME_PART || (len == 1 && name[0] == '.') ||
            (len == 2 && name[0] == '.' && name[1] == '.') ||
            (name[len] == '/' && name[len + 1] == '\0'))
            return false;
        name += len;
        name += *name == '/';
    }
    return true;
}

/* ---- by the kernel, or step by step ---- */

static int open_by_kernel(int root, const char *name, int flags)
{
    const struct open_how how = {
        .flags = (unsigned long long)(unsigned)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };

    return (int)syscall(SYS_openat2, root, name, &how, sizeof how);
}

/* A link that was not followed is told as the kernel tells it. */
static int open_step(int folder, const char *part, int flags)
{
    struct stat st;

    if (fstatat(folder, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
        errno = ELOOP;
        return -1;
    }
    return openat(folder, part, flags | O_NOFOLLOW);
}

static int open_by_steps(int root, const char *name, int flags)
{
    int folder = root;

    for (;;) {
        size_t len = strcspn(name, "/");
        bool last = name[len] == '\0';
        char part[NAME_PART];
        int next, why;

        memcpy(part, name, len); /* is_plain: it fits */
        part[len] = '\0';
        next = open_step(folder, part, last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC);
        why = errno;
        if (folder != root)
            (void)close(folder);
        errno = why;
        if (last || next < 0)
            return next;
        folder = next;
        name += len + 1;
    }
}

static int open_below(int root, const char *name, int flags)
{
    int fd;

    if (name[0] == '\0')
        return openat(root, ".", flags);
    fd = open_by_kernel(root, name, flags);
    /* Older kernels; older filters of containers; a race with whoever moves folders about. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
        fd = open_by_steps(root, name, flags);
    return fd;
}

/* ---- what stands there ---- */

static enum rk_rc open_root(const char *root, const char *name, int *ret, struct rk_err *err)
{
    if (!is_plain(name))
        return rk_fail(err, RK_E_VERIFY, "path \"%.200s\" is not written plainly", name);
    *ret = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *ret < 0 ? rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", root) : RK_OK;
}

static enum rk_rc kind_below(int root, const char *name, enum rk_beneath_kind *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int fd = open_below(root, name, O_PATH | O_CLOEXEC);
    struct stat st;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *ret = RK_BENEATH_MISSING;
        return RK_OK;
    }
    if (fd < 0 && (errno == ELOOP || errno == EXDEV)) {
        *ret = RK_BENEATH_OTHER;
        return RK_OK;
    }
    if (fd < 0 || fstat(fd, &st) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", name);
    *ret = S_ISREG(st.st_mode)   ? RK_BENEATH_FILE
           : S_ISDIR(st.st_mode) ? RK_BENEATH_FOLDER
                                 : RK_BENEATH_OTHER;
    return RK_OK;
}

enum rk_rc rk_beneath_kind_of(const char *root, const char *name, enum rk_beneath_kind *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int at = -1;

    return open_root(root, name, &at, err) || kind_below(at, name, ret, err) ? err->rc : RK_OK;
}

static enum rk_rc no_file(const char *name, struct rk_err *err)
{
    return rk_fail(err, RK_E_VERIFY, "\"%s\" is no file", name);
}

/*
 * Looked at before it is opened, since opening a device or a pipe may do something; and again
 * behind, since it may be another by then.
 */
static enum rk_rc open_file(int root, const char *name, int *ret, struct rk_err *err)
{
    enum rk_beneath_kind kind;
    struct stat st;

    *ret = -1;
    if (kind_below(root, name, &kind, err))
        return err->rc;
    if (kind == RK_BENEATH_MISSING)
        return RK_OK;
    if (kind != RK_BENEATH_FILE)
        return no_file(name, err);
    *ret = open_below(root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*ret < 0 && (errno == ELOOP || errno == EXDEV || errno == ENXIO))
        return no_file(name, err);
    if (*ret < 0)
        return rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", name);
    if (fstat(*ret, &st) != 0 || !S_ISREG(st.st_mode))
        return no_file(name, err);
    return RK_OK;
}

static enum rk_rc read_below(const char *root, const char *name, size_t max, bool *ret_there,
                             struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int at = -1;
    RK_AUTO(rk_fd_done) int file = -1;

    if (open_root(root, name, &at, err) || open_file(at, name, &file, err))
        return err->rc;
    *ret_there = file >= 0;
    return *ret_there && rk_file_read_open(file, name, max, ret, err) ? err->rc : RK_OK;
}

enum rk_rc rk_beneath_read(const char *root, const char *name, size_t max, struct rk_bytes *ret,
                           struct rk_err *err)
{
    bool there = false;

    if (read_below(root, name, max, &there, ret, err))
        return err->rc;
    return there ? RK_OK : rk_fail(err, RK_E_VERIFY, "\"%s\" is missing", name);
}

enum rk_rc rk_beneath_find(const char *root, const char *name, size_t max, struct rk_bytes *ret,
                           struct rk_err *err)
{
    bool there = false;

    if (read_below(root, name, max, &there, ret, err))
        return err->rc;
    if (!there)
        *ret = (struct rk_bytes)RK_BYTES_NONE;
    return RK_OK;
}

enum rk_rc rk_beneath_list(const char *root, const char *name, size_t max, struct rk_names *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int at = -1;
    enum rk_beneath_kind kind;
    int folder;

    if (open_root(root, name, &at, err) || kind_below(at, name, &kind, err))
        return err->rc;
    if (kind == RK_BENEATH_MISSING) {
        *ret = (struct rk_names) { .name = NULL };
        return RK_OK;
    }
    folder =
        kind == RK_BENEATH_FOLDER ? open_below(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (kind != RK_BENEATH_FOLDER || (folder < 0 && (errno == ELOOP || errno == ENOTDIR)))
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is no folder", name);
    if (folder < 0)
        return rk_fail_errno(err, RK_E_IO, "cannot list \"%s\"", name[0] == '\0' ? root : name);
    return rk_names_list_open(folder, name[0] == '\0' ? root : name, max, ret, err);
}
