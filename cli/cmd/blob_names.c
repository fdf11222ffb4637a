/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd/blob_names.h"

#include "rotkit/ekb.h"

#include <stddef.h>

/* clang-format off */
static const struct blob_tag tags[] = {
    { RK_EKB_TAG_PAYLOAD_KEY,   "uefi-payload-key", true },
    { RK_EKB_TAG_DISK_KEY,      "disk-key",         true },
    { RK_EKB_TAG_DEVICE_ID,     "device-id",        false },
    { RK_EKB_TAG_UEFI_AUTH_KEY, "uefi-auth-key",    true },
    { RK_EKB_TAG_FTPM_SN,       "ftpm-sn",          false },
    { RK_EKB_TAG_EPS_SEED,      "eps-seed",         true },
    { RK_EKB_TAG_EK_CERT_RSA,   "ek-cert-rsa",      false },
    { RK_EKB_TAG_EK_CERT_ECC,   "ek-cert-ecc",      false },
    { RK_EKB_TAG_SID_CERT,      "sid-cert",         false },
    { RK_EKB_TAG_EK_CSR_RSA,    "ek-csr-rsa",       false },
    { RK_EKB_TAG_EK_CSR_ECC,    "ek-csr-ecc",       false },
};

const struct blob_version blob_versions[] = {
    { "legacy", RK_EKB_LEGACY },
    { "1.0",    RK_EKB_1_0 },
    { "2.0",    RK_EKB_2_0 },
    { .name = NULL },
};
/* clang-format on */

const struct blob_tag *blob_tag_find(uint32_t tag)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (tags[i].tag == tag)
            return &tags[i];
    return NULL;
}
