/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a container each run may have the number of one that was killed. */
enum { TRIES = 1024 };

static enum rk_rc fail_io(struct rk_err *err, const char *what, const char *path)
{
    return rk_fail(err, RK_E_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}

/* The files of a folder, and of the folders below it while `levels` last; then the folder. */
static void remove_folder(int at, const char *name, int levels)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (folder == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) != 0 && levels > 0)
            remove_folder(fd, entry->d_name, levels - 1);
    }
    (void)closedir(folder);
    (void)unlinkat(at, name, AT_REMOVEDIR);
}

void staging_done(struct staging *staging)
{
    if (staging->folder[0] != '\0')
        remove_folder(AT_FDCWD, staging->folder, 1);
    staging->folder[0] = '\0';
}

enum rk_rc staging_open(const struct app *app, const char *path, struct staging *ret,
                        struct rk_err *err)
{
    char folder[RK_PATH_MAX];

    if (new_file_check(path, err))
        return err->rc;
    ret->path = path;
    ret->dry_run = app->dry_run;
    for (unsigned i = 0; i < TRIES; i++) {
        int n = snprintf(folder, sizeof folder, "%s.tmp-%ld-%u", path, (long)getpid(), i);

        if (n < 0 || (size_t)n >= sizeof folder)
            return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
        if (app->dry_run)
            return RK_OK;
        if (mkdir(folder, 0777) == 0) {
            memcpy(ret->folder, folder, sizeof folder);
            return RK_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return fail_io(err, "make folder", path);
}

/* The folder that a file below the staging folder stands in. */
static enum rk_rc make_folder_of(const char *path, struct rk_err *err)
{
    char folder[RK_PATH_MAX];
    const char *slash = strrchr(path, '/');

    (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return fail_io(err, "make folder", folder);
    return RK_OK;
}

enum rk_rc staging_write(const struct staging *staging, const struct new_file *file,
                         struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (staging->dry_run)
        return RK_OK;
    if (rk_path_join(staging->folder, file->path, path, sizeof path, err) ||
        make_folder_of(path, err))
        return err->rc;
    return rk_file_write(path,
                         file->private   ? RK_FILE_PRIVATE
                         : file->program ? RK_FILE_PROGRAM
                                         : RK_FILE_PUBLIC,
                         file->bytes, file->len, err);
}

enum rk_rc staging_publish(struct staging *staging, struct rk_err *err)
{
    if (staging->dry_run)
        return RK_OK;
    /* Onto an empty folder rename would succeed: it was checked not to be there. */
    if (rename(staging->folder, staging->path) != 0)
        return fail_io(err, "rename to", staging->path);
    staging->folder[0] = '\0';
    return RK_OK;
}
