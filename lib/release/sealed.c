/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed files, and whose they are. Sealing needs nothing but the recipient's certificate, so a
 * sealed file that holds tells nothing about its origin: secrets/index.json does, which names every
 * one of them and the release that they are of, and which the release key signs.
 */
#include "release/release.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "base/ossl.h"
#include "release/index.h"
#include "rotkit/cms.h"
#include "rotkit/ctx.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

enum { FORM = 1, TAG = 32 };

/* ---- the index, read ---- */

/* Of this form, and of this release. */
static enum rk_rc check_head(const struct rk_bytes *index, rk_json *doc, struct rk_err *err)
{
    uint8_t stated[32], digest[32];
    uint64_t form;

    if (!rk_json_u64(rk_json_get(rk_json_root(doc), "rotkit_secrets"), &form) || form != FORM)
        return rk_fail(err, RK_E_FORMAT, "\"" RK_SECRETS_INDEX "\": not of form %d", FORM);
    if (rk_json_want_hex(rk_json_root(doc), "release_sha256", stated, sizeof stated, err))
        return rk_wrap(err, "\"" RK_SECRETS_INDEX "\"");
    if (rk_sha256(index->p, index->len, digest, err))
        return err->rc;
    return memcmp(stated, digest, sizeof digest) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "\"" RK_SECRETS_INDEX "\" is of another release");
}

static enum rk_rc parse_secrets(const struct rk_bytes *text, rk_json **ret, struct rk_err *err)
{
    return rk_json_parse(text->p, text->len, ret, err) ? rk_wrap(err, "\"" RK_SECRETS_INDEX "\"")
                                                       : RK_OK;
}

enum rk_rc rk_release_read_secrets(struct rk_release_view *view, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

    if (rk_beneath_find(view->root, RK_SECRETS_INDEX, RK_RELEASE_JSON_MAX, &text, err) ||
        rk_beneath_find(view->root, RK_SECRETS_SIG, RK_RELEASE_SIG_MAX, &signature, err))
        return err->rc;
    if (text.p == NULL)
        return RK_OK;
    if (view->signer == NULL && signature.p != NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "\"" RK_SECRETS_SIG "\" stands here, but release.json names no signer");
    if ((view->signer != NULL &&
         rk_release_check_signed(view, &text, &signature, RK_SECRETS_SIG, err)) ||
        parse_secrets(&text, &view->secrets_doc, err) ||
        check_head(&view->text, view->secrets_doc, err))
        return err->rc;
    view->secrets = (struct rk_tree) {
        .root = view->root,
        .buckets = rk_json_get(rk_json_root(view->secrets_doc), "buckets"),
    };
    return RK_OK;
}

/* ---- sealed files that stand already ---- */

/* Whether the index of the release in place is what this build's signer signed, or nobody did and
 * nobody will. */
static enum rk_rc check_origin(const rk_release *release, const struct rk_bytes *text,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

    if (rk_release_read_previous(release, RK_SECRETS_SIG, &signature, err))
        return err->rc;
    if (release->options->signer == NULL)
        return signature.p == NULL ? RK_OK : rk_fail(err, RK_E_VERIFY, "this build signs nothing");
    if (signature.p == NULL)
        return rk_fail(err, RK_E_VERIFY, "\"" RK_SECRETS_SIG "\" is missing");
    return rk_release_check_own(release, text, &signature, err);
}

static enum rk_rc open_sealed(rk_release *release, const struct rk_bytes *text, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes index = RK_BYTES_NONE;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    const char *place = release->place.path;

    if (check_origin(release, text, err) || parse_secrets(text, &doc, err) ||
        rk_beneath_read(place, "release.json", RK_RELEASE_JSON_MAX, &index, err) ||
        check_head(&index, doc, err))
        return err->rc;
    release->sealed.tree = (struct rk_tree) {
        .root = place,
        .buckets = rk_json_get(rk_json_root(doc), "buckets"),
    };
    release->sealed.doc = doc;
    doc = NULL;
    return RK_OK;
}

/* What is not known to be ours is made anew, and said, since somebody may have changed it. */
static enum rk_rc not_kept(const rk_release *release, struct rk_err *why)
{
    if (why->rc == RK_E_NOMEM || why->rc == RK_E_IO)
        return why->rc;
    rk_warn(release->ctx, "secrets of \"%s\" are sealed anew: %s", release->place.path, why->msg);
    return RK_OK;
}

enum rk_rc rk_release_open_sealed(rk_release *release, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (release->options->recipient_pem == NULL || !rk_release_is(release->place.path))
        return RK_OK;
    if (rk_beneath_find(release->place.path, RK_SECRETS_INDEX, RK_RELEASE_JSON_MAX, &text, err) ||
        (text.p != NULL && open_sealed(release, &text, err)))
        return not_kept(release, err);
    return RK_OK;
}

static enum rk_rc find_previous(rk_release *release, const char *path, const char *id_path,
                                const char *id, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes old_id = RK_BYTES_NONE;
    struct rk_tree *tree = &release->sealed.tree;
    struct rk_named named;

    if (release->sealed.doc == NULL)
        return RK_OK;
    if (rk_tree_find(tree, id_path, &named, err))
        return not_kept(release, err);
    if (named.path == NULL)
        return RK_OK; /* of a new device */
    if (rk_named_read(tree->root, &named, &old_id, err))
        return not_kept(release, err);
    if (old_id.len != 64 || memcmp(old_id.p, id, 64) != 0)
        return RK_OK;
    return rk_tree_read(tree, path, ret, err) ? not_kept(release, err) : RK_OK;
}

/* ---- sealed files that wait for a signature ---- */

/* Only who knows the content, which has a 256-bit key in it, can make this. */
static enum rk_rc make_tag(const rk_ctx *ctx, const char *path, const struct rk_secret *content,
                           const struct rk_bytes *sealed, uint8_t ret[TAG], struct rk_err *err)
{
    static const char label[] = "rotkit sealed, to be kept";
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    unsigned char key[TAG];
    bool good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(md, label, sizeof label) == 1 &&
                EVP_DigestUpdate(md, path, strlen(path) + 1) == 1 &&
                EVP_DigestUpdate(md, content->p, content->len) == 1 &&
                EVP_DigestFinal_ex(md, key, NULL) == 1 &&
                EVP_Q_mac(rk_ctx_libctx(ctx), "HMAC", rk_ctx_propq(ctx), "SHA256", NULL, key,
                          sizeof key, sealed->p, sealed->len, ret, TAG, NULL) != NULL;

    OPENSSL_cleanse(key, sizeof key);
    return good ? RK_OK : rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
}

static enum rk_rc kept_path(const char *path, char ret[RK_PATH_MAX], struct rk_err *err)
{
    return rk_path_join(RK_KEPT, path, ret, RK_PATH_MAX, err);
}

/* From the folder of the round; another's, or of another content, is none. */
static enum rk_rc find_kept(const rk_release *release, const char *path,
                            const struct rk_secret *content, struct rk_bytes *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    char name[RK_PATH_MAX];
    uint8_t tag[TAG];

    if (release->options->round == NULL || !rk_tree_exists(release->options->round))
        return RK_OK;
    if (kept_path(path, name, err) ||
        rk_beneath_find(release->options->round, name, RK_INDEX_FILE_MAX, &file, err))
        return err->rc;
    if (file.len <= TAG)
        return RK_OK;
    const struct rk_bytes sealed = { .p = file.p + TAG, .len = file.len - TAG };
    if (make_tag(release->ctx, path, content, &sealed, tag, err))
        return err->rc;
    if (CRYPTO_memcmp(tag, file.p, TAG) != 0)
        return RK_OK;
    return rk_bytes_copy(sealed.p, sealed.len, ret, err);
}

static enum rk_rc stage_kept(const rk_release *release, const char *path,
                             const struct rk_secret *content, const struct rk_bytes *sealed,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    char name[RK_PATH_MAX];

    if (release->options->round == NULL)
        return RK_OK;
    if (rk_bytes_new(TAG + sealed->len, &file, err) ||
        make_tag(release->ctx, path, content, sealed, file.p, err) || kept_path(path, name, err))
        return err->rc;
    memcpy(file.p + TAG, sealed->p, sealed->len);
    return rk_release_stage(release, name, RK_FILE_KEY, file.p, file.len, err);
}

enum rk_rc rk_release_seal(rk_release *release, const char *path, const char *id_path,
                           const char *id, const struct rk_secret *content, struct rk_bytes *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes sealed = RK_BYTES_NONE;

    if (find_kept(release, path, content, &sealed, err) ||
        (sealed.p == NULL && find_previous(release, path, id_path, id, &sealed, err)) ||
        (sealed.p == NULL &&
         rk_cms_seal(release->ctx, release->options->recipient_pem, content, &sealed, err)) ||
        stage_kept(release, path, content, &sealed, err))
        return err->rc;
    *ret = rk_bytes_take(&sealed);
    return RK_OK;
}

/* ---- to the folder of the round ---- */

struct copying {
    const char *from; /* the staging folder of the release */
    const struct rk_new_folder *to;
};

static enum rk_rc copy_folder(const struct copying *c, const char *below, unsigned depth,
                              struct rk_err *err);

static enum rk_rc copy_one(const struct copying *c, const char *path, unsigned depth,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    enum rk_beneath_kind kind;

    if (rk_beneath_kind_of(c->from, path, &kind, err))
        return err->rc;
    if (kind == RK_BENEATH_FOLDER)
        return copy_folder(c, path, depth + 1, err);
    return rk_beneath_read(c->from, path, RK_INDEX_FILE_MAX, &bytes, err) ||
                   rk_new_folder_add(c->to, path, RK_FILE_KEY, bytes.p, bytes.len, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc copy_folder(const struct copying *c, const char *below, unsigned depth,
                              struct rk_err *err)
{
    enum { DEPTH_MAX = 4 };
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    char path[RK_PATH_MAX];

    if (depth > DEPTH_MAX)
        return rk_fail(err, RK_E_INTERNAL, "\"%s\": folders too deep", below);
    if (rk_beneath_list(c->from, below, RK_BUCKETS_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        if (rk_path_join(below, names.name[i], path, sizeof path, err) ||
            copy_one(c, path, depth, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_release_keep_sealed(rk_release *release, const struct rk_new_folder *to,
                                  struct rk_err *err)
{
    struct copying copying = { .from = release->place.sibling, .to = to };
    enum rk_beneath_kind kind;

    if (rk_beneath_kind_of(copying.from, RK_KEPT, &kind, err))
        return err->rc;
    return kind == RK_BENEATH_FOLDER ? copy_folder(&copying, RK_KEPT, 0, err) : RK_OK;
}
