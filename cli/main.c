/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the process up for secrets, then runs rotkit. */
#include "app.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

/* Room for the working secrets of a run; a bulk of them (device new) is the largest user. */
enum { ARENA_BYTES = 1 << 20, ARENA_SMALLEST = 32 };

int main(int argc, char **argv)
{
    const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (CRYPTO_secure_malloc_init(ARENA_BYTES, ARENA_SMALLEST) == 2)
        (void)fputs("rotkit: warning: secrets are wiped but may be swapped: "
                    "the memory lock limit is too low\n",
                    stderr);
    return rotkit_main(argc, argv, stdout, stderr);
}
