/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

static const char *const roles[] = { "both", "odm", "oem", NULL };

/* clang-format off */
const struct rk_mrow rk_manifest_rows[] = {
    { "rotkit", RK_M_NUMBER, RK_M(rotkit), RK_M_REQUIRED, NULL, NULL, NULL, "1",
      "version of the manifest format: 1" },
    { "product", RK_M_TEXT, RK_M(product), RK_M_REQUIRED, NULL, NULL, NULL, "demo",
      "name of the product, as it stands in release.json" },
    { "platform", RK_M_TEXT, RK_M(platform), RK_M_REQUIRED, NULL, NULL, NULL, "",
      "what it is for: " },
    { "role", RK_M_CHOICE, RK_M(role), 0, "both", roles, NULL, "both",
      "which half is ours: odm ends in handover containers, oem starts from them, both does all" },
    { "devices", RK_M_SECTION, RK_M(devices.at), 0, NULL, NULL, rk_devices_rows, "",
      "which devices to make" },
    { "ek", RK_M_SECTION, RK_M(ek.at), 0, NULL, NULL, rk_ek_rows, "",
      "Endorsement Keys and their certificates (roles odm and both)" },
    { "", RK_M_PLATFORM, 0, 0, NULL, NULL, NULL, NULL, NULL }, /* a platform's own sections */
    { "components", RK_M_PATHS, RK_M(components), RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "files that images are made of, by a name of your choice: a path, or archive!path/inside" },
    { "images", RK_M_IMAGES, RK_M(images), 0, NULL, NULL, rk_image_rows, NULL,
      "the images of the release, by the name of the file: boot, update, TA, certificates" },
    { "secrets", RK_M_SECTION, RK_M(secrets.at), 0, NULL, NULL, rk_secrets_rows, "",
      "who may read the secret outputs" },
    { "licence", RK_M_SECTION, RK_M(licence.at), 0, NULL, NULL, rk_licence_rows, NULL,
      "the ledger that counts units, and the licence they are charged to" },
    { "release", RK_M_SECTION, RK_M(release.at), RK_M_REQUIRED, NULL, NULL, rk_release_rows, "",
      "where the release goes" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
