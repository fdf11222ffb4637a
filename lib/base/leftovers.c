/* SPDX-License-Identifier: Apache-2.0 */
#include "base/leftovers.h"

#include "base/fd.h"
#include "base/folder.h"
#include "rotkit/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void folder_done(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
}

/* "eks.img.tmp-4711" and "release.tmp-4711-0" of "eks.img" and "release". */
static bool is_sibling(const char *name, const char *of, size_t of_len)
{
    static const char mark[] = ".tmp-";
    static const char digits[] = "0123456789";
    size_t len;

    if (strncmp(name, of, of_len) != 0 || strncmp(name + of_len, mark, sizeof mark - 1) != 0)
        return false;
    name += of_len + sizeof mark - 1;
    len = strspn(name, digits);
    if (len != 0 && name[len] == '-') {
        name += len + 1;
        len = strspn(name, digits);
    }
    return len != 0 && name[len] == '\0';
}

static void remove_dead(const char *path)
{
    RK_AUTO(rk_fd_done)
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct rk_err ignored;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_uid != geteuid() ||
        (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || flock(fd, LOCK_EX | LOCK_NB) != 0)
        return;
    if (S_ISREG(st.st_mode))
        (void)unlink(path);
    else
        (void)!rk_tree_remove(path, &ignored);
}

void rk_leftovers_remove(const char *path)
{
    RK_AUTO(folder_done) DIR *folder = NULL;
    char parent[RK_PATH_MAX], name[RK_PATH_MAX];
    size_t len = strlen(path), at;
    const struct dirent *entry;

    while (len > 1 && path[len - 1] == '/')
        len--;
    for (at = len; at > 0 && path[at - 1] != '/'; at--)
        ;
    if (len >= sizeof parent || at == len)
        return;
    (void)snprintf(parent, sizeof parent, "%.*s", at == 0 ? 2 : (int)at, at == 0 ? "./" : path);
    folder = opendir(parent);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        int n;

        if (!is_sibling(entry->d_name, path + at, len - at))
            continue;
        n = snprintf(name, sizeof name, "%s%s", parent, entry->d_name);
        if (n > 0 && (size_t)n < sizeof name)
            remove_dead(name);
    }
}

bool rk_leftovers_hold(int fd)
{
    struct stat st;
    int rc;

    /* Whoever is about to remove it has the lock for a moment. */
    do {
        rc = flock(fd, LOCK_EX);
    } while (rc != 0 && errno == EINTR);
    return rc != 0 || fstat(fd, &st) != 0 || st.st_nlink != 0;
}
