/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tegra-bch: Orin boot images with their NVDA header. Source: boot-images.md 1.2, 1.3, 1.5. The
 * places of the OEM signature and key are known from third-party work alone (section 7), so putting
 * them in is experimental.
 */
#include "rotkit/tegra_bch.h"

#include "base/work.h"
#include "rotkit/format_row.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/tegra_sign.h"

#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 256 << 20, BLOCK = 512, META_RECORD = 92, META_PAGE = 4096 };
static const uint8_t magic[4] = { 'N', 'V', 'D', 'A' };

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

/* Creation-time values by type. The goldens mirror them in stage 1, an unknown name too. */
static const struct type {
    const char *magic;
    uint32_t load, entry, version;
} types[] = {
    { "MB1B", 0x50000000, 0x50000000, 0x0101 },
    { "PSCB", 0x120000,   0x120400,   0x0101 },
    { "PSCR", 0x120000,   0x120400,   0x0101 },
    { "WB0B", 0x40040000, 0x40040000, 0x0101 },
    { "BPMF", 0, 0, 0x0101 },
    { "PFWP", 0, 0, 0x0101 },
    { "MBCT", 0, 0, 0 },
    { "MTSP", 0, 0, 0 },
    { "MTSM", 0, 0, 0 },
    { "TSEC", 0, 0, 0 },
    { "NDEC", 0, 0, 0 },
    { "XUSB", 0, 0, 0 },
};
/* clang-format on */

static enum rk_rc sha512(const uint8_t *bytes, size_t len, uint8_t ret[64], struct rk_err *err)
{
    size_t made;

    return rk_work_digest("SHA512", bytes, len, ret, &made, err);
}

enum rk_rc rk_bch_set_digests(uint8_t header[RK_BCH_WIRE], struct rk_err *err)
{
    if (sha512(header + RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED, header + RK_BCH_INNER_DIGEST,
               err))
        return err->rc;
    return sha512(header + 0x44, RK_BCH_WIRE - 0x44, header + RK_BCH_OUTER_DIGEST, err);
}

bool rk_bch_is(const uint8_t *file, size_t len)
{
    return len >= RK_BCH_WIRE && memcmp(file, magic, sizeof magic) == 0;
}

uint64_t rk_bch_ratchet(uint32_t version)
{
    return (uint64_t)(version >> 16 & 0xff) << 16 | (version & 0xff) << 8 | (version >> 8 & 0xff);
}

static uint32_t le32(const uint8_t *at)
{
    struct rk_rd rd = { .buf = at, .len = 4 };

    return (uint32_t)rk_rd_le(&rd, 4);
}

static const struct rk_tegra_place place = { RK_BCH_SIGNED, RK_BCH_WIRE, RK_BCH_SIGNATURE,
                                             RK_BCH_PCP - RK_BCH_SIGNATURE, RK_BCH_PCP };

/* ---- reading ---- */

enum rk_rc rk_bch_check_digest(const uint8_t *bytes, size_t len, const uint8_t want[64],
                               const char *name, size_t at, struct rk_err *err)
{
    uint8_t digest[64];

    if (sha512(bytes, len, digest, err))
        return err->rc;
    if (memcmp(digest, want, sizeof digest) != 0)
        return rk_fail(err, RK_E_VERIFY, "%s does not hold: SHA-512 of [0x%zx, 0x%zx)", name, at,
                       at + len);
    return RK_OK;
}

bool rk_bch_is_user_encrypted(const uint8_t *file, size_t len)
{
    return rk_bch_is(file, len) && (le32(file + RK_BCH_FLAGS0) & RK_BCH_ENCRYPTED) != 0 &&
           le32(file + RK_BCH_STAGE1_COUNT) == 0 && !rk_tegra_is_signed(&place, file);
}

static bool recognise(const uint8_t *file, size_t len)
{
    return rk_bch_is(file, len) && !rk_bch_is_user_encrypted(file, len);
}

enum rk_rc rk_bch_check_header(const uint8_t *file, struct rk_map *map, struct rk_err *err)
{
    if (rk_bch_check_digest(file + 0x44, RK_BCH_WIRE - 0x44, file + RK_BCH_OUTER_DIGEST,
                            "OuterDigest", 0x44, err) ||
        rk_bch_check_digest(file + RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED,
                            file + RK_BCH_INNER_DIGEST, "InnerDigest", RK_BCH_SIGNED, err))
        return err->rc;
    return rk_map_guard(map, 0x44, RK_BCH_WIRE - 0x44, RK_GUARD_DIGEST, "OuterDigest (SHA-512)",
                        err);
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
static enum rk_rc claim(struct reading *in, size_t at, size_t len, const char *name,
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
        return rk_fail(err, RK_E_FORMAT, "compressed payload of %u bytes", c->length);
    meta = ((uint64_t)le32(payload) + 1) * META_RECORD;
    meta = (meta + META_PAGE - 1) / META_PAGE * META_PAGE;
    if (meta > c->length)
        return rk_fail(err, RK_E_FORMAT, "metadata of %llu bytes in a payload of %u",
                       (unsigned long long)meta, c->length);
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
        return rk_fail(err, RK_E_FORMAT, "%s: %u bytes at 0x%zx, the file has %zu", name, c->length,
                       at, in->len - at);
    if (claim(in, at, c->length, name, err) || covered(c, in->file + at, &digested, err) ||
        rk_bch_check_digest(in->file + at, digested, c->digest, "the component's digest", at,
                            err) ||
        rk_region_add(in->map, in->map->root, at, c->length, name, &region, err) ||
        rk_map_guard(in->map, at, digested, RK_GUARD_DIGEST, "component digest (SHA-512)", err))
        return err->rc;
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
        return rk_fail(err, RK_E_FORMAT, "stage 1: %u bytes at 0x2000, the file has %zu", c->length,
                       in->len - RK_BCH_WIRE);
    if (rk_bch_check_digest(in->file + RK_BCH_WIRE, c->length, c->digest, "the stage 1 digest",
                            RK_BCH_WIRE, err))
        return err->rc;
    return rk_map_guard(in->map, RK_BCH_WIRE, c->length, RK_GUARD_DIGEST,
                        "stage 1 digest (SHA-512)", err);
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
    uint32_t stage2 = le32(in->file + RK_BCH_STAGE2_COUNT);
    uint32_t stage1 = le32(in->file + RK_BCH_STAGE1_COUNT);
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

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct reading in = { .file = file, .len = len, .map = map, .end = RK_BCH_WIRE };
    bool is_signed;
    struct rk_region *rest;

    if (!rk_bch_is(file, len))
        return rk_fail(err, RK_E_FORMAT, "no NVDA header of 8192 bytes");
    if (rk_bch_check_header(file, map, err) || add_header(&in, err))
        return err->rc;
    if (in.end < len && rk_region_add(map, map->root, in.end, len - in.end, "padding", &rest, err))
        return err->rc;
    is_signed = rk_tegra_is_signed(&place, file);
    (void)snprintf(map->integrity, sizeof map->integrity, "digests ok, %s",
                   is_signed ? "OEM signature at experimental offsets" : "no OEM signature");
    return RK_OK;
}

/* ---- building ---- */

static const struct rk_part_row part_rows[] = {
    { "payload", true, false, "the image itself" },
    { "append", false, true, "what follows it: mb2-bct behind mb2, a dtb behind UEFI" },
    { "header", false, false, "the BSP's *_sigheader: its load, entry and flags are kept" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "magic", NULL, "four characters of the type, e.g. MB2B (not with a header)" },
    { "load", NULL, "load address" },
    { "entry", NULL, "entry point" },
    { "version", NULL, "version word: major, minor, ratchet from the low byte" },
    { "pad-to", NULL, "pad the payload with 0xff to a multiple, before what is appended" },
    { "output", "image", "image; payload: without a header, for the BSP's tool; sign: sig or pub" },
    { "experimental", NULL, "oem-insert: put signature and key in, at third-party offsets" },
    { NULL, NULL, NULL },
};
static const struct rk_format *self(void);

static bool wants(const struct rk_request *request, const char *output)
{
    return strcmp(rk_request_text(request, self(), "output"), output) == 0;
}

static bool makes_bare(const struct rk_request *request)
{
    return !wants(request, "image");
}

/* The payload, padded as asked, what is appended, and zeros to a multiple of 16 (1.5, step 1). */
static enum rk_rc put_payload(const struct rk_request *request, struct rk_wr *wr,
                              struct rk_err *err)
{
    const struct rk_input *payload = rk_request_part(request, "payload");
    uint64_t pad_to;

    if (rk_request_u64(request, self(), "pad-to", 1, 1 << 24, &pad_to, err))
        return err->rc;
    if (pad_to == 0)
        return rk_fail(err, RK_E_USAGE, "setting \"pad-to\": 0 is no multiple");
    rk_wr_bytes(wr, payload->p, payload->len);
    rk_wr_fill_byte(wr, 0xff, (size_t)((pad_to - payload->len % pad_to) % pad_to));
    for (size_t i = 0; i < request->part_count; i++) {
        if (strcmp(request->part[i].name, "append") == 0)
            rk_wr_bytes(wr, request->part[i].p, request->part[i].len);
    }
    if (wr->len == 0)
        return rk_fail(err, RK_E_USAGE, "the payload is empty");
    rk_wr_zero(wr, (16 - wr->len % 16) % 16);
    return RK_OK;
}

static enum rk_rc set_numbers(const struct rk_request *request, const struct type *type,
                              struct rk_bch_stage2 *c, struct rk_err *err)
{
    struct {
        const char *name;
        uint32_t def, *into;
    } numbers[] = {
        { "load", type == NULL ? c->load : type->load, &c->load },
        { "entry", type == NULL ? c->entry : type->entry, &c->entry },
        { "version", type == NULL ? c->version : type->version, &c->version },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint64_t value;

        if (rk_request_u64(request, self(), numbers[i].name, numbers[i].def, UINT32_MAX, &value,
                           err))
            return err->rc;
        *numbers[i].into = (uint32_t)value;
    }
    return RK_OK;
}

/* A header of the BSP: what it says of load, entry and flags stands. */
static enum rk_rc copy_header(const struct rk_input *from, uint8_t header[RK_BCH_WIRE],
                              struct rk_bch_stage2 *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = header + RK_BCH_STAGE2, .len = RK_BCH_STAGE2_WIRE };

    if (!rk_bch_is(from->p, from->len))
        return rk_fail(err, RK_E_USAGE, "part \"header\" has no NVDA header of 8192 bytes");
    memcpy(header, from->p, RK_BCH_WIRE);
    memset(header + RK_BCH_SIGNATURE, 0, 0xd20 - RK_BCH_SIGNATURE); /* an OEM key's, of before */
    if (le32(header + RK_BCH_STAGE2_COUNT) != 1)
        return rk_fail(err, RK_E_USAGE, "part \"header\" is of %u components, expected 1",
                       le32(header + RK_BCH_STAGE2_COUNT));
    rk_layout_read(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &rd, ret);
    if ((ret->flags0 & (RK_BCH_ENCRYPTED | RK_BCH_COMPRESSED)) != 0)
        return rk_fail(err, RK_E_USAGE, "part \"header\" is of an encrypted or compressed image");
    return RK_OK;
}

static enum rk_rc find_type(const struct rk_request *request, struct rk_bch_stage2 *c,
                            const struct type **ret, struct rk_err *err)
{
    const char *text = rk_request_text(request, self(), "magic");

    if (text == NULL || strlen(text) != 4)
        return rk_fail(err, RK_E_USAGE, "setting \"magic\": expected four characters");
    memcpy(c->magic, text, 4);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].magic, text) == 0) {
            *ret = &types[i];
            return RK_OK;
        }
    }
    *ret = NULL;
    if (rk_request_text(request, self(), "load") == NULL)
        rk_warn(request->ctx,
                "%s: load address, entry and flags of this type are not public and left 0: take "
                "the BSP's *_sigheader as part \"header\", or set them",
                text);
    return RK_OK;
}

static enum rk_rc write_stage1(const struct rk_bch_stage1 *s, uint8_t header[RK_BCH_WIRE],
                               struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_BCH_STAGE1_WIRE);

    rk_layout_write(rk_bch_stage1_layout, RK_BCH_STAGE1_FIELDS, s, &wr);
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    memcpy(header + RK_BCH_STAGE1, wr.buf, wr.len);
    return RK_OK;
}

/* Of a header of ours: what stage 2 says. */
static enum rk_rc put_stage1(const struct rk_bch_stage2 *c, uint8_t header[RK_BCH_WIRE],
                             struct rk_err *err)
{
    struct rk_bch_stage1 s = {
        .length = c->length, .load = c->load, .entry = c->entry, .version = c->version
    };

    memcpy(s.magic, c->magic, sizeof s.magic);
    memcpy(s.digest, c->digest, sizeof s.digest);
    header[RK_BCH_STAGE1_COUNT] = 1;
    return write_stage1(&s, header, err);
}

/* Of the BSP's header: it stays as it is, but for length and digest where NVIDIA did not sign it.
 */
static enum rk_rc keep_stage1(const struct rk_bch_stage2 *c, uint8_t header[RK_BCH_WIRE],
                              struct rk_err *err)
{
    struct rk_rd rd = { .buf = header + RK_BCH_STAGE1, .len = RK_BCH_STAGE1_WIRE };
    struct rk_bch_stage1 s;

    rk_layout_read(rk_bch_stage1_layout, RK_BCH_STAGE1_FIELDS, &rd, &s);
    if (le32(header + RK_BCH_STAGE1_COUNT) == 0 || rk_all_zero(s.magic, sizeof s.magic))
        return RK_OK;
    if (s.length == c->length && memcmp(s.digest, c->digest, sizeof s.digest) == 0)
        return RK_OK;
    if (!rk_all_zero(header + RK_BCH_NV_SIGNATURE, 0x180))
        return rk_fail(err, RK_E_USAGE,
                       "part \"header\" is signed by NVIDIA for another payload than this");
    s.length = c->length;
    memcpy(s.digest, c->digest, sizeof s.digest);
    return write_stage1(&s, header, err);
}

static enum rk_rc put_stage2(const struct rk_bch_stage2 *c, uint8_t header[RK_BCH_WIRE],
                             struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_BCH_STAGE2_WIRE);

    rk_layout_write(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, c, &wr);
    if (wr.failed != RK_OK)
        return rk_fail_nomem(err);
    memcpy(header + RK_BCH_STAGE2, wr.buf, wr.len);
    header[RK_BCH_STAGE2_COUNT] = 1;
    return RK_OK;
}

static enum rk_rc build_header(const struct rk_request *request, const uint8_t *payload, size_t len,
                               uint8_t header[RK_BCH_WIRE], struct rk_err *err)
{
    const struct rk_input *from = rk_request_part(request, "header");
    const struct type *type = NULL;
    struct rk_bch_stage2 c = { .length = 0 };

    memset(header, 0, RK_BCH_WIRE);
    memcpy(header, magic, sizeof magic);
    if (from != NULL && rk_request_text(request, self(), "magic") != NULL)
        return rk_fail(err, RK_E_USAGE, "setting \"magic\": part \"header\" has one already");
    if (from != NULL ? copy_header(from, header, &c, err) : find_type(request, &c, &type, err))
        return err->rc;
    if (set_numbers(request, type, &c, err))
        return err->rc;
    c.length = (uint32_t)len;
    if (from == NULL || c.uncompressed_length != 0)
        c.uncompressed_length = (uint32_t)len;
    if (sha512(payload, len, c.digest, err) || put_stage2(&c, header, err) ||
        (from != NULL ? keep_stage1(&c, header, err) : put_stage1(&c, header, err)))
        return err->rc;
    return rk_bch_set_digests(header, err);
}

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(IMAGE_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    bool bare = wants(request, "payload");

    if (!bare && !wants(request, "image"))
        return rk_fail(err, RK_E_USAGE,
                       "setting \"output\": expected image or payload, found "
                       "\"%s\"",
                       rk_request_text(request, self(), "output"));
    if (!bare)
        rk_wr_zero(&wr, RK_BCH_WIRE);
    if (put_payload(request, &wr, err) || rk_wr_end(&wr, &file, err))
        return err->rc;
    if (!bare && build_header(request, file.p + RK_BCH_WIRE, file.len - RK_BCH_WIRE, file.p, err))
        return err->rc;
    *ret = rk_bytes_take(&file);
    return RK_OK;
}

/* ---- signing ---- */

/* No key signs components whose digests do not hold; those of the header come after signing. */
static enum rk_rc check_components(const uint8_t *file, size_t len, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = "tegra-bch" };
    struct reading in = { .file = file, .len = len, .map = &map, .end = RK_BCH_WIRE };

    if (rk_region_add(&map, NULL, 0, len, "image", &map.root, err))
        return err->rc;
    return add_header(&in, err);
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_tegra_key key;

    if (!rk_bch_is(file, len))
        return rk_fail(err, RK_E_FORMAT, "no NVDA header of 8192 bytes");
    if (rk_tegra_output_check(rk_request_text(request, self(), "output"),
                              rk_request_text(request, self(), "experimental"), err) ||
        rk_tegra_key(request->key[0].pub, &key, err) || check_components(file, len, err) ||
        rk_bytes_copy(file + RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED, &message, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "the header's bytes 0xfc0 to 0x1fff", key.scheme, &message,
                                err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;

    if (rk_tegra_attach(request->key[0].pub, rk_request_text(request, self(), "output"), &place,
                        file, len, &signatures[0], &made, err) ||
        (!makes_bare(request) && rk_bch_set_digests(made.p, err)))
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
    for (size_t i = 0, n = map->guard_count; i < n; i++) { /* what the signed digests cover */
        const struct rk_guard guard = map->guard[i];

        if (guard.offset >= RK_BCH_WIRE &&
            rk_map_guard(map, guard.offset, guard.len, RK_GUARD_SIGNATURE, "OEM signature", err))
            return err->rc;
    }
    return rk_map_guard(map, RK_BCH_SIGNED, RK_BCH_WIRE - RK_BCH_SIGNED, RK_GUARD_SIGNATURE,
                        "OEM signature", err);
}

static enum rk_rc handed_back(const struct rk_bytes *prepared, const struct rk_bytes *back,
                              struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = "tegra-bch" };
    struct rk_rd rd = { .buf = back->p, .len = back->len };
    const uint8_t *plain = prepared->p;
    size_t plain_len = prepared->len;
    struct rk_bch_stage2 c;

    if (rk_region_add(&map, NULL, 0, back->len, "image", &map.root, err) ||
        parse(back->p, back->len, &map, err))
        return err->rc;
    (void)rk_rd_take(&rd, RK_BCH_STAGE2);
    rk_layout_read(rk_bch_stage2_layout, RK_BCH_STAGE2_FIELDS, &rd, &c);
    if (rk_bch_is(plain, plain_len)) {
        plain += RK_BCH_WIRE;
        plain_len -= RK_BCH_WIRE;
    }
    if ((c.flags0 & RK_BCH_ENCRYPTED) == 0)
        return rk_fail(err, RK_E_VERIFY, "is not encrypted: bit 26 of the flags at 0x141c is 0");
    if (c.length < plain_len || c.length > plain_len + 16)
        return rk_fail(err, RK_E_VERIFY, "%u bytes of payload, the input had %zu", c.length,
                       plain_len);
    if (memcmp(back->p + RK_BCH_WIRE, plain, plain_len) == 0)
        return rk_fail(err, RK_E_VERIFY, "says it is encrypted, and holds the plaintext");
    if (!rk_tegra_is_signed(&place, back->p))
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    return RK_OK;
}

const struct rk_format rk_format_tegra_bch = {
    .name = "tegra-bch",
    .title = "Orin boot image with NVDA header",
    .max = IMAGE_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .fused_key = true,
    .makes_bare = makes_bare,
    .refusal = "SBK encryption has no public definition: the key tree above the image's key is in "
               "NVIDIA's closed tools; in a manifest say encrypted-by: bsp, and rotkit prepares "
               "the BSP tool's input, takes its output back and checks it",
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
    .handed_back = handed_back,
};

static const struct rk_format *self(void)
{
    return &rk_format_tegra_bch;
}
