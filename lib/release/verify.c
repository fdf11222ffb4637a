/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a release as a stranger would: from its bytes and public material alone. */
#include "release/release.h"

#include "base/digest.h"
#include "base/folder.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/workers.h"
#include "rotkit/ctx.h"
#include "rotkit/ek.h"
#include "rotkit/ekcert.h"
#include "rotkit/format.h"
#include "rotkit/hex.h"
#include "release/index.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct verifying {
    const rk_ctx *ctx;
    bool staged; /* not published yet: the journal still stands beside the rest */
    const char *root;
    rk_trust *trust; /* by ca/chain.pem; NULL when the release has none */
    int64_t now;
    struct rk_release_report report;
    uint64_t devices; /* that were found; release.json says how many in report */
    rk_json *device;  /* device.json of the device at hand: it sorts before the certificates */
};

static void verifying_done(struct verifying *v)
{
    rk_trust_free(v->trust);
    rk_json_free(v->device);
}

/* A path of an index stays below the root and is written one way only. */
static bool path_is_plain(const char *path)
{
    return path[0] != '/' && path[0] != '\0' && strstr(path, "..") == NULL &&
           strstr(path, "//") == NULL && strstr(path, "/./") == NULL;
}

static enum rk_rc read_below(const struct verifying *v, const char *path, size_t max,
                             struct rk_bytes *ret, struct rk_err *err)
{
    char full[RK_PATH_MAX];

    if (!path_is_plain(path))
        return rk_fail(err, RK_E_VERIFY, "path \"%s\" leaves the release", path);
    if (rk_path_join(v->root, path, full, sizeof full, err))
        return err->rc;
    if (!rk_tree_exists(full))
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is missing", path);
    if (!rk_tree_is_file(full))
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is no file", path);
    return rk_file_read(full, max, ret, err);
}

static enum rk_rc check_digest(const struct rk_bytes *bytes, const char *path, const char *want,
                               struct rk_err *err)
{
    uint8_t digest[32];
    char text[65];

    if (rk_sha256(bytes->p, bytes->len, digest, err))
        return err->rc;
    rk_hex_write(digest, sizeof digest, text);
    if (want == NULL || strcmp(want, text) != 0)
        return rk_fail(err, RK_E_VERIFY, "\"%s\": SHA-256 is %s, the index says %s", path, text,
                       want == NULL ? "nothing" : want);
    return RK_OK;
}

static enum rk_rc check_format(const struct verifying *v, const struct rk_role_row *row,
                               const struct rk_bytes *bytes, struct rk_err *err)
{
    struct rk_map map = { .root = NULL };
    bool right;

    if (rk_format_inspect(v->ctx, bytes->p, bytes->len, &map, err)) {
        err->rc = err->rc == RK_E_FORMAT ? RK_E_VERIFY : err->rc;
        return err->rc;
    }
    right = strcmp(map.format, row->format) == 0;
    if (!right)
        (void)rk_fail(err, RK_E_VERIFY, "format is %s, expected %s", map.format, row->format);
    rk_map_done(&map);
    return right ? RK_OK : err->rc;
}

/* The public area that device.json states, which TPMs and services know the EK by, has this key. */
static enum rk_rc check_public_area(const struct verifying *v, struct rk_jv ek,
                                    const struct rk_bytes *spki, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes public = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes stated = RK_BYTES_NONE;
    const char *hex = rk_json_str(rk_json_get(ek, "public_tpm2b"));
    size_t len = hex == NULL ? 0 : strlen(hex);

    if (rk_bytes_new(len / 2, &public, err) ||
        (hex != NULL && rk_hex_read(hex, len, public.p, public.len, err)))
        return rk_wrap(err, "public_tpm2b");
    if (rk_ek_public_spki(v->ctx, &public, &stated, err) == RK_E_NOMEM)
        return err->rc;
    return rk_bytes_equal(&stated, spki)
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY,
                         "the certificate is for another key than public_tpm2b in device.json");
}

/* The certificate is for the key that device.json states; one without a statement is not judged. */
static enum rk_rc check_certified_key(const struct verifying *v, const char *template_name,
                                      const struct rk_bytes *bytes, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    struct rk_jv eks = rk_json_get(rk_json_root(v->device), "ek");

    if (rk_ekcert_spki(bytes->p, bytes->len, &spki, err))
        return err->rc;
    for (size_t i = 0; i < rk_json_count(eks); i++) {
        struct rk_jv ek = rk_json_at(eks, i);
        const char *name = rk_json_str(rk_json_get(ek, "template"));

        if (name == NULL || strcasecmp(name, template_name) != 0)
            continue;
        return check_digest(&spki, "public key of the certificate",
                            rk_json_str(rk_json_get(ek, "spki_sha256")), err)
                   ? err->rc
                   : check_public_area(v, ek, &spki, err);
    }
    return RK_OK;
}

static enum rk_rc keep_device(struct verifying *v, const struct rk_bytes *bytes, struct rk_err *err)
{
    rk_json_free(v->device);
    v->device = NULL;
    return rk_json_parse(bytes->p, bytes->len, &v->device, err);
}

static enum rk_rc check_content(struct verifying *v, const struct rk_role_row *row,
                                const struct rk_bytes *bytes, struct rk_err *err)
{
    const struct rk_ek_template *tpl = rk_role_template(row->role);

    if (strcmp(row->role, rk_role_device.role) == 0)
        return keep_device(v, bytes, err);
    if (tpl == NULL)
        return RK_OK;
    if (check_certified_key(v, rk_ek_template_name(tpl), bytes, err))
        return err->rc;
    if (v->trust == NULL)
        return rk_fail(err, RK_E_VERIFY, "no ca/chain.pem to hold it against");
    v->report.certificates++;
    return rk_ekcert_verify(v->trust, bytes->p, bytes->len, v->now, err);
}

static enum rk_rc check_image(struct verifying *v, struct rk_jv entry, const char *path,
                              const struct rk_bytes *bytes, struct rk_err *err)
{
    size_t used = strlen(v->report.sealed);
    bool encrypted = false;

    v->report.images++;
    if (rk_image_verify(v->ctx, v->root, entry, bytes, &encrypted, err))
        return rk_wrap(err, "\"%s\"", path);
    if (encrypted)
        (void)snprintf(v->report.sealed + used, sizeof v->report.sealed - used, "%s%s",
                       used == 0 ? "" : ", ", path);
    return RK_OK;
}

/* One entry of an index: {path, role, size, sha256}. */
static enum rk_rc check_entry(struct verifying *v, struct rk_jv entry, const char *below,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    const char *path = rk_json_str(rk_json_get(entry, "path"));
    const char *role = rk_json_str(rk_json_get(entry, "role"));
    struct rk_role_row row;
    bool known = role != NULL && rk_role_find(v->ctx, role, &row);

    if (path == NULL || role == NULL || strncmp(path, below, strlen(below)) != 0)
        return rk_fail(err, RK_E_VERIFY, "an index entry names no file below \"%s\"", below);
    if (read_below(v, path, strcmp(role, "image") == 0 ? RK_IMAGE_FILE_MAX : RK_INDEX_FILE_MAX,
                   &bytes, err) ||
        check_digest(&bytes, path, rk_json_str(rk_json_get(entry, "sha256")), err))
        return err->rc;
    v->report.files++;
    v->devices += strcmp(role, rk_role_device.role) == 0;
    if (strcmp(role, "image") == 0) {
        return check_image(v, entry, path, &bytes, err);
    }
    if (!known || row.place == RK_PLACE_SECRET)
        return RK_OK;
    if ((row.format != NULL && check_format(v, &row, &bytes, err)) ||
        check_content(v, &row, &bytes, err))
        return rk_wrap(err, "\"%s\"", path);
    return RK_OK;
}

static enum rk_rc count_file(void *arg, const char *path, struct rk_err *err)
{
    (void)path;
    (void)err;
    ++*(uint64_t *)arg;
    return RK_OK;
}

/* Every file of the bucket's index holds, and the folder has no other. */
static enum rk_rc check_bucket(struct verifying *v, const char *top, const char *bucket,
                               const char *want_sha256, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    char path[RK_PATH_MAX], below[RK_PATH_MAX];
    uint64_t found = 0;
    struct rk_jv files;

    (void)snprintf(path, sizeof path, "%.64s/%.64s/index.json", top, bucket);
    (void)snprintf(below, sizeof below, "%.64s/%.64s/", top, bucket);
    if (read_below(v, path, RK_INDEX_FILE_MAX, &text, err))
        return err->rc;
    if (want_sha256 != NULL && check_digest(&text, path, want_sha256, err))
        return err->rc;
    if (rk_json_parse(text.p, text.len, &doc, err))
        return rk_wrap(err, "\"%s\"", path);
    files = rk_json_get(rk_json_root(doc), "files");
    for (size_t i = 0; i < rk_json_count(files); i++) {
        if (check_entry(v, rk_json_at(files, i), below, err))
            return err->rc;
    }
    if (rk_bucket_walk(v->root, top, bucket, count_file, &found, err))
        return err->rc;
    if (found != rk_json_count(files))
        return rk_fail(err, RK_E_VERIFY, "\"%s\" holds %llu files, its index names %zu", below,
                       (unsigned long long)found, rk_json_count(files));
    return RK_OK;
}

/* The bucket of "devices/<bucket>/index.json", or NULL. */
static bool split_bucket_path(const char *path, char top[16], char bucket[32])
{
    const char *first = strchr(path, '/');
    const char *second = first == NULL ? NULL : strchr(first + 1, '/');

    if (second == NULL || strcmp(second, "/index.json") != 0 || first - path > 15 ||
        second - first > 31)
        return false;
    (void)snprintf(top, 16, "%.*s", (int)(first - path), path);
    (void)snprintf(bucket, 32, "%.*s", (int)(second - first - 1), first + 1);
    return strcmp(top, "devices") == 0 || strcmp(top, "handover") == 0;
}

/* One bucket on its way through a thread of the pool. */
struct bucket_check {
    struct verifying v; /* its own counts and device at hand */
    char top[16], bucket[32];
    char sha256[65]; /* "": its index is not named anywhere */
    struct rk_err err;
    bool failed;
};

static void run_check(void *arg, void *item)
{
    struct bucket_check *check = item;

    (void)arg;
    check->failed =
        check_bucket(&check->v, check->top, check->bucket,
                     check->sha256[0] == '\0' ? NULL : check->sha256, &check->err) != RK_OK;
    rk_json_free(check->v.device);
    check->v.device = NULL;
}

/* The oldest bucket is done: its counts, or its error. */
static enum rk_rc add_results(struct verifying *v, rk_workers *workers, struct rk_err *err)
{
    const struct bucket_check *check = rk_workers_take(workers);

    if (check->failed) {
        *err = check->err;
        return err->rc;
    }
    v->report.files += check->v.report.files;
    v->report.certificates += check->v.report.certificates;
    v->devices += check->v.devices;
    return RK_OK;
}

/* The i-th of a list of buckets. */
typedef enum rk_rc (*name_bucket)(const void *list, size_t i, struct bucket_check *ret,
                                  struct rk_err *err);

RK_CLEANUP(checks_done, struct bucket_check, rk_free)

/* Buckets know nothing of each other, so threads check them; the first error is the one told. */
static enum rk_rc check_all(struct verifying *v, const void *list, size_t count, name_bucket name,
                            struct rk_err *err)
{
    size_t threads = rk_workers_default(), room = 2 * threads;
    RK_AUTO(checks_done) struct bucket_check *checks = rk_alloc(room, sizeof *checks);
    RK_AUTO(rk_workers_done) rk_workers *workers = NULL;
    const struct rk_workers_options options = { threads, room, run_check, NULL };

    if (checks == NULL)
        return rk_fail_nomem(err);
    if (rk_workers_new(&options, &workers, err))
        return err->rc;
    for (size_t i = 0; i < count; i++) {
        struct bucket_check *check = &checks[i % room];

        if (rk_workers_full(workers) && add_results(v, workers, err))
            return err->rc;
        *check = (struct bucket_check) { .v = *v };
        check->v.device = NULL;
        check->v.devices = 0;
        memset(&check->v.report, 0, sizeof check->v.report);
        if (name(list, i, check, err))
            return err->rc;
        rk_workers_put(workers, check);
    }
    while (!rk_workers_empty(workers)) {
        if (add_results(v, workers, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc name_indexed(const void *list, size_t i, struct bucket_check *ret,
                               struct rk_err *err)
{
    struct rk_jv entry = rk_json_at(*(const struct rk_jv *)list, i);
    const char *path = rk_json_str(rk_json_get(entry, "path"));
    const char *sha256 = rk_json_str(rk_json_get(entry, "sha256"));

    if (path == NULL || sha256 == NULL || strlen(sha256) != 64 ||
        !split_bucket_path(path, ret->top, ret->bucket))
        return rk_fail(err, RK_E_VERIFY, "release.json: bucket %zu is malformed", i + 1);
    memcpy(ret->sha256, sha256, sizeof ret->sha256);
    return RK_OK;
}

static enum rk_rc check_buckets(struct verifying *v, struct rk_jv buckets, struct rk_err *err)
{
    return check_all(v, &buckets, rk_json_count(buckets), name_indexed, err);
}

/* Folders on disk against release.json: a bucket that it does not name is a fault. */
static enum rk_rc check_bucket_count(const struct verifying *v, struct rk_jv buckets,
                                     struct rk_err *err)
{
    size_t found = 0;

    for (size_t i = 0; i < 2; i++) {
        RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };

        if (rk_buckets_list(v->root, i == 0 ? "devices" : "handover", &names, err))
            return err->rc;
        found += names.count;
    }
    if (found != rk_json_count(buckets))
        return rk_fail(err, RK_E_VERIFY, "%zu buckets stand here, release.json names %zu", found,
                       rk_json_count(buckets));
    return RK_OK;
}

static enum rk_rc check_device_count(const struct verifying *v, struct rk_err *err)
{
    if (v->devices == v->report.devices)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY, "%llu devices stand here, release.json says %llu",
                   (unsigned long long)v->devices, (unsigned long long)v->report.devices);
}

static enum rk_rc name_secret(const void *list, size_t i, struct bucket_check *ret,
                              struct rk_err *err)
{
    const struct rk_names *names = list;

    (void)snprintf(ret->top, sizeof ret->top, "secrets");
    if (snprintf(ret->bucket, sizeof ret->bucket, "%s", names->name[i]) >= (int)sizeof ret->bucket)
        return rk_fail(err, RK_E_VERIFY, "\"secrets/%.64s\" is no bucket", names->name[i]);
    return RK_OK;
}

static enum rk_rc check_secrets(struct verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };

    if (rk_buckets_list(v->root, "secrets", &names, err))
        return err->rc;
    return check_all(v, &names, names.count, name_secret, err);
}

/* clang-format off */
static const char *const top_names[] = { "ca", "devices", "handover", "images", "ledger", "release.json", RK_RELEASE_SIG, "secrets" };
/* clang-format on */

static enum rk_rc check_top(const struct verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };

    if (rk_names_list(v->root, RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        bool known = v->staged && strcmp(names.name[i], RK_JOURNAL_NAME) == 0;

        for (size_t k = 0; k < sizeof top_names / sizeof top_names[0]; k++)
            known = known || strcmp(names.name[i], top_names[k]) == 0;
        if (!known)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" does not belong into a release",
                           names.name[i]);
    }
    return RK_OK;
}

/* Where files outside the buckets may stand. */
static const char *const loose[] = { "ca", "images" };
enum { LOOSE = sizeof loose / sizeof loose[0] };

static enum rk_rc count_below(const struct verifying *v, const char *top, size_t *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    char path[RK_PATH_MAX];

    if (rk_path_join(v->root, top, path, sizeof path, err))
        return err->rc;
    if (rk_tree_exists(path) && rk_names_list(path, RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    *ret = names.count;
    return RK_OK;
}

/* "ca/x" for top "ca", with nothing deeper. */
static bool stands_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    return path != NULL && strncmp(path, top, len) == 0 && path[len] == '/' &&
           strchr(path + len + 1, '/') == NULL;
}

/* Nothing but the checkpoint stands below ledger/; whose ledger it is of is that one's to say. */
static enum rk_rc check_ledger(const struct verifying *v, struct rk_err *err)
{
    size_t found;
    char path[RK_PATH_MAX];

    if (count_below(v, "ledger", &found, err) ||
        rk_path_join(v->root, "ledger/checkpoint.json", path, sizeof path, err))
        return err->rc;
    if (found > 1 || (found == 1 && !rk_tree_exists(path)))
        return rk_fail(err, RK_E_VERIFY, "\"ledger\" holds more than the ledger's checkpoint");
    return RK_OK;
}

/* The files outside the buckets: release.json names each one, and nothing else is there. */
static enum rk_rc check_files(struct verifying *v, struct rk_jv files, struct rk_err *err)
{
    size_t named[LOOSE] = { 0 }, found = 0;

    for (size_t i = 0; i < rk_json_count(files); i++) {
        struct rk_jv entry = rk_json_at(files, i);
        const char *path = rk_json_str(rk_json_get(entry, "path"));
        size_t k = 0;

        while (k < LOOSE && !stands_below(path, loose[k]))
            k++;
        if (k == LOOSE)
            return rk_fail(err, RK_E_VERIFY, "release.json: file %zu is none of ca/ or images/",
                           i + 1);
        named[k]++;
        if (check_entry(v, entry, loose[k], err))
            return err->rc;
    }
    for (size_t k = 0; k < LOOSE; k++) {
        if (count_below(v, loose[k], &found, err))
            return err->rc;
        if (found != named[k])
            return rk_fail(err, RK_E_VERIFY, "\"%s\" holds %zu files, release.json names %zu",
                           loose[k], found, named[k]);
    }
    return RK_OK;
}

static enum rk_rc read_index(struct verifying *v, EVP_PKEY *pub, rk_json **ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    uint64_t version = 0;

    if (read_below(v, "release.json", RK_RELEASE_JSON_MAX, &text, err))
        return err->rc;
    if (rk_json_parse(text.p, text.len, ret, err))
        return rk_wrap(err, "release.json");
    if (!rk_json_u64(rk_json_get(rk_json_root(*ret), "rotkit_release"), &version) || version != 1)
        return rk_fail(err, RK_E_FORMAT, "release.json: not of version 1");
    if (rk_release_verify_signature(v->ctx, v->root, *ret, &text, pub, v->report.signer, err))
        return err->rc;
    (void)rk_json_u64(rk_json_get(rk_json_root(*ret), "devices"), &v->report.devices);
    return RK_OK;
}

static enum rk_rc read_chain(struct verifying *v, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    char path[RK_PATH_MAX];

    if (rk_path_join(v->root, "ca/chain.pem", path, sizeof path, err))
        return err->rc;
    if (!rk_tree_exists(path))
        return RK_OK;
    if (read_below(v, "ca/chain.pem", RK_INDEX_FILE_MAX, &pem, err))
        return err->rc;
    if (rk_trust_open_chain(v->ctx, &pem, &v->trust, err)) {
        err->rc = err->rc == RK_E_FORMAT ? RK_E_VERIFY : err->rc;
        return rk_wrap(err, "\"ca/chain.pem\"");
    }
    return RK_OK;
}

static enum rk_rc verify(const rk_ctx *ctx, const char *path, bool staged, EVP_PKEY *pub,
                         struct rk_release_report *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    RK_AUTO(verifying_done) struct verifying v = { .ctx = ctx, .root = path, .staged = staged };

    if (read_index(&v, pub, &doc, err) || rk_clock_now(ctx, &v.now, err) || read_chain(&v, err))
        return err->rc;
    struct rk_jv root = rk_json_root(doc);
    struct rk_jv buckets = rk_json_get(root, "buckets");
    if (check_top(&v, err) || check_ledger(&v, err) ||
        check_files(&v, rk_json_get(root, "files"), err) || check_buckets(&v, buckets, err) ||
        check_bucket_count(&v, buckets, err) || check_device_count(&v, err) ||
        check_secrets(&v, err))
        return err->rc;
    *ret = v.report;
    return RK_OK;
}

enum rk_rc rk_release_verify(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                             struct rk_release_report *ret, struct rk_err *err)
{
    return verify(ctx, path, false, pub, ret, err);
}

enum rk_rc rk_release_verify_staged(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                                    struct rk_err *err)
{
    struct rk_release_report report;

    return verify(ctx, path, true, pub, &report, err);
}

enum rk_rc rk_release_check_ca(const char *path, const rk_trust *trust, struct rk_err *err)
{
    const struct rk_trust_question asked = { .use = RK_CERT_CA, .timeless = true };
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    char file[RK_PATH_MAX];

    if (rk_path_join(path, "ca/chain.pem", file, sizeof file, err))
        return err->rc;
    if (!rk_tree_exists(file))
        return rk_fail(err, RK_E_VERIFY, "no ca/chain.pem: the release certifies no EK");
    if (rk_file_read(file, RK_INDEX_FILE_MAX, &pem, err))
        return err->rc;
    return rk_trust_check_chain(trust, &pem, &asked, err) ? rk_wrap(err, "\"ca/chain.pem\"")
                                                          : RK_OK;
}
