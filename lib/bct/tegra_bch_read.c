/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tegra-bch: reading. Source: boot-images.md 1.2, 1.3. A digest of zeros is one that has not been
 * filled in yet, as in the BSP's inputs (jetson-factory.md 7): that is said, not called damage.
 */
#include "bct/bch.h"

#include "base/work.h"
#include "base/mem.h"
#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, META_RECORD = 92, META_PAGE = 4096 };
const char rk_bch_unfilled[] =
    "digests that are not filled in yet, as in an input of the BSP's signing";
const uint8_t rk_bch_magic[4] = { 'N', 'V', 'D', 'A' };

/* clang-format off */
const struct rk_field rk_bch_stage2_layout[RK_BCH_STAGE2_FIELDS] = {
    RK_BYTES(struct rk_bch_stage2, magic),
    RK_LE(struct rk_bch_stage2, length),
    RK_LE(struct rk_bch_stage2, load),
    RK_LE(struct rk_bch_stage2, entry),
    RK_LE(struct rk_bch_stage2, version),
    RK_LE(struct rk_bch_stage2, reserved),
    RK_LE(struct rk_bch_stage2, start_block),
    RK_LE(struct rk_bch_stage2, flags0),
    RK_LE(struct rk_bch_stage2, uncompressed_length),
    RK_LE(struct rk_bch_stage2, flags1),
    RK_LE(struct rk_bch_stage2, compressed_length),
    RK_LE(struct rk_bch_stage2, flags2),
    RK_BYTES(struct rk_bch_stage2, derivation_string),
    RK_LE(struct rk_bch_stage2, reserved2),
    RK_BYTES(struct rk_bch_stage2, iv),
    RK_BYTES(struct rk_bch_stage2, tag),
    RK_BYTES(struct rk_bch_stage2, digest),
};
const struct rk_field rk_bch_stage1_layout[RK_BCH_STAGE1_FIELDS] = {
    RK_BYTES(struct rk_bch_stage1, magic),
    RK_LE(struct rk_bch_stage1, length),
    RK_LE(struct rk_bch_stage1, load),
    RK_LE(struct rk_bch_stage1, entry),
    RK_LE(struct rk_bch_stage1, version),
    RK_LE(struct rk_bch_stage1, reserved),
    RK_LE(struct rk_bch_stage1, partition_offset),
    RK_BYTES(struct rk_bch_stage1, derivation_string),
    RK_LE(struct rk_bch_stage1, reserved2),
    RK_BYTES(struct rk_bch_stage1, iv),
    RK_BYTES(struct rk_bch_stage1, tag),
    RK_BYTES(struct rk_bch_stage1, digest),
};
/* clang-format on */

enum rk_rc rk_bch_sha512(const uint8_t *bytes, size_t len, uint8_t ret[64], struct rk_err *err)
{
    size_t made;

    return rk_work_digest("SHA512", bytes, len, ret, &made, err);
}

enum rk_rc rk_bch_set_digests(uint8_t header[RK_BCH_WIRE], struct rk_err *err)
{
    if (rk_bch_sha512(header + RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED,
                      header + RK_BCH_INNER_DIGEST, err))
        return err->rc;
    return rk_bch_sha512(header + 0x44, RK_BCH_WIRE - 0x44, header + RK_BCH_OUTER_DIGEST, err);
}

bool rk_bch_is(const uint8_t *file, size_t len)
{
    return len >= RK_BCH_WIRE && memcmp(file, rk_bch_magic, sizeof rk_bch_magic) == 0;
}

uint64_t rk_bch_ratchet(uint32_t version)
{
    return (uint64_t)(version >> 16 & 0xff) << 16 | (version & 0xff) << 8 | (version >> 8 & 0xff);
}

uint32_t rk_bch_le32(const uint8_t *at)
{
    struct rk_rd rd = { .buf = at, .len = 4 };

    return (uint32_t)rk_rd_le(&rd, 4);
}

const struct rk_tegra_place rk_bch_place = { RK_BCH_SIGNED, RK_BCH_WIRE, RK_BCH_SIGNATURE,
                                             RK_BCH_PCP - RK_BCH_SIGNATURE, RK_BCH_PCP };

/* ---- reading ---- */

enum rk_rc rk_bch_check_digest(const uint8_t *bytes, size_t len, const uint8_t want[64],
                               const char *name, size_t at, struct rk_err *err)
{
    uint8_t digest[64];

    if (rk_bch_sha512(bytes, len, digest, err))
        return err->rc;
    if (memcmp(digest, want, sizeof digest) != 0)
        return rk_fail(err, RK_E_VERIFY, "%s does not hold: SHA-512 of [0x%zx, 0x%zx)", name, at,
                       at + len);
    return RK_OK;
}

bool rk_bch_is_user_encrypted(const uint8_t *file, size_t len)
{
    return rk_bch_is(file, len) && (rk_bch_le32(file + RK_BCH_FLAGS0) & RK_BCH_ENCRYPTED) != 0 &&
           rk_bch_le32(file + RK_BCH_STAGE1_COUNT) == 0 && !rk_tegra_is_signed(&rk_bch_place, file);
}

bool rk_bch_recognise(const uint8_t *file, size_t len)
{
    return rk_bch_is(file, len) && !rk_bch_is_user_encrypted(file, len);
}

/* What a digest of the header says of a range of the file. */
struct claim {
    size_t at, len;
    const uint8_t *digest; /* 64 bytes */
    const char *name, *guard;
};

static enum rk_rc hold(const uint8_t *file, const struct claim *claim, struct rk_map *map,
                       struct rk_err *err)
{
    char what[96];

    if (rk_all_zero(claim->digest, 64) && !rk_tegra_is_signed(&rk_bch_place, file)) {
        (void)snprintf(what, sizeof what, "%s: it is not filled in yet", claim->name);
        return rk_map_unknown(map, claim->at, claim->len, RK_NEED_NOTHING, what, err);
    }
    return rk_map_compared(map,
                           rk_bch_check_digest(file + claim->at, claim->len, claim->digest,
                                               claim->name, claim->at, err),
                           claim->at, claim->len, claim->guard, err);
}

enum rk_rc rk_bch_check_header(const uint8_t *file, struct rk_map *map, struct rk_err *err)
{
    const struct claim outer = { 0x44, RK_BCH_WIRE - 0x44, file + RK_BCH_OUTER_DIGEST,
                                 "OuterDigest", "OuterDigest (SHA-512)" };
    const struct claim inner = { RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED,
                                 file + RK_BCH_INNER_DIGEST, "InnerDigest",
                                 "InnerDigest (SHA-512)" };

    if (hold(file, &outer, map, err))
        return err->rc;
    return hold(file, &inner, map, err);
}

struct reading {
    const uint8_t *file;
    size_t len;
    struct rk_map *map;
    size_t end; /* of the payloads seen so far */
    struct {
        size_t at, len;
    } payload[RK_BCH_STAGE2_MAX];
    size_t payload_count;
    bool encrypted; /* one of them at least */
};

/* Component magic comes from the file and goes to a terminal. */
static void name_payload(const uint8_t component_magic[4], char *ret, size_t size)
{
    char text[5] = "";

    for (size_t i = 0; i < 4 && component_magic[i] != 0; i++)
        text[i] =
            component_magic[i] > ' ' && component_magic[i] < 0x7f ? (char)component_magic[i] : '?';
    (void)snprintf(ret, size, "payload %s", text);
}

/* Two components of one header never share bytes. */
static enum rk_rc take(struct reading *in, size_t at, size_t len, const char *name,
                       struct rk_err *err)
{
    if (len == 0)
        return rk_fail(err, RK_E_FORMAT, "%s: 0 bytes", name);
    for (size_t i = 0; i < in->payload_count; i++) {
        if (at < in->payload[i].at + in->payload[i].len && in->payload[i].at < at + len)
            return rk_fail(err, RK_E_FORMAT, "%s: [0x%zx, 0x%zx) overlaps component %zu", name, at,
                           at + len, i);
    }
    in->payload[in->payload_count].at = at;
    in->payload[in->payload_count++].len = len;
    in->end = at + len > in->end ? at + len : in->end;
    return RK_OK;
}

/* The bytes that a stage 2 digest covers: all of the payload, or a compressed one's metadata. */
static enum rk_rc covered(const struct rk_bch_stage2 *c, const uint8_t *payload, size_t *ret,
                          struct rk_err *err)
{
    uint64_t meta;

    *ret = c->length;
    if ((c->flags0 & RK_BCH_COMPRESSED) == 0)
        return RK_OK;
    if (c->length < 4)
        return rk_fail(err, RK_E_FORMAT, "compressed payload of %s", RK_COUNTED(c->length, "byte"));
    meta = ((uint64_t)rk_bch_le32(payload) + 1) * META_RECORD;
    meta = (meta + META_PAGE - 1) / META_PAGE * META_PAGE;
    if (meta > c->length)
        return rk_fail(err, RK_E_FORMAT, "metadata of %s in a payload of %u",
                       RK_COUNTED(meta, "byte"), c->length);
    *ret = (size_t)meta;
    return RK_OK;
}

static enum rk_rc add_payload(struct reading *in, const struct rk_bch_stage2 *c, size_t at,
                              struct rk_err *err)
{
    struct rk_region *region;
    char name[32];
    size_t digested;

    name_payload(c->magic, name, sizeof name);
    if (c->length > in->len - at)
        return rk_fail(err, RK_E_FORMAT, "%s: %s at 0x%zx, the file has %zu", name,
                       RK_COUNTED(c->length, "byte"), at, in->len - at);
    if (take(in, at, c->length, name, err) || covered(c, in->file + at, &digested, err))
        return err->rc;
    const struct claim claim = { at, digested, c->digest, "the component's digest",
                                 "component digest (SHA-512)" };
    if (hold(in->file, &claim, in->map, err) ||
        rk_region_add(in->map, in->map->root, at, c->length, name, &region, err))
        return err->rc;
    region->nested = (c->flags0 & (RK_BCH_ENCRYPTED | RK_BCH_COMPRESSED)) == 0;
    (void)snprintf(region->note, sizeof region->note, "%s%s",
                   (c->flags0 & RK_BCH_ENCRYPTED) != 0 ? "encrypted " : "",
                   (c->flags0 & RK_BCH_COMPRESSED) != 0 ? "compressed (read-only)" : "");
    in->encrypted = in->encrypted || (c->flags0 & RK_BCH_ENCRYPTED) != 0;
    return RK_OK;
}

/* A component's region and fields. The number is in its name: rollback is told by the path. */
static enum rk_rc add_component(struct reading *in, struct rk_region *parent, size_t at,
                                const char *stage, size_t i, struct rk_region **ret,
                                struct rk_err *err)
{
    size_t wire = at < RK_BCH_STAGE1 ? RK_BCH_STAGE2_WIRE : RK_BCH_STAGE1_WIRE;
    char name[64];

    (void)snprintf(name, sizeof name, "%s[%zu]", stage, i);
    return rk_region_add(in->map, parent, at, wire, name, ret, err);
}

static enum rk_rc add_stage2(struct reading *in, struct rk_region *parent, size_t i,
                             struct rk_err *err)
{
    size_t at = RK_BCH_STAGE2 + i * RK_BCH_STAGE2_WIRE;
    struct rk_rd rd = { .buf = in->file + at, .len = RK_BCH_STAGE2_WIRE };
    struct rk_region *region;
    struct rk_bch_stage2 c;
    uint64_t payload;

    rk_layout_read(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &rd, &c);
    payload = RK_BCH_WIRE + (uint64_t)c.start_block * BLOCK;
    if (payload > in->len)
        return rk_fail(err, RK_E_FORMAT, "component %zu starts at block %u, beyond the file", i,
                       c.start_block);
    if (add_component(in, parent, at, "Stage2Component", i, &region, err) ||
        rk_layout_map(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &c, at, region, err))
        return err->rc;
    rk_region_set_child_ratchet(region, "version", rk_bch_ratchet(c.version));
    return add_payload(in, &c, (size_t)payload, err);
}

/*
 * Stage 1 covers what follows the header, a compressed body whole. An SBK layer on top changes the
 * bytes, and where a second component or those of several stand is not documented.
 */
static enum rk_rc check_stage1(struct reading *in, const struct rk_bch_stage1 *c,
                               struct rk_err *err)
{
    if (in->encrypted || in->payload_count != 1 || in->payload[0].at != RK_BCH_WIRE)
        return RK_OK;
    if (c->length > in->len - RK_BCH_WIRE)
        return rk_fail(err, RK_E_FORMAT, "stage 1: %s at 0x2000, the file has %zu",
                       RK_COUNTED(c->length, "byte"), in->len - RK_BCH_WIRE);
    return hold(in->file,
                &(struct claim) { RK_BCH_WIRE, c->length, c->digest, "the stage 1 digest",
                                  "stage 1 digest (SHA-512)" },
                in->map, err);
}

static enum rk_rc add_stage1(struct reading *in, struct rk_region *parent, size_t i,
                             struct rk_err *err)
{
    size_t at = RK_BCH_STAGE1 + i * RK_BCH_STAGE1_WIRE;
    struct rk_rd rd = { .buf = in->file + at, .len = RK_BCH_STAGE1_WIRE };
    struct rk_region *region;
    struct rk_bch_stage1 c;

    rk_layout_read(rk_bch_stage1_layout, RK_BCH_STAGE1_FIELDS, &rd, &c);
    if (rk_all_zero(c.magic, sizeof c.magic))
        return RK_OK;
    if (add_component(in, parent, at, "Stage1Component", i, &region, err) ||
        rk_layout_map(rk_bch_stage1_layout, RK_BCH_STAGE1_FIELDS, &c, at, region, err))
        return err->rc;
    rk_region_set_child_ratchet(region, "version", rk_bch_ratchet(c.version));
    return i == 0 ? check_stage1(in, &c, err) : RK_OK;
}

/* The parts of the header that stand for themselves. */
/* clang-format off */
static const struct {
    size_t at, len;
    const char *name;
} parts[] = {
    { 0,                    4,      "Magic" },
    { RK_BCH_OUTER_DIGEST,  64,     "OuterDigest" },
    { 0x44,                 12,     "reserved" },
    { RK_BCH_INNER_DIGEST,  64,     "InnerDigest" },
    { RK_BCH_SIGNATURE,     0xb10,  "Stage2 (OEM) signature" },
    { RK_BCH_PCP,           0x180,  "Stage2 PCP" },
    { 0xd20,                0x2a0,  "pad" },
    { RK_BCH_SIGNED,        0x1040, "OEM-signed region" },
};
/* clang-format on */

static enum rk_rc add_header(struct reading *in, struct rk_err *err)
{
    uint32_t stage2 = rk_bch_le32(in->file + RK_BCH_STAGE2_COUNT);
    uint32_t stage1 = rk_bch_le32(in->file + RK_BCH_STAGE1_COUNT);
    struct rk_region *header, *region = NULL;

    if (stage2 > RK_BCH_STAGE2_MAX || stage1 > RK_BCH_STAGE1_MAX || stage2 == 0)
        return rk_fail(err, RK_E_FORMAT,
                       "NumBinaries at 0x%x is %u and at 0x%x is %u, expected 1 to 8 and 0 to 2",
                       RK_BCH_STAGE2_COUNT, stage2, RK_BCH_STAGE1_COUNT, stage1);
    if (rk_region_add(in->map, in->map->root, 0, RK_BCH_WIRE, "header", &header, err))
        return err->rc;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (rk_region_add(in->map, header, parts[i].at, parts[i].len, parts[i].name, &region, err))
            return err->rc;
    }
    for (size_t i = 0; i < stage2; i++) {
        if (add_stage2(in, region, i, err))
            return err->rc;
    }
    for (size_t i = 0; i < stage1; i++) {
        if (add_stage1(in, region, i, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_bch_parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct reading in = { .file = file, .len = len, .map = map, .end = RK_BCH_WIRE };

    if (!rk_bch_is(file, len))
        return rk_fail(err, RK_E_FORMAT, "no NVDA header of 8192 bytes");
    if (rk_bch_check_header(file, map, err) || add_header(&in, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s, %s",
                   map->mark_count == 0 ? "digests ok" : rk_bch_unfilled,
                   rk_tegra_is_signed(&rk_bch_place, file) ? "OEM signature at experimental offsets"
                                                           : "no OEM signature");
    return rk_map_rest(map, file, in.end, len, err);
}

/* No key signs components whose digests do not hold; those of the header come after signing. */
enum rk_rc rk_bch_check_components(const uint8_t *file, size_t len, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = "tegra-bch" };
    struct reading in = { .file = file, .len = len, .map = &map, .end = RK_BCH_WIRE };

    if (rk_region_add(&map, NULL, 0, len, "image", &map.root, err))
        return err->rc;
    if (add_header(&in, err) || rk_map_verdict(&map, err))
        return err->rc;
    if (map.mark_count == 0)
        return RK_OK;
    (void)rk_fail(err, RK_E_VERIFY, "%s", map.mark[0].what);
    return rk_note(err, "pack tegra-bch payload=FILE header=THIS fills the digests in");
}
