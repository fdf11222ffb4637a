/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fuse file burns: fuses with their values, the SoC that has them, and the rules between
 * them. There is one rule for what is made here (`fuse xml`, `build`) and for what others made
 * (`fuse check`, `verify`). Source: formats/jetson-factory.md 1, 2; jetson-ftpm-ekb.md 5, 6.
 */
#pragma once

#include "ftpmprov/err.h"
#include "ftpmprov/secret.h"
#include "rotkit/unit_id.h"

#include <openssl/types.h>

/* ---- SoCs: the tables are lib/platform/tegra/fuse_table.c ---- */

enum rk_fuse_role { /* what the rules ask of a fuse */
                    RK_FUSE_PLAIN,
                    RK_FUSE_ODM_ID,
                    RK_FUSE_HASH, /* of a PKC key */
                    RK_FUSE_SBK,
                    RK_FUSE_KDK,
                    RK_FUSE_OEM_KEY, /* what the key blob can be encrypted under */
                    RK_FUSE_BSI,     /* BootSecurityInfo */
                    RK_FUSE_MODE,    /* SecurityMode */
};
struct rk_fuse_row {
    const char *name; /* NULL ends the list, which is in burn order */
    size_t size;      /* bytes, as a file says it */
    enum rk_fuse_role role;
    bool secret;  /* never shown; no reader shows it either */
    uint32_t can; /* of a number: the bits that can be burnt; 0: bytes, not a number */
    const char
        *reader; /* its name in nv_fuse_read.sh, beside `name` in fuse_info.txt; NULL: none */
};
/* BootSecurityInfo of a SoC, by bits. */
struct rk_fuse_bits {
    bool known;        /* a document tells what they mean */
    uint32_t scheme;   /* an enumeration, see rk_pcp_scheme_name; 0: it is not in there */
    uint32_t sbk;      /* boot files are encrypted */
    uint32_t oem_key;  /* the OEM keys are valid; 0: nothing ties the bit to a fuse */
    uint32_t ftpm;     /* what the fTPM needs, all of it; 0: not known */
    uint32_t others;   /* defined as well */
    uint32_t reserved; /* may have left NVIDIA burnt */
    uint32_t shipped;  /* of those, what NVIDIA's quick start burns and modules come with */
};
struct rk_fuse_soc {
    const char *name, *also; /* as in --platform; also NULL: one name */
    const struct rk_fuse_row *rows;
    bool whole; /* all fuses that can be burnt are listed: another name is wrong, not unknown */
    struct rk_fuse_bits bits;
    const char *no_hash; /* why PublicKeyHash cannot be told from a key; NULL: it can */
    const char *no_blob; /* why a key blob cannot be opened; NULL: it can */
};
/* In table order; NULL past the end. */
const struct rk_fuse_soc *rk_fuse_soc_at(size_t i);
/* RK_E_USAGE with the known ones. */
enum rk_rc rk_fuse_soc_find(const char *name, const struct rk_fuse_soc **ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* NULL: the SoC has no such fuse, or none that is known. */
const struct rk_fuse_row *rk_fuse_row_find(const struct rk_fuse_soc *soc, const char *name);

/* ---- sets ---- */

enum { RK_FUSES_MAX = 64, RK_FUSE_VALUE_MAX = 64 };
struct rk_fuse {
    const struct rk_fuse_row *row;
    struct rk_secret value; /* row->size bytes, big-endian; empty: a list names it only */
    unsigned line;          /* 0: of no file */
    size_t offset, len;     /* of its element */
};
struct rk_fuse_set {
    const struct rk_fuse_soc *soc;
    struct rk_fuse
        *fuse; /* in file order, at most RK_FUSES_MAX; what is put stands in burn order */
    size_t count;
    bool is_list; /* names without values, as the BSP's own lists are */
    bool rpmb;    /* the key of the eMMC's RPMB is provisioned as well */
    unsigned rpmb_line;
};
void rk_fuse_set_done(struct rk_fuse_set *set);
/* The value is copied. RK_E_USAGE when the SoC has no such fuse, it has another size, or the set
 * has the fuse already with another value (the same again is left out). */
enum rk_rc rk_fuse_set_put(struct rk_fuse_set *set, const char *name, const void *value, size_t len,
                           struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_fuse_set_put_number(struct rk_fuse_set *set, const char *name, uint32_t value,
                                  struct rk_err *err) RK_MUST_CHECK;
/* OdmId, OdmInfo. */
enum rk_rc rk_fuse_set_put_sn(struct rk_fuse_set *set, const struct rk_unit_id *sn,
                              struct rk_err *err) RK_MUST_CHECK;
/* Every fuse of the other. BootSecurityInfo in both is OR-ed, but for its scheme: RK_E_USAGE for
 * another one, as for any other value. */
enum rk_rc rk_fuse_set_merge(struct rk_fuse_set *set, const struct rk_fuse_set *other,
                             struct rk_err *err) RK_MUST_CHECK;
/* The fuse of this name or the i-th of this role, with a value; NULL: none. */
const struct rk_fuse *rk_fuse_get(const struct rk_fuse_set *set, const char *name);
const struct rk_fuse *rk_fuse_of(const struct rk_fuse_set *set, enum rk_fuse_role role, size_t i);
/* Of a number. */
uint32_t rk_fuse_number(const struct rk_fuse *fuse);
/* The file, in the order of the set; secret, since keys may stand in it. */
enum rk_rc rk_fuse_set_xml(const struct rk_fuse_set *set, struct rk_secret *ret,
                           struct rk_err *err) RK_MUST_CHECK;

/* ---- findings ---- */

enum rk_fuse_weight {
    RK_FUSE_NOTE,    /* holds, and should be known */
    RK_FUSE_UNKNOWN, /* cannot be told from what is public, or from what was given */
    RK_FUSE_FAILS,
    RK_FUSE_WEIGHTS
};
struct rk_fuse_finding {
    enum rk_fuse_weight weight;
    unsigned line; /* 0: of no line */
    char fuse[24]; /* "" when it is about the file */
    char text[256];
    char hint[160]; /* what to do, "" for nothing */
};
struct rk_fuse_findings {
    struct rk_fuse_finding *item;
    size_t count, left_out; /* left_out: found as well, and not kept */
    size_t of[RK_FUSE_WEIGHTS];
};
#define RK_FUSE_FINDINGS_NONE                                                                      \
    {                                                                                              \
        .item = NULL                                                                               \
    }
void rk_fuse_findings_done(struct rk_fuse_findings *findings);
/* line 0 and fuse NULL: of the file. Never a value of a secret fuse. */
void rk_fuse_find(struct rk_fuse_findings *findings, enum rk_fuse_weight weight, unsigned line,
                  const char *fuse, const char *fmt, ...) RK_PRINTF(5, 6);
/* To the finding that was just made. */
void rk_fuse_hint(struct rk_fuse_findings *findings, const char *fmt, ...) RK_PRINTF(2, 3);
const char *rk_fuse_weight_name(enum rk_fuse_weight weight); /* "fails" */
/* RK_OK when nothing fails or is unknown; else `fails` or RK_E_UNKNOWN, with the first that is. */
enum rk_rc rk_fuse_verdict(const struct rk_fuse_findings *findings, enum rk_rc fails,
                           struct rk_err *err) RK_MUST_CHECK;

/* ---- the rules ---- */

enum { RK_FUSE_KEYS_MAX = 3 };
/* What is known beside the set. */
struct rk_fuse_known {
    EVP_PKEY *key[RK_FUSE_KEYS_MAX]; /* PKC keys that it is for; NULL: none further */
    bool has_preset;
    uint32_t preset;                 /* BootSecurityInfo as the module came */
    const struct rk_fuse_set *burnt; /* what was read from the module; NULL: nothing was */
    bool already_burnt;              /* what the set builds on and does not have is in the module */
    bool close_module;               /* SecurityMode without a key is meant */
};
/* BootSecurityInfo as the module has it, by reading or preset. */
uint32_t rk_fuse_known_bits(const struct rk_fuse_known *known);
void rk_fuse_rules(const struct rk_fuse_set *set, const struct rk_fuse_known *known,
                   struct rk_fuse_findings *findings);
