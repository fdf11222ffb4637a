/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit blob pack: makes an encrypted key blob, and reads it back before it is written. */
#include "cli/cmd/blob.h"
#include "cli/cmd/blob_names.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/devicedb.h"
#include "rotkit/ekb.h"
#include "rotkit/publish.h"
#include "rotkit/hex.h"
#include "rotkit/identity.h"
#include "rotkit/mac.h"

#include <string.h>

enum source { FROM_KEY, FROM_SEED, FROM_SN, FROM_FILE };

/* In the order the items stand in the blob. */
/* clang-format off */
static const struct item {
    uint32_t tag;
    enum source source;
    const char *arg, *help;
} items[] = {
    { RK_EKB_TAG_PAYLOAD_KEY,   FROM_KEY,  "KEY",  "UEFI payload encryption key: 32 bytes, on t194 16" },
    { RK_EKB_TAG_DISK_KEY,      FROM_KEY,  "KEY",  "disk encryption key: 16 bytes" },
    { RK_EKB_TAG_UEFI_AUTH_KEY, FROM_KEY,  "KEY",  "UEFI variable authentication key: 16 bytes" },
    { RK_EKB_TAG_FTPM_SN,       FROM_SN,   "HEX",  "Device SN: 20 hex digits" },
    { RK_EKB_TAG_EPS_SEED,      FROM_SEED, "KEY",  "EPS seed: 32 bytes" },
    { RK_EKB_TAG_EK_CERT_RSA,   FROM_FILE, "FILE", "certificate of the RSA EK, DER" },
    { RK_EKB_TAG_EK_CERT_ECC,   FROM_FILE, "FILE", "certificate of the ECC EK, DER" },
    { RK_EKB_TAG_SID_CERT,      FROM_FILE, "FILE", "Silicon ID certificate (online mode), DER" },
    { RK_EKB_TAG_EK_CSR_RSA,    FROM_FILE, "FILE", "request for the RSA EK (online mode), DER" },
    { RK_EKB_TAG_EK_CSR_ECC,    FROM_FILE, "FILE", "request for the ECC EK (online mode), DER" },
};
/* clang-format on */
enum { ITEMS = sizeof items / sizeof items[0] };

struct pack {
    const char *platform, *version, *root_key, *fv, *iv, *out;
    const char *from[ITEMS];
    struct opt_list tags;
    bool allow_incomplete;
    size_t root_key_len;
};

/* An image has to fit RK_EKB_IMAGE_MAX, so no item is larger. */
static enum rk_rc add_file(struct rk_ekb *ekb, uint32_t tag, const char *path, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;

    if (rk_file_read_secret(path, RK_EKB_IMAGE_MAX, &value, err))
        return err->rc;
    if (rk_ekb_add(ekb, tag, value.p, value.len, err))
        return rk_wrap(err, "\"%s\"", path);
    return RK_OK;
}

static enum rk_rc add_key(struct rk_ekb *ekb, uint32_t tag, const char *uri, size_t len,
                          struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;

    if (rk_secret_read(uri, len, &key, err))
        return err->rc;
    return rk_ekb_add(ekb, tag, key.p, key.len, err);
}

static enum rk_rc add_item(struct rk_ekb *ekb, const struct item *item, const char *from,
                           struct rk_err *err)
{
    struct rk_unit_id sn;

    switch (item->source) {
    case FROM_KEY:
        return add_key(ekb, item->tag, from, 0, err);
    case FROM_SEED:
        return add_key(ekb, item->tag, from, 32, err);
    case FROM_FILE:
        return add_file(ekb, item->tag, from, err);
    case FROM_SN:
        break;
    }
    if (rk_unit_parse(from, &sn, err))
        return err->rc;
    return rk_ekb_add(ekb, item->tag, sn.b, sizeof sn.b, err);
}

/* --tag N=FILE */
static enum rk_rc add_tag(const struct app *app, struct rk_ekb *ekb, const char *text,
                          struct rk_err *err)
{
    const char *equals = strchr(text, '=');
    char number[24];
    uint64_t tag;

    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof number)
        return opt_fail(app, err, "--tag: \"%s\" is not N=FILE", text);
    (void)snprintf(number, sizeof number, "%.*s", (int)(equals - text), text);
    if (rk_parse_u64(number, UINT32_MAX, &tag, err))
        return rk_wrap(err, "--tag");
    if (tag == 0)
        return opt_fail(app, err, "--tag: 0 is the end marker, no tag");
    if (add_file(ekb, (uint32_t)tag, equals + 1, err))
        return rk_wrap(err, "--tag");
    return RK_OK;
}

static enum rk_rc add_all(const struct app *app, const struct pack *in, struct rk_ekb *ekb,
                          struct rk_err *err)
{
    for (size_t i = 0; i < ITEMS; i++) {
        if (in->from[i] != NULL && add_item(ekb, &items[i], in->from[i], err))
            return rk_wrap(err, "--%s", blob_tag_find(items[i].tag)->name);
    }
    for (size_t i = 0; i < in->tags.count; i++) {
        if (add_tag(app, ekb, in->tags.v[i], err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc find_version(const struct app *app, const char *name, enum rk_ekb_version *ret,
                               struct rk_err *err)
{
    for (const struct blob_version *row = blob_versions; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            *ret = (enum rk_ekb_version)row->version;
            return RK_OK;
        }
    }
    if (strcmp(name, "2.1") == 0)
        return rk_fail(err, RK_E_USAGE,
                       "key blob version 2.1 (t264) is refused: NVIDIA has published "
                       "neither its key derivation nor an image of it");
    return opt_fail(app, err, "unknown key blob version \"%s\" (known: legacy, 1.0, 2.0)", name);
}

static enum rk_rc read_block(const char *path, uint8_t ret[16], struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret block = RK_SECRET_NONE;

    if (rk_file_read_key(path, 16, &block, err))
        return err->rc;
    memcpy(ret, block.p, 16);
    return RK_OK;
}

/* FV and IV from the files given, else derived from what they protect. */
static enum rk_rc set_nonces(const struct app *app, const struct pack *in, const rk_mac *root,
                             struct rk_ekb *ekb, struct rk_err *err)
{
    if (in->fv == NULL && ekb->version != RK_EKB_2_0)
        return opt_fail(app, err,
                        "--fv FILE is missing: version %s takes the FV of the device's OP-TEE",
                        in->version);
    if (in->fv != NULL && read_block(in->fv, ekb->fv, err))
        return rk_wrap(err, "--fv");
    if (in->iv == NULL || in->fv == NULL) {
        if (rk_ekb_derive_nonces(root, ekb, err))
            return err->rc;
    }
    if (in->fv != NULL && read_block(in->fv, ekb->fv, err))
        return rk_wrap(err, "--fv");
    if (in->iv != NULL && read_block(in->iv, ekb->iv, err))
        return rk_wrap(err, "--iv");
    return RK_OK;
}

/* The reader must find in the image what went into it. */
static enum rk_rc read_back(const rk_mac *root, const struct rk_ekb *ekb,
                            const struct rk_bytes *image, struct rk_err *err)
{
    RK_AUTO(rk_ekb_done) struct rk_ekb found = { .item_count = 0 };
    bool same;

    if (rk_ekb_read(root, ekb->fv, image->p, image->len, &found, err))
        return rk_wrap(err, "reading the blob back");
    same = found.version == ekb->version && found.item_count == ekb->item_count;
    for (size_t i = 0; same && i < ekb->item_count; i++)
        same = found.items[i].tag == ekb->items[i].tag &&
               rk_secret_equal(&found.items[i].value, &ekb->items[i].value);
    return same ? RK_OK : rk_fail(err, RK_E_INTERNAL, "the blob does not read back as it was made");
}

static enum rk_rc pack(struct app *app, struct pack *in, struct rk_err *err)
{
    RK_AUTO(rk_ekb_done) struct rk_ekb ekb = { .item_count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    RK_AUTO(rk_mac_done) rk_mac *root = NULL;
    const struct rk_platform *platform;

    if (find_version(app, in->version, &ekb.version, err) ||
        rk_platform_find(app->ctx, in->platform, &platform, err))
        return err->rc;
    in->root_key_len = rk_platform_root_key_len(platform);
    if (in->root_key_len == 0)
        return opt_fail(app, err, "--platform: %s has no key blob", rk_platform_name(platform));
    if (rk_mac_open(app->ctx, in->root_key, in->root_key_len, &root, err))
        return rk_wrap(err, "--root-key");
    if (add_all(app, in, &ekb, err))
        return err->rc;
    if (!in->allow_incomplete && rk_ekb_check(&ekb, in->root_key_len, err))
        return err->rc;
    if (set_nonces(app, in, root, &ekb, err) || rk_ekb_write(root, &ekb, &image, err) ||
        read_back(root, &ekb, &image, err))
        return err->rc;
    if (app->dry_run)
        return RK_OK;
    return rk_file_write(in->out, RK_FILE_PUBLIC, image.p, image.len, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct pack in = { .platform = NULL };
    struct operands none;
    /* clang-format off */
    const struct opt fixed[] = {
        { "platform", 0, OPT_STR, &in.platform, "NAME", "the SoC, as in a manifest", true },
        { "version",  0, OPT_STR, &in.version,  "V",    "1.0, 2.0, or legacy (r35.1)", true },
        { "root-key", 0, OPT_STR, &in.root_key, "KEY",  "fuse key: OEM_K1 or OEM_K2 (Orin, 32 bytes), KEK2 (Xavier, 16 bytes)", true },
        { "output", 'o', OPT_STR, &in.out,      "FILE", "where the blob goes", true },
        { "fv",       0, OPT_STR, &in.fv,       "FILE", "FV, 16 bytes: that of OP-TEE for 1.0 and legacy; for 2.0 in tests only", false },
        { "iv",       0, OPT_STR, &in.iv,       "FILE", "IV, 16 bytes: in tests only", false },
        { "tag",      0, OPT_LIST, &in.tags,    "N=FILE", "a further item: tag number and raw content", false },
        { "allow-incomplete", 0, OPT_FLAG, &in.allow_incomplete, NULL,
          "make a blob that the rules refuse; a fused device may not boot with it, or have no fTPM", false },
        OPT_DRY_RUN(app),
    };
    /* clang-format on */
    enum { FIXED = sizeof fixed / sizeof fixed[0] };
    struct opt rows[FIXED + ITEMS + 1] = { OPT_END };

    memcpy(rows, fixed, sizeof fixed);
    for (size_t i = 0; i < ITEMS; i++)
        rows[FIXED + i] = (struct opt) { blob_tag_find(items[i].tag)->name,
                                         0,
                                         OPT_STR,
                                         &in.from[i],
                                         items[i].arg,
                                         items[i].help,
                                         false };
    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err))
        return err->rc;
    return pack(app, &in, err);
}

const struct cmd cmd_blob_pack = {
    .name = "pack",
    .args = "",
    .summary = "make an encrypted key blob",
    .about =
        "Refuses a blob that a fused device cannot use: without the UEFI authentication key, with\n"
        "an incomplete set of fTPM items, with a certificate above 2048 bytes or a key of another\n"
        "size. IV and, for 2.0, FV are derived from key and content: the same input gives the\n"
        "same blob. KEY is a path, file:PATH or env:NAME; the text is hex or 0x words.",
    .run = run,
};
