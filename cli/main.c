/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the process up for secrets, then runs rotkit. */
#include "cli/app.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
    const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

    (void)setrlimit(RLIMIT_CORE, &none);
    /* A token server or a pager that goes away is an error to tell, not the end of the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return rotkit_main(argc, argv, stdout, stderr);
}
