/* SPDX-License-Identifier: Apache-2.0 */
/* The SoCs of Jetson modules. Source: formats/jetson-ftpm-ekb.md. */
#include "rotkit/platform.h"

const struct rk_platform rk_platform_t234 = {
    .name = "t234",
    .root_key_len = 32,
    .ek_profile = "ms-159",
    .has_identity_chain = true,
    .update_formats = { "capsule", "optee-ta" },
};

/* Key blobs only. */
const struct rk_platform rk_platform_t194 = {
    .name = "t194",
    .root_key_len = 16,
    .update_formats = { "capsule", NULL },
};

const struct rk_platform rk_platform_t264 = {
    .name = "t264",
    .also = "thor",
    .refusal =
        "(Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not "
        "public",
};
