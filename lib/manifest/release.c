/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_release_rows[] = {
    { "path", RK_M_PATH, RK_M(release.path), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "release",
      "folder of the release" },
    { "reproducible", RK_M_BOOL, RK_M(release.reproducible), 0, "false", NULL, NULL, NULL,
      "refuse what would not give the same bytes again (needs an RSA or Ed25519 CA, or a previous release)" },
    { "key", RK_M_KEY, RK_M(release.key), 0, NULL, NULL, NULL, NULL,
      "signs release.json (release.json.sig); pub:FILE when the key is elsewhere" },
    { "passphrase", RK_M_PASSPHRASE, RK_M(release.passphrase), 0, NULL, NULL, NULL, NULL,
      "of that key: fd:N, file:PATH or env:NAME (default: ask)" },
    { "scheme", RK_M_TEXT, RK_M(release.scheme), 0, NULL, NULL, NULL, NULL,
      "of that signature (default: PKCS#1 v1.5 with SHA-256 for RSA, ECDSA with the curve's digest, Ed25519)" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
