/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to the request that a format's operation takes: files read, keys opened. */
#pragma once

#include "cli/opt.h"

#include "rotkit/format.h"

enum { REQUEST_PARTS_MAX = 256, REQUEST_KEYS_MAX = 8 };

/* What the options say. pack, sign, encrypt and verify each bind those that they have. */
struct request_args {
    struct opt_list set; /* NAME=VALUE */
    char *const *parts;  /* NAME=FILE */
    size_t part_count;
    const char *key;         /* the main key, which signs */
    const char *pub;         /* the same, public only */
    struct opt_list key_for; /* ROLE=URI */
    const char *passphrase;  /* of the keys */
    const char *scheme;
    const char *cert;
    const struct opt_list *ca, *anchor; /* whom to trust; NULL: nobody is named */
    const struct opt_list *db, *dbx; /* UEFI's lists of who is allowed and forbidden; NULL: none */
    const struct opt_list *crl;      /* revocation lists; NULL: none */
    const struct opt_list *allow_weak; /* names; NULL: none */
    const struct opt_list *firmware;   /* "NAME[+OPTION...]"; NULL: none */
    const char *at;                    /* what certificates are judged by; NULL: now */
    const char *secret;                /* a symmetric key */
    bool reproducible;
    const char *to_sign, *attach; /* folder of a signing round; at most one of them */
};

struct request {
    const struct app *app;
    struct rk_request core; /* points into the rest */
    struct rk_input part[REQUEST_PARTS_MAX];
    struct rk_bytes file[REQUEST_PARTS_MAX];
    char *name[REQUEST_PARTS_MAX];
    struct rk_setting setting[OPT_LIST_MAX];
    char *setting_name[OPT_LIST_MAX];
    struct rk_request_key key[REQUEST_KEYS_MAX];
    char *role[REQUEST_KEYS_MAX];
    rk_signer *signer[REQUEST_KEYS_MAX];
    struct rk_bytes cert;
    rk_trust *trust;
    struct rk_secret secret;
    rk_sigbook *book; /* NULL: keys sign */
    struct rk_wants wants;
};
/* --allow-weak of a run, before threads use the context; names NULL: nothing is allowed. */
enum rk_rc request_allow_weak(const struct app *app, const struct opt_list *names,
                              struct rk_err *err) RK_MUST_CHECK;
/* Names what was weak and taken, in a note. */
void request_tell_weak(const struct app *app);
/* On the heap, since it is large and points into itself. */
enum rk_rc request_open(const struct app *app, const struct request_args *args,
                        struct request **ret, struct rk_err *err) RK_MUST_CHECK;
bool request_names(const struct opt_list *list); /* anything */
void request_done(struct request **request);     /* for RK_AUTO */

/* The largest file that a format operation reads. */
enum { REQUEST_FILE_MAX = 1 << 30 };
/*
 * IN of the operands (FORMAT IN) by `change`, to out: what sign and encrypt are. The error names
 * IN. When `change` leaves its result empty, signatures are wanted: a round is written instead.
 */
enum rk_rc request_change(const struct app *app, const struct request_args *args,
                          const struct operands *operands, const char *out,
                          enum rk_rc (*change)(const char *format, struct request *request,
                                               const struct rk_bytes *file, struct rk_bytes *ret,
                                               struct rk_err *err),
                          struct rk_err *err) RK_MUST_CHECK;
/* The map as a page of HTML; nothing with --dry-run. */
enum rk_rc request_write_page(const struct app *app, const struct rk_map *map, const char *title,
                              const char *path, struct rk_err *err) RK_MUST_CHECK;
/* Writes the product of pack, sign or encrypt; nothing with --dry-run. */
enum rk_rc request_write(const struct app *app, const char *out, const struct rk_bytes *made,
                         struct rk_err *err) RK_MUST_CHECK;
/* The same, for its owner alone: a key stands in it. */
enum rk_rc request_write_secret(const struct app *app, const char *out, const struct rk_bytes *made,
                                struct rk_err *err) RK_MUST_CHECK;
/* With --json: what was made, for scripts: file, format, size. */
enum rk_rc request_tell_made(const struct app *app, const char *format, const char *out,
                             const struct rk_bytes *made, struct rk_err *err) RK_MUST_CHECK;
/* Standard output takes the image or JSON, not both. out may be NULL. */
enum rk_rc request_check_output(const struct app *app, const char *out,
                                struct rk_err *err) RK_MUST_CHECK;
/*
 * With --to-sign or --attach: the book of signatures of a round over `file`, request->book; NULL
 * else. The end of it: what request->wants has goes into the folder.
 */
enum rk_rc request_open_book(const struct app *app, const struct request_args *args,
                             const struct rk_bytes *file, struct request *request,
                             struct rk_err *err) RK_MUST_CHECK;
enum rk_rc request_end_round(const struct app *app, const struct request_args *args,
                             struct request *request, struct rk_err *err) RK_MUST_CHECK;

/* What a format or target takes, for its list. */
void request_json_rows(struct rk_jv at, const struct rk_part_row *parts,
                       const struct rk_setting_row *settings);
void request_text_rows(FILE *to, const struct rk_part_row *parts,
                       const struct rk_setting_row *settings);
/* The table of formats for `--formats`: what each takes. */
enum rk_rc request_print_formats(const struct app *app, struct rk_err *err) RK_MUST_CHECK;
