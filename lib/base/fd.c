/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <unistd.h>

void rk_fd_done(int *fd)
{
    if (*fd > STDERR_FILENO)
        (void)close(*fd);
    *fd = -1;
}
