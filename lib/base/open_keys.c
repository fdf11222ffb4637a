/* SPDX-License-Identifier: Apache-2.0 */
#include "base/open_keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

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
    if ((st.st_mode & (S_IRGRP | S_IROTH)) != 0)
        remember(path);
    return RK_OK;
}
