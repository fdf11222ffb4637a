/* SPDX-License-Identifier: Apache-2.0 */
/* The images of a release: written, read back, held against those of an older one. */
#include "release/release.h"

#include "base/beneath.h"
#include "base/ossl.h"
#include "rotkit/format.h"
#include "rotkit/hex.h"
#include "release/index.h"
#include "release/values.h"

#include <stdio.h>
#include <string.h>

enum { SIGNATURE_MAX = 8192 };

/* ---- writing ---- */

static void put_signature(struct rk_jv list, const struct rk_image_signature *signature)
{
    struct rk_jv o = rk_json_put_object(list, NULL);

    rk_json_put_str(o, "role", signature->role);
    rk_json_put_str(o, "scheme", signature->scheme);
    rk_json_put_hex(o, "key_sha256", signature->key_sha256, 32);
    rk_json_put_hex(o, "message_sha256", signature->message_sha256, 32);
    rk_json_put_hex(o, "signature", signature->signature.p, signature->signature.len);
}

enum rk_rc rk_release_add_image(rk_release *release, const struct rk_release_image *image,
                                struct rk_err *err)
{
    struct rk_jv entry, list;
    char path[RK_PATH_MAX];

    (void)snprintf(path, sizeof path, "images/%.200s", image->name);
    if (rk_release_add_file(release, path, "image", image->bytes, err))
        return err->rc;
    entry = rk_json_at(release->files, rk_json_count(release->files) - 1);
    rk_json_put_str(entry, "format", image->format);
    if (image->bare)
        rk_json_put_bool(entry, "bare", true);
    if (image->content != NULL)
        rk_json_put_str(entry, "content", image->content);
    if (image->signer == NULL)
        return RK_OK;
    rk_json_put_hex(entry, "signer", image->signer->p, image->signer->len);
    list = rk_json_put_array(entry, "signatures");
    for (size_t i = 0; i < image->signature_count; i++)
        put_signature(list, &image->signature[i]);
    return RK_OK;
}

void rk_release_keep_signature(rk_release *release, const struct rk_image_signature *signature)
{
    struct rk_jv root = rk_json_root(release->doc), list = rk_json_get(root, "step_signatures");

    put_signature(list.v != NULL ? list : rk_json_put_array(root, "step_signatures"), signature);
}

static bool is_hex_of(struct rk_jv value, const uint8_t *bytes, size_t len)
{
    const char *text = rk_json_str(value);
    char want[65];

    rk_hex_write(bytes, len, want);
    return text != NULL && strcmp(text, want) == 0;
}

static bool is_like(struct rk_jv o, const struct rk_image_signature *like)
{
    const char *scheme = rk_json_str(rk_json_get(o, "scheme"));

    return scheme != NULL && strcmp(scheme, like->scheme) == 0 &&
           is_hex_of(rk_json_get(o, "key_sha256"), like->key_sha256, 32) &&
           is_hex_of(rk_json_get(o, "message_sha256"), like->message_sha256, 32);
}

/* The one of the list that is like it; absent when there is none. */
static struct rk_jv find_like(struct rk_jv list, const struct rk_image_signature *like)
{
    for (size_t i = 0; i < rk_json_count(list); i++) {
        if (is_like(rk_json_at(list, i), like))
            return rk_json_at(list, i);
    }
    return (struct rk_jv) { NULL, NULL };
}

enum rk_rc rk_release_previous_signature(const rk_release *release,
                                         const struct rk_image_signature *like,
                                         struct rk_bytes *ret, struct rk_err *err)
{
    struct rk_jv root, files, found;

    *ret = (struct rk_bytes)RK_BYTES_NONE;
    if (release->previous == NULL)
        return RK_OK;
    root = rk_json_root(release->previous);
    files = rk_json_get(root, "files");
    found = find_like(rk_json_get(root, "step_signatures"), like);
    for (size_t i = 0; found.v == NULL && i < rk_json_count(files); i++)
        found = find_like(rk_json_get(rk_json_at(files, i), "signatures"), like);
    return found.v == NULL ? RK_OK
                           : rk_release_read_hex(found, "signature", SIGNATURE_MAX, ret, err);
}

/* ---- reading back ---- */

/* The file that a detached signature is over: an image of the release, of its digest. */
static enum rk_rc read_content(const struct rk_release_view *view, struct rk_jv entry,
                               struct rk_bytes *ret, struct rk_err *err)
{
    const char *name = rk_json_str(rk_json_get(entry, "content"));
    struct rk_named named;
    char path[RK_PATH_MAX];

    if (name == NULL)
        return RK_OK;
    (void)snprintf(path, sizeof path, "images/%.300s", name);
    if (!rk_named_find(rk_json_get(rk_json_root(view->doc), "files"), path, &named))
        return rk_fail(err, RK_E_VERIFY, "content \"%.300s\" is no image of the release", name);
    return rk_named_read(view->root, &named, ret, err);
}

enum rk_rc rk_image_verify(const struct rk_release_view *view, struct rk_jv entry,
                           const struct rk_bytes *bytes, bool *ret_encrypted, struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *signer = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const char *format = rk_json_str(rk_json_get(entry, "format"));
    struct rk_input part = { .name = "content" };
    struct rk_request_key key = { .role = "" };
    struct rk_request request = { .ctx = view->ctx };
    enum rk_rc rc;

    if (format == NULL)
        return rk_fail(err, RK_E_VERIFY, "release.json: an image without a format");
    *ret_encrypted = false;
    /* No file of the format: what it is, release.json says. */
    if (rk_json_is_true(rk_json_get(entry, "bare")))
        return RK_OK;
    if (rk_release_read_key(entry, "signer", &signer, err) ||
        read_content(view, entry, &content, err) || rk_clock_now(view->ctx, &request.now, err))
        return err->rc;
    part.p = content.p;
    part.len = content.len;
    key.pub = signer;
    request.part = &part;
    request.part_count = content.p == NULL ? 0 : 1;
    request.key = &key;
    request.key_count = signer == NULL ? 0 : 1;
    rc = rk_format_verify(format, &request, bytes->p, bytes->len, &map, err);
    *ret_encrypted = map.encrypted;
    /* What is encrypted is not looked into: release.json says what its bytes are. */
    if (rc != RK_OK && !(rc == RK_E_UNKNOWN && map.encrypted)) {
        err->rc = err->rc == RK_E_FORMAT || err->rc == RK_E_USAGE ? RK_E_VERIFY : err->rc;
        return err->rc;
    }
    return RK_OK;
}

/* ---- an older release ---- */

/* One of the two that are compared. */
struct side {
    const char *root;
    rk_json *doc; /* release.json */
};

static struct rk_jv files_of(const struct side *side)
{
    return rk_json_get(rk_json_root(side->doc), "files");
}

static enum rk_rc read_json(const char *root, rk_json **ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (rk_beneath_read(root, "release.json", RK_RELEASE_JSON_MAX, &text, err) ||
        rk_json_parse(text.p, text.len, ret, err))
        return rk_wrap(err, "\"%s/release.json\"", root);
    return RK_OK;
}

static enum rk_rc map_of(const rk_ctx *ctx, const struct side *side, const struct rk_named *image,
                         const char *format, struct rk_map *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    struct rk_request request = { .ctx = ctx };

    if (rk_named_read(side->root, image, &bytes, err) ||
        rk_format_verify(format, &request, bytes.p, bytes.len, ret, err))
        return rk_wrap(err, "\"%s\"", side->root);
    return RK_OK;
}

/* One that was an image of the older release; formats without a map carry no such value. */
static enum rk_rc image_not_older(const rk_ctx *ctx, const struct side *newer,
                                  const struct side *older, const struct rk_named *was_image,
                                  struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map now = { .root = NULL };
    RK_AUTO(rk_map_done) struct rk_map was = { .root = NULL };
    const char *format = rk_json_str(rk_json_get(was_image->entry, "format"));
    struct rk_format_info info;
    struct rk_named now_image;

    if (!rk_named_find(files_of(newer), was_image->path, &now_image))
        return rk_fail(err, RK_E_VERIFY, "\"%s\" of \"%s\" is gone", was_image->path, older->root);
    if (format == NULL || rk_format_find(ctx, format, &info, err))
        return rk_fail(err, RK_E_VERIFY, "\"%s\" of \"%s\" has no known format", was_image->path,
                       older->root);
    if (!info.maps || rk_json_is_true(rk_json_get(was_image->entry, "bare")))
        return RK_OK;
    if (map_of(ctx, newer, &now_image, format, &now, err) ||
        map_of(ctx, older, was_image, format, &was, err))
        return err->rc;
    return rk_map_not_older(&now, &was, err) ? rk_wrap(err, "\"%s\"", was_image->path) : RK_OK;
}

static enum rk_rc not_older(const rk_ctx *ctx, const struct side *newer, const struct side *older,
                            struct rk_err *err)
{
    struct rk_jv files = files_of(older);

    for (size_t i = 0; i < rk_json_count(files); i++) {
        struct rk_named image;

        if (rk_named_of(rk_json_at(files, i), "", &image, err))
            return err->rc;
        if (strcmp(image.role, "image") == 0 && image_not_older(ctx, newer, older, &image, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_release_not_older(const rk_ctx *ctx, const char *newer, const char *older,
                                struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *now = NULL;
    RK_AUTO(rk_json_done) rk_json *was = NULL;

    if (read_json(newer, &now, err) || read_json(older, &was, err))
        return err->rc;
    return not_older(ctx, &(const struct side) { newer, now }, &(const struct side) { older, was },
                     err);
}

enum rk_rc rk_release_view_not_older(const rk_release_view *newer, const rk_release_view *older,
                                     struct rk_err *err)
{
    return not_older(newer->ctx, &(const struct side) { newer->root, newer->doc },
                     &(const struct side) { older->root, older->doc }, err);
}

static enum rk_rc each_image(struct rk_jv files, rk_release_image_visit visit, void *arg,
                             struct rk_err *err)
{
    for (size_t i = 0; i < rk_json_count(files); i++) {
        struct rk_jv at = rk_json_at(files, i);
        const char *role = rk_json_str(rk_json_get(at, "role"));
        const struct rk_release_image_entry image = {
            .path = rk_json_str(rk_json_get(at, "path")),
            .format = rk_json_str(rk_json_get(at, "format")),
            .signer = rk_json_str(rk_json_get(at, "signer")),
        };

        if (role == NULL || strcmp(role, "image") != 0)
            continue;
        if (image.path == NULL || image.format == NULL)
            return rk_fail(err, RK_E_FORMAT, "release.json: an image without path or format");
        if (visit(arg, &image, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_release_each_image(const char *path, rk_release_image_visit visit, void *arg,
                                 struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    return read_json(path, &doc, err) ||
                   each_image(rk_json_get(rk_json_root(doc), "files"), visit, arg, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_release_view_images(const rk_release_view *view, rk_release_image_visit visit,
                                  void *arg, struct rk_err *err)
{
    return each_image(rk_json_get(rk_json_root(view->doc), "files"), visit, arg, err);
}
