/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle of an update. update.json is a format of rotkit's own and no vendor's; the payloads in
 * it are the vendors' formats, which devices take as they are.
 */
#include "update/update.h"

#include "base/digest.h"
#include "base/folder.h"
#include "rotkit/publish.h"
#include "rotkit/identity.h"
#include "rotkit/release.h"
#include "rotkit/sigbook.h"

#include <stdio.h>
#include <string.h>

static const char head[] =
    "update bundle of rotkit: a format of its own, no vendor's; the payloads are the vendors'";

struct bundle {
    const rk_ctx *ctx;
    const struct rk_updating *u; /* the two releases, verified */
    const struct rk_update_make_options *options;
    const struct rk_platform *platform;
    enum rk_scheme scheme;
    rk_json *doc;
    struct rk_jv payloads;
    struct rk_bytes text, signature; /* of update.json; empty signature: it is wanted elsewhere */
    rk_sigbook *book;                /* NULL: the key signs */
    struct rk_sigbook_round round;
    size_t count;
    struct rk_new_folder place;
};

static void bundle_done(struct bundle *b)
{
    rk_json_free(b->doc);
    rk_bytes_done(&b->text);
    rk_bytes_done(&b->signature);
    rk_sigbook_free(b->book);
    rk_new_folder_done(&b->place);
}

/* A round that asks for the signature makes no bundle. */
static bool writes(const struct bundle *b)
{
    return !b->options->dry_run && b->options->to_sign == NULL;
}

static enum rk_rc stage(const struct bundle *b, const char *name, const struct rk_bytes *bytes,
                        struct rk_err *err)
{
    return writes(b) ? rk_new_folder_add(&b->place, name, RK_FILE_PUBLIC, bytes->p, bytes->len, err)
                     : RK_OK;
}

static enum rk_rc add_payload(void *arg, const struct rk_release_image_entry *image,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    struct bundle *b = arg;
    const char *name = strrchr(image->path, '/');
    uint8_t digest[32];
    struct rk_jv at;

    if (!rk_platform_updates_by(b->platform, image->format))
        return RK_OK;
    name = name == NULL ? image->path : name + 1;
    if (strcmp(name, RK_UPDATE_JSON) == 0 || strcmp(name, RK_UPDATE_SIG) == 0)
        return rk_fail(err, RK_E_USAGE, "an image is named \"%s\", as a file of the bundle", name);
    if (rk_release_view_read(b->u->newer, image->path, &bytes, err) ||
        rk_sha256(bytes.p, bytes.len, digest, err) || stage(b, name, &bytes, err))
        return err->rc;
    at = rk_json_put_object(b->payloads, NULL);
    rk_json_put_str(at, "path", name);
    rk_json_put_str(at, "format", image->format);
    rk_json_put_str(at, "signer", image->signer != NULL ? image->signer : RK_UPDATE_NOT_SIGNED);
    rk_json_put_u64(at, "size", bytes.len);
    rk_json_put_hex(at, "sha256", digest, sizeof digest);
    b->count++;
    return RK_OK;
}

static void put_release(struct rk_jv root, const char *key,
                        const struct rk_release_version *release)
{
    struct rk_jv at = rk_json_put_object(root, key);

    rk_json_put_str(at, "version", release->version);
    rk_json_put_hex(at, "release_sha256", release->index_sha256, sizeof release->index_sha256);
    rk_json_put_str(at, "derivation", release->profile);
    if (release->has_nv_layout)
        rk_json_put_u64(at, "nv_layout", release->nv_layout);
    rk_release_put_components(at, release);
}

static enum rk_rc put_head(struct bundle *b, const struct rk_release_version *was,
                           const struct rk_release_version *now, struct rk_err *err)
{
    const struct rk_bytes *spki = rk_signer_spki(b->options->signer);
    struct rk_jv root;

    b->doc = rk_json_new();
    root = rk_json_root(b->doc);
    rk_json_put_u64(root, "rotkit_update", 1);
    rk_json_put_str(root, "format", head);
    rk_json_put_str(root, "tool", b->options->tool);
    rk_json_put_str(root, "product", now->product);
    rk_json_put_str(root, "platform", now->platform);
    rk_json_put_hex(root, "signer", spki->p, spki->len);
    rk_json_put_str(root, "signature_scheme", rk_scheme_name(b->scheme));
    put_release(root, "from", was);
    put_release(root, "to", now);
    b->payloads = rk_json_put_array(root, "payloads");
    return rk_platform_find(b->ctx, now->platform, &b->platform, err);
}

/* ---- the signature, from here or elsewhere ---- */

static enum rk_rc open_book(struct bundle *b, struct rk_err *err)
{
    const char *to_sign = b->options->to_sign, *attach = b->options->attach;
    struct rk_sigbook_owner owner;

    if (to_sign == NULL && attach == NULL)
        return RK_OK;
    if (rk_sigbook_owner_of("update", &b->text, &owner, err))
        return err->rc;
    return to_sign != NULL ? rk_sigbook_new(b->ctx, to_sign, &owner, &b->book, err)
                           : rk_sigbook_open(b->ctx, attach, &owner, &b->book, err);
}

static enum rk_rc sign(struct bundle *b, struct rk_err *err)
{
    const struct rk_sigbook_end end = { .dry = b->options->dry_run };
    RK_AUTO(rk_wants_done) struct rk_wants wants = { .item = NULL };

    if (open_book(b, err) || rk_sigbook_sign(b->book, b->options->signer, b->scheme, RK_UPDATE_JSON,
                                             &b->text, &wants, &b->signature, err))
        return err->rc;
    if (b->book == NULL)
        return RK_OK;
    if (rk_sigbook_merge_wants(b->book, &wants, err) ||
        rk_sigbook_close_round(b->book, &end, &b->round, err))
        return err->rc;
    return b->options->to_sign == NULL || b->round.wanted != 0
               ? RK_OK
               : rk_fail(err, RK_E_USAGE,
                         "--to-sign: nothing is to be signed elsewhere: the key here can sign");
}

static enum rk_rc fill(struct bundle *b, struct rk_err *err)
{
    const struct rk_release_version *now = b->u->now;

    if (put_head(b, b->u->was, now, err) ||
        rk_release_view_images(b->u->newer, add_payload, b, err))
        return err->rc;
    if (b->count == 0)
        return rk_fail(err, RK_E_USAGE,
                       "release \"%s\" has no image in a format that %s updates by",
                       b->options->newer, now->platform);
    if (rk_json_text(b->doc, true, &b->text, err) || sign(b, err) ||
        stage(b, RK_UPDATE_JSON, &b->text, err))
        return err->rc;
    return stage(b, RK_UPDATE_SIG, &b->signature, err);
}

/* ---- all of it ---- */

static enum rk_rc open_staging(struct bundle *b, struct rk_err *err)
{
    const char *path = b->options->path;

    if (b->options->to_sign != NULL)
        return RK_OK;
    if (rk_tree_exists(path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" exists: name a new folder", path);
    if (b->options->dry_run)
        return RK_OK;
    return rk_new_folder_claim(path, "another update is written there", &b->place, err);
}

static enum rk_rc publish(struct bundle *b, struct rk_err *err)
{
    struct rk_update_report read_back;

    if (!writes(b))
        return RK_OK;
    if (rk_update_verify(b->ctx, b->place.sibling, rk_signer_pkey(b->options->signer), &read_back,
                         err))
        return err->rc;
    return rk_new_folder_publish(&b->place, err);
}

/* What is signed on comes from the key that is named, or from the one that signs. */
static enum rk_rc check(struct rk_updating *u, bool named, struct rk_err *err)
{
    if (rk_updating_open(u, err))
        return err->rc != RK_E_VERIFY || named
                   ? err->rc
                   : rk_note(err, "both must be signed by the update key, or by that of --pub");
    if (rk_updating_check(u, err))
        return err->rc;
    if (u->verdict.faults != 0)
        (void)rk_fail(err, RK_E_VERIFY, "not made, since it breaks devices (%zu found): %s",
                      u->verdict.faults, u->verdict.first);
    else if (u->verdict.unknown != 0)
        (void)rk_fail(err, RK_E_UNKNOWN, "not made, since it may break devices (%zu unknown): %s",
                      u->verdict.unknown, u->verdict.first);
    else
        return RK_OK;
    return rk_note(err, "see 'rotkit update check'");
}

enum rk_rc rk_update_make(const rk_ctx *ctx, const struct rk_update_make_options *options,
                          struct rk_update_made *ret, struct rk_err *err)
{
    const struct rk_update_options checked = {
        .older = options->older,
        .newer = options->newer,
        .pub = options->pub != NULL ? options->pub : rk_signer_pkey(options->signer),
    };
    RK_AUTO(rk_updating_done) struct rk_updating u = { .ctx = ctx, .options = &checked };
    RK_AUTO(bundle_done)
    struct bundle b = { .ctx = ctx, .u = &u, .options = options, .place = RK_NEW_FOLDER_NONE };

    b.scheme = options->scheme != RK_SCHEME_NONE ? options->scheme
                                                 : rk_signer_default_scheme(options->signer);
    if (check(&u, options->pub != NULL, err) || open_staging(&b, err) || fill(&b, err) ||
        publish(&b, err))
        return err->rc;
    *ret = (struct rk_update_made) {
        .payloads = b.count,
        .wanted = b.round.wanted,
        .verdict = u.verdict,
    };
    return RK_OK;
}
