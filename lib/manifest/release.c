/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_release_rows[] = {
    { "path", RK_M_PATH, RK_M(release.path), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "release",
      "folder of the release" },
    { "reproducible", RK_M_BOOL, RK_M(release.reproducible), 0, "false", NULL, NULL, NULL,
      "refuse what would not give the same bytes again (needs an RSA or Ed25519 CA, or a previous release)" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
