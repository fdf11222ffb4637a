/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/publish.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/folder.h"
#include "base/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- bytes into a file ---- */

static mode_t mode_of(enum rk_file_mode mode)
{
    static const mode_t modes[] = {
        [RK_FILE_PUBLIC] = 0644,
        [RK_FILE_PRIVATE] = 0600,
        [RK_FILE_KEY] = 0600,
        [RK_FILE_PROGRAM] = 0755,
    };

    return modes[mode];
}

static enum rk_rc write_all(int fd, const char *path, const void *bytes, size_t len,
                            struct rk_err *err)
{
    const uint8_t *p = bytes;

    while (len != 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rk_fail_errno(err, RK_E_IO, "cannot write \"%s\"", path);
        p += n;
        len -= (size_t)n;
    }
    return RK_OK;
}

/* `at` is created for `path`, which a message names. */
static enum rk_rc create(const char *at, const char *path, enum rk_file_mode mode, int *ret,
                         struct rk_err *err)
{
    *ret = open(at, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_of(mode));
    return *ret < 0 ? rk_fail_errno(err, RK_E_IO, "cannot create \"%s\"", path) : RK_OK;
}

/* A device, a pipe, /dev/stdout: nothing to be replaced, and nothing that could be half of a file.
 */
static bool is_stream(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 &&
           (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode) || strncmp(path, "/dev/std", 8) == 0 ||
            strncmp(path, "/dev/fd/", 8) == 0);
}

/* ---- the steps ---- */

enum rk_rc rk_publish_name(const char *sibling, const char *path, struct rk_err *err)
{
    if (rename(sibling, path) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot rename to \"%s\"", path);
    return rk_file_sync_folder_of(path, err);
}

enum rk_rc rk_publish_folder(const char *sibling, const char *path, struct rk_err *err)
{
    return rk_folder_sync(sibling, err) || rk_publish_name(sibling, path, err) ? err->rc : RK_OK;
}

enum rk_rc rk_publish_exchange(const char *sibling, const char *path, struct rk_err *err)
{
    if (renameat2(AT_FDCWD, sibling, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot exchange \"%s\" and \"%s\"", sibling, path);
    return rk_file_sync_folder_of(path, err);
}

enum rk_rc rk_publish_in_place(const char *path, struct rk_err *err)
{
    return rk_folder_sync(path, err) || rk_file_sync_folder_of(path, err) ? err->rc : RK_OK;
}

enum rk_rc rk_staged_create(const char *root, const char *name, enum rk_file_mode mode,
                            const void *bytes, size_t len, struct rk_err *err)
{
    char path[RK_PATH_MAX], folder[RK_PATH_MAX];
    RK_AUTO(rk_fd_done) int fd = -1;

    if (rk_path_join(root, name, path, sizeof path, err))
        return err->rc;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST && rk_file_make_dirs_unsynced(folder, err))
        return err->rc;
    if (mode == RK_FILE_KEY && chmod(folder, 0700) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot close folder \"%s\" to others", folder);
    if (create(path, path, mode, &fd, err))
        return err->rc;
    if (write_all(fd, path, bytes, len, err)) {
        (void)unlink(path);
        return err->rc;
    }
    return RK_OK;
}

/* ---- a file ---- */

void rk_new_file_done(struct rk_new_file *file)
{
    if (file->fd < 0)
        return;
    (void)close(file->fd);
    (void)unlink(file->sibling);
    *file = (struct rk_new_file)RK_NEW_FILE_NONE;
}

enum rk_rc rk_new_file_open(const char *path, enum rk_file_mode mode, struct rk_new_file *ret,
                            struct rk_err *err)
{
    int n = snprintf(ret->sibling, sizeof ret->sibling, "%s.tmp-%ld", path, (long)getpid());

    if (n < 0 || (size_t)n >= sizeof ret->sibling)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    if (is_stream(path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is a device or a pipe: name a file", path);
    ret->path = path;
    rk_leftovers_remove(path);
    for (;;) {
        if (create(ret->sibling, path, mode, &ret->fd, err))
            return err->rc;
        if (rk_leftovers_hold(ret->fd))
            return RK_OK;
        (void)close(ret->fd);
        ret->fd = -1;
    }
}

enum rk_rc rk_new_file_publish(struct rk_new_file *file, struct rk_err *err)
{
    if (fsync(file->fd) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot sync \"%s\"", file->path);
    if (rk_publish_name(file->sibling, file->path, err))
        return err->rc;
    (void)close(file->fd);
    *file = (struct rk_new_file)RK_NEW_FILE_NONE;
    return RK_OK;
}

static enum rk_rc write_stream(const char *path, const void *bytes, size_t len, struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", path)
                  : write_all(fd, path, bytes, len, err);
}

enum rk_rc rk_file_write(const char *path, enum rk_file_mode mode, const void *bytes, size_t len,
                         struct rk_err *err)
{
    RK_AUTO(rk_new_file_done) struct rk_new_file file = RK_NEW_FILE_NONE;

    if (strcmp(path, "-") == 0)
        return write_all(STDOUT_FILENO, "standard output", bytes, len, err);
    if (is_stream(path))
        return write_stream(path, bytes, len, err);
    if (rk_new_file_open(path, mode, &file, err) || write_all(file.fd, path, bytes, len, err))
        return err->rc;
    return rk_new_file_publish(&file, err);
}

/* ---- a folder ---- */

void rk_new_folder_done(struct rk_new_folder *folder)
{
    struct rk_err ignored;

    if (folder->sibling[0] != '\0')
        (void)!rk_tree_remove(folder->sibling, &ignored);
    folder->sibling[0] = '\0';
    rk_folder_release(&folder->lock);
}

static enum rk_rc too_long(const char *path, struct rk_err *err)
{
    return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
}

enum rk_rc rk_new_folder_name(const char *path, struct rk_new_folder *ret, struct rk_err *err)
{
    enum { BELOW = 256 }; /* for the names of what is below it */
    size_t len = strlen(path);
    int n;

    while (len > 1 && path[len - 1] == '/')
        len--;
    n = snprintf(ret->sibling, sizeof ret->sibling, "%.*s.staging", (int)len, path);
    if (n < 0 || (size_t)n + BELOW >= sizeof ret->sibling) {
        ret->sibling[0] = '\0';
        return too_long(path, err);
    }
    (void)snprintf(ret->path, sizeof ret->path, "%.*s", (int)len, path);
    return RK_OK;
}

enum rk_rc rk_new_folder_claim(const char *path, const char *why, struct rk_new_folder *ret,
                               struct rk_err *err)
{
    if (rk_new_folder_name(path, ret, err))
        return err->rc;
    if (rk_folder_claim(ret->sibling, why, &ret->lock, err)) {
        ret->sibling[0] = '\0'; /* not ours to remove */
        return err->rc;
    }
    return RK_OK;
}

/* A new folder, and ours; *ret -1: somebody has the name, or has taken the folder away. */
static enum rk_rc make_sibling(const char *sibling, const char *path, int *ret, struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int fd = -1;

    *ret = -1;
    if (mkdir(sibling, 0755) != 0)
        return errno == EEXIST ? RK_OK
                               : rk_fail_errno(err, RK_E_IO, "cannot make folder \"%s\"", path);
    fd = open(sibling, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno != ENOENT)
        return rk_fail_errno(err, RK_E_IO, "cannot open folder \"%s\"", path);
    if (fd < 0 || !rk_leftovers_hold(fd))
        return RK_OK;
    *ret = fd;
    fd = -1;
    return RK_OK;
}

enum rk_rc rk_new_folder_open(const char *path, struct rk_new_folder *ret, struct rk_err *err)
{
    enum { TRIES = 1024 }; /* in a container each run may have the number of one that was killed */
    char sibling[RK_PATH_MAX];

    if (rk_new_folder_name(path, ret, err))
        return err->rc;
    ret->sibling[0] = '\0';
    rk_leftovers_remove(ret->path);
    for (unsigned i = 0; i < TRIES; i++) {
        int n = snprintf(sibling, sizeof sibling, "%s.tmp-%ld-%u", ret->path, (long)getpid(), i);

        if (n < 0 || (size_t)n >= sizeof sibling)
            return too_long(path, err);
        if (make_sibling(sibling, path, &ret->lock, err))
            return err->rc;
        if (ret->lock >= 0) {
            memcpy(ret->sibling, sibling, sizeof sibling);
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_IO, "cannot make folder \"%s\": each name beside it is taken", path);
}

enum rk_rc rk_new_folder_add(const struct rk_new_folder *folder, const char *name,
                             enum rk_file_mode mode, const void *bytes, size_t len,
                             struct rk_err *err)
{
    return rk_staged_create(folder->sibling, name, mode, bytes, len, err);
}

enum rk_rc rk_new_folder_publish(struct rk_new_folder *folder, struct rk_err *err)
{
    if (rk_folder_sync(folder->sibling, err))
        return err->rc;
    if (rename(folder->sibling, folder->path) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot rename to \"%s\"", folder->path);
    folder->sibling[0] = '\0'; /* the name is free: it is another's to clear away */
    return rk_file_sync_folder_of(folder->path, err);
}
