/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle of an update, read as a stranger would: from its bytes and public material alone. */
#include "update/update.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "base/folder.h"
#include "base/ossl.h"
#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/format.h"
#include "rotkit/hex.h"
#include "rotkit/identity.h"
#include "rotkit/public.h"

#include <stdio.h>
#include <string.h>

enum { SIGNATURE_MAX = 8192, PAYLOADS_MAX = 1024 };

struct bundle {
    const rk_ctx *ctx;
    const char *folder;
    struct rk_bytes text; /* of update.json */
    rk_json *doc;
    struct rk_jv root, payloads;
    const struct rk_platform *platform;
    EVP_PKEY *signer, *pub; /* pub: who must have signed; NULL: not asked */
    struct rk_update_report report;
};

static void bundle_done(struct bundle *b)
{
    rk_bytes_done(&b->text);
    rk_json_free(b->doc);
    EVP_PKEY_free(b->signer);
}

static enum rk_rc bad(struct rk_err *err, const char *what)
{
    return rk_fail(err, RK_E_VERIFY, "\"" RK_UPDATE_JSON "\": %s", what);
}

/* ---- update.json and its signature ---- */

/* A member that cannot be read: the update does not hold. */
static enum rk_rc bad_member(struct rk_err *err)
{
    if (err->rc == RK_E_FORMAT)
        err->rc = RK_E_VERIFY;
    return rk_wrap(err, "\"" RK_UPDATE_JSON "\"");
}

static enum rk_rc check_signature(struct bundle *b, EVP_PKEY *pub, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    enum rk_scheme scheme;

    if (rk_public_want(b->root, "signer", &b->signer, err) ||
        rk_scheme_want(b->root, "signature_scheme", &scheme, err))
        return bad_member(err);
    if (pub != NULL && EVP_PKEY_eq(b->signer, pub) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "the update is signed by another key");
    }
    if (rk_beneath_read(b->folder, RK_UPDATE_SIG, SIGNATURE_MAX, &signature, err))
        return err->rc;
    if (rk_signature_check(b->ctx, b->signer, scheme, b->text.p, b->text.len, signature.p,
                           signature.len, err)) {
        err->rc = RK_E_VERIFY;
        return rk_wrap(err, "\"" RK_UPDATE_SIG "\"");
    }
    (void)snprintf(b->report.signer, sizeof b->report.signer, "%s%s",
                   pub == NULL ? "not checked" : "update key, ",
                   pub == NULL ? "" : rk_scheme_name(scheme));
    return RK_OK;
}

static enum rk_rc read_version(const struct bundle *b, const char *key, char ret[RK_VERSION_TEXT],
                               struct rk_err *err)
{
    const char *text = rk_json_str(rk_json_get(rk_json_get(b->root, key), "version"));

    if (text == NULL || !rk_version_is(text))
        return rk_fail(err, RK_E_VERIFY, "\"" RK_UPDATE_JSON "\": \"%s\" states no version", key);
    (void)snprintf(ret, RK_VERSION_TEXT, "%s", text);
    return RK_OK;
}

static enum rk_rc read_head(struct bundle *b, struct rk_err *err)
{
    const char *platform;
    uint64_t form = 0;

    if (!rk_json_u64(rk_json_get(b->root, "rotkit_update"), &form) || form != 1)
        return bad(err, "not of form 1");
    if (rk_json_want_str(b->root, "platform", &platform, err))
        return bad_member(err);
    if (rk_platform_find(b->ctx, platform, &b->platform, err) ||
        read_version(b, "from", b->report.from, err) || read_version(b, "to", b->report.to, err)) {
        err->rc = RK_E_VERIFY;
        return err->rc;
    }
    if (rk_version_compare(b->report.to, b->report.from) <= 0)
        return rk_fail(err, RK_E_VERIFY, "\"" RK_UPDATE_JSON "\": version %s is not above %s",
                       b->report.to, b->report.from);
    b->payloads = rk_json_get(b->root, "payloads");
    b->report.payloads = rk_json_count(b->payloads);
    if (b->report.payloads == 0 || b->report.payloads > PAYLOADS_MAX)
        return bad(err, "no payloads, or too many");
    return RK_OK;
}

/* ---- payloads ---- */

/* A file of the bundle's folder itself, and none of its own two. */
static bool is_payload_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL &&
           strcmp(name, RK_UPDATE_JSON) != 0 && strcmp(name, RK_UPDATE_SIG) != 0;
}

static const char *name_of(const struct bundle *b, size_t i)
{
    const char *name = rk_json_str(rk_json_get(rk_json_at(b->payloads, i), "path"));

    return name != NULL && is_payload_name(name) ? name : NULL;
}

/* The first payload of this name; the count of payloads when there is none. */
static size_t find_payload(const struct bundle *b, const char *name)
{
    for (size_t i = 0; i < b->report.payloads; i++) {
        const char *other = name_of(b, i);

        if (other != NULL && strcmp(other, name) == 0)
            return i;
    }
    return b->report.payloads;
}

static enum rk_rc check_bytes(struct rk_jv at, const char *name, const struct rk_bytes *bytes,
                              struct rk_err *err)
{
    const char *wanted = rk_json_str(rk_json_get(at, "sha256"));
    uint8_t digest[32];
    uint64_t size;
    char text[65];

    if (!rk_json_u64(rk_json_get(at, "size"), &size) || size != bytes->len)
        return rk_fail(err, RK_E_VERIFY, "\"%s\": %s, \"" RK_UPDATE_JSON "\" says another size",
                       name, RK_COUNTED(bytes->len, "byte"));
    if (rk_sha256(bytes->p, bytes->len, digest, err))
        return err->rc;
    rk_hex_write(digest, sizeof digest, text);
    if (wanted == NULL || strcmp(text, wanted) != 0)
        return rk_fail(err, RK_E_VERIFY, "\"%s\": SHA-256 is %s, \"" RK_UPDATE_JSON "\" says %.80s",
                       name, text, wanted == NULL ? "nothing" : wanted);
    return RK_OK;
}

/* Who signed the payload; a bundle from before does not say. */
static enum rk_rc read_payload_signer(struct bundle *b, struct rk_jv at, const char *name,
                                      EVP_PKEY **ret, struct rk_err *err)
{
    struct rk_update_report *report = &b->report;
    const char *text = rk_json_str(rk_json_get(at, "signer"));

    if (text != NULL && strcmp(text, RK_UPDATE_NOT_SIGNED) == 0)
        return RK_OK;
    if (rk_json_get(at, "signer").v != NULL)
        return rk_public_want(at, "signer", ret, err) ? bad_member(err) : RK_OK;
    if (b->pub != NULL && report->unchecked[0] == '\0')
        (void)snprintf(report->unchecked, sizeof report->unchecked,
                       "\"%.128s\": \"" RK_UPDATE_JSON "\" does not say who signed it", name);
    return RK_OK;
}

static enum rk_rc check_format(struct bundle *b, struct rk_jv at, const char *name,
                               const struct rk_bytes *bytes, struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *signer = NULL;
    struct rk_request_key key = { .role = "" };
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const char *format = rk_json_str(rk_json_get(at, "format"));
    struct rk_request request = { .ctx = b->ctx };
    enum rk_rc rc;

    if (format == NULL || !rk_platform_updates_by(b->platform, format))
        return rk_fail(err, RK_E_VERIFY, "\"%s\": the platform does not update by \"%.32s\"", name,
                       format == NULL ? "" : format);
    if (read_payload_signer(b, at, name, &signer, err) || rk_clock_now(b->ctx, &request.now, err))
        return err->rc;
    key.pub = signer;
    request.key = &key;
    request.key_count = signer == NULL ? 0 : 1;
    rc = rk_format_verify(format, &request, bytes->p, bytes->len, &map, err);
    /* What is encrypted is not looked into: update.json says what its bytes are. */
    if (rc != RK_OK && !(rc == RK_E_UNKNOWN && map.encrypted)) {
        err->rc = err->rc == RK_E_FORMAT || err->rc == RK_E_USAGE ? RK_E_VERIFY : err->rc;
        return rk_wrap(err, "\"%s\"", name);
    }
    return RK_OK;
}

static enum rk_rc check_payload(struct bundle *b, size_t i, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    struct rk_jv at = rk_json_at(b->payloads, i);
    const char *name = name_of(b, i);

    if (name == NULL)
        return bad(err, "a payload is no file of the bundle");
    if (find_payload(b, name) != i)
        return rk_fail(err, RK_E_VERIFY, "\"" RK_UPDATE_JSON "\": names \"%s\" twice", name);
    if (rk_beneath_read(b->folder, name, RK_UPDATE_PAYLOAD_MAX, &bytes, err) ||
        check_bytes(at, name, &bytes, err))
        return err->rc;
    return check_format(b, at, name, &bytes, err);
}

/* The folder has nothing that update.json does not name. */
static enum rk_rc check_folder(const struct bundle *b, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };

    if (rk_beneath_list(b->folder, "", PAYLOADS_MAX + 2, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.name[i];

        if (strcmp(name, RK_UPDATE_JSON) != 0 && strcmp(name, RK_UPDATE_SIG) != 0 &&
            find_payload(b, name) == b->report.payloads)
            return rk_fail(err, RK_E_VERIFY,
                           "\"%s\" is in no update: \"" RK_UPDATE_JSON "\" does not name it", name);
    }
    return RK_OK;
}

/* ---- all of it ---- */

bool rk_update_is(const char *path)
{
    char file[RK_PATH_MAX];
    struct rk_err ignored;

    return rk_path_join(path, RK_UPDATE_JSON, file, sizeof file, &ignored) == RK_OK &&
           rk_tree_exists(file);
}

/* Nothing of update.json is believed before its signature holds. */
static enum rk_rc read_manifest(struct bundle *b, EVP_PKEY *pub, struct rk_err *err)
{
    if (rk_beneath_read(b->folder, RK_UPDATE_JSON, RK_UPDATE_JSON_MAX, &b->text, err))
        return err->rc;
    if (rk_json_parse(b->text.p, b->text.len, &b->doc, err))
        return rk_wrap(err, "\"" RK_UPDATE_JSON "\"");
    b->root = rk_json_root(b->doc);
    if (check_signature(b, pub, err))
        return err->rc;
    return read_head(b, err);
}

enum rk_rc rk_update_verify(const rk_ctx *ctx, const char *path, EVP_PKEY *pub,
                            struct rk_update_report *ret, struct rk_err *err)
{
    RK_AUTO(bundle_done) struct bundle b = { .ctx = ctx, .folder = path, .pub = pub };

    if (read_manifest(&b, pub, err))
        return err->rc;
    for (size_t i = 0; i < b.report.payloads; i++) {
        if (check_payload(&b, i, err))
            return err->rc;
    }
    if (check_folder(&b, err))
        return err->rc;
    *ret = b.report;
    return RK_OK;
}
