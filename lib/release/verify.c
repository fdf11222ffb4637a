/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a release as a stranger would: from its bytes and public material alone. */
#include "release/verifying.h"

#include "base/beneath.h"
#include "release/index.h"
#include "rotkit/certs.h"
#include "rotkit/counted.h"
#include "rotkit/format.h"
#include "rotkit/ledger.h"
#include "rotkit/public.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void verifying_done(struct rk_verifying *v)
{
    rk_trust_free(v->trust);
    sk_X509_pop_free(v->chain, X509_free);
}

static void leave_out(struct rk_verifying *v, const char *folder)
{
    char *to = v->view->report.left_out;
    size_t used = strlen(to);

    (void)snprintf(to + used, sizeof v->view->report.left_out - used, "%s%s", used == 0 ? "" : ", ",
                   folder);
}

/* The folders below `top` against the buckets of a list: the same, by name. */
static enum rk_rc compare_buckets(const struct rk_verifying *v, struct rk_jv buckets,
                                  const char *top, const char *const *but, const char *index,
                                  struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names below = { .name = NULL };
    RK_AUTO(rk_names_done) struct rk_names standing = { .name = NULL };
    RK_AUTO(rk_names_done) struct rk_names named = { .name = NULL };
    char path[RK_PATH_MAX];
    size_t len = strlen(top);

    if (rk_beneath_list(v->view->root, top, RK_BUCKETS_MAX, &below, err))
        return err->rc;
    for (size_t i = 0; i < below.count; i++) {
        bool bucket = true;

        for (size_t k = 0; but[k] != NULL; k++)
            bucket = bucket && strcmp(but[k], below.name[i]) != 0;
        (void)snprintf(path, sizeof path, "%s/%s", top, below.name[i]);
        if (bucket && rk_names_add(&standing, RK_BUCKETS_MAX, path, err))
            return err->rc;
    }
    for (size_t i = 0; i < rk_json_count(buckets); i++) {
        const char *name = rk_json_str(rk_json_get(rk_json_at(buckets, i), "path"));
        char at[16], bucket[32];

        if (name == NULL || !rk_bucket_split(name, at, bucket))
            return rk_fail(err, RK_E_VERIFY, "%s: bucket %zu is malformed", index, i + 1);
        (void)snprintf(path, sizeof path, "%s/%s", at, bucket);
        if (strncmp(path, top, len) == 0 && path[len] == '/' &&
            rk_names_add(&named, RK_BUCKETS_MAX, path, err))
            return err->rc;
    }
    return rk_named_compare(&standing, &named, index, err);
}

/* Every bucket of release.json is below one of these. */
static const char *const bucket_tops[] = { "devices", "handover" };
enum { BUCKET_TOPS = sizeof bucket_tops / sizeof bucket_tops[0] };

static enum rk_rc check_tops(struct rk_jv buckets, struct rk_err *err)
{
    for (size_t i = 0; i < rk_json_count(buckets); i++) {
        const char *path = rk_json_str(rk_json_get(rk_json_at(buckets, i), "path"));
        char top[16], bucket[32];

        if (path == NULL || !rk_bucket_split(path, top, bucket) ||
            (strcmp(top, bucket_tops[0]) != 0 && strcmp(top, bucket_tops[1]) != 0))
            return rk_fail(err, RK_E_VERIFY, "release.json: bucket %zu is malformed", i + 1);
    }
    return RK_OK;
}

/* An archive leaves what is handed to the OEM out, as a whole; *ret NULL: it is here. */
static enum rk_rc find_left_out(struct rk_verifying *v, struct rk_jv buckets, const char **ret,
                                struct rk_err *err)
{
    static const char folder[] = "handover/";
    enum rk_beneath_kind kind;
    bool named = false;

    for (size_t i = 0; i < rk_json_count(buckets); i++)
        named = named || strncmp(rk_json_str(rk_json_get(rk_json_at(buckets, i), "path")), folder,
                                 sizeof folder - 1) == 0;
    if (!named || v->staged)
        return RK_OK;
    if (rk_beneath_kind_of(v->view->root, "handover", &kind, err))
        return err->rc;
    if (kind != RK_BENEATH_MISSING)
        return RK_OK;
    leave_out(v, "handover");
    *ret = "handover";
    return RK_OK;
}

static enum rk_rc check_buckets(struct rk_verifying *v, struct rk_err *err)
{
    static const char *const none[] = { NULL };
    struct rk_jv buckets = v->view->tree.buckets;
    struct rk_bucket_list list = { .named = buckets };
    uint64_t devices = 0;

    if (check_tops(buckets, err) || find_left_out(v, buckets, &list.but, err) ||
        rk_verifying_buckets(v, &list, &devices, err))
        return err->rc;
    for (size_t i = 0; i < BUCKET_TOPS; i++) {
        if (list.but != NULL && strcmp(list.but, bucket_tops[i]) == 0)
            continue;
        if (compare_buckets(v, buckets, bucket_tops[i], none, "release.json", err))
            return err->rc;
    }
    return devices == v->stated
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "%s stand here, release.json says %" PRIu64,
                         RK_COUNTED(devices, "device"), v->stated);
}

/* ---- secrets ---- */

/* A release from before: the buckets' own indices are all there is. */
static enum rk_rc check_unnamed_secrets(struct rk_verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    const struct rk_bucket_list list = { .top = "secrets", .standing = &names };
    uint64_t none = 0;

    rk_verifying_unchecked(v, 0,
                           "secrets/: the release is of a rotkit that signed no " RK_SECRETS_INDEX
                           ": build it again");
    if (rk_beneath_list(v->view->root, "secrets", RK_BUCKETS_MAX, &names, err))
        return err->rc;
    return rk_verifying_buckets(v, &list, &none, err);
}

static enum rk_rc check_secrets(struct rk_verifying *v, struct rk_err *err)
{
    static const char *const but[] = { "index.json", "index.json.sig", NULL };
    struct rk_release_view *view = v->view;
    struct rk_jv head = rk_json_root(view->doc);
    const char *stated = rk_json_str(rk_json_get(head, "secrets"));
    enum rk_beneath_kind kind;
    struct rk_bucket_list list = { .top = NULL };
    uint64_t none = 0;

    if (rk_beneath_kind_of(view->root, "secrets", &kind, err))
        return err->rc;
    if (kind == RK_BENEATH_MISSING) {
        if (stated != NULL && strcmp(stated, "none") != 0)
            leave_out(v, "secrets");
        return RK_OK;
    }
    if (stated != NULL && strcmp(stated, "none") == 0)
        return rk_fail(err, RK_E_VERIFY,
                       "\"secrets\" stands here, release.json says there are "
                       "none");
    if (rk_release_read_secrets(view, err))
        return err->rc;
    if (view->secrets_doc == NULL)
        return rk_json_get(head, "secrets_index").v == NULL
                   ? check_unnamed_secrets(v, err)
                   : rk_fail(err, RK_E_VERIFY, "\"" RK_SECRETS_INDEX "\" is missing");
    list.named = view->secrets.buckets;
    return compare_buckets(v, list.named, "secrets", but, "\"" RK_SECRETS_INDEX "\"", err) ||
                   rk_verifying_buckets(v, &list, &none, err)
               ? err->rc
               : RK_OK;
}

/* ---- the ledger's checkpoint ---- */

static enum rk_rc check_checkpoint(struct rk_verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint checkpoint = { .size = 0 };
    struct rk_release_view *view = v->view;
    struct rk_jv head = rk_json_root(view->doc);
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;

    if (rk_json_get(head, "checkpoint_key").v == NULL) {
        rk_verifying_unchecked(v, 0, RK_CHECKPOINT ": release.json names no checkpoint key");
        return RK_OK;
    }
    if (rk_json_want_bytes(head, "checkpoint_key", 4096, &spki, err) ||
        rk_public_from_bytes(v->ctx, spki.p, spki.len, &key, err)) {
        err->rc = err->rc == RK_E_KEY ? RK_E_VERIFY : err->rc;
        return rk_wrap(err, "release.json: checkpoint_key");
    }
    return rk_checkpoint_read(v->ctx, view->checkpoint.p, view->checkpoint.len,
                              rk_public_signer(key), &checkpoint, err)
               ? rk_wrap(err, "\"" RK_CHECKPOINT "\"")
               : RK_OK;
}

/* Nothing but the checkpoint stands below ledger/. */
static enum rk_rc check_ledger(struct rk_verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    struct rk_release_view *view = v->view;

    if (rk_beneath_list(view->root, "ledger", RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.name[i], "checkpoint.json") != 0)
            return rk_fail(err, RK_E_VERIFY, "\"ledger/%s\" is no checkpoint of the ledger",
                           names.name[i]);
    }
    if (names.count == 0) {
        if (!v->staged && rk_json_get(rk_json_root(view->doc), "checkpoint_key").v != NULL)
            leave_out(v, "ledger");
        return RK_OK;
    }
    if (rk_beneath_read(view->root, RK_CHECKPOINT, RK_INDEX_FILE_MAX, &view->checkpoint, err))
        return err->rc;
    return check_checkpoint(v, err);
}

/* ---- what stands beside the buckets ---- */

/* clang-format off */
static const char *const top_names[] = { "ca", "devices", "handover", "images", "ledger", "release.json", RK_RELEASE_SIG, "secrets" };
/* clang-format on */

static bool belongs(const struct rk_verifying *v, const char *name)
{
    if (v->staged && (strcmp(name, RK_JOURNAL_NAME) == 0 || strcmp(name, RK_KEPT) == 0))
        return true;
    for (size_t k = 0; k < sizeof top_names / sizeof top_names[0]; k++) {
        if (strcmp(top_names[k], name) == 0)
            return true;
    }
    return false;
}

/* A folder is named by the files in it: an empty one is named by nothing. */
static enum rk_rc check_not_empty(const char *root, const char *name, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names below = { .name = NULL };
    enum rk_beneath_kind kind;

    if (rk_beneath_kind_of(root, name, &kind, err))
        return err->rc;
    if (kind != RK_BENEATH_FOLDER)
        return RK_OK;
    if (rk_beneath_list(root, name, RK_BUCKETS_MAX, &below, err))
        return err->rc;
    return below.count == 0 ? rk_bucket_fail_empty(name, err) : RK_OK;
}

static enum rk_rc check_top(const struct rk_verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    const char *root = v->view->root;

    if (rk_beneath_list(root, "", RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        if (!belongs(v, names.name[i]))
            return rk_fail(err, RK_E_VERIFY, "\"%s\" does not belong into a release",
                           names.name[i]);
        if (!v->staged && check_not_empty(root, names.name[i], err))
            return err->rc;
    }
    return RK_OK;
}

/* Where files outside the buckets may stand. */
static const char *const loose[] = { "ca", "images" };
enum { LOOSE = sizeof loose / sizeof loose[0] };

/* "ca/x" for top "ca", with nothing deeper. */
static bool stands_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    return path != NULL && strncmp(path, top, len) == 0 && path[len] == '/' &&
           strchr(path + len + 1, '/') == NULL;
}

static enum rk_rc list_loose(const struct rk_verifying *v, struct rk_names *ret, struct rk_err *err)
{
    for (size_t k = 0; k < LOOSE; k++) {
        RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
        char path[RK_PATH_MAX];

        if (rk_beneath_list(v->view->root, loose[k], RK_BUCKET_ENTRIES_MAX, &names, err))
            return err->rc;
        for (size_t i = 0; i < names.count; i++) {
            (void)snprintf(path, sizeof path, "%s/%s", loose[k], names.name[i]);
            if (rk_names_add(ret, SIZE_MAX, path, err))
                return err->rc;
        }
    }
    return RK_OK;
}

/* The files outside the buckets: release.json names each one, and nothing else is there. */
static enum rk_rc check_files(struct rk_verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names standing = { .name = NULL };
    RK_AUTO(rk_names_done) struct rk_names named = { .name = NULL };
    struct rk_jv files = rk_json_get(rk_json_root(v->view->doc), "files");
    struct rk_counting c = { .v = v, .is_main = true };

    for (size_t i = 0; i < rk_json_count(files); i++) {
        struct rk_jv entry = rk_json_at(files, i);
        const char *path = rk_json_str(rk_json_get(entry, "path"));
        struct rk_named one;
        size_t k = 0;

        while (k < LOOSE && !stands_below(path, loose[k]))
            k++;
        if (k == LOOSE)
            return rk_fail(err, RK_E_VERIFY, "release.json: file %zu is none of ca/ or images/",
                           i + 1);
        if (rk_named_of(entry, loose[k], &one, err) || rk_verifying_entry(&c, &one, err) ||
            rk_names_add(&named, SIZE_MAX, one.path, err))
            return err->rc;
    }
    v->view->report.files += c.files;
    return list_loose(v, &standing, err) || rk_named_compare(&standing, &named, "release.json", err)
               ? err->rc
               : RK_OK;
}

/* ---- all of it ---- */

enum rk_rc rk_release_read_head(struct rk_release_view *view, EVP_PKEY *pub, struct rk_err *err)
{
    uint64_t version = 0;

    if (rk_beneath_read(view->root, "release.json", RK_RELEASE_JSON_MAX, &view->text, err))
        return err->rc;
    if (rk_json_parse(view->text.p, view->text.len, &view->doc, err))
        return rk_wrap(err, "release.json");
    if (!rk_json_u64(rk_json_get(rk_json_root(view->doc), "rotkit_release"), &version) ||
        version != 1)
        return rk_fail(err, RK_E_FORMAT, "release.json: not of version 1");
    view->tree = (struct rk_tree) {
        .root = view->root,
        .buckets = rk_json_get(rk_json_root(view->doc), "buckets"),
    };
    return rk_release_verify_signature(view, pub, err);
}

static enum rk_rc check_origin(const struct rk_verifying *v, const struct rk_bytes *pem,
                               struct rk_err *err)
{
    const struct rk_trust_question question = { .use = RK_CERT_CA,
                                                .when = v->now,
                                                .timeless = true };

    if (v->asked->trust == NULL)
        return RK_OK;
    if (pem->p == NULL)
        return rk_fail(err, RK_E_VERIFY, "no ca/chain.pem: the release certifies no EK");
    if (rk_trust_check_chain(v->asked->trust, pem, &question, err)) {
        (void)rk_wrap(err, "\"ca/chain.pem\"");
        if (err->rc != RK_E_UNKNOWN)
            return err->rc;
        rk_verifying_unchecked(v, 1U << RK_NEED_CRL, err->msg);
    }
    if (!v->view->report.is_signed)
        return rk_fail(err, RK_E_VERIFY, "the release is not signed");
    if (v->asked->pub == NULL)
        rk_verifying_unchecked(
            v, 1U << RK_NEED_PUB,
            "could not be checked: who signed the release: needs its key: --pub");
    return RK_OK;
}

/* Once: what is compared with its digest is what the certificates are held against. */
static enum rk_rc read_chain(struct rk_verifying *v, struct rk_err *err)
{
    struct rk_jv files = rk_json_get(rk_json_root(v->view->doc), "files");
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    struct rk_named named;

    if (rk_named_find(files, "ca/chain.pem", &named) &&
        rk_named_read(v->view->root, &named, &pem, err))
        return err->rc;
    if (pem.p != NULL && (rk_trust_open_chain(v->ctx, &pem, &v->trust, err) ||
                          rk_certs_read(pem.p, pem.len, RK_CHAIN_MAX, &v->chain, err))) {
        err->rc = err->rc == RK_E_FORMAT ? RK_E_VERIFY : err->rc;
        return rk_wrap(err, "\"ca/chain.pem\"");
    }
    return check_origin(v, &pem, err);
}

enum rk_rc rk_release_verify_into(const rk_ctx *ctx, const char *path, bool staged,
                                  const struct rk_release_asked *asked, struct rk_release_view *ret,
                                  struct rk_err *err)
{
    static const struct rk_release_asked nothing = { .pub = NULL };
    RK_AUTO(verifying_done)
    struct rk_verifying v = { .ctx = ctx, .staged = staged, .view = ret };
    int n = snprintf(ret->root, sizeof ret->root, "%s", path);

    ret->ctx = ctx;
    v.asked = asked == NULL ? &nothing : asked;
    if (n < 0 || (size_t)n >= sizeof ret->root)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    v.now = v.asked->when;
    if (rk_release_read_head(ret, v.asked->pub, err) ||
        (v.now == 0 && rk_clock_now(ctx, &v.now, err)) || read_chain(&v, err))
        return err->rc;
    (void)rk_json_u64(rk_json_get(rk_json_root(ret->doc), "devices"), &v.stated);
    ret->report.devices = v.stated;
    return check_top(&v, err) || check_ledger(&v, err) || check_files(&v, err) ||
                   check_buckets(&v, err) || check_secrets(&v, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc verify(const rk_ctx *ctx, const char *path, bool staged,
                         const struct rk_release_asked *asked, struct rk_release_report *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_release_view_done) struct rk_release_view view = { .doc = NULL };

    if (rk_release_verify_into(ctx, path, staged, asked, &view, err))
        return err->rc;
    *ret = view.report;
    return RK_OK;
}

enum rk_rc rk_release_verify(const rk_ctx *ctx, const char *path,
                             const struct rk_release_asked *asked, struct rk_release_report *ret,
                             struct rk_err *err)
{
    return verify(ctx, path, false, asked, ret, err);
}

enum rk_rc rk_release_verify_staged(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                    struct rk_err *err)
{
    const struct rk_release_asked asked = { .pub = pub };
    struct rk_release_report report;

    return verify(ctx, path, true, &asked, &report, err);
}
