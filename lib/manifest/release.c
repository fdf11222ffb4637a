/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
static const struct rk_mrow update_rows[] = {
    { "components", RK_M_TEXTS, RK_M(release.update.components), 0, NULL, NULL, NULL, NULL,
      "versions of what is in the images: dotted numbers, which never fall" },
    { "svn", RK_M_TEXTS, RK_M(release.update.svn), 0, NULL, NULL, NULL, NULL,
      "security version numbers of components, which never fall" },
    { "derivation", RK_M_TEXT, RK_M(release.update.derivation), 0, NULL, NULL, NULL, NULL,
      "by which profile the fTPM in it derives EKs (default: ek.profile, or the platform's)" },
    { "nv-layout", RK_M_U32, RK_M(release.update.nv_layout), RK_M_REQUIRED, NULL, NULL, NULL, NULL,
      "version of the fTPM's NV layout, as its maker counts it" },
    { "reads-blobs", RK_M_LIST, RK_M(release.update.reads_blobs), 0, NULL, NULL, NULL, NULL,
      "key blob versions that its OP-TEE reads (default: blob.version)" },
    { "slots", RK_M_TEXTS, RK_M(release.update.slots), 0, NULL, NULL, NULL, NULL,
      "bytes that slots A and B have for each part of a capsule: \"0x400000\", or two numbers" },
    { "layout", RK_M_PATH, RK_M(release.update.layout), 0, NULL, NULL, NULL, NULL,
      "flash layout XML that devices were partitioned by: its pairs A_x and B_x, or x and x_b, are slots of part x" },
    { "layout-device", RK_M_TEXT, RK_M(release.update.layout_device), 0, NULL, NULL, NULL, NULL,
      "the device of it with the slots (default: spi)" },
    { "changes", RK_M_LIST, RK_M(release.update.changes), 0, NULL, NULL, NULL, NULL,
      "what changes on purpose since the last release: derivation, seeds, nv-layout, devices" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
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
    { "version", RK_M_TEXT, RK_M(release.version), 0, NULL, NULL, NULL, NULL,
      "of the release: one to four dotted numbers; updates need it" },
    { "update", RK_M_SECTION, RK_M(release.update.at), 0, NULL, NULL, update_rows, NULL,
      "what updates are judged by; needs version" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
