/* SPDX-License-Identifier: Apache-2.0 */
/* Staging, sealing, publication. */
#include "release/release.h"

#include "base/digest.h"
#include "base/folder.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/ctx.h"
#include "rotkit/hex.h"
#include "release/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

RK_CLEANUP(close_at_exit, rk_release, rk_release_close)

static enum rk_rc set_place(rk_release *release, const char *path, struct rk_err *err)
{
    struct rk_new_folder *place = &release->place;

    if (rk_new_folder_name(path, place, err))
        return err->rc;
    if (rk_tree_exists(place->path) && !rk_release_is(place->path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" exists and is no release: name another folder",
                       place->path);
    return RK_OK;
}

static void put_shard(rk_release *release)
{
    const struct rk_release_options *options = release->options;
    struct rk_jv shard;

    if (options->shard.count == 0)
        return;
    shard = rk_json_put_object(rk_json_root(release->doc), "shard");
    rk_json_put_u64(shard, "index", options->shard.index);
    rk_json_put_u64(shard, "count", options->shard.count);
    rk_json_put_u64(shard, "devices", options->shard_devices);
    rk_json_put_u64(shard, "devices_in_fleet", options->fleet_devices);
    if (options->fleet_sha256 != NULL)
        rk_json_put_hex(shard, "fleet_sha256", options->fleet_sha256, 32);
}

static void put_head(rk_release *release)
{
    const struct rk_release_options *options = release->options;
    struct rk_jv root = rk_json_root(release->doc);

    rk_json_put_u64(root, "rotkit_release", 1);
    rk_json_put_str(root, "tool", options->tool);
    rk_json_put_str(root, "product", options->product);
    rk_release_put_version(root, options->version);
    rk_json_put_str(root, "platform", options->platform);
    rk_json_put_hex(root, "manifest_sha256", options->manifest_sha256, 32);
    rk_release_put_signer(release);
    if (options->checkpoint_key != NULL) {
        const struct rk_bytes *key = rk_signer_spki(options->checkpoint_key);

        rk_json_put_hex(root, "checkpoint_key", key->p, key->len);
    }
    put_shard(release);
    release->files = rk_json_put_array(root, "files");
}

static const char in_use[] = "another build writes the same release";

/* Of what an interrupted build left, the devices alone are worth keeping. */
static enum rk_rc clear_but_devices(const char *staging, struct rk_err *err)
{
    static const char *const keep[] = { "devices", "handover", "secrets", RK_JOURNAL_NAME };
    /* Below what is kept, and made again. */
    static const char *const again[] = { "secrets/common", RK_SECRETS_INDEX, RK_SECRETS_SIG };
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    char path[RK_PATH_MAX];

    if (rk_names_list(staging, RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        size_t k = 0;

        while (k < sizeof keep / sizeof keep[0] && strcmp(keep[k], names.name[i]) != 0)
            k++;
        if (k == sizeof keep / sizeof keep[0] &&
            (rk_path_join(staging, names.name[i], path, sizeof path, err) ||
             rk_tree_remove(path, err)))
            return err->rc;
    }
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++) {
        if (rk_path_join(staging, again[i], path, sizeof path, err) || rk_tree_remove(path, err))
            return err->rc;
    }
    return RK_OK;
}

/* Goes on in the staging folder of an interrupted build of the same inputs. */
static enum rk_rc claim_unfinished(rk_release *release, struct rk_err *err)
{
    RK_AUTO(rk_folder_release) int lock = -1;

    if (release->options->inputs_sha256 == NULL)
        return RK_OK;
    if (rk_folder_claim_existing(release->place.sibling, in_use, &lock, err))
        return err->rc;
    if (lock < 0)
        return RK_OK;
    if (rk_journal_open(release->place.sibling, release->options->inputs_sha256, &release->journal,
                        err))
        return err->rc;
    if (release->journal.fd < 0) {
        rk_warn(release->ctx, "the interrupted build in \"%s\" was of other inputs: starting anew",
                release->place.sibling);
        return RK_OK;
    }
    if (clear_but_devices(release->place.sibling, err))
        return err->rc;
    release->place.lock = lock;
    lock = -1;
    return RK_OK;
}

static enum rk_rc start_anew(rk_release *release, struct rk_err *err)
{
    const uint8_t *inputs = release->options->inputs_sha256;

    if (rk_folder_claim(release->place.sibling, in_use, &release->place.lock, err))
        return err->rc;
    return inputs == NULL
               ? RK_OK
               : rk_journal_start(release->place.sibling, inputs, &release->journal, err);
}

static enum rk_rc open_staging(rk_release *release, struct rk_err *err)
{
    enum rk_rc rc = claim_unfinished(release, err);

    if (rc == RK_OK && release->place.lock < 0)
        rc = start_anew(release, err);
    if (release->place.lock < 0)
        release->place.sibling[0] = '\0'; /* not ours to remove */
    return rc;
}

/* release.json of the release in place; one that cannot be read is of no use, and that is no fault.
 */
static enum rk_rc load_previous(rk_release *release, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    struct rk_err damage;
    char path[RK_PATH_MAX];

    if (!rk_release_is(release->place.path))
        return RK_OK;
    if (rk_path_join(release->place.path, "release.json", path, sizeof path, err) ||
        rk_file_read(path, RK_RELEASE_JSON_MAX, &text, err))
        return err->rc;
    if (rk_json_parse(text.p, text.len, &release->previous, &damage))
        release->previous = NULL;
    return RK_OK;
}

enum rk_rc rk_release_open(const rk_ctx *ctx, const struct rk_release_options *options,
                           rk_release **ret, struct rk_err *err)
{
    RK_AUTO(close_at_exit) rk_release *release = rk_alloc(1, sizeof *release);

    if (release == NULL)
        return rk_fail_nomem(err);
    release->ctx = ctx;
    release->options = options;
    release->place = (struct rk_new_folder)RK_NEW_FOLDER_NONE;
    release->journal = (struct rk_journal)RK_JOURNAL_NONE;
    release->doc = rk_json_new();
    if (set_place(release, options->path, err)) {
        release->place.sibling[0] = '\0';
        return err->rc;
    }
    if (open_staging(release, err) || load_previous(release, err) ||
        rk_release_open_sealed(release, err))
        return err->rc;
    *ret = release;
    release = NULL;
    return RK_OK;
}

enum rk_rc rk_release_begin(const rk_ctx *ctx, const struct rk_release_options *options,
                            rk_release **ret, struct rk_err *err)
{
    if (rk_release_open(ctx, options, ret, err))
        return err->rc;
    put_head(*ret);
    return RK_OK;
}

void rk_release_close(rk_release *release)
{
    struct rk_err err;

    if (release == NULL)
        return;
    if (rk_journal_has_devices(&release->journal))
        release->place.sibling[0] = '\0'; /* another run goes on from it */
    else if (release->place.sibling[0] != '\0' &&
             rk_tree_remove(release->place.sibling, &err) != RK_OK)
        rk_warn(release->ctx, "%s", err.msg);
    rk_journal_close(&release->journal);
    rk_new_folder_done(&release->place);
    rk_json_free(release->doc);
    rk_json_free(release->previous);
    rk_bytes_done(&release->index);
    rk_bytes_done(&release->secrets);
    rk_json_free(release->sealed.doc);
    rk_tree_done(&release->sealed.tree);
    rk_free(release);
}

enum rk_rc rk_release_add_checkpoint(rk_release *release, const struct rk_bytes *bytes,
                                     struct rk_err *err)
{
    return rk_release_stage(release, "ledger/checkpoint.json", RK_FILE_PUBLIC, bytes->p, bytes->len,
                            err);
}

enum rk_rc rk_release_previous(const rk_release *release, const struct rk_role_row *role,
                               const struct rk_unit_id *sn, struct rk_bytes *ret,
                               struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_artifact_path(role, sn, false, path, sizeof path, err))
        return err->rc;
    return rk_release_read_previous(release, path, ret, err);
}

/*
 * What a sealed file holds and for whom, so that an equal one is not sealed anew. The content has
 * a 256-bit key in it, so its digest tells nothing.
 */
static enum rk_rc content_id(const rk_release *release, const struct rk_secret *content,
                             char ret[65], struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    const struct rk_bytes *pem = release->options->recipient_pem;
    uint8_t digest[32];

    if (rk_sha256(pem->p, pem->len, digest, err))
        return err->rc;
    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(md, "rotkit sealed content", 22) != 1 ||
        EVP_DigestUpdate(md, digest, sizeof digest) != 1 ||
        EVP_DigestUpdate(md, content->p, content->len) != 1 ||
        EVP_DigestFinal_ex(md, digest, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    rk_hex_write(digest, sizeof digest, ret);
    return RK_OK;
}

/* A file of a device, added to the device's sum. */
static enum rk_rc stage_summed(const rk_release *release, const char *path, enum rk_file_mode mode,
                               const void *bytes, size_t len, uint8_t sum[32], struct rk_err *err)
{
    if (rk_release_stage(release, path, mode, bytes, len, err))
        return err->rc;
    return rk_journal_sum(sum, path, bytes, len, err);
}

static enum rk_rc add_secret(rk_release *release, const struct rk_artifact *item,
                             const struct rk_unit_id *sn, uint8_t sum[32], struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes sealed = RK_BYTES_NONE;
    char path[RK_PATH_MAX], id_path[RK_PATH_MAX], id[65];
    const struct rk_secret content = /* borrowed, from wherever it is */
        item->secret.p != NULL ? item->secret
                               : (struct rk_secret) { .p = item->bytes.p, .len = item->bytes.len };
    bool plain = release->options->plaintext_secrets;

    if (rk_artifact_path(&item->role, sn, !plain, path, sizeof path, err))
        return err->rc;
    if (plain)
        return stage_summed(release, path, RK_FILE_KEY, content.p, content.len, sum, err);
    if (release->options->recipient_pem == NULL)
        return rk_fail(err, RK_E_INTERNAL, "secret output without a recipient");
    if (rk_artifact_path(&item->role, sn, false, id_path, sizeof id_path - 3, err))
        return err->rc;
    memcpy(id_path + strlen(id_path), ".id", 4);
    if (content_id(release, &content, id, err) ||
        rk_release_seal(release, path, id_path, id, &content, &sealed, err) ||
        stage_summed(release, path, RK_FILE_KEY, sealed.p, sealed.len, sum, err))
        return err->rc;
    return stage_summed(release, id_path, RK_FILE_KEY, id, 64, sum, err);
}

enum rk_rc rk_release_add_device(rk_release *release, const struct rk_unit_id *sn,
                                 const struct rk_artifacts *artifacts, struct rk_err *err)
{
    char path[RK_PATH_MAX];
    uint8_t sum[32] = { 0 };

    for (size_t i = 0; i < artifacts->count; i++) {
        const struct rk_artifact *item = &artifacts->item[i];

        if (item->role.place == RK_PLACE_SECRET) {
            if (add_secret(release, item, sn, sum, err))
                return err->rc;
        } else if (rk_artifact_path(&item->role, sn, false, path, sizeof path, err) ||
                   stage_summed(release, path, rk_role_mode(&item->role), item->bytes.p,
                                item->bytes.len, sum, err)) {
            return err->rc;
        }
    }
    return sn == NULL ? RK_OK : rk_journal_add(&release->journal, sn, sum, err);
}

/* ---- devices of an interrupted build ---- */

/* A file of the staging folder goes into the sum; one that is not there does not. */
static enum rk_rc sum_file(const rk_release *release, const char *path, uint8_t sum[32],
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    char full[RK_PATH_MAX];

    if (rk_path_join(release->place.sibling, path, full, sizeof full, err))
        return err->rc;
    if (!rk_tree_exists(full))
        return RK_OK;
    if (rk_file_read(full, RK_INDEX_FILE_MAX, &bytes, err))
        return err->rc;
    return rk_journal_sum(sum, path, bytes.p, bytes.len, err);
}

/* All files of the device's own folder below `top`. */
static enum rk_rc sum_folder(const rk_release *release, const char *top,
                             const struct rk_unit_id *sn, uint8_t sum[32], struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    char bucket[19], unit[21], folder[64], full[RK_PATH_MAX], path[RK_PATH_MAX];

    rk_device_bucket(sn, bucket);
    rk_unit_id_text(sn, unit);
    (void)snprintf(folder, sizeof folder, "%s/%s/%s", top, bucket, unit);
    if (rk_path_join(release->place.sibling, folder, full, sizeof full, err))
        return err->rc;
    if (!rk_tree_is_folder(full))
        return RK_OK;
    if (rk_names_list(full, RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        if (rk_path_join(folder, names.name[i], path, sizeof path, err) ||
            sum_file(release, path, sum, err))
            return err->rc;
    }
    return RK_OK;
}

/* Files that stand beside each other, named by their devices. */
static enum rk_rc sum_handover(const rk_release *release, const struct rk_unit_id *sn,
                               uint8_t sum[32], struct rk_err *err)
{
    struct rk_role_row role;
    char path[RK_PATH_MAX];

    for (size_t i = 0; rk_role_at(release->ctx, i, &role); i++) {
        if (role.place == RK_PLACE_HANDOVER &&
            (rk_artifact_path(&role, sn, false, path, sizeof path, err) ||
             sum_file(release, path, sum, err)))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_release_resume_device(rk_release *release, const struct rk_unit_id *sn, bool *ret,
                                    struct rk_err *err)
{
    uint8_t wanted[32], sum[32] = { 0 };

    *ret = false;
    if (!rk_journal_next(&release->journal, sn, wanted))
        return RK_OK;
    if (sum_folder(release, "devices", sn, sum, err) ||
        sum_folder(release, "secrets", sn, sum, err) || sum_handover(release, sn, sum, err))
        return err->rc;
    *ret = memcmp(sum, wanted, sizeof sum) == 0;
    if (!*ret)
        rk_journal_forget(&release->journal);
    return RK_OK;
}

void rk_release_forget_device(rk_release *release)
{
    rk_journal_forget(&release->journal);
}

static enum rk_rc same_file(const char *a_root, const char *b_root, const char *path, bool *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes a = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes b = RK_BYTES_NONE;
    char full[RK_PATH_MAX];

    if (rk_path_join(b_root, path, full, sizeof full, err))
        return err->rc;
    *ret = rk_tree_exists(full);
    if (!*ret)
        return RK_OK;
    if (rk_file_read(full, RK_INDEX_FILE_MAX, &b, err) ||
        rk_path_join(a_root, path, full, sizeof full, err) ||
        rk_file_read(full, RK_INDEX_FILE_MAX, &a, err))
        return err->rc;
    *ret = a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
    return RK_OK;
}

static EVP_PKEY *signer_of(const rk_release *release)
{
    const rk_signer *signer = release->options->signer;

    return signer == NULL ? NULL : rk_signer_pkey(signer);
}

/* Whether the staging folder has this file, and the release in place the same. */
static enum rk_rc same_if_there(const rk_release *release, const char *path, bool *ret,
                                struct rk_err *err)
{
    char full[RK_PATH_MAX];

    if (rk_path_join(release->place.sibling, path, full, sizeof full, err))
        return err->rc;
    *ret = true;
    return rk_tree_exists(full)
               ? same_file(release->place.sibling, release->place.path, path, ret, err)
               : RK_OK;
}

/*
 * Whether the release in place is whole and says what the staging folder says. release.json and
 * secrets/index.json name all but their signatures and the checkpoint.
 */
static enum rk_rc is_unchanged(const rk_release *release, bool *ret, struct rk_err *err)
{
    static const char *const heads[] = { "release.json", RK_RELEASE_SIG, RK_SECRETS_INDEX,
                                         RK_SECRETS_SIG };
    const struct rk_release_asked asked = { .pub = signer_of(release) };
    struct rk_release_report report;
    struct rk_err damage;

    *ret = false;
    if (!rk_tree_exists(release->place.path))
        return RK_OK;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        if (same_if_there(release, heads[i], ret, err))
            return err->rc;
        if (!*ret)
            return RK_OK;
    }
    *ret = rk_release_verify(release->ctx, release->place.path, &asked, &report, &damage) == RK_OK;
    return RK_OK;
}

const char *rk_release_outcome_name(enum rk_release_outcome outcome)
{
    static const char *const names[] = {
        [RK_RELEASE_NEW] = "new",
        [RK_RELEASE_REPLACED] = "replaced",
        [RK_RELEASE_UNCHANGED] = "unchanged",
    };

    return names[outcome];
}

/* Whether the new release stands in its place, known to be on the disk or not. */
static bool is_in_place(const rk_release *release)
{
    struct stat ours, there;

    return fstat(release->place.lock, &ours) == 0 && lstat(release->place.path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* In place of the one that stands there. */
static enum rk_rc replace(rk_release *release, struct rk_err *err)
{
    struct rk_new_folder *place = &release->place;
    char old[RK_PATH_MAX];
    enum rk_rc rc = rk_publish_exchange(place->sibling, place->path, err);

    memcpy(old, place->sibling, sizeof old);
    if (rc != RK_OK && !is_in_place(release))
        return rc;
    place->sibling[0] = '\0'; /* what stands there is the older release now */
    /* Until it is known to be on the disk that the new one stands there, the old one may be all
     * that a power cut leaves. */
    return rc != RK_OK ? rk_note(err, "the release before is kept as \"%s\"", old)
                       : rk_tree_remove(old, err);
}

static enum rk_rc put_in_place(rk_release *release, enum rk_release_outcome *ret,
                               struct rk_err *err)
{
    struct rk_new_folder *place = &release->place;
    enum rk_rc rc;

    if (rk_tree_exists(place->path)) {
        *ret = RK_RELEASE_REPLACED;
        return replace(release, err);
    }
    *ret = RK_RELEASE_NEW;
    rc = rk_publish_name(place->sibling, place->path, err);
    if (rc == RK_OK || is_in_place(release))
        place->sibling[0] = '\0'; /* the name is free: another build may take it */
    return rc;
}

static enum rk_rc drop_kept(const rk_release *release, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    return rk_path_join(release->place.sibling, RK_KEPT, path, sizeof path, err) ||
                   rk_tree_remove(path, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_release_publish(rk_release *release, enum rk_release_outcome *ret, struct rk_err *err)
{
    bool unchanged;

    if (rk_release_close_index(release, err) || drop_kept(release, err) ||
        rk_release_verify_staged(release->ctx, release->place.sibling, signer_of(release), err) ||
        is_unchanged(release, &unchanged, err))
        return err->rc;
    if (!unchanged && rk_folder_sync(release->place.sibling, err))
        return err->rc;
    /* To the last: until here an interrupted run can go on. That it is gone is on the disk before
     * the name is: a release has no journal. */
    if (rk_journal_remove(&release->journal, release->place.sibling, err))
        return err->rc;
    if (unchanged) {
        *ret = RK_RELEASE_UNCHANGED;
        return RK_OK;
    }
    return put_in_place(release, ret, err);
}
