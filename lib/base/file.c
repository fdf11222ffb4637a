/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/file.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/folder.h"
#include "base/open_keys.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

static const char *shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static enum rk_rc check_size(int fd, const char *path, size_t max, struct rk_err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot read \"%s\"", shown(path));
    if (S_ISDIR(st.st_mode))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is a folder, expected a file", path);
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
        return rk_fail(err, RK_E_USAGE, "\"%s\" is too large: %lld bytes, at most %zu", path,
                       (long long)st.st_size, max);
    return RK_OK;
}

static enum rk_rc open_to_read(const char *path, size_t max, int *ret, struct rk_err *err)
{
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", path);
    *ret = fd;
    return check_size(fd, path, max, err);
}

/* Reads to the end or until room is full; *ret_len bytes. */
static enum rk_rc read_some(int fd, const char *path, uint8_t *p, size_t room, size_t *ret_len,
                            struct rk_err *err)
{
    size_t len = 0;

    while (len < room) {
        ssize_t n = read(fd, p + len, room - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rk_fail_errno(err, RK_E_IO, "cannot read \"%s\"", shown(path));
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret_len = len;
    return RK_OK;
}

/* What is read at most at once: the file's size when it tells one, else a start that doubles. */
static size_t first_room(int fd, size_t max)
{
    enum { START = 16384 };
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max)
        return (size_t)st.st_size + 1;
    return max < START ? max + 1 : START;
}

/* The whole of what is open, and no more than max. */
static enum rk_rc read_whole(int fd, const char *path, size_t max, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes got = RK_BYTES_NONE;
    size_t len = 0, n;

    if (rk_bytes_new(first_room(fd, max), &got, err))
        return err->rc;
    for (;;) {
        RK_AUTO(rk_bytes_done) struct rk_bytes more = RK_BYTES_NONE;

        if (read_some(fd, path, got.p + len, got.len - len, &n, err))
            return err->rc;
        len += n;
        if (len > max)
            return rk_fail(err, RK_E_USAGE, "\"%s\" is too large: more than %s", shown(path),
                           RK_COUNTED(max, "byte"));
        if (len < got.len)
            break;
        if (rk_bytes_new(2 * got.len, &more, err))
            return err->rc;
        memcpy(more.p, got.p, len);
        rk_bytes_done(&got);
        got = rk_bytes_take(&more);
    }
    got.p[len] = '\0';
    OPENSSL_cleanse(got.p + len, got.len - len);
    got.len = len;
    *ret = rk_bytes_take(&got);
    return RK_OK;
}

enum rk_rc rk_file_read(const char *path, size_t max, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int fd = -1;

    return open_to_read(path, max, &fd, err) || read_whole(fd, path, max, ret, err) ? err->rc
                                                                                    : RK_OK;
}

enum rk_rc rk_file_read_open(int fd, const char *path, size_t max, struct rk_bytes *ret,
                             struct rk_err *err)
{
    return check_size(fd, path, max, err) || read_whole(fd, path, max, ret, err) ? err->rc : RK_OK;
}

static enum rk_rc read_secret(const char *path, size_t max, bool key, struct rk_secret *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_fd_done) int fd = -1;
    RK_AUTO(rk_secret_done) struct rk_secret room = RK_SECRET_NONE;
    size_t len, size;

    if (open_to_read(path, max, &fd, err) || (key && rk_open_keys_check(fd, path, err)))
        return err->rc;
    size = first_room(fd, max);
    if (size <= max && strcmp(path, "-") == 0)
        size = max + 1;
    if (rk_secret_new(size, &room, err) || read_some(fd, path, room.p, room.len, &len, err))
        return err->rc;
    if (len > max || len == size)
        return rk_fail(err, RK_E_USAGE, "\"%s\" is too large: more than %s", shown(path),
                       RK_COUNTED(len > max ? max : size - 1, "byte"));
    return rk_secret_copy(room.p, len, ret, err);
}

enum rk_rc rk_file_read_secret(const char *path, size_t max, struct rk_secret *ret,
                               struct rk_err *err)
{
    return read_secret(path, max, false, ret, err);
}

enum rk_rc rk_file_read_private(const char *path, size_t max, struct rk_secret *ret,
                                struct rk_err *err)
{
    return read_secret(path, max, true, ret, err);
}

enum rk_rc rk_file_read_key(const char *path, size_t len, struct rk_secret *ret, struct rk_err *err)
{
    enum { TEXT_MAX = 1024 };
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    size_t found;

    if (rk_file_read_private(path, TEXT_MAX, &text, err) || rk_secret_new(TEXT_MAX, &key, err))
        return err->rc;
    if (rk_hex_read_key((const char *)text.p, text.len, key.p, len == 0 ? 32 : len, &found, err))
        return rk_wrap(err, "key file \"%s\"", path);
    if (len != 0 && found != len)
        return rk_fail(err, RK_E_USAGE, "key file \"%s\": %s, expected %zu", path,
                       RK_COUNTED(found, "byte"), len);
    if (len == 0 && found != 16 && found != 32)
        return rk_fail(err, RK_E_USAGE, "key file \"%s\": %s, expected 16 or 32", path,
                       RK_COUNTED(found, "byte"));
    return rk_secret_copy(key.p, found, ret, err);
}

enum rk_rc rk_file_sync_folder_of(const char *path, struct rk_err *err)
{
    char folder[RK_PATH_MAX];
    const char *slash = strrchr(path, '/');
    RK_AUTO(rk_fd_done) int fd = -1;

    if (slash == NULL)
        (void)snprintf(folder, sizeof folder, ".");
    else
        (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path),
                       path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot sync folder \"%s\"", folder);
    return RK_OK;
}

static enum rk_rc make_dirs(const char *path, bool sync, struct rk_err *err)
{
    char part[RK_PATH_MAX];
    size_t len = strlen(path);

    if (len >= sizeof part)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        part[i] = '\0';
        if (mkdir(part, 0755) != 0) {
            if (errno != EEXIST)
                return rk_fail_errno(err, RK_E_IO, "cannot make folder \"%s\"", part);
        } else if (sync && rk_file_sync_folder_of(part, err)) {
            return err->rc;
        }
        part[i] = path[i];
    }
    return RK_OK;
}

enum rk_rc rk_file_make_dirs(const char *path, struct rk_err *err)
{
    return make_dirs(path, true, err);
}

enum rk_rc rk_file_make_dirs_unsynced(const char *path, struct rk_err *err)
{
    return make_dirs(path, false, err);
}

enum rk_rc rk_path_join(const char *base, const char *name, char *ret, size_t ret_size,
                        struct rk_err *err)
{
    int n = name[0] == '/' || base[0] == '\0' ? snprintf(ret, ret_size, "%s", name)
                                              : snprintf(ret, ret_size, "%s/%s", base, name);

    if (n < 0 || (size_t)n >= ret_size)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s/%s\"", base, name);
    return RK_OK;
}
