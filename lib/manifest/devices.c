/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_devices_rows[] = {
    { "master-key", RK_M_KEY, RK_M(devices.master_key), 0, NULL, NULL, NULL, NULL,
      "instead of databases: secrets are derived from this 32-byte key and the Device SN" },
    { "key", RK_M_KEY, RK_M(devices.key), 0, NULL, NULL, NULL, NULL,
      "the private key that opens sealed databases (device new --recipient)" },
    { "passphrase", RK_M_PASSPHRASE, RK_M(devices.passphrase), 0, NULL, NULL, NULL, NULL,
      "where the key's passphrase comes from: fd:N, file:PATH, env:NAME" },
    { "oem-id", RK_M_U16, RK_M(devices.oem_id), 0, NULL, NULL, NULL, NULL,
      "with master-key: the 16-bit OEM id" },
    { "first-sn", RK_M_NUMBER, RK_M(devices.first_sn), 0, NULL, NULL, NULL, NULL,
      "with master-key: the first serial number" },
    { "count", RK_M_NUMBER, RK_M(devices.count), 0, NULL, NULL, NULL, NULL,
      "with master-key: how many devices" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
