/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules between fuses: what would lose a board, or close one that nobody can start any more.
 * Each is told of with what it asks for; none stops at the first. Source: jetson-factory.md 1, 2.
 */
#include "platform/tegra/fuse_table.h"

#include "base/mem.h"
#include "rotkit/hex.h"
#include "rotkit/pcp.h"

#include <string.h>

#include <openssl/crypto.h>

struct judging {
    const struct rk_fuse_set *set;
    const struct rk_fuse_known *known;
    struct rk_fuse_findings *findings;
    const struct rk_fuse_bits *bits;
    const struct rk_fuse *bsi, *mode, *hash, *sbk, *oem_key; /* NULL: not in the set */
    uint32_t value;                                          /* of bsi, 0 without */
    uint32_t burnt;                                          /* its bits in the module */
    bool hash_burnt;                                         /* a PublicKeyHash is in the module */
};
static const char already[] = "where it is in the module already: --already-burnt (in a manifest "
                              "fuses.already-burnt: true)";

uint32_t rk_fuse_known_bits(const struct rk_fuse_known *known)
{
    const struct rk_fuse *read =
        known->burnt == NULL ? NULL : rk_fuse_of(known->burnt, RK_FUSE_BSI, 0);

    return (known->has_preset ? known->preset : 0) | (read == NULL ? 0 : rk_fuse_number(read));
}

#define FAILS(j, about, ...)                                                                       \
    rk_fuse_find((j)->findings, RK_FUSE_FAILS, (about)->line, (about)->row->name, __VA_ARGS__)
#define NOTES(j, about, ...)                                                                       \
    rk_fuse_find((j)->findings, RK_FUSE_NOTE, (about)->line, (about)->row->name, __VA_ARGS__)

/* ---- single values ---- */

static bool is_sample(const struct rk_fuse *fuse)
{
    uint8_t sample[RK_FUSE_VALUE_MAX];
    struct rk_err ignored;
    const char *hex;

    for (size_t i = 0; (hex = rk_fuse_sample_at(i)) != NULL; i++) {
        size_t len = strlen(hex) / 2;

        if (len == fuse->value.len && rk_hex_read(hex, 2 * len, sample, len, &ignored) == RK_OK &&
            CRYPTO_memcmp(sample, fuse->value.p, len) == 0)
            return true;
    }
    return false;
}

static bool is_all(const struct rk_secret *value, uint8_t byte)
{
    uint8_t differs = 0;

    for (size_t i = 0; i < value->len; i++)
        differs |= value->p[i] ^ byte;
    return differs == 0;
}

static void check_value(const struct judging *j, const struct rk_fuse *fuse)
{
    const struct rk_fuse_row *row = fuse->row;
    uint32_t v = row->can == 0 ? 0 : rk_fuse_number(fuse);

    if ((v & ~row->can) != 0 && row->can == 1)
        FAILS(j, fuse, "0x%x: it is one bit, 0 or 1", (unsigned)v);
    else if ((v & ~row->can) != 0)
        FAILS(j, fuse, "0x%x: only the bits of 0x%x can be burnt", (unsigned)v, (unsigned)row->can);
    if (row->can != 0)
        return;
    if (is_all(&fuse->value, 0xff))
        FAILS(j, fuse, "all ones, as the placeholders of NVIDIA's reference file");
    else if (row->role != RK_FUSE_ODM_ID && is_all(&fuse->value, 0))
        /* No key has this hash; other fuses may be left as they are. */
        rk_fuse_find(j->findings, row->role == RK_FUSE_HASH ? RK_FUSE_FAILS : RK_FUSE_NOTE,
                     fuse->line, row->name, "all zeros: nothing is burnt");
    else if (is_sample(fuse))
        NOTES(j, fuse, "a value that NVIDIA's documents print as an example");
}

static void check_twice(const struct judging *j, size_t i)
{
    const struct rk_fuse *fuse = &j->set->fuse[i];

    for (size_t k = 0; k < i; k++) {
        if (j->set->fuse[k].row != fuse->row)
            continue;
        FAILS(j, fuse, "a second time");
        return;
    }
}

/* ---- BootSecurityInfo ---- */

static void check_bits(const struct judging *j)
{
    const struct rk_fuse_bits *bits = j->bits;
    uint32_t defined = bits->scheme | bits->sbk | bits->oem_key | bits->ftpm | bits->others;
    uint32_t odd = j->value & ~(defined | bits->shipped | j->burnt);
    uint32_t shipped = j->value & bits->shipped & ~(defined | j->burnt);
    uint32_t lost = j->burnt & ~j->value;

    if (odd != 0) {
        FAILS(j, j->bsi, "0x%x has bits 0x%x, which are not defined for %s", (unsigned)j->value,
              (unsigned)odd, j->set->soc->name);
        rk_fuse_hint(j->findings, "bits that the module left NVIDIA with: --preset");
    }
    if (shipped != 0)
        NOTES(j, j->bsi,
              "bits 0x%x are reserved: some modules come with them, which --preset would say",
              (unsigned)shipped);
    if (lost != 0)
        FAILS(j, j->bsi,
              "0x%x lacks bits 0x%x, which are burnt: the burner stops at what would go from 1 to "
              "0; 0x%x is right",
              (unsigned)j->value, (unsigned)lost, (unsigned)(j->value | j->burnt));
}

/* A preset is typed by a person; a reading is a fact. */
static void check_preset(const struct judging *j)
{
    const struct rk_fuse_bits *bits = j->bits;
    uint32_t defined = bits->scheme | bits->sbk | bits->oem_key | bits->ftpm | bits->others;
    uint32_t odd = j->known->has_preset ? j->known->preset & ~(defined | bits->reserved) : 0;

    if (odd != 0)
        rk_fuse_find(j->findings, RK_FUSE_FAILS, 0, "BootSecurityInfo",
                     "preset 0x%x has bits 0x%x, which are not defined for %s",
                     (unsigned)j->known->preset, (unsigned)odd, j->set->soc->name);
}

/* "P-521", or what there is instead of a name. */
static const char *scheme_name(uint32_t scheme)
{
    const char *name = rk_pcp_scheme_name(scheme);

    return name == NULL ? "not defined" : name;
}

static void check_scheme_of_key(const struct judging *j, EVP_PKEY *key, uint32_t scheme)
{
    struct rk_err why;
    uint32_t wanted;

    if (rk_pcp_auth_scheme(key, &wanted, &why) != RK_OK)
        FAILS(j, j->bsi, "%.*s", (int)strcspn(why.msg, "\n"), why.msg);
    else if (scheme != wanted)
        FAILS(j, j->bsi, "0x%x has scheme %u (%s), the key is %s: it needs %u", (unsigned)j->value,
              (unsigned)scheme, scheme_name(scheme), scheme_name(wanted), (unsigned)wanted);
}

/* An enumeration: the one value, and no other that has its bits. */
static void check_scheme(const struct judging *j)
{
    uint32_t scheme = j->value & j->bits->scheme, burnt = j->burnt & j->bits->scheme;

    if (j->bits->scheme == 0)
        return;
    if (burnt != 0 && scheme != burnt)
        FAILS(j, j->bsi, "0x%x has scheme %u (%s), and scheme %u (%s) is burnt", (unsigned)j->value,
              (unsigned)scheme, scheme_name(scheme), (unsigned)burnt, scheme_name(burnt));
    for (size_t i = 0; i < RK_FUSE_KEYS_MAX && j->known->key[i] != NULL; i++)
        check_scheme_of_key(j, j->known->key[i], scheme);
    if (j->known->key[0] != NULL)
        return;
    if (rk_pcp_scheme_name(scheme) == NULL)
        FAILS(j, j->bsi, "0x%x has scheme %u, which is not defined", (unsigned)j->value,
              (unsigned)scheme);
    else if (scheme == 0 && j->hash != NULL)
        FAILS(j, j->bsi, "0x%x has scheme 0 (none), although PublicKeyHash is burnt",
              (unsigned)j->value);
}

static void check_hash_of_scheme(const struct judging *j)
{
    uint32_t scheme = j->value & j->bits->scheme;

    if (scheme == 0 || j->hash != NULL || j->hash_burnt)
        return;
    FAILS(j, j->bsi, "scheme %u (%s) authenticates by a PublicKeyHash, and there is none",
          (unsigned)scheme, scheme_name(scheme));
    rk_fuse_hint(j->findings, "%s", already);
}

static bool closes(const struct judging *j)
{
    return j->mode != NULL && rk_fuse_number(j->mode) == 1;
}

/* A bit may follow in another file, unless this one closes the module. */
static void unused(const struct judging *j, int bit, const char *what)
{
    rk_fuse_find(j->findings, closes(j) ? RK_FUSE_FAILS : RK_FUSE_NOTE, j->bsi->line,
                 j->bsi->row->name, "0x%x lacks bit %d: %s would not be used", (unsigned)j->value,
                 bit, what);
}

/* Boot files are encrypted under the SBK only where they are signed as well. */
static void check_sbk(const struct judging *j)
{
    bool set = (j->value & j->bits->sbk) != 0, new = set && (j->burnt & j->bits->sbk) == 0;
    const struct rk_fuse *about = j->sbk != NULL ? j->sbk : j->bsi;

    if ((new || j->sbk != NULL) && j->hash == NULL && !j->hash_burnt) {
        FAILS(j, about, "the SBK is used with a PKC key only, and there is no PublicKeyHash");
        rk_fuse_hint(j->findings, "%s", already);
    }
    if (new && j->sbk == NULL && !j->known->already_burnt) {
        FAILS(j, j->bsi, "bit 3 says that the SBK is used, and there is none");
        rk_fuse_hint(j->findings, "%s", already);
    }
    if (j->bsi != NULL && j->sbk != NULL && !set)
        unused(j, 3, "the SBK");
}

static void check_oem_keys(const struct judging *j)
{
    bool set = (j->value & j->bits->oem_key) != 0, new = set && (j->burnt & j->bits->oem_key) == 0;

    if (j->bits->oem_key == 0)
        return;
    if (new && j->oem_key == NULL && !j->known->already_burnt) {
        FAILS(j, j->bsi,
              "bit 9 says that the OEM keys are valid, and neither OemK1 nor OemK2 is there");
        rk_fuse_hint(j->findings, "%s", already);
    }
    if (j->bsi != NULL && j->oem_key != NULL && !set)
        unused(j, 9, "the OEM keys");
}

static void check_ftpm(const struct judging *j)
{
    uint32_t of_it = j->bits->ftpm & ~j->bits->oem_key;

    if ((j->value & of_it) != 0 && (j->value & j->bits->ftpm) != j->bits->ftpm)
        NOTES(j, j->bsi, "0x%x lacks bits 0x%x: the fTPM needs 9, 11 and 13", (unsigned)j->value,
              (unsigned)(j->bits->ftpm & ~j->value));
}

static void check_boot_security_info(const struct judging *j)
{
    if (j->bsi != NULL && !j->bits->known) {
        rk_fuse_find(j->findings, RK_FUSE_UNKNOWN, j->bsi->line, j->bsi->row->name,
                     "what its bits mean on %s is not in a document at hand", j->set->soc->name);
        return;
    }
    check_preset(j);
    if (j->bsi != NULL) {
        check_bits(j);
        check_scheme(j);
        check_hash_of_scheme(j);
        check_oem_keys(j);
        check_ftpm(j);
    } else if (j->hash != NULL && j->bits->scheme != 0 && j->burnt == 0 && j->mode == NULL) {
        NOTES(j, j->hash, "nothing is authenticated before BootSecurityInfo says so");
    }
    check_sbk(j);
}

/* ---- SecurityMode, keys that belong together, order ---- */

static void check_closing(const struct judging *j)
{
    bool scheme_is_there = ((j->value | j->burnt) & j->bits->scheme) != 0 ||
                           j->known->already_burnt || !j->bits->known || j->bits->scheme == 0;

    if (!closes(j) || j->known->close_module)
        return;
    if (j->hash == NULL && !j->hash_burnt) {
        FAILS(j, j->mode,
              "1 closes the module for good, and there is no PublicKeyHash: "
              "anybody's boot files would start");
        rk_fuse_hint(j->findings,
                     "--already-burnt where it is burnt, or in a manifest fuses.close-module: yes");
    } else if (!scheme_is_there) {
        FAILS(j, j->mode,
              "1 closes the module for good, and BootSecurityInfo has no scheme: "
              "nothing would be authenticated");
        rk_fuse_hint(j->findings, "%s", already);
    }
}

static void check_hashes(const struct judging *j)
{
    const struct rk_fuse *hash, *other;

    for (size_t i = 0; (hash = rk_fuse_of(j->set, RK_FUSE_HASH, i)) != NULL; i++) {
        for (size_t k = 0; k < i; k++) {
            other = rk_fuse_of(j->set, RK_FUSE_HASH, k);
            if (other->row != hash->row && rk_secret_equal(&hash->value, &other->value))
                NOTES(j, hash, "the same key as %s: both are revoked with it", other->row->name);
        }
    }
}

/* The SBK in three places of Thor: all, and the same. */
static void check_sbk_copies(const struct judging *j)
{
    const struct rk_fuse *sbk, *first = rk_fuse_of(j->set, RK_FUSE_SBK, 0);
    size_t wanted = 0, found = 0;
    bool same = true;

    for (const struct rk_fuse_row *row = j->set->soc->rows; row->name != NULL; row++)
        wanted += row->role == RK_FUSE_SBK;
    while ((sbk = rk_fuse_of(j->set, RK_FUSE_SBK, found)) != NULL) {
        found++;
        same = rk_secret_equal(&sbk->value, &first->value) && same;
    }
    if (found == 0 || wanted == 1)
        return;
    if (found < wanted && !j->known->already_burnt)
        FAILS(j, first, "%zu of the %zu places of the SBK: all hold the same value", found, wanted);
    if (!same)
        FAILS(j, first, "the places of the SBK hold different values, and all must be the same");
}

/* Fuses are burnt in file order, and a cut may come between any two. */
static void check_order(const struct judging *j)
{
    const struct rk_fuse *bsi = NULL, *mode = NULL;

    for (size_t i = 0; i < j->set->count; i++) {
        const struct rk_fuse *fuse = &j->set->fuse[i];

        if (mode != NULL)
            FAILS(j, fuse, "behind SecurityMode, after which nothing can be burnt");
        if (bsi != NULL && (fuse->row->role == RK_FUSE_HASH || fuse->row->role == RK_FUSE_SBK ||
                            fuse->row->role == RK_FUSE_OEM_KEY))
            FAILS(j, fuse, "behind BootSecurityInfo, which would ask for it before it is there");
        if (i != 0 && fuse->row->role == RK_FUSE_ODM_ID)
            NOTES(j, fuse, "not the first: where it is, reading it tells that burning has begun");
        bsi = fuse->row->role == RK_FUSE_BSI ? fuse : bsi;
        mode = fuse->row->role == RK_FUSE_MODE ? fuse : mode;
    }
}

/* Named by the set, even where its value could not be read. */
static const struct rk_fuse *named(const struct rk_fuse_set *set, enum rk_fuse_role role,
                                   const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct rk_fuse_row *row = set->fuse[i].row;

        if (row->role == role && (name == NULL || strcmp(row->name, name) == 0))
            return &set->fuse[i];
    }
    return NULL;
}

/* A key of this role that burns something; a value that is not told may do so. */
static const struct rk_fuse *key_of(const struct rk_fuse_set *set, enum rk_fuse_role role)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct rk_fuse *fuse = &set->fuse[i];

        if (fuse->row->role == role && (fuse->value.len == 0 || !is_all(&fuse->value, 0)))
            return fuse;
    }
    return NULL;
}

static void check_rpmb(const struct judging *j)
{
    if (!j->set->rpmb || named(j->set, RK_FUSE_OEM_KEY, "OemK1") != NULL || j->known->already_burnt)
        return;
    rk_fuse_find(j->findings, RK_FUSE_FAILS, j->set->rpmb_line, "",
                 "rpmb: its key is made of OemK1, which is not there");
    rk_fuse_hint(j->findings, "%s", already);
}

static bool is_burnt(const struct rk_fuse_known *known, enum rk_fuse_role role)
{
    const struct rk_fuse *fuse = known->burnt == NULL ? NULL : rk_fuse_of(known->burnt, role, 0);

    return fuse != NULL && !rk_all_zero(fuse->value.p, fuse->value.len);
}

void rk_fuse_rules(const struct rk_fuse_set *set, const struct rk_fuse_known *known,
                   struct rk_fuse_findings *findings)
{
    struct judging j = { .set = set,
                         .known = known,
                         .findings = findings,
                         .bits = &set->soc->bits,
                         .bsi = rk_fuse_of(set, RK_FUSE_BSI, 0),
                         .mode = rk_fuse_of(set, RK_FUSE_MODE, 0),
                         .hash = named(set, RK_FUSE_HASH, "PublicKeyHash"),
                         .sbk = key_of(set, RK_FUSE_SBK),
                         .oem_key = key_of(set, RK_FUSE_OEM_KEY) };

    for (size_t i = 0; i < set->count; i++)
        check_twice(&j, i);
    if (set->is_list)
        return;
    j.value = j.bsi == NULL ? 0 : rk_fuse_number(j.bsi);
    j.burnt = rk_fuse_known_bits(known);
    j.hash_burnt =
        known->already_burnt || is_burnt(known, RK_FUSE_HASH) || (j.burnt & j.bits->scheme) != 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->fuse[i].value.p != NULL)
            check_value(&j, &set->fuse[i]);
    }
    check_boot_security_info(&j);
    check_closing(&j);
    check_hashes(&j);
    check_sbk_copies(&j);
    check_order(&j);
    check_rpmb(&j);
}
