/* SPDX-License-Identifier: Apache-2.0 */
#include "base/open_keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rotkit/file.h"

static atomic_bool taken; /* also when others may write it */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char seen[RK_PATH_MAX];

void rk_open_keys_refuse(bool refuse)
{
    taken = !refuse;
}

bool rk_open_keys_seen(char *ret, size_t size)
{
    bool any;

    (void)pthread_mutex_lock(&lock);
    any = seen[0] != '\0';
    (void)snprintf(ret, size, "%s", seen);
    seen[0] = '\0';
    (void)pthread_mutex_unlock(&lock);
    return any;
}

static void remember(const char *path)
{
    (void)pthread_mutex_lock(&lock);
    if (seen[0] == '\0')
        (void)snprintf(seen, sizeof seen, "%s", path);
    (void)pthread_mutex_unlock(&lock);
}

/*
 * Whoever may write to a folder can put another file in its place. Where it is sticky (/tmp) that
 * is its owner and the file's: root's folder, and a file of ours or root's, are fine.
 */
static bool may_be_replaced(const char *folder, const struct stat *key)
{
    struct stat st;

    if (stat(folder, &st) != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return false;
    return (st.st_mode & S_ISVTX) == 0 || (st.st_uid != 0 && st.st_uid != geteuid()) ||
           (key->st_uid != 0 && key->st_uid != geteuid());
}

static enum rk_rc check_folder_of(const char *file, const char *path, const struct stat *key,
                                  struct rk_err *err)
{
    const char *slash = strrchr(file, '/');
    char folder[RK_PATH_MAX];
    int n = slash == NULL ? snprintf(folder, sizeof folder, ".")
                          : snprintf(folder, sizeof folder, "%.*s",
                                     slash == file ? 1 : (int)(slash - file), file);

    if (n < 0 || (size_t)n >= sizeof folder || !may_be_replaced(folder, key))
        return RK_OK;
    return rk_fail(err, RK_E_KEY,
                   "key file \"%s\": others may write its folder \"%s\", and put a key of theirs "
                   "there: \"chmod go-w\", or --allow-open-keys",
                   path, folder);
}

/* The folder that the path names, and the one that it leads to when it is a link. */
static enum rk_rc check_folders(int fd, const char *path, const struct stat *key,
                                struct rk_err *err)
{
    char link[32], file[RK_PATH_MAX];
    ssize_t len;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, file, sizeof file - 1);
    if (strcmp(path, "-") != 0 && check_folder_of(path, path, key, err))
        return err->rc;
    if (len <= 0 || file[0] != '/')
        return RK_OK;
    file[len] = '\0';
    return check_folder_of(file, path, key, err);
}

enum rk_rc rk_open_keys_check(int fd, const char *path, struct rk_err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return RK_OK; /* a pipe, the standard input */
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !taken)
        return rk_fail(err, RK_E_KEY,
                       "key file \"%s\": others may write it (mode %04o), and put a key of theirs "
                       "there: \"chmod go-w\", or --allow-open-keys",
                       path, (unsigned)(st.st_mode & 07777));
    if (!taken && check_folders(fd, path, &st, err))
        return err->rc;
    if ((st.st_mode & (S_IRGRP | S_IROTH)) != 0)
        remember(path);
    return RK_OK;
}
