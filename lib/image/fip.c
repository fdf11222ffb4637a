/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fip: TF-A firmware image package with the TBBR certificate chain and firmware encryption. Source:
 * boot-images.md 5.1; the UUIDs beyond its list are those that Debian's fiptool 2.8 writes for each
 * option. Images are signed in the clear and encrypted after: TF-A authenticates what it decrypted.
 */
#include "image/fip.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

static const struct rk_format *self(void);

static bool recognise(const uint8_t *file, size_t len)
{
    static const uint8_t name[4] = { 0x01, 0x00, 0x64, 0xaa };

    return len >= RK_FIP_HEADER_WIRE + RK_FIP_ENTRY_WIRE && memcmp(file, name, sizeof name) == 0;
}

static enum rk_rc add_image(const struct rk_fip_entry *e, struct rk_map *map, struct rk_err *err)
{
    const struct rk_fip_row *row = rk_fip_row(e->uuid);
    struct rk_region *region;
    char name[64] = "image ";

    if (row == NULL)
        rk_hex_write(e->uuid, 16, name + strlen(name));
    if (rk_region_add(map, map->root, e->offset, e->len, row == NULL ? name : row->name, &region,
                      err))
        return err->rc;
    region->nested = region->loaded = true;
    if (rk_encfw_is(e->p, e->len)) {
        (void)snprintf(region->note, sizeof region->note, "encrypted under the %s",
                       (e->p[6] & 1) == 0 ? "SSK" : "BSSK");
        region->nested = false;
        region->encrypted = map->encrypted = true;
    }
    rk_tbbr_describe(e, region);
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    struct rk_fip fip;

    if (rk_fip_read(file, len, &fip, err) ||
        rk_region_add(map, map->root, 0, RK_FIP_HEADER_WIRE + (fip.count + 1) * RK_FIP_ENTRY_WIRE,
                      "table", &region, err))
        return err->rc;
    for (size_t i = 0; i < fip.count; i++) {
        if (add_image(&fip.entry[i], map, err))
            return err->rc;
    }
    (void)snprintf(
        map->integrity, sizeof map->integrity, "table holds, %s%s", RK_COUNTED(fip.count, "image"),
        rk_tbbr_is_signed(&fip) ? "; certificates not checked: needs the root-of-trust key"
                                : ", not signed");
    return rk_map_rest(map, file, fip.end, len, err);
}

/* ---- building, encrypting, signing ---- */

static const struct rk_part_row part_rows[] = {
    { "*", true, false,
      "an image by fiptool's name: tb-fw, soc-fw, tos-fw, nt-fw, hw-config, ...; with sign and "
      "verify: one that stands elsewhere, such as tb-fw" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "align", "1", "a power of two that each image starts at; give it to sign and encrypt too" },
    { "plat-toc-flags", "0", "pack: bits 32 to 47 of the header's flags" },
    { "tfw-nvctr", "0", "sign: trusted NV counter, against rollback" },
    { "ntfw-nvctr", "0", "sign: non-trusted NV counter" },
    { "hash", "sha256", "sign: sha256, sha384 or sha512, of the images and of the signatures" },
    { "images", "soc-fw,tos-fw", "encrypt: which images, between commas" },
    { "enc-key", "ssk", "encrypt: ssk for the key of the SoC's class, bssk for the board's own" },
    { "iv", NULL, "encrypt: 24 hex digits, for known answers with one image: never use one twice" },
    { NULL, NULL, NULL },
};
static const char *const roles[] = {
    "trusted-world", "non-trusted-world", "soc-fw", "tos-fw", "nt-fw", "scp-fw", NULL
};

static enum rk_rc finish(const struct rk_request *request, const struct rk_fip *fip,
                         struct rk_bytes *ret, struct rk_err *err)
{
    uint64_t align;

    if (rk_request_u64(request, self(), "align", 1, UINT64_MAX, &align, err))
        return err->rc;
    return rk_fip_write(fip, align, ret, err);
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    struct rk_fip fip = { .serial = RK_FIP_SERIAL };
    uint64_t flags;

    if (rk_request_u64(request, self(), "plat-toc-flags", 0, UINT16_MAX, &flags, err))
        return err->rc;
    fip.flags = flags << 32;
    for (size_t i = 0; i < request->part_count; i++) {
        if (rk_fip_put(&fip, request->part[i].name, request->part[i].p, request->part[i].len, err))
            return err->rc;
    }
    return finish(request, &fip, ret, err);
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    struct rk_fip fip;

    if (rk_fip_read(file, len, &fip, err))
        return err->rc;
    return rk_tbbr_to_sign(request, self(), &fip, ret, err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_tbbr_certs_done) struct rk_tbbr_certs certs = { .der = { RK_BYTES_NONE } };
    struct rk_fip fip;

    if (rk_fip_read(file, len, &fip, err) ||
        rk_tbbr_attach(request, self(), signatures, &fip, &certs, err))
        return err->rc;
    return finish(request, &fip, ret, err);
}

struct sealed {
    struct rk_bytes item[RK_FIP_ENTRIES_MAX];
};

static void sealed_done(struct sealed *sealed)
{
    for (size_t i = 0; i < RK_FIP_ENTRIES_MAX; i++)
        rk_bytes_done(&sealed->item[i]);
}

static enum rk_rc seal_one(const struct rk_request *request, struct rk_fip *fip, const char *name,
                           struct rk_bytes *room, struct rk_err *err)
{
    const char *level = rk_request_text(request, self(), "enc-key"),
               *fixed = rk_request_text(request, self(), "iv");
    const struct rk_fip_entry *e = rk_fip_find(fip, name);
    bool board = strcmp(level, "bssk") == 0;
    uint8_t iv[12];

    if (strstr(name, "-cert") != NULL)
        return rk_fail(err, RK_E_USAGE, "\"%s\" is a certificate: TF-A reads it in the clear",
                       name);
    if (e == NULL)
        return rk_fail(err, RK_E_USAGE, "the package has no image \"%s\" to encrypt", name);
    if (rk_encfw_is(e->p, e->len))
        return rk_fail(err, RK_E_USAGE, "image \"%s\" is encrypted already", name);
    if (!board && strcmp(level, "ssk") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"enc-key\": expected ssk or bssk");
    if (fixed != NULL && rk_hex_read(fixed, strlen(fixed), iv, sizeof iv, err))
        return rk_wrap(err, "setting \"iv\"");
    if (rk_encfw_seal(request, board, fixed == NULL ? NULL : iv, e->p, e->len, room, err))
        return err->rc;
    return rk_fip_put(fip, name, room->p, room->len, err);
}

static enum rk_rc encrypt(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(sealed_done) struct sealed sealed = { .item = { RK_BYTES_NONE } };
    char names[256], *rest = names, *name;
    struct rk_fip fip;
    size_t n = 0;

    if (strlen(rk_request_text(request, self(), "images")) >= sizeof names)
        return rk_fail(err, RK_E_USAGE, "setting \"images\": longer than %s",
                       RK_COUNTED(sizeof names - 1, "character"));
    (void)snprintf(names, sizeof names, "%s", rk_request_text(request, self(), "images"));
    if (rk_fip_read(file, len, &fip, err))
        return err->rc;
    if (rk_request_text(request, self(), "iv") != NULL && strchr(names, ',') != NULL)
        return rk_fail(err, RK_E_USAGE, "setting \"iv\": one IV for several images");
    while ((name = strsep(&rest, ",")) != NULL && n < RK_FIP_ENTRIES_MAX) {
        if (seal_one(request, &fip, name, &sealed.item[n++], err))
            return err->rc;
    }
    return finish(request, &fip, ret, err);
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    struct rk_fip fip;

    if (rk_fip_read(file, len, &fip, err))
        return err->rc;
    return rk_tbbr_check(request, &fip, map, err);
}

const struct rk_format rk_format_fip = {
    .name = "fip",
    .title = "TF-A firmware image package",
    .max = RK_FIP_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .demands = rk_fip_demands,
    .facts = rk_fip_facts,
    .own_signer = true,
    .roles = roles,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .encrypt = encrypt,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_fip;
}
