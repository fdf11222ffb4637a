/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folder.h"

#include "base/mem.h"
#include "rotkit/file.h"
#include "rotkit/grow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void dir_done(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void rk_names_done(struct rk_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        rk_free(names->name[i]);
    rk_free(names->name);
    *names = (struct rk_names) { .name = NULL };
}

enum rk_rc rk_names_add(struct rk_names *names, size_t max, const char *text, struct rk_err *err)
{
    const struct rk_growth growth = { sizeof *names->name, max, RK_E_FORMAT, "entries" };
    void *items = names->name;

    if (rk_grow(&growth, &items, names->count, 1, err))
        return err->rc;
    names->name = items;
    names->name[names->count] = rk_strdup(text);
    if (names->name[names->count] == NULL)
        return rk_fail_nomem(err);
    names->count++;
    return RK_OK;
}

void rk_names_sort(struct rk_names *names)
{
    if (names->count != 0)
        qsort(names->name, names->count, sizeof *names->name, by_bytes);
}

static enum rk_rc list(DIR *dir, const char *folder, size_t max, struct rk_names *ret,
                       struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    struct dirent *entry;

    if (dir == NULL)
        return rk_fail_errno(err, RK_E_IO, "cannot list \"%s\"", folder);
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (rk_names_add(&names, max, entry->d_name, err))
            return rk_wrap(err, "\"%s\"", folder);
    }
    if (errno != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot list \"%s\"", folder);
    rk_names_sort(&names);
    *ret = names;
    names = (struct rk_names) { .name = NULL };
    return RK_OK;
}

enum rk_rc rk_names_list(const char *folder, size_t max, struct rk_names *ret, struct rk_err *err)
{
    RK_AUTO(dir_done) DIR *dir = opendir(folder);

    return list(dir, folder, max, ret, err);
}

enum rk_rc rk_names_list_open(int fd, const char *folder, size_t max, struct rk_names *ret,
                              struct rk_err *err)
{
    RK_AUTO(dir_done) DIR *dir = fdopendir(fd);

    if (dir == NULL) {
        (void)rk_fail_errno(err, RK_E_IO, "cannot list \"%s\"", folder);
        (void)close(fd);
        return err->rc;
    }
    return list(dir, folder, max, ret, err);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

enum rk_rc rk_tree_remove(const char *path, struct rk_err *err)
{
    enum { OPEN_FOLDERS = 16 };

    if (!rk_tree_exists(path))
        return RK_OK;
    if (nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot remove \"%s\"", path);
    return RK_OK;
}

bool rk_tree_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

enum rk_rc rk_tree_look(const char *path, bool *ret, struct rk_err *err)
{
    struct stat st;

    *ret = lstat(path, &st) == 0;
    return *ret || errno == ENOENT ? RK_OK
                                   : rk_fail_errno(err, RK_E_IO, "cannot look at \"%s\"", path);
}

bool rk_tree_is_folder(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool rk_tree_is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void rk_folder_release(int *lock)
{
    if (*lock >= 0)
        (void)close(*lock);
    *lock = -1;
}

static enum rk_rc in_use(const char *path, const char *why, struct rk_err *err)
{
    return rk_fail(err, RK_E_USAGE, "\"%s\" is in use: %s", path, why);
}

static enum rk_rc lock_folder(const char *path, const char *why, int *ret, struct rk_err *err)
{
    RK_AUTO(rk_folder_release) int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (lock < 0)
        return rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0)
        return in_use(path, why, err);
    *ret = lock;
    lock = -1;
    return RK_OK;
}

enum rk_rc rk_folder_claim_existing(const char *path, const char *why, int *ret_lock,
                                    struct rk_err *err)
{
    *ret_lock = -1;
    return rk_tree_is_folder(path) ? lock_folder(path, why, ret_lock, err) : RK_OK;
}

enum rk_rc rk_folder_claim(const char *path, const char *why, int *ret_lock, struct rk_err *err)
{
    char parent[RK_PATH_MAX];
    char *slash;

    if (rk_tree_exists(path)) {
        RK_AUTO(rk_folder_release) int stale = -1;

        if (lock_folder(path, why, &stale, err) || rk_tree_remove(path, err))
            return err->rc;
    }
    (void)snprintf(parent, sizeof parent, "%s", path);
    slash = strrchr(parent, '/');
    if (slash != NULL && slash != parent) {
        *slash = '\0';
        if (rk_file_make_dirs(parent, err))
            return err->rc;
    }
    if (mkdir(path, 0755) != 0)
        return errno == EEXIST ? in_use(path, why, err)
                               : rk_fail_errno(err, RK_E_IO, "cannot make folder \"%s\"", path);
    return lock_folder(path, why, ret_lock, err);
}

enum rk_rc rk_folder_sync(const char *path, struct rk_err *err)
{
    RK_AUTO(rk_folder_release) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || syncfs(fd) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot sync \"%s\"", path);
    return RK_OK;
}
