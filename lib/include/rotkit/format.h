/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File formats: what rotkit knows about a file, and what it can do with one. Parsing yields one
 * map, a tree of regions; inspect, JSON, HTML, verify and the rollback check are walks of it. Every
 * format is one row (struct rk_format in rotkit/format_row.h); this is how a caller asks by row
 * name.
 */
#pragma once

#include "ftpmprov/format.h"
#include "rotkit/json.h"
#include "ftpmprov/secret.h"
#include "rotkit/sigbook.h"
#include "rotkit/signer.h"
#include "rotkit/trust.h"

/* ---- what a check comes to ---- */

enum rk_outcome {
    RK_HOLDS,      /* all that was asked was checked and holds */
    RK_FAILS,      /* something does not hold */
    RK_NOT_KNOWN,  /* nothing is wrong so far, but what was asked could not be checked */
    RK_UNREADABLE, /* malformed, unknown, or out of reach */
};
const char *rk_outcome_name(enum rk_outcome outcome); /* "holds", "fails", "unknown", ... */
/* What a result of rk_format_verify and its like stands for. */
enum rk_outcome rk_outcome_of(enum rk_rc rc);

/* What a check needs that was not given. */
enum rk_need {
    RK_NEED_KEY,       /* the encryption key */
    RK_NEED_PUB,       /* the signer's public key */
    RK_NEED_CA,        /* whom the signer's certificate comes from */
    RK_NEED_CONTENT,   /* the file that a detached signature is over */
    RK_NEED_SCHEME,    /* of a bare signature */
    RK_NEED_CRL,       /* a revocation list of the signer's issuer, in date */
    RK_NEED_PARTITION, /* the image of a partition that the file vouches for */
    RK_NEED_IMAGE,     /* an image that stands outside of the package which certifies it */
    RK_NEED_NOTHING,   /* nothing that could be given: it is not filled in yet, or not readable */
    RK_NEEDS
};

/* ---- the map ---- */

struct rk_region {
    uint64_t offset, len; /* bytes in the file */
    char name[64];
    char note[192];   /* value or remark, "" when none; never a secret */
    bool has_ratchet; /* an anti-rollback value: a later release may not fall below it */
    uint64_t ratchet;
    enum rk_outcome outcome; /* by signatures where a signer was asked for, else by any guard */
    unsigned needs;          /* what would make it known: bit n for need n */
    bool loaded;    /* a consumer loads or obeys these bytes, so whoever signs must sign them */
    bool encrypted; /* these bytes, of a file whose parts are so one by one */
    bool nested;    /* the bytes may be a file of a format of its own */
    char nested_format[24];  /* which, once it has been recognised; "" else */
    struct rk_region *child; /* first child, inside this region */
    struct rk_region *next;  /* next sibling */
    struct rk_region *last;  /* of a first child: the last of its siblings */
};

enum rk_guard_kind { RK_GUARD_DIGEST, RK_GUARD_SIGNATURE };

/* A range that a digest or a signature covers. */
struct rk_guard {
    uint64_t offset, len;
    enum rk_guard_kind kind;
    char by[64]; /* "OuterDigest (SHA-512)", "OEM signature (RSA-3072)" */
};

/* A range of which it is known why nothing covers it. */
enum rk_mark_kind {
    RK_MARK_UNKNOWN, /* it was asked for and could not be checked */
    RK_MARK_FAILS,   /* it was compared and differs, or nothing that was checked covers it */
    RK_MARK_OPEN,    /* the format itself leaves it open */
    RK_MARK_CHECKED, /* it is a signature that was checked */
};
struct rk_mark {
    uint64_t offset, len;
    enum rk_mark_kind kind;
    enum rk_need need; /* of RK_MARK_UNKNOWN */
    char what[160];    /* "hash and GCM tag of the image" */
};

/* What a file is made of, as far as some firmware takes it and another does not. */
struct rk_fact {
    const char *format; /* whose rows of firmware judge it: a row name */
    uint64_t offset, len;
    char name[40];  /* "key of db" */
    char value[64]; /* "rsa2048" */
};

struct rk_map {
    const char *format; /* row name, e.g. "ekb" */
    struct rk_region *root;
    struct rk_guard *guard; /* each set by the code that did the comparing */
    size_t guard_count;
    struct rk_mark *mark;
    size_t mark_count;
    struct rk_fact *fact;
    size_t fact_count;
    struct rk_err *failed; /* the first comparison that does not hold; NULL: none */
    bool asks_signer;      /* somebody was named who must have signed */
    bool encrypted;        /* part of it can be seen with an encryption key alone */
    char integrity[192];   /* what was checked without a key: "digests ok", "MAC not checked: needs
                              the root key" */
    char signer[160];      /* what a signature was held against, "" when none was */
    char remark[RK_TRUST_REMARK]; /* what a person should know although all holds, "" for nothing */
};
void rk_map_done(struct rk_map *map);

void rk_map_json(const struct rk_map *map, struct rk_jv at);
/* The regions alone, in an array `key`. */
void rk_map_json_nodes(const struct rk_map *map, struct rk_jv at, const char *key);
/* A page of its own, no script and no link: the layout drawn to scale, and a table. */
enum rk_rc rk_map_html(const struct rk_map *map, const char *title, struct rk_bytes *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* The ranges that no signature covers: "0x0-0x43, 0x90-0xfbf", or "none". Cut at ret_size. */
void rk_map_unsigned(const struct rk_map *map, char *ret, size_t ret_size);
/* The same as an array `key` of objects with offset and length. */
enum rk_rc rk_map_json_open(const struct rk_map *map, struct rk_jv at, const char *key,
                            struct rk_err *err) RK_MUST_CHECK;
/* What is needed for all that could not be checked: bit n for need n. */
unsigned rk_map_needs(const struct rk_map *map);
/* An array "needs" of options, such as ["--key"]; nothing for 0. */
void rk_needs_json(unsigned needed, struct rk_jv at);
/*
 * RK_E_VERIFY when an anti-rollback value of `older` is above the one of the same path in `newer`,
 * or is gone from it.
 */
enum rk_rc rk_map_not_older(const struct rk_map *newer, const struct rk_map *older,
                            struct rk_err *err) RK_MUST_CHECK;
/*
 * Whether the anti-rollback values can be believed: RK_E_UNKNOWN, with a mark for each that no
 * signature covers that was checked. need: what would show that it is signed.
 */
enum rk_rc rk_map_believe_ratchets(struct rk_map *map, enum rk_need need,
                                   struct rk_err *err) RK_MUST_CHECK;

/* ---- firmware ---- */

/*
 * What a firmware takes of a format: of each fact of this name a value that `taken` lists. A file
 * can agree with its format and be refused by the firmware of the board.
 */
struct rk_demand {
    const char *firmware; /* "edk2"; NULL ends the list */
    const char *fact;     /* "key of db" */
    const char *taken;    /* values between spaces; "rsa*": any that begins so; "": none */
    const char *rule;     /* what the firmware does: "it verifies by RSA alone" */
    const char *option;   /* of the firmware's build, which lifts this; NULL: none does */
};
/* Calls `tell` for each of every format, in table order. */
void rk_firmware_rules(const rk_ctx *ctx,
                       void (*tell)(void *arg, const char *format, const struct rk_demand *demand),
                       void *arg);

/* ---- operations ---- */

/* Parts whose names begin so say whose signatures are allowed or forbidden: db and dbx. */
#define RK_PART_SIGNERS "uefi-db"
struct rk_input { /* a file under a name: "payload", "mb1/35.3.1" */
    const char *name;
    const uint8_t *p;
    size_t len;
};
struct rk_setting {
    const char *name, *value;
};
struct rk_request_key {
    const char *role;      /* "" for the main key, else one of the row's roles */
    EVP_PKEY *pub;         /* the public half is all that the formats see */
    enum rk_scheme scheme; /* RK_SCHEME_NONE: what the format takes for this key */
};

/*
 * What of a request an operation has looked at. What was given and is looked at by nothing would be
 * taken without effect: it is refused.
 */
enum { RK_HEEDED_MAX = 256 };
struct rk_heeded {
    bool setting[RK_HEEDED_MAX], part[RK_HEEDED_MAX]; /* by their places in the request */
    bool secret, scheme, time, reproducible;
};

/* What an operation gets beside the file itself. Everything is borrowed. */
struct rk_request {
    const rk_ctx *ctx;
    const struct rk_input *part;
    size_t part_count;
    const struct rk_setting *setting;
    size_t setting_count;
    const struct rk_request_key *key; /* the main key first */
    size_t key_count;
    const struct rk_bytes *cert;    /* PEM, the signer's certificate first; NULL when not given */
    const rk_trust *trust;          /* verify: whom to trust; NULL when not given */
    const struct rk_secret *secret; /* encrypt, verify of what is encrypted, build; NULL */
    /* verify, set by the engine: nobody is asked for, the signature is compared with the key or
     * certificate that stands beside it. */
    bool own_signer;
    /*
     * The firmware that will take the file, "NAME[+OPTION...]" each: what it does not take is
     * refused, also by verify. None: what one of the usual ones does not take is warned of when it
     * is made.
     */
    const char *const *firmware;
    size_t firmware_count;
    int64_t now;       /* seconds since 1970 */
    bool now_given;    /* somebody named it */
    bool reproducible; /* IVs derived from key and content instead of drawn (design.md, rule 4) */
    /*
     * NULL: each operation refuses what it does not heed itself. Else it is told here, by a caller
     * who has one request for several operations and asks rk_request_heeded behind them all.
     */
    struct rk_heeded *heeded;
};
/* RK_E_USAGE for the first setting that no operation has heeded. verb: for the message. */
enum rk_rc rk_request_heeded(const char *format, const char *verb, const struct rk_request *request,
                             struct rk_err *err) RK_MUST_CHECK;

/* One act of signing: what a key signs, and why. */
struct rk_sign_request {
    char role[32]; /* which key, "" the main one */
    char what[96]; /* "bytes 0xfc0 to 0x2000 of the header" */
    enum rk_scheme scheme;
    struct rk_bytes message;
};
enum { RK_SIGN_REQUESTS_MAX = 40 };
struct rk_sign_requests {
    struct rk_sign_request item[RK_SIGN_REQUESTS_MAX];
    size_t count;
};
void rk_sign_requests_done(struct rk_sign_requests *requests);

/* What a row takes, for help, completion and checks. */
struct rk_part_row {
    const char *name; /* NULL ends the list; "*" takes any name */
    bool required, many;
    const char *help;
};
struct rk_setting_row {
    const char *name; /* NULL ends the list */
    const char *def;  /* NULL: none */
    const char *help;
};
struct rk_format_info {
    const char *name, *title;
    const struct rk_part_row *parts;       /* may be NULL */
    const struct rk_setting_row *settings; /* may be NULL */
    const char *const *roles;              /* keys beside the main one; NULL-terminated or NULL */
    bool builds, signs, encrypts, checks;
    bool maps;           /* has a parser: inspect and the rollback check know it */
    bool encrypts_first; /* the signature covers the ciphertext */
    bool fused_key;      /* signed by the key whose PublicKeyHash is in the fuses */
    bool needs_cert;     /* signed with a certificate */
    bool payload_key;    /* encrypted under the user key that the key blob carries as tag 1 */
    bool detaches;       /* a signature may stand in a file of its own */
};
/* Row i in table order; false past the end. */
bool rk_format_at(const rk_ctx *ctx, size_t i, struct rk_format_info *ret);
/* RK_E_USAGE "unknown format", with the known names. */
enum rk_rc rk_format_find(const rk_ctx *ctx, const char *name, struct rk_format_info *ret,
                          struct rk_err *err) RK_MUST_CHECK;

/*
 * All of these refuse parts and settings that the row does not have (RK_E_USAGE, with the known
 * ones), and an operation that the row cannot do, with its reason. What build, attach and encrypt
 * made is read back by the format's own parser before it is handed out.
 */
/* Whether what build makes of this request carries request->secret, and so is a secret itself. */
bool rk_format_keeps_secret(const char *format, const struct rk_request *request);
enum rk_rc rk_format_build(const char *format, const struct rk_request *request,
                           struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Whether what build or attach makes of the request is no file of the format: a bare signature, a
 * device tree with a key in it. Nothing reads it back, and no format verifies it.
 */
bool rk_format_makes_bare(const char *format, const struct rk_request *request);
/* What is to be signed, in order. The same request gives the same requests. */
enum rk_rc rk_format_to_sign(const char *format, const struct rk_request *request,
                             const uint8_t *file, size_t len, struct rk_sign_requests *ret,
                             struct rk_err *err) RK_MUST_CHECK;
/*
 * Puts the signatures (as rk_signer_sign makes them, one a request) in place, after holding each
 * against its public key: RK_E_VERIFY.
 */
enum rk_rc rk_format_attach(const char *format, const struct rk_request *request,
                            const uint8_t *file, size_t len, const struct rk_bytes *signatures,
                            size_t count, struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/* To-sign, sign, attach. signer[i] belongs to request->key[i]. */
enum rk_rc rk_format_sign(const char *format, const struct rk_request *request,
                          rk_signer *const *signer, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * The same with a book of signatures: *ret stays empty when some are wanted, which are added to
 * by->wants then.
 */
struct rk_signing {
    rk_signer *const *signer; /* signer[i] belongs to request->key[i] */
    rk_sigbook *book;         /* NULL: none; keys sign */
    struct rk_wants *wants;   /* with a book */
};
enum rk_rc rk_format_sign_by(const char *format, const struct rk_request *request,
                             const struct rk_signing *by, const uint8_t *file, size_t len,
                             struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_format_encrypt(const char *format, const struct rk_request *request,
                             const uint8_t *file, size_t len, struct rk_bytes *ret,
                             struct rk_err *err) RK_MUST_CHECK;
/*
 * Whether what the BSP's own tool made of `prepared` (encrypted under the SBK, signed) can be
 * right, as far as public material tells. RK_E_VERIFY; RK_E_USAGE for a format without such a
 * layer.
 */
enum rk_rc rk_format_check_handback(const rk_ctx *ctx, const char *format,
                                    const struct rk_bytes *prepared, const struct rk_bytes *back,
                                    struct rk_err *err) RK_MUST_CHECK;
/*
 * Parses (format NULL: found by content) and checks everything that needs no key; with a key or a
 * trust in the request also who signed: RK_E_VERIFY when nothing is signed, another signed, or
 * bytes that a consumer loads are covered by no signature that was checked. RK_E_UNKNOWN when
 * nothing is wrong so far, but something that was asked could not be checked: its marks say what,
 * and what is needed. RK_E_FORMAT, RK_E_USAGE. The map is handed out whenever the file could be
 * parsed, whatever the answer is; else *ret is left as it was.
 */
enum rk_rc rk_format_verify(const char *format, const struct rk_request *request,
                            const uint8_t *file, size_t len, struct rk_map *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/*
 * Finds the format by content and parses; RK_E_FORMAT "unknown format" when no row knows it.
 * RK_E_VERIFY when something in it does not hold: it is drawn all the same, and the map handed out.
 */
enum rk_rc rk_format_inspect(const rk_ctx *ctx, const uint8_t *file, size_t len, struct rk_map *ret,
                             struct rk_err *err) RK_MUST_CHECK;
