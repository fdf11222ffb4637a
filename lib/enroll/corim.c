/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CoRIM of a release: reference values of its images, the root of its EK certificates as trust
 * anchor, signed when a key is given. Sources: corim.h. What the drafts leave open is left out:
 * issuing CAs (cas), whose form was not certain; EK certificates bring them along or name them.
 */
#include "enroll/corim.h"

#include "base/digest.h"
#include "enroll/files.h"
#include "enroll/walk.h"
#include "rotkit/certs.h"
#include "rotkit/chain.h"
#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/json.h"

#include <stdio.h>
#include <string.h>

enum {
    RELEASE_JSON_MAX = 1 << 30,
    IMAGE_MAX = 1 << 30, /* as a release takes it */
    ID_MAX = 512,
    HASH_SHOWN = 16, /* bytes of release.json's hash in an id */
    TAG_CREATOR = 0,
    MANIFEST_CREATOR = 1,
};
#define CHAIN_FILE "ca/chain.pem"

struct work {
    const struct rk_enroll_options *options;
    const char *vendor;
    char id[ID_MAX];
    bool has_not_after;
    int64_t not_after;
    rk_json *doc; /* release.json */
    char hash[2 * HASH_SHOWN + 1];
    const char *product;
    struct rk_release_version *version; /* NULL: none stated */
    struct rk_wr measurements;
    size_t image_count;
    struct rk_bytes anchor; /* DER; empty: the release has no chain */
};

static void work_done(struct work *w)
{
    rk_json_free(w->doc);
    rk_release_version_free(w->version);
    rk_wr_done(&w->measurements);
    rk_bytes_done(&w->anchor);
}

/* ---- what the release states ---- */

static enum rk_rc make_id(struct work *w, struct rk_err *err)
{
    const char *given = rk_request_setting(w->options->request, rk_corim_settings, "id");
    const char *version = w->version == NULL ? "" : w->version->version;
    int n;

    if (given != NULL)
        n = snprintf(w->id, sizeof w->id, "%s", given);
    else
        n = snprintf(w->id, sizeof w->id, "%s%s%s/%s", w->product, version[0] == '\0' ? "" : "/",
                     version, w->hash);
    return n > 0 && (size_t)n < sizeof w->id
               ? RK_OK
               : rk_fail(err, RK_E_USAGE, "an id of %s, expected 1 to %d", RK_COUNTED(n, "byte"),
                         ID_MAX - 1);
}

static enum rk_rc read_index(struct work *w, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    uint8_t digest[32];

    if (rk_enroll_find_file(w->options, "release.json", RELEASE_JSON_MAX, &text, err) ||
        rk_json_parse(text.p, text.len, &w->doc, err) || rk_sha256(text.p, text.len, digest, err))
        return err->rc;
    rk_hex_write(digest, HASH_SHOWN, w->hash);
    w->product = rk_json_str(rk_json_get(rk_json_root(w->doc), "product"));
    if (w->product == NULL || w->product[0] == '\0')
        return rk_fail(err, RK_E_USAGE, "release.json names no product");
    if (rk_json_get(rk_json_root(w->doc), "version").v == NULL)
        return RK_OK;
    return rk_enroll_version(w->options, &w->version, err);
}

static bool has_file(const struct work *w, const char *wanted)
{
    struct rk_jv files = rk_json_get(rk_json_root(w->doc), "files");

    for (size_t i = 0; i < rk_json_count(files); i++) {
        const char *path = rk_json_str(rk_json_get(rk_json_at(files, i), "path"));

        if (path != NULL && strcmp(path, wanted) == 0)
            return true;
    }
    return false;
}

/* The last certificate of the chain is what EK certificates are held against. */
static enum rk_rc read_anchor(struct work *w, struct rk_err *err)
{
    RK_AUTO(rk_enroll_chain_done) struct rk_enroll_chain chain = { .count = 0 };

    if (!has_file(w, CHAIN_FILE))
        return RK_OK;
    if (rk_enroll_ca_chain(w->options, &chain, err))
        return err->rc;
    w->anchor = rk_bytes_take(&chain.ca[chain.count - 1].der);
    return RK_OK;
}

/* ---- CBOR ---- */

/* {0: {1: vendor, 2: model}} */
static void put_environment(const struct work *w, struct rk_wr *wr)
{
    rk_cbor_put_map(wr, 1);
    rk_cbor_put_int(wr, 0);
    rk_cbor_put_map(wr, 2);
    rk_cbor_put_int(wr, 1);
    rk_cbor_put_text(wr, w->vendor);
    rk_cbor_put_int(wr, 2);
    rk_cbor_put_text(wr, w->product);
}

/* {0: tag-id} of a tag in this CoRIM */
static void put_identity(const struct work *w, const char *which, struct rk_wr *wr)
{
    char id[ID_MAX + 32];

    (void)snprintf(id, sizeof id, "%s/%s", w->id, which);
    rk_cbor_put_map(wr, 1);
    rk_cbor_put_int(wr, 0);
    rk_cbor_put_text(wr, id);
}

/* [{0: vendor, 2: [role]}] */
static void put_entities(const struct work *w, int role, struct rk_wr *wr)
{
    rk_cbor_put_array(wr, 1);
    rk_cbor_put_map(wr, 2);
    rk_cbor_put_int(wr, 0);
    rk_cbor_put_text(wr, w->vendor);
    rk_cbor_put_int(wr, 2);
    rk_cbor_put_array(wr, 1);
    rk_cbor_put_int(wr, role);
}

/* The component of the image's name, else of its name without the ending. */
static const struct rk_component_version *component_of(const struct work *w, const char *image)
{
    const char *dot = strrchr(image, '.');
    size_t stem = dot == NULL ? strlen(image) : (size_t)(dot - image);
    const struct rk_component_version *found = NULL;

    for (size_t i = 0; w->version != NULL && i < w->version->component_count; i++) {
        const struct rk_component_version *one = &w->version->component[i];

        if (strcmp(one->name, image) == 0)
            return one;
        if (strlen(one->name) == stem && strncmp(one->name, image, stem) == 0)
            found = one;
    }
    return found;
}

static enum rk_rc put_digests(const rk_ctx *ctx, const struct rk_bytes *image, struct rk_wr *wr,
                              struct rk_err *err)
{
    static const struct {
        int alg;
        const char *md;
    } rows[] = { { 1, "SHA256" }, { 7, "SHA384" } };
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;

    rk_cbor_put_array(wr, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (EVP_Q_digest(rk_ctx_libctx(ctx), rows[i].md, rk_ctx_propq(ctx), image->p, image->len,
                         digest, &len) != 1)
            return rk_fail_ossl(err, RK_E_INTERNAL, "%s", rows[i].md);
        rk_cbor_put_array(wr, 2);
        rk_cbor_put_int(wr, rows[i].alg);
        rk_cbor_put_bytes(wr, digest, len);
    }
    return RK_OK;
}

/* {0: file name, 1: {?0: {0: version}, ?1: 552(svn), 2: digests, 11: format}} */
static enum rk_rc put_measurement(void *arg, const struct rk_release_image_entry *image,
                                  struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    struct work *w = arg;
    struct rk_wr *wr = &w->measurements;
    const char *slash = strrchr(image->path, '/'), *name = slash == NULL ? image->path : slash + 1;
    const struct rk_component_version *component = component_of(w, name);
    bool version = component != NULL && component->version[0] != '\0';
    bool svn = component != NULL && component->has_svn;

    if (rk_enroll_find_file(w->options, image->path, IMAGE_MAX, &bytes, err))
        return err->rc;
    if (bytes.p == NULL)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is missing", image->path);
    rk_cbor_put_map(wr, 2);
    rk_cbor_put_int(wr, 0);
    rk_cbor_put_text(wr, name);
    rk_cbor_put_int(wr, 1);
    rk_cbor_put_map(wr, 2 + (size_t)version + (size_t)svn);
    if (version) {
        rk_cbor_put_int(wr, 0);
        rk_cbor_put_map(wr, 1);
        rk_cbor_put_int(wr, 0);
        rk_cbor_put_text(wr, component->version);
    }
    if (svn) {
        rk_cbor_put_int(wr, 1);
        rk_cbor_put_tag(wr, RK_CORIM_TAG_SVN);
        rk_cbor_put_uint(wr, component->svn);
    }
    rk_cbor_put_int(wr, 2);
    if (put_digests(w->options->request->ctx, &bytes, wr, err))
        return err->rc;
    rk_cbor_put_int(wr, 11);
    rk_cbor_put_text(wr, image->format);
    w->image_count++;
    return RK_OK;
}

/* The finished content of `inner` as a tagged byte string. */
static enum rk_rc put_tag(uint64_t tag, struct rk_wr *inner, struct rk_wr *wr, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

    if (rk_wr_end(inner, &bytes, err))
        return err->rc;
    rk_cbor_put_tag(wr, tag);
    rk_cbor_put_bytes(wr, bytes.p, bytes.len);
    return RK_OK;
}

/* concise-mid-tag */
static enum rk_rc put_comid(struct work *w, struct rk_wr *wr, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr inner = RK_WR_MAX(RK_CORIM_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes measurements = RK_BYTES_NONE;

    if (rk_wr_end(&w->measurements, &measurements, err))
        return err->rc;
    rk_cbor_put_map(&inner, 3);
    rk_cbor_put_int(&inner, 1);
    put_identity(w, "reference-values", &inner);
    rk_cbor_put_int(&inner, 2);
    put_entities(w, TAG_CREATOR, &inner);
    rk_cbor_put_int(&inner, 4);
    rk_cbor_put_map(&inner, 1);
    rk_cbor_put_int(&inner, 0);
    rk_cbor_put_array(&inner, 1);
    rk_cbor_put_array(&inner, 2);
    put_environment(w, &inner);
    rk_cbor_put_array(&inner, w->image_count);
    rk_wr_bytes(&inner, measurements.p, measurements.len);
    return put_tag(RK_CORIM_TAG_COMID, &inner, wr, err);
}

/* concise-ta-store-map */
static enum rk_rc put_store(const struct work *w, struct rk_wr *wr, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr inner = RK_WR_MAX(RK_CORIM_MAX);

    rk_cbor_put_map(&inner, 3);
    rk_cbor_put_int(&inner, 1);
    put_identity(w, "ek-roots", &inner);
    rk_cbor_put_int(&inner, 2);
    rk_cbor_put_array(&inner, 1);
    rk_cbor_put_map(&inner, 1);
    rk_cbor_put_int(&inner, 1);
    put_environment(w, &inner);
    rk_cbor_put_int(&inner, 6);
    rk_cbor_put_map(&inner, 1);
    rk_cbor_put_int(&inner, 0);
    rk_cbor_put_array(&inner, 1);
    rk_cbor_put_array(&inner, 2);
    rk_cbor_put_int(&inner, 0); /* a certificate */
    rk_cbor_put_bytes(&inner, w->anchor.p, w->anchor.len);
    return put_tag(RK_CORIM_TAG_COTS, &inner, wr, err);
}

static enum rk_rc make_unsigned(struct work *w, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_CORIM_MAX);
    bool images = w->image_count != 0, anchor = w->anchor.len != 0;

    rk_cbor_put_tag(&wr, RK_CORIM_TAG_UNSIGNED);
    rk_cbor_put_map(&wr, w->has_not_after ? 4 : 3);
    rk_cbor_put_int(&wr, 0);
    rk_cbor_put_text(&wr, w->id);
    rk_cbor_put_int(&wr, 1);
    rk_cbor_put_array(&wr, (size_t)images + (size_t)anchor);
    if ((images && put_comid(w, &wr, err)) || (anchor && put_store(w, &wr, err)))
        return err->rc;
    if (w->has_not_after) {
        rk_cbor_put_int(&wr, 4);
        rk_cbor_put_map(&wr, 1);
        rk_cbor_put_int(&wr, 1);
        rk_cbor_put_tag(&wr, RK_CBOR_TAG_EPOCH);
        rk_cbor_put_int(&wr, w->not_after);
    }
    rk_cbor_put_int(&wr, 5);
    put_entities(w, MANIFEST_CREATOR, &wr);
    return rk_wr_end(&wr, ret, err);
}

/* ---- the target ---- */

static enum rk_rc check_settings(struct work *w, struct rk_err *err)
{
    const struct rk_request *request = w->options->request;
    const char *not_after = rk_request_setting(request, rk_corim_settings, "not-after");

    w->vendor = rk_request_setting(request, rk_corim_settings, "vendor");
    if (w->vendor == NULL)
        return rk_fail(err, RK_E_USAGE, "setting \"vendor\" is missing");
    if (request->key_count == 0 && request->cert != NULL)
        return rk_fail(err, RK_E_USAGE, "a certificate without a key that signs");
    if (request->key_count == 0 &&
        rk_request_setting(request, rk_corim_settings, "signer-name") != NULL)
        return rk_fail(err, RK_E_USAGE, "setting \"signer-name\" without a key that signs");
    w->has_not_after = not_after != NULL;
    if (not_after != NULL && rk_clock_parse(not_after, &w->not_after, err))
        return rk_wrap(err, "setting \"not-after\"");
    return RK_OK;
}

static enum rk_rc gather(struct work *w, struct rk_err *err)
{
    const char *release = w->options->release;
    const rk_ctx *ctx = w->options->request->ctx;

    if (check_settings(w, err) || read_index(w, err) || make_id(w, err) || read_anchor(w, err))
        return err->rc;
    if (rk_enroll_images(w->options, put_measurement, w, err))
        return err->rc;
    if (w->image_count == 0 && w->anchor.len == 0)
        return rk_fail(err, RK_E_USAGE,
                       "release \"%s\" has neither images nor " CHAIN_FILE ": nothing to state",
                       release);
    if (w->image_count == 0)
        rk_warn(ctx, "release \"%s\" has no images: no reference values are stated", release);
    if (w->anchor.len == 0)
        rk_warn(ctx, "release \"%s\" has no " CHAIN_FILE ": no trust anchor is stated", release);
    return RK_OK;
}

/* Signed, or left empty while signatures are wanted. */
static enum rk_rc sign(const struct work *w, const struct rk_bytes *content, struct rk_bytes *ret,
                       struct rk_err *err)
{
    const char *signer = rk_request_setting(w->options->request, rk_corim_settings, "signer-name");
    const struct rk_setting name = { "signer-name", signer == NULL ? w->vendor : signer };
    struct rk_request request = *w->options->request;

    request.setting = &name;
    request.setting_count = 1;
    return rk_format_sign_by("corim", &request, w->options->by, content->p, content->len, ret, err);
}

/* By the parser, and when it is signed by the key, before anybody has it. */
static enum rk_rc read_back(const struct work *w, const struct rk_bytes *file, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const struct rk_request *made = w->options->request;
    /* Who must have signed; by which scheme, the file says. */
    const struct rk_request_key signer = { .role = "",
                                           .pub = made->key_count == 0 ? NULL : made->key[0].pub };
    const struct rk_request request = {
        .ctx = made->ctx, .key = &signer, .key_count = made->key_count != 0, .now = made->now
    };

    if (rk_format_verify("corim", &request, file->p, file->len, &map, err)) {
        err->rc = RK_E_USAGE;
        return rk_wrap(err, "what was made would be refused");
    }
    return RK_OK;
}

static enum rk_rc make(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                       struct rk_err *err)
{
    RK_AUTO(work_done)
    struct work w = { .options = options, .measurements = RK_WR_MAX(RK_CORIM_MAX) };
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (gather(&w, err) || make_unsigned(&w, &content, err))
        return err->rc;
    if (options->request->key_count == 0)
        file = rk_bytes_take(&content);
    else if (sign(&w, &content, &file, err))
        return err->rc;
    if (file.p == NULL)
        return RK_OK;
    return read_back(&w, &file, err) ? err->rc : rk_enroll_put(out, "corim.cbor", &file, err);
}

const struct rk_enroll_target rk_enroll_corim = {
    .name = "corim",
    .title = "CoRIM: reference values of the images, root of the EK certificates",
    .settings = rk_corim_settings,
    .signs = true,
    .no_devices = "states images and CA of a release, no devices",
    .make = make,
    .check = rk_corim_check,
};
