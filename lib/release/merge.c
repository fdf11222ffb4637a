/* SPDX-License-Identifier: Apache-2.0 */
/* Shards into the release that they are parts of. */
#include "release/release.h"

#include "base/folder.h"
#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/ctx.h"
#include "rotkit/hex.h"
#include "release/index.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct part { /* one shard, verified */
    const char *path;
    rk_release_view *view;
    struct rk_shard shard;
    uint64_t fleet_devices;
};
struct merging {
    const rk_ctx *ctx;
    const struct rk_merge_options *options;
    struct part *part; /* by index, once they are all there */
    size_t count;
    enum rk_scheme scheme; /* of the release's signature; RK_SCHEME_NONE: there is none */
    rk_release *release;
};

static void merging_done(struct merging *m)
{
    for (size_t i = 0; m->part != NULL && i < m->count; i++)
        rk_release_view_free(m->part[i].view);
    rk_free(m->part);
    rk_release_close(m->release);
}

static struct rk_jv member(const struct part *part, const char *name)
{
    return rk_json_get(rk_release_view_root(part->view), name);
}

/* ---- reading ---- */

static bool is_same_folder(const char *a, const char *b)
{
    struct stat at_a, at_b;

    return stat(a, &at_a) == 0 && stat(b, &at_b) == 0 && at_a.st_dev == at_b.st_dev &&
           at_a.st_ino == at_b.st_ino;
}

/* What is signed here is of known origin: of who holds the key, unless that is waived. */
static enum rk_rc open_part(const struct merging *m, struct part *part, struct rk_err *err)
{
    const struct rk_merge_options *options = m->options;
    const struct rk_release_asked asked = {
        .pub = options->signer == NULL || options->unsigned_shards
                   ? NULL
                   : rk_signer_pkey(options->signer),
    };
    const struct rk_release_report *report;
    struct rk_release_view *view;
    const char *secrets;

    if (rk_release_view_open(m->ctx, part->path, &asked, &part->view, err))
        return err->rc;
    view = part->view;
    report = &view->report;
    if (report->unchecked[0] != '\0')
        return rk_fail(err, RK_E_UNKNOWN, "%s", report->unchecked);
    if (strstr(report->left_out, "handover") != NULL)
        return rk_fail(err, RK_E_USAGE, "it is without its handover/: name the whole shard");
    if (rk_json_want_str(rk_release_view_root(view), "secrets", &secrets, err))
        return rk_wrap(err, "release.json");
    if (view->secrets_doc == NULL && strstr(report->left_out, "secrets") == NULL &&
        strcmp(secrets, "none") != 0)
        return rk_fail(err, RK_E_UNKNOWN,
                       "it is of a rotkit that made no " RK_SECRETS_INDEX ": build it again");
    return RK_OK;
}

static enum rk_rc read_part(const struct merging *m, const char *path, struct part *ret,
                            struct rk_err *err)
{
    uint64_t index, count, devices;
    struct rk_jv shard;

    ret->path = path;
    if (is_same_folder(path, m->options->path))
        return rk_fail(err, RK_E_USAGE,
                       "\"%s\" is a shard and the release that it goes into: name "
                       "another place",
                       path);
    if (open_part(m, ret, err))
        return rk_wrap(err, "shard \"%s\"", path);
    shard = member(ret, "shard");
    if (shard.v == NULL)
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no shard: rotkit build --shard makes them",
                       path);
    if (rk_json_want_u64(shard, "count", RK_SHARDS_MAX, &count, err) ||
        rk_json_want_u64(shard, "index", count == 0 ? 0 : count - 1, &index, err) ||
        rk_json_want_u64(shard, "devices", INT64_MAX, &devices, err) ||
        rk_json_want_u64(shard, "devices_in_fleet", INT64_MAX, &ret->fleet_devices, err))
        return rk_wrap(err, "shard \"%s\": release.json: shard", path);
    ret->shard = (struct rk_shard) { (uint32_t)index, (uint32_t)count };
    if (ret->view->report.devices != devices)
        return rk_fail(err, RK_E_USAGE,
                       "shard \"%s\" has %llu of its %s: build it again, without "
                       "--keep-going",
                       path, (unsigned long long)ret->view->report.devices,
                       RK_COUNTED(devices, "device"));
    return RK_OK;
}

/* Puts them into their order. */
static enum rk_rc read_parts(struct merging *m, struct rk_err *err)
{
    for (size_t i = 0; i < m->options->count; i++) {
        struct part part = { .view = NULL };
        struct part *place;

        if (read_part(m, m->options->shards[i], &part, err)) {
            rk_release_view_free(part.view);
            return err->rc;
        }
        if (m->part == NULL) {
            m->count = part.shard.count;
            m->part = rk_alloc(m->count, sizeof *m->part);
        }
        place = m->part == NULL || part.shard.count != m->count ? NULL : &m->part[part.shard.index];
        if (place != NULL && place->view == NULL) {
            *place = part;
            continue;
        }
        rk_release_view_free(part.view);
        if (m->part == NULL)
            return rk_fail_nomem(err);
        if (place == NULL)
            return rk_fail(err, RK_E_USAGE, "\"%s\" is shard %u of %u, \"%s\" is of %zu", part.path,
                           part.shard.index, part.shard.count, m->options->shards[0], m->count);
        return rk_fail(err, RK_E_USAGE, "\"%s\" and \"%s\" overlap: both are shard %u of %zu",
                       place->path, part.path, part.shard.index, m->count);
    }
    return RK_OK;
}

/* What may differ between shards of one fleet. */
static const char *const own[] = { "shard",           "buckets",        "devices",
                                   "secrets",         "secrets_index",  "files",
                                   "step_signatures", "checkpoint_key", NULL };

static enum rk_rc head_text(const struct part *part, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *head = rk_json_new();

    rk_json_put_members(rk_json_root(head), rk_release_view_root(part->view), own);
    return rk_json_text(head, false, ret, err);
}

static enum rk_rc heads_differ(const struct part *a, const struct part *b, struct rk_err *err)
{
    static const char *const names[] = { "manifest_sha256", "tool",   "product",
                                         "platform",        "signer", "signature_scheme" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *at_a = rk_json_str(member(a, names[i]));
        const char *at_b = rk_json_str(member(b, names[i]));

        if ((at_a == NULL) != (at_b == NULL) || (at_a != NULL && strcmp(at_a, at_b) != 0))
            return rk_fail(err, RK_E_USAGE,
                           "shards \"%s\" and \"%s\" are not of one build: %s is %.64s and %.64s",
                           a->path, b->path, names[i], at_a == NULL ? "absent" : at_a,
                           at_b == NULL ? "absent" : at_b);
    }
    return rk_fail(err, RK_E_USAGE, "shards \"%s\" and \"%s\" are not of one build", a->path,
                   b->path);
}

/* Files outside the buckets: shard 0 has them all, the others the CA's chain alone, the same. */
static enum rk_rc check_files(const struct part *first, const struct part *part, struct rk_err *err)
{
    struct rk_jv files = member(part, "files"), of_first = member(first, "files");

    for (size_t i = 0; i < rk_json_count(files); i++) {
        const char *path = rk_json_str(rk_json_get(rk_json_at(files, i), "path"));
        const char *sha256 = rk_json_str(rk_json_get(rk_json_at(files, i), "sha256"));
        size_t k = 0;

        for (; k < rk_json_count(of_first); k++) {
            const char *other = rk_json_str(rk_json_get(rk_json_at(of_first, k), "path"));

            if (strcmp(path, other) == 0)
                break;
        }
        if (k == rk_json_count(of_first) ||
            strcmp(sha256, rk_json_str(rk_json_get(rk_json_at(of_first, k), "sha256"))) != 0)
            return rk_fail(err, RK_E_USAGE,
                           "shards \"%s\" and \"%s\" are not of one build: \"%s\" differs",
                           first->path, part->path, path);
    }
    return RK_OK;
}

/* As many devices may still be others: the same manifest may have read another database. */
static bool is_of_fleet(const struct part *first, const struct part *part)
{
    const char *a = rk_json_str(rk_json_get(member(first, "shard"), "fleet_sha256"));
    const char *b = rk_json_str(rk_json_get(member(part, "shard"), "fleet_sha256"));

    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static enum rk_rc check_parts(const struct merging *m, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes first = RK_BYTES_NONE;

    for (size_t i = 0; i < m->count; i++) {
        if (m->part[i].view == NULL)
            return rk_fail(err, RK_E_USAGE, "shard %zu of %zu is missing: name it too", i,
                           m->count);
    }
    if (head_text(&m->part[0], &first, err))
        return err->rc;
    for (size_t i = 1; i < m->count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes head = RK_BYTES_NONE;

        if (head_text(&m->part[i], &head, err))
            return err->rc;
        if (head.len != first.len || memcmp(head.p, first.p, head.len) != 0)
            return heads_differ(&m->part[0], &m->part[i], err);
        if (m->part[i].fleet_devices != m->part[0].fleet_devices)
            return rk_fail(
                err, RK_E_USAGE, "shards \"%s\" and \"%s\" are not of one build: of %llu and of %s",
                m->part[0].path, m->part[i].path, (unsigned long long)m->part[0].fleet_devices,
                RK_COUNTED(m->part[i].fleet_devices, "device"));
        if (!is_of_fleet(&m->part[0], &m->part[i]))
            return rk_fail(err, RK_E_USAGE,
                           "shards \"%s\" and \"%s\" are not of one build: of other devices",
                           m->part[0].path, m->part[i].path);
        if (check_files(&m->part[0], &m->part[i], err))
            return err->rc;
    }
    return RK_OK;
}

/* The key signs what the shards' own key signed, or what nobody did. */
static enum rk_rc check_key(struct merging *m, struct rk_err *err)
{
    const char *signer = rk_json_str(member(&m->part[0], "signer"));
    const rk_signer *key = m->options->signer;
    RK_AUTO(rk_bytes_done) struct rk_bytes hex = RK_BYTES_NONE;
    const struct rk_bytes *spki;

    if (signer == NULL) {
        m->scheme = key == NULL ? RK_SCHEME_NONE : rk_signer_default_scheme(key);
        return RK_OK;
    }
    m->scheme = rk_scheme_find(rk_json_str(member(&m->part[0], "signature_scheme")));
    if (key == NULL)
        return rk_fail(err, RK_E_KEY,
                       "the shards are signed: name the release key by --key, the release needs "
                       "its signature too");
    spki = rk_signer_spki(key);
    if (rk_bytes_new(2 * spki->len + 1, &hex, err))
        return err->rc;
    rk_hex_write(spki->p, spki->len, (char *)hex.p);
    return strcmp(signer, (const char *)hex.p) == 0
               ? RK_OK
               : rk_fail(err, RK_E_KEY, "--key is not the key that signed the shards");
}

/* ---- writing ---- */

struct copying {
    const struct merging *m;
    const struct part *part;
};

/* Indices and signatures are made anew; what is of no bucket comes from the first shard. */
static enum rk_rc copy_file(void *arg, const char *path, const struct rk_bytes *bytes,
                            struct rk_err *err)
{
    const struct copying *c = arg;
    bool bucket = strncmp(path, "devices/", 8) == 0 || strncmp(path, "handover/", 9) == 0;
    const char *slash = strrchr(path, '/');
    struct rk_role_row row;
    enum rk_file_mode mode = RK_FILE_PUBLIC;

    if (slash == NULL || (bucket && strcmp(slash, "/index.json") == 0) ||
        (!bucket && c->part->shard.index != 0))
        return RK_OK;
    if (bucket && rk_role_of_path(c->m->ctx, path, &row))
        mode = rk_role_mode(&row);
    return rk_release_stage(c->m->release, path, mode, bytes->p, bytes->len, err);
}

static enum rk_rc copy_secret(void *arg, const char *path, const struct rk_bytes *bytes,
                              struct rk_err *err)
{
    const struct copying *c = arg;

    return rk_release_stage(c->m->release, path, RK_FILE_KEY, bytes->p, bytes->len, err);
}

/* A bucket is of the shard that it stands in; "common" is of the first. */
static enum rk_rc check_bucket(const struct part *part, const char *top, const char *bucket,
                               struct rk_err *err)
{
    struct rk_unit_id sn = { { 0 } };
    bool common = strcmp(top, "secrets") == 0 && strcmp(bucket, "common") == 0;

    if (common ? part->shard.index == 0
               : strlen(bucket) == 18 && rk_hex_read(bucket, 18, sn.b, 9, err) == RK_OK &&
                     rk_shard_has(&part->shard, &sn))
        return RK_OK;
    return rk_fail(err, RK_E_USAGE, "shard \"%s\": bucket \"%s/%s\" is not of shard %u of %u",
                   part->path, top, bucket, part->shard.index, part->shard.count);
}

static enum rk_rc check_buckets(const struct part *part, struct rk_jv buckets, struct rk_err *err)
{
    for (size_t i = 0; i < rk_json_count(buckets); i++) {
        const char *path = rk_json_str(rk_json_get(rk_json_at(buckets, i), "path"));
        char top[16], bucket[32];

        if (path == NULL || !rk_bucket_split(path, top, bucket))
            return rk_fail(err, RK_E_VERIFY, "shard \"%s\": bucket %zu is malformed", part->path,
                           i + 1);
        if (check_bucket(part, top, bucket, err))
            return err->rc;
    }
    return RK_OK;
}

/* By the indices that were verified, each file with the digest that they name: what was put into a
 * shard since is not read as what it was. */
static enum rk_rc copy_files(const struct merging *m, struct rk_err *err)
{
    for (size_t i = 0; i < m->count; i++) {
        struct part *part = &m->part[i];
        struct copying copying = { m, part };

        if (check_buckets(part, part->view->tree.buckets, err) ||
            check_buckets(part, part->view->secrets.buckets, err))
            return err->rc;
        if (rk_release_view_each(part->view, copy_file, &copying, err) ||
            rk_release_view_each_secret(part->view, copy_secret, &copying, err))
            return rk_wrap(err, "shard \"%s\"", part->path);
    }
    return RK_OK;
}

/* What the checkpoint of one shard says. */
static enum rk_rc read_checkpoint(const struct part *part, char ret_ledger[65], uint64_t *ret_size,
                                  struct rk_err *err)
{
    const struct rk_bytes *file = &part->view->checkpoint;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    return rk_json_parse(file->p, file->len, &doc, err) ||
                   rk_json_want_text(rk_json_root(doc), "ledger", ret_ledger, 65, err) ||
                   rk_json_want_u64(rk_json_root(doc), "size", INT64_MAX, ret_size, err)
               ? rk_wrap(err, "%s/" RK_CHECKPOINT, part->path)
               : RK_OK;
}

/* Whether one key signs the checkpoints of all shards. */
static bool has_one_checkpoint_key(const struct merging *m)
{
    const char *first = rk_json_str(member(&m->part[0], "checkpoint_key"));

    for (size_t i = 1; i < m->count; i++) {
        const char *key = rk_json_str(member(&m->part[i], "checkpoint_key"));

        if ((first == NULL) != (key == NULL) || (key != NULL && strcmp(first, key) != 0))
            return false;
    }
    return true;
}

static enum rk_rc leave_checkpoints(const struct merging *m)
{
    rk_warn(m->ctx, "the shards were counted by several ledgers: their checkpoints stay in the "
                    "shards");
    return RK_OK;
}

/* Of one ledger the newest; checkpoints of several sites' ledgers stay with their shards. */
static enum rk_rc merge_checkpoint(const struct merging *m, struct rk_err *err)
{
    const struct rk_bytes *newest = NULL;
    char whose[65] = "";
    uint64_t size = 0;

    if (!has_one_checkpoint_key(m))
        return leave_checkpoints(m);
    for (size_t i = 0; i < m->count; i++) {
        char ledger[65] = "";
        uint64_t here = 0;

        if (m->part[i].view->checkpoint.p == NULL)
            continue;
        if (read_checkpoint(&m->part[i], ledger, &here, err))
            return err->rc;
        if (newest != NULL && strcmp(whose, ledger) != 0)
            return leave_checkpoints(m);
        if (newest == NULL || here > size) {
            newest = &m->part[i].view->checkpoint;
            size = here;
            (void)snprintf(whose, sizeof whose, "%s", ledger);
        }
    }
    return newest == NULL ? RK_OK : rk_release_add_checkpoint(m->release, newest, err);
}

static bool has_plaintext(const struct merging *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const char *secrets = rk_json_str(member(&m->part[i], "secrets"));

        if (secrets != NULL && strcmp(secrets, "plaintext") == 0)
            return true;
    }
    return false;
}

static enum rk_rc sign_part(const struct merging *m, enum rk_release_part part, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes index = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    rk_signer *key = m->options->signer;

    if (rk_release_to_sign(m->release, part, &index, &signature, err))
        return err->rc;
    if (index.p == NULL)
        return RK_OK;
    if (signature.p == NULL && rk_signer_sign(key, m->scheme, index.p, index.len, &signature, err))
        return rk_wrap(err, "--key");
    return rk_release_attach(m->release, part, &signature, err);
}

static enum rk_rc sign(const struct merging *m, struct rk_err *err)
{
    if (m->options->signer == NULL)
        return RK_OK;
    return sign_part(m, RK_RELEASE_INDEX, err) || sign_part(m, RK_RELEASE_SECRETS, err) ? err->rc
                                                                                        : RK_OK;
}

/* release.json is that of the first shard, without what makes it one. */
static enum rk_rc write_release(struct merging *m, struct rk_merge_report *ret, struct rk_err *err)
{
    const char *const but[] = {
        "shard",   "buckets",       "devices",
        "secrets", "secrets_index", has_one_checkpoint_key(m) ? NULL : "checkpoint_key",
        NULL,
    };
    struct rk_release_options options = {
        .path = m->options->path,
        .plaintext_secrets = has_plaintext(m),
        .signer = m->options->signer,
        .scheme = m->scheme,
    };
    struct rk_jv root;

    if (rk_release_open(m->ctx, &options, &m->release, err))
        return err->rc;
    root = rk_json_root(m->release->doc);
    rk_json_put_members(root, rk_release_view_root(m->part[0].view), but);
    if (member(&m->part[0], "signer").v == NULL)
        rk_release_put_signer(m->release);
    if (copy_files(m, err) || merge_checkpoint(m, err) || sign(m, err) ||
        rk_release_publish(m->release, &ret->outcome, err))
        return err->rc;
    ret->devices = m->part[0].fleet_devices;
    return RK_OK;
}

enum rk_rc rk_release_merge(const rk_ctx *ctx, const struct rk_merge_options *options,
                            struct rk_merge_report *ret, struct rk_err *err)
{
    RK_AUTO(merging_done) struct merging m = { .ctx = ctx, .options = options };

    if (options->count == 0)
        return rk_fail(err, RK_E_USAGE, "no shards");
    return read_parts(&m, err) || check_parts(&m, err) || check_key(&m, err) ||
                   write_release(&m, ret, err)
               ? err->rc
               : RK_OK;
}
