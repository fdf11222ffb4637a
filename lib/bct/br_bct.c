/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tegra-br-bct: the boot ROM's configuration table of Orin, 8192 bytes. Source: boot-images.md 1.4,
 * a third-party map of a sibling chip that agrees with public Orin flash logs. The BSP makes it
 * from its device tree; here it is read, held against its digests and key, and signed by the same
 * split as tegra-bch. Fields that the document does not place are carried as they are.
 */
#include "bct/bch.h"
#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/mem.h"
#include "base/work.h"
#include "base/ossl.h"
#include "base/rd.h"
#include "rotkit/tegra_sign.h"

#include <stdio.h>
#include <string.h>

enum {
    WIRE = 0x2000,
    DIGEST = 64,
    OUTER_DIGEST = 0x4, /* over [0x44, 0x2000) */
    PCP = 0x44,
    SIGNED_DIGEST = 0x1c4, /* over [0x1200, 0x2000) */
    SIGNATURE = 0x204,
    SIGNATURE_LEN = 0xb10,
    SIGNED = 0x1200,
    VERSION = 0x1308,
    INNER_FROM = 0x170c,
    INNER_DIGEST = 0x1ac0, /* over [0x170c, 0x1ac0) */
};
static const char magic[4] = { 'B', 'C', 'T', 'B' };
static const struct rk_format *self(void);

/* What the document places; in_signed: below the signed region. */
/* clang-format off */
static const struct {
    size_t at, len;
    const char *name;
    bool in_signed;
} fields[] = {
    { 0x0000, 4,      "magic",                          false },
    { 0x0004, 64,     "digest of [0x44, 0x2000)",       false },
    { 0x0044, 0x180,  "PCP",                            false },
    { 0x01c4, 64,     "digest of [0x1200, 0x2000)",     false },
    { 0x0204, 0xb10,  "OEM signature",                  false },
    { 0x0d14, 0x400,  "customer data, not signed",      false },
    { 0x1114, 0xec,   "pad",                            false },
    { 0x1200, 0xe00,  "OEM-signed region",              false },
    { 0x1200, 16,     "Salt1",                          true },
    { 0x1210, 4,      "magic",                          true },
    { 0x1214, 4,      "BctEds (encryption marker)",     true },
    { 0x122c, 12,     "IV",                             true },
    { 0x1238, 16,     "GCM tag",                        true },
    { 0x1248, 0x30,   "boot chain A: MB1-BCT, PSC_BL1, MB1", true },
    { 0x1278, 0x30,   "boot chain B: MB1-BCT, PSC_BL1, MB1", true },
    { 0x12a8, 0x30,   "boot chain C",                   true },
    { 0x12d8, 0x30,   "boot chain D",                   true },
    { 0x1308, 4,      "version",                        true },
    { 0x130c, 0x400,  "customer data, signed",          true },
    { 0x170c, 0x284,  "signed plaintext",               true },
    { 0x1990, 16,     "Salt2",                          true },
    { 0x19a0, 16,     "ECID",                           true },
    { 0x19b0, 8,      "BlDerStr",                       true },
    { 0x19b8, 8,      "FwDerStr",                       true },
    { 0x19c0, 8,      "TzDerStr",                       true },
    { 0x19c8, 8,      "GpDerStr",                       true },
    { 0x19d0, 8,      "FsiDerStr",                      true },
    { 0x19d8, 4,      "NonGpioSelectBootChain",         true },
    { 0x19dc, 4,      "BootLoadersUsed",                true },
    { 0x19e0, 4,      "SecureDebugControl",             true },
    { 0x19e4, 4,      "SecureDebugControl (ECID)",      true },
    { 0x19e8, 4,      "PreprodDevSign",                 true },
    { 0x19ec, 4,      "SecProvisioningKeynum",          true },
    { 0x19f0, 4,      "BfBlBits",                       true },
    { 0x1abc, 4,      "SoftSku",                        true },
    { 0x1ac0, 64,     "digest of [0x170c, 0x1ac0)",     true },
    { 0x1b00, 0x500,  "rest",                           true },
};
static const struct digest {
    size_t at, from, to;
    const char *name;
} digests[] = {
    { INNER_DIGEST,  INNER_FROM, INNER_DIGEST, "digest at 0x1ac0 over [0x170c, 0x1ac0)" },
    { SIGNED_DIGEST, SIGNED,     WIRE,         "digest at 0x1c4 over [0x1200, 0x2000)" },
    { OUTER_DIGEST,  PCP,        WIRE,         "digest at 0x4 over [0x44, 0x2000)" },
};
/* clang-format on */

static const struct rk_tegra_place place = { SIGNED, WIRE, SIGNATURE, SIGNATURE_LEN, PCP };

static bool recognise(const uint8_t *file, size_t len)
{
    return len >= SIGNED + 0x14 && memcmp(file, magic, sizeof magic) == 0 &&
           memcmp(file + SIGNED + 0x10, magic, sizeof magic) == 0;
}

static enum rk_rc sha512(const uint8_t *file, const struct digest *d, uint8_t ret[DIGEST],
                         struct rk_err *err)
{
    size_t made;

    return rk_work_digest("SHA512", file + d->from, d->to - d->from, ret, &made, err);
}

static enum rk_rc check_shape(const uint8_t *file, size_t len, struct rk_err *err)
{
    if (len < WIRE)
        return rk_fail(err, RK_E_FORMAT, "%s, a BR-BCT has 8192", RK_COUNTED(len, "byte"));
    if (!recognise(file, len))
        return rk_fail(err, RK_E_FORMAT, "no BCTB at 0x0 and 0x1210");
    return RK_OK;
}

static enum rk_rc check_digest(const uint8_t *file, const struct digest *d, struct rk_err *err)
{
    uint8_t found[DIGEST];

    if (sha512(file, d, found, err))
        return err->rc;
    if (memcmp(found, file + d->at, DIGEST) != 0)
        return rk_fail(err, RK_E_VERIFY, "%s does not hold", d->name);
    return RK_OK;
}

/* Of zeros before the BSP's signing fills it in. */
static bool is_unfilled(const uint8_t *file, const struct digest *d)
{
    return rk_all_zero(file + d->at, DIGEST) && !rk_tegra_is_signed(&place, file);
}

static enum rk_rc compare(const uint8_t *file, const struct digest *d, struct rk_map *map,
                          bool *held, struct rk_err *err)
{
    char what[96];
    enum rk_rc rc;

    if (is_unfilled(file, d)) {
        *held = false;
        (void)snprintf(what, sizeof what, "%s: it is not filled in yet", d->name);
        return rk_map_unknown(map, d->from, d->to - d->from, RK_NEED_NOTHING, what, err);
    }
    rc = check_digest(file, d, err);
    *held = *held && rc == RK_OK;
    return rk_map_compared(map, rc, d->from, d->to - d->from, NULL, err);
}

static enum rk_rc check_digests(const uint8_t *file, struct rk_map *map, struct rk_err *err)
{
    bool held = true;

    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        if (compare(file, &digests[i], map, &held, err))
            return err->rc;
    }
    return held
               ? rk_map_guard(map, PCP, WIRE - PCP, RK_GUARD_DIGEST, "digest at 0x4 (SHA-512)", err)
               : RK_OK;
}

/* Version bytes: major, minor, ratchet, RevokePk. */
static void set_version(const uint8_t *file, struct rk_region *region)
{
    const uint8_t *v = file + VERSION;

    (void)snprintf(region->note, sizeof region->note, "%u.%u, ratchet %u, RevokePk 0x%x", v[0],
                   v[1], v[2], v[3]);
    rk_region_set_ratchet(region, (uint64_t)v[2] << 16 | (uint64_t)v[0] << 8 | v[1]);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *outer = NULL, *region;

    if (check_shape(file, len, err) || check_digests(file, map, err))
        return err->rc;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (rk_region_add(map, fields[i].in_signed ? outer : map->root, fields[i].at, fields[i].len,
                          fields[i].name, &region, err))
            return err->rc;
        if (fields[i].at == SIGNED && !fields[i].in_signed)
            outer = region;
        if (fields[i].at == VERSION)
            set_version(file, region);
    }
    (void)snprintf(map->integrity, sizeof map->integrity, "%s, %s (experimental offsets)",
                   map->mark_count == 0 ? "digests ok" : rk_bch_unfilled,
                   rk_tegra_is_signed(&place, file) ? "OEM signature" : "no OEM signature");
    return rk_map_rest(map, file, WIRE, len, err);
}

/* ---- signing ---- */

static const struct rk_part_row part_rows[] = {
    RK_TEGRA_SIG_PART,
    RK_TEGRA_PUB_PART,
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "output", "image", "sign: image; sig or pub for the BSP's own header tool" },
    { "experimental", NULL, "oem-insert: put signature and key in, at third-party offsets" },
    { NULL, NULL, NULL },
};

static bool wants(const struct rk_request *request, const char *output)
{
    return strcmp(rk_request_text(request, self(), "output"), output) == 0;
}

static bool makes_bare(const struct rk_request *request)
{
    return !wants(request, "image");
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_tegra_key key;

    if (check_shape(file, len, err) ||
        rk_tegra_output_check(rk_request_text(request, self(), "output"),
                              rk_request_text(request, self(), "experimental"), err) ||
        rk_tegra_key(request->key[0].pub, &key, err) || check_digest(file, &digests[0], err) ||
        rk_bytes_copy(file + SIGNED, WIRE - SIGNED, &message, err))
        return err->rc;
    /* the innermost digest is inside of what is signed; the other two come after signing */
    return rk_sign_requests_add(ret, "", "bytes 0x1200 to 0x1fff", key.scheme, &message, err);
}

/* Not the innermost digest: it is inside of what is signed. */
static enum rk_rc set_digests(uint8_t *file, struct rk_err *err)
{
    for (size_t i = 1; i < sizeof digests / sizeof digests[0]; i++) {
        if (sha512(file, &digests[i], file + digests[i].at, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;

    if (rk_tegra_attach(request->key[0].pub, rk_request_text(request, self(), "output"), &place,
                        file, len, &signatures[0], &made, err) ||
        (!makes_bare(request) && set_digests(made.p, err)))
        return err->rc;
    if (!makes_bare(request))
        rk_warn(request->ctx, "experimental: the OEM signature is put in at offsets that no vendor "
                              "golden confirms");
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    bool signs;

    (void)len;
    if (rk_tegra_check_signer(request, &place, file, map, &signs, err))
        return err->rc;
    if (!signs)
        return RK_OK;
    return rk_map_guard(map, SIGNED, WIRE - SIGNED, RK_GUARD_SIGNATURE, "OEM signature", err);
}

const struct rk_format rk_format_tegra_br_bct = {
    .name = "tegra-br-bct",
    .title = "Orin boot ROM BCT",
    .max = 1 << 20,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .fused_key = true,
    .parts_held = true,
    .makes_bare = makes_bare,
    .refusal = "its contents come from the BSP's closed tool (tegrabct_v2), and SBK encryption has "
               "no public definition: sign what the BSP made",
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_tegra_br_bct;
}
