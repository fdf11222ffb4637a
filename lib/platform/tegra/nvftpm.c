/* SPDX-License-Identifier: Apache-2.0 */
/* NVFTPM containers. Source: jetson-ftpm-ekb.md 3.3. */
#include "rotkit/nvftpm.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/layout.h"
#include "base/wr.h"

#include <stdio.h>
#include <string.h>

enum {
    CONTAINER_MAX = 65536,
    HEADER_WIRE = 16,
    END_MARK = 8,
    TAG_SN = 1,
    TAG_EPS_SEED = 2,
    TAGS_MAX = 7,
    SEED_LEN = 32
};

struct header {
    uint32_t size; /* bytes after this field */
    uint8_t magic[8];
    uint16_t major, minor;
};
/* clang-format off */
static const struct rk_field header_layout[4] = {
    RK_LE(struct header, size),
    RK_BYTES(struct header, magic),
    RK_LE(struct header, major),
    RK_LE(struct header, minor),
};
static const uint8_t magic[8] = { 'N', 'V', 'F', 'T', 'P', 'M', 0, 0 };

/* Public values by tag; the SN and the seed are apart. set: 0 offline, 1 online (minor 1 only). */
static const struct {
    uint32_t tag;
    size_t member;
    int set;
    const char *name;
} values[] = {
    { 3, offsetof(struct rk_nvftpm, ek_cert_rsa), 0, "RSA EK certificate" },
    { 4, offsetof(struct rk_nvftpm, ek_cert_ecc), 0, "ECC EK certificate" },
    { 5, offsetof(struct rk_nvftpm, sid_cert),    1, "Silicon ID certificate" },
    { 6, offsetof(struct rk_nvftpm, ek_csr_rsa),  1, "RSA EK CSR" },
    { 7, offsetof(struct rk_nvftpm, ek_csr_ecc),  1, "ECC EK CSR" },
};
/* clang-format on */
enum { VALUES = sizeof values / sizeof values[0] };

static const struct rk_bytes *value_of(const struct rk_nvftpm *c, size_t i)
{
    return (const struct rk_bytes *)(const void *)((const uint8_t *)c + values[i].member);
}

void rk_nvftpm_done(struct rk_nvftpm *c)
{
    rk_secret_done(&c->eps_seed);
    rk_bytes_done(&c->ek_cert_rsa);
    rk_bytes_done(&c->ek_cert_ecc);
    rk_bytes_done(&c->sid_cert);
    rk_bytes_done(&c->ek_csr_rsa);
    rk_bytes_done(&c->ek_csr_ecc);
}

/* One whole set: the two certificates, or in 1.1 the Silicon ID certificate and the two CSRs. */
static enum rk_rc check_set(const struct rk_nvftpm *c, enum rk_rc rc, struct rk_err *err)
{
    int online = c->ek_cert_rsa.p == NULL && c->ek_cert_ecc.p == NULL;

    if (c->minor > 1)
        return rk_fail(err, rc, "NVFTPM version 1.%u, expected 1.0 or 1.1", c->minor);
    if (online && c->minor == 0)
        return rk_fail(err, rc, "NVFTPM 1.0 needs both EK certificates (tags 3 and 4)");
    for (size_t i = 0; i < VALUES; i++) {
        bool there = value_of(c, i)->p != NULL;

        if (there != (values[i].set == online))
            return rk_fail(err, rc,
                           "tag %u (%s) %s: a container holds tags 1 to 4 (offline) or 1, 2, 5, "
                           "6, 7 (online)",
                           values[i].tag, values[i].name,
                           there ? "does not belong here" : "is missing");
        if (there && value_of(c, i)->len == 0)
            return rk_fail(err, rc, "tag %u (%s) is empty", values[i].tag, values[i].name);
    }
    if (c->eps_seed.len != SEED_LEN)
        return rk_fail(err, rc, "tag 2 (EPS_Seed): %s, expected %d",
                       RK_COUNTED(c->eps_seed.len, "byte"), SEED_LEN);
    return RK_OK;
}

static void put_tlv(struct rk_wr *wr, uint32_t tag, const uint8_t *value, size_t len)
{
    rk_wr_le(wr, tag, 4);
    rk_wr_le(wr, len, 4);
    rk_wr_bytes(wr, value, len);
}

enum rk_rc rk_nvftpm_write(const struct rk_nvftpm *c, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CONTAINER_MAX);
    struct header header = { .major = 1, .minor = c->minor };

    if (check_set(c, RK_E_USAGE, err))
        return err->rc;
    memcpy(header.magic, magic, sizeof header.magic);
    rk_layout_write(header_layout, 4, &header, &wr);
    put_tlv(&wr, TAG_SN, c->sn.b, RK_UNIT_ID_LEN);
    put_tlv(&wr, TAG_EPS_SEED, c->eps_seed.p, c->eps_seed.len);
    for (size_t i = 0; i < VALUES; i++) {
        if (value_of(c, i)->p != NULL)
            put_tlv(&wr, values[i].tag, value_of(c, i)->p, value_of(c, i)->len);
    }
    rk_wr_zero(&wr, END_MARK);
    rk_wr_put_le(&wr, 0, wr.len - 4, 4);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc read_header(struct rk_rd *rd, struct header *header, struct rk_err *err)
{
    rk_layout_read(header_layout, 4, rd, header);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (memcmp(header->magic, magic, sizeof magic) != 0)
        return rk_fail(err, RK_E_FORMAT, "magic at offset 0x4 is not NVFTPM");
    if (header->major != 1 || header->minor > 1)
        return rk_fail(err, RK_E_FORMAT, "NVFTPM version %u.%u, expected 1.0 or 1.1", header->major,
                       header->minor);
    if (header->size != rd->len - 4)
        return rk_fail(err, RK_E_FORMAT, "size word says %s, the file has %zu",
                       RK_COUNTED(header->size, "byte"), rd->len - 4);
    return RK_OK;
}

static enum rk_rc set_value(struct rk_nvftpm *c, uint32_t tag, const uint8_t *value, size_t len,
                            struct rk_err *err)
{
    if (tag == TAG_SN) {
        if (len != RK_UNIT_ID_LEN)
            return rk_fail(err, RK_E_FORMAT, "tag 1 (Device SN): %s, expected %d",
                           RK_COUNTED(len, "byte"), RK_UNIT_ID_LEN);
        memcpy(c->sn.b, value, len);
        return RK_OK;
    }
    if (tag == TAG_EPS_SEED)
        return rk_secret_copy(value, len, &c->eps_seed, err);
    for (size_t i = 0; i < VALUES; i++) {
        if (values[i].tag == tag)
            return rk_bytes_copy(value, len,
                                 (struct rk_bytes *)(void *)((uint8_t *)c + values[i].member), err);
    }
    return rk_fail(err, RK_E_FORMAT, "tag %u is unknown, expected 1 to 7", tag);
}

static enum rk_rc read_values(struct rk_rd *rd, struct rk_nvftpm *c, struct rk_err *err)
{
    bool seen[TAGS_MAX + 1] = { false };

    for (;;) {
        size_t at = rk_rd_offset(rd);
        uint32_t tag = (uint32_t)rk_rd_le(rd, 4), len = (uint32_t)rk_rd_le(rd, 4);
        const uint8_t *value = rk_rd_take(rd, len);

        if (rk_rd_ok(rd, err))
            return err->rc;
        if (tag == 0 && len == 0)
            break;
        if (tag <= TAGS_MAX && seen[tag])
            return rk_fail(err, RK_E_FORMAT, "tag %u at offset 0x%zx is there twice", tag, at);
        if (set_value(c, tag, value, len, err))
            return err->rc;
        seen[tag] = true;
    }
    if (!seen[TAG_SN])
        return rk_fail(err, RK_E_FORMAT, "tag 1 (Device SN) is missing");
    return RK_OK;
}

enum rk_rc rk_nvftpm_read(const uint8_t *file, size_t len, struct rk_nvftpm *ret,
                          struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    RK_AUTO(rk_nvftpm_done) struct rk_nvftpm c = { .minor = 0 };
    struct header header;

    if (len > CONTAINER_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s, an NVFTPM container has at most %d",
                       RK_COUNTED(len, "byte"), CONTAINER_MAX);
    if (read_header(&rd, &header, err))
        return err->rc;
    c.minor = header.minor;
    if (read_values(&rd, &c, err) || rk_rd_end(&rd, err) || check_set(&c, RK_E_FORMAT, err))
        return err->rc;
    *ret = c;
    c = (struct rk_nvftpm) { .minor = 0 };
    return RK_OK;
}

static bool recognise(const uint8_t *file, size_t len)
{
    return len >= 12 && memcmp(file + 4, magic, sizeof magic) == 0;
}

static const char *tag_name(uint32_t tag)
{
    for (size_t i = 0; i < VALUES; i++) {
        if (values[i].tag == tag)
            return values[i].name;
    }
    return tag == TAG_SN ? "Device SN" : tag == TAG_EPS_SEED ? "EPS_Seed" : "end";
}

/* The container is valid already; the second walk only tells where things stand. */
static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_nvftpm_done) struct rk_nvftpm c = { .minor = 0 };
    struct rk_rd rd = { .buf = file, .len = len };
    struct rk_region *region;
    struct header header;
    uint32_t tag;

    if (rk_nvftpm_read(file, len, &c, err) || read_header(&rd, &header, err))
        return err->rc;
    if (rk_region_add(map, map->root, 0, HEADER_WIRE, "header", &region, err) ||
        rk_layout_map(header_layout, 4, &header, 0, region, err))
        return err->rc;
    do {
        size_t at = rk_rd_offset(&rd);
        tag = (uint32_t)rk_rd_le(&rd, 4);
        size_t value_len = (size_t)rk_rd_le(&rd, 4);

        (void)rk_rd_take(&rd, value_len);
        if (rk_region_add(map, map->root, at, 8 + value_len, tag_name(tag), &region, err))
            return err->rc;
        if (tag != 0)
            (void)snprintf(region->note, sizeof region->note, "tag %u, %s", tag,
                           RK_COUNTED(value_len, "byte"));
    } while (tag != 0);
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "version 1.%u, structure holds; the format has no MAC or signature", c.minor);
    return RK_OK;
}

const struct rk_format rk_format_nvftpm = {
    .name = "nvftpm",
    .title = "NVFTPM container",
    .max = CONTAINER_MAX,
    .recognise = recognise,
    .parse = parse,
};
