/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_devices_rows[] = {
    { "kdk-db", RK_M_PATH, RK_M(devices.kdk_db), 0, NULL, NULL, NULL, "devices/kdk_db.csv",
      "KDK database: rows of oem_id, sn, KDK0, as kdk_gen.py and `rotkit device new` write it" },
    { "eps-seeds", RK_M_PATH, RK_M(devices.eps_seeds), 0, NULL, NULL, NULL, "devices/eps_seeds.csv",
      "rows of oem_id, sn, EPS_Seed, the same devices in the same order" },
    { "master-key", RK_M_KEY, RK_M(devices.master_key), 0, NULL, NULL, NULL, NULL,
      "instead of databases: KDK0 and EPS_Seed are derived from this 32-byte key and the Device SN" },
    { "oem-id", RK_M_U16, RK_M(devices.oem_id), 0, NULL, NULL, NULL, NULL,
      "with master-key: the 16-bit OEM id" },
    { "first-sn", RK_M_NUMBER, RK_M(devices.first_sn), 0, NULL, NULL, NULL, NULL,
      "with master-key: the first serial number" },
    { "count", RK_M_NUMBER, RK_M(devices.count), 0, NULL, NULL, NULL, NULL,
      "with master-key: how many devices" },
    { "handover", RK_M_PATH, RK_M(devices.handover), 0, NULL, NULL, NULL, NULL,
      "role oem: folder of NVFTPM containers from the ODM" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
