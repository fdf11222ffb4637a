/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/corim.h"

#include <stddef.h>

/* clang-format off */
const struct rk_setting_row rk_corim_settings[] = {
    { "vendor",      NULL, "whose devices these are, as attesters name it (required)" },
    { "id",          NULL, "of the CoRIM (default: from product, version and the hash of release.json)" },
    { "signer-name", NULL, "who signs, for people (default: the vendor)" },
    { "not-after",   NULL, "how long it is valid, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ (default: not stated)" },
    { NULL, NULL, NULL },
};
/* clang-format on */
