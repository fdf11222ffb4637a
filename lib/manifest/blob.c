/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

static const char *const versions[] = { "1.0", "2.0", NULL };

/* clang-format off */
const struct rk_mrow rk_blob_rows[] = {
    { "version", RK_M_CHOICE, RK_M(blob.version), 0, "2.0", versions, NULL, "\"2.0\"",
      "key blob format: 2.0 for r36.4 and later, 1.0 before" },
    { "root-key", RK_M_KEY, RK_M(blob.root_key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "keys/oem_k1.key",
      "the fuse key it is encrypted under: OEM_K1 (or OEM_K2)" },
    { "fv", RK_M_PATH, RK_M(blob.fv), 0, NULL, NULL, NULL, NULL,
      "version 1.0: file with the fixed vector that OP-TEE was built with" },
    { "payload-key", RK_M_KEY, RK_M(blob.payload_key), RK_M_VARIABLES, NULL, NULL, NULL, "keys/payload.key",
      "tag 1: kernel and UEFI payload key, 32 bytes on t234" },
    { "disk-key", RK_M_KEY, RK_M(blob.disk_key), RK_M_VARIABLES, NULL, NULL, NULL, "keys/disk.key",
      "tag 2: disk encryption key, 16 bytes" },
    { "auth-key", RK_M_KEY, RK_M(blob.auth_key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "keys/uefi-auth.key",
      "tag 4: UEFI variable authentication key, 16 bytes; a fused device halts without it" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
