/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_secrets_rows[] = {
    { "recipient", RK_M_PATH, RK_M(secrets.recipient), 0, NULL, NULL, NULL, "factory/factory.pem",
      "factory certificate (PEM or DER) that files with secrets are sealed to" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
