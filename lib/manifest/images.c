/* SPDX-License-Identifier: Apache-2.0 */
/* One image: the rows' members are those of struct rk_mimage. */
#include "manifest/rows.h"

#define RK_I(member) offsetof(struct rk_mimage, member)

static const char *const encrypted_by[] = { "rotkit", "bsp", NULL };

/* clang-format off */
static const struct rk_mrow sign_rows[] = {
    { "key", RK_M_KEY, RK_I(sign.key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "the key that signs" },
    { "keys", RK_M_KEYS, RK_I(sign.keys), RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "keys of single roles, where the format has several (fip); the others sign with key" },
    { "certificate", RK_M_PATH, RK_I(sign.certificate), 0, NULL, NULL, NULL, NULL,
      "the signer's certificate (PEM or DER), then its chain, where the format carries one" },
    { "passphrase", RK_M_PASSPHRASE, RK_I(sign.passphrase), 0, NULL, NULL, NULL, NULL,
      "of the keys: fd:N, file:PATH or env:NAME" },
    { "scheme", RK_M_TEXT, RK_I(sign.scheme), 0, NULL, NULL, NULL, NULL,
      "signature scheme, where the format's own is not wanted" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
static const struct rk_mrow encrypt_rows[] = {
    { "key", RK_M_KEY, RK_I(encrypt.key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "the symmetric key; of kernel-encrypted it must be blob.payload-key" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
static const struct rk_mrow bsp_rows[] = {
    { "input", RK_M_PATH, RK_I(bsp.input), RK_M_REQUIRED, NULL, NULL, NULL, NULL,
      "where rotkit puts what the BSP's own tool is to encrypt under the SBK" },
    { "output", RK_M_PATH, RK_I(bsp.output), RK_M_REQUIRED, NULL, NULL, NULL, NULL,
      "what that tool made of it; taken into the release once it is there and holds" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
const struct rk_mrow rk_image_rows[] = {
    { "format", RK_M_TEXT, RK_I(format), RK_M_REQUIRED, NULL, NULL, NULL, NULL,
      "one of 'rotkit pack --formats'" },
    { "input", RK_M_TEXT, RK_I(input), 0, NULL, NULL, NULL, NULL,
      "component or image that is encrypted or signed as it is; else it is packed from parts" },
    { "parts", RK_M_TEXTS, RK_I(parts), 0, NULL, NULL, NULL, NULL,
      "the format's parts, each a component or an image by name" },
    { "set", RK_M_TEXTS, RK_I(set), RK_M_VARIABLES, NULL, NULL, NULL, NULL,
      "the format's settings: version, load address, GUID" },
    { "image-types", RK_M_TEXTS, RK_I(image_types), 0, NULL, NULL, NULL, NULL,
      "of a capsule: the same update once more for each, a file by this name for the FMP image type "
      "GUID (setting image-type)" },
    { "for", RK_M_LIST, RK_I(firmware), 0, NULL, NULL, NULL, NULL,
      "firmware that is to take the image, such as edk2 or u-boot+FIT_RSASSA_PSS: what it does not "
      "take is refused (see 'rotkit help firmware')" },
    { "publish", RK_M_BOOL, RK_I(publish), 0, "true", NULL, NULL, NULL,
      "false: a step on the way to another image, not in the release by itself" },
    { "encrypt", RK_M_SECTION, RK_I(encrypt.at), 0, NULL, NULL, encrypt_rows, NULL,
      "encrypt the image; before or after signing as the format demands" },
    { "encrypted-by", RK_M_CHOICE, RK_I(encrypted_by), 0, "rotkit", encrypted_by, NULL, NULL,
      "bsp: the SBK layer, whose key tree is not public, is put on by the BSP's tool (see bsp)" },
    { "bsp", RK_M_SECTION, RK_I(bsp.at), 0, NULL, NULL, bsp_rows, NULL,
      "the hand-over of encrypted-by: bsp" },
    { "sign", RK_M_SECTION, RK_I(sign.at), 0, NULL, NULL, sign_rows, NULL,
      "sign the image" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
