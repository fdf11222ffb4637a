/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a CoRIM held against the release: every image, the root, and nothing beside. */
#include "enroll/corim.h"
#include "enroll/walk.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "rotkit/chain.h"
#include "rotkit/json.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1 << 30 };

struct checking {
    const struct rk_enroll_options *options;
    struct rk_bytes file;
    struct rk_corim corim;
    struct rk_release_version *version; /* NULL: none stated */
    char product[128];
    bool *seen; /* a flag a measurement */
};

static void checking_done(struct checking *c)
{
    rk_bytes_done(&c->file);
    rk_corim_done(&c->corim);
    rk_release_version_free(c->version);
    rk_free(c->seen);
}

static bool is_text(const struct checking *c, struct rk_span span, const char *text)
{
    return span.len == strlen(text) && memcmp(c->file.p + span.at, text, span.len) == 0;
}

/* ---- one image ---- */

static enum rk_rc find_measurement(struct checking *c, const char *name,
                                   const struct rk_corim_measurement **ret, struct rk_err *err)
{
    *ret = NULL;
    for (size_t i = 0; i < c->corim.measurement_count; i++) {
        if (!is_text(c, c->corim.measurement[i].key, name))
            continue;
        if (*ret != NULL)
            return rk_fail(err, RK_E_VERIFY, "is measured twice");
        *ret = &c->corim.measurement[i];
        c->seen[i] = true;
    }
    return *ret == NULL ? rk_fail(err, RK_E_VERIFY, "is not measured") : RK_OK;
}

/* Each digest that is known here, and SHA-256 among them. */
static enum rk_rc check_digests(const struct checking *c, const struct rk_corim_measurement *m,
                                const struct rk_bytes *image, struct rk_err *err)
{
    bool sha256 = false;

    for (size_t i = 0; i < m->digest_count; i++) {
        const struct rk_corim_digest *digest = &m->digest[i];
        uint8_t value[EVP_MAX_MD_SIZE];
        size_t len;
        const char *name = rk_corim_digest_name(digest->alg, &len);

        if (name == NULL)
            return rk_fail(err, RK_E_VERIFY, "digest algorithm %lld is not known",
                           (long long)digest->alg);
        if (EVP_Q_digest(NULL, name, NULL, image->p, image->len, value, &len) != 1)
            return rk_fail_ossl(err, RK_E_INTERNAL, "%s", name);
        if (memcmp(value, c->file.p + digest->value.at, len) != 0)
            return rk_fail(err, RK_E_VERIFY, "%s is not that of the release's file", name);
        sha256 = sha256 || digest->alg == 1;
    }
    return sha256 ? RK_OK : rk_fail(err, RK_E_VERIFY, "no sha-256 is stated");
}

/* What the release states by the image's name, or by its name without the ending. */
static const struct rk_component_version *stated(const struct checking *c, const char *name)
{
    char stem[RK_COMPONENT_NAME] = "";
    const struct rk_component_version *at[2] = { NULL, NULL };

    (void)snprintf(stem, sizeof stem, "%s", name);
    if (strrchr(stem, '.') != NULL)
        *strrchr(stem, '.') = '\0';
    for (size_t i = 0; c->version != NULL && i < c->version->component_count; i++) {
        if (strcmp(c->version->component[i].name, name) == 0)
            at[0] = &c->version->component[i];
        if (strcmp(c->version->component[i].name, stem) == 0)
            at[1] = &c->version->component[i];
    }
    return at[0] != NULL ? at[0] : at[1];
}

static enum rk_rc check_versions(const struct checking *c, const struct rk_corim_measurement *m,
                                 const char *name, struct rk_err *err)
{
    const struct rk_component_version *as = stated(c, name);
    const char *version = as == NULL ? "" : as->version;
    bool has_svn = as != NULL && as->has_svn;

    if (!is_text(c, m->version, version))
        return rk_fail(err, RK_E_VERIFY, "another version than the release's \"%s\"", version);
    if (m->has_svn != has_svn)
        return rk_fail(err, RK_E_VERIFY, "svn is stated by the %s alone",
                       has_svn ? "release" : "CoRIM");
    if (has_svn && m->svn != as->svn)
        return rk_fail(err, RK_E_VERIFY, "svn %llu, the release has %llu",
                       (unsigned long long)m->svn, (unsigned long long)as->svn);
    return RK_OK;
}

static enum rk_rc check_class(const struct checking *c, const struct rk_corim_class *of,
                              struct rk_err *err)
{
    const char *vendor = rk_request_setting(c->options->request, rk_corim_settings, "vendor");

    if (!is_text(c, of->model, c->product))
        return rk_fail(err, RK_E_VERIFY, "the model is not the release's product \"%s\"",
                       c->product);
    if (of->vendor.len == 0 || (vendor != NULL && !is_text(c, of->vendor, vendor)))
        return rk_fail(err, RK_E_VERIFY, "the vendor is %s%s",
                       of->vendor.len == 0 ? "not stated" : "not ",
                       of->vendor.len == 0 ? "" : vendor);
    return RK_OK;
}

static enum rk_rc check_image(void *arg, const struct rk_release_image_entry *image,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;
    struct checking *c = arg;
    const char *name =
        strrchr(image->path, '/') == NULL ? image->path : strrchr(image->path, '/') + 1;
    const struct rk_corim_measurement *m;

    if (rk_enroll_find_file(c->options, image->path, FILE_MAX, &bytes, err))
        return err->rc;
    if (bytes.p == NULL)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is missing", image->path);
    if (find_measurement(c, name, &m, err) || check_class(c, &m->of, err) ||
        check_digests(c, m, &bytes, err) || check_versions(c, m, name, err))
        return rk_wrap(err, "image \"%s\"", name);
    if (!is_text(c, m->name, image->format))
        return rk_fail(err, RK_E_VERIFY, "image \"%s\": another format than the release's \"%s\"",
                       name, image->format);
    return RK_OK;
}

static enum rk_rc check_images(struct checking *c, struct rk_err *err)
{
    c->seen = rk_alloc(c->corim.measurement_count + 1, sizeof *c->seen);
    if (c->seen == NULL)
        return rk_fail_nomem(err);
    if (rk_enroll_images(c->options, check_image, c, err))
        return err->rc;
    for (size_t i = 0; i < c->corim.measurement_count; i++) {
        const struct rk_corim_measurement *m = &c->corim.measurement[i];

        if (!c->seen[i])
            return rk_fail(err, RK_E_VERIFY, "\"%.*s\" is measured and is no image of the release",
                           (int)m->key.len, (const char *)c->file.p + m->key.at);
    }
    return RK_OK;
}

/* ---- the root ---- */

static enum rk_rc check_anchors(const struct checking *c, struct rk_err *err)
{
    RK_AUTO(rk_enroll_chain_done) struct rk_enroll_chain chain = { .count = 0 };
    const struct rk_corim_anchor *anchor = c->corim.anchor;
    const struct rk_bytes *root;
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (rk_enroll_find_file(c->options, "ca/chain.pem", FILE_MAX, &pem, err) ||
        (pem.p != NULL && rk_enroll_ca_chain(c->options, &chain, err)))
        return err->rc;
    if (c->corim.anchor_count != (chain.count == 0 ? 0 : 1))
        return rk_fail(err, RK_E_VERIFY, "%zu trust anchors, the release has %d",
                       c->corim.anchor_count, chain.count == 0 ? 0 : 1);
    if (chain.count == 0)
        return RK_OK;
    root = &chain.ca[chain.count - 1].der;
    if (anchor->format != 0 || anchor->ca || anchor->value.len != root->len ||
        memcmp(c->file.p + anchor->value.at, root->p, root->len) != 0)
        return rk_fail(err, RK_E_VERIFY, "the trust anchor is not the root of ca/chain.pem");
    return check_class(c, &anchor->of, err) ? rk_wrap(err, "trust anchor") : RK_OK;
}

/* ---- the file ---- */

/* A verifier takes what stands beside as endorsed too. */
static enum rk_rc check_beside(const struct checking *c, struct rk_err *err)
{
    return c->corim.beside == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "offset 0x%zx: states what the release does not",
                         c->corim.beside);
}

static enum rk_rc read_product(struct checking *c, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    const char *product;

    if (rk_enroll_find_file(c->options, "release.json", FILE_MAX, &text, err) ||
        rk_json_parse(text.p, text.len, &doc, err))
        return err->rc;
    product = rk_json_str(rk_json_get(rk_json_root(doc), "product"));
    if (product == NULL || strlen(product) >= sizeof c->product)
        return rk_fail(err, RK_E_VERIFY, "release.json names no product");
    (void)snprintf(c->product, sizeof c->product, "%s", product);
    if (rk_json_get(rk_json_root(doc), "version").v == NULL)
        return RK_OK;
    return rk_enroll_version(c->options, &c->version, err);
}

/* Settings that were given say what must be there. */
static enum rk_rc check_settings(const struct checking *c, struct rk_err *err)
{
    const struct rk_request *request = c->options->request;
    const char *id = rk_request_setting(request, rk_corim_settings, "id");
    const char *signer = rk_request_setting(request, rk_corim_settings, "signer-name");
    const char *not_after = rk_request_setting(request, rk_corim_settings, "not-after");
    int64_t when;

    if (id != NULL && !is_text(c, c->corim.id.span, id))
        return rk_fail(err, RK_E_VERIFY, "another id than \"%s\"", id);
    if (signer != NULL && !is_text(c, c->corim.signer, signer))
        return rk_fail(err, RK_E_VERIFY, "another signer's name than \"%s\"", signer);
    if (not_after == NULL)
        return RK_OK;
    if (rk_clock_parse(not_after, &when, err))
        return rk_wrap(err, "setting \"not-after\"");
    return when == c->corim.not_after
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "another end of validity than %s", not_after);
}

static enum rk_rc open_file(struct checking *c, const char *folder, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const struct rk_request *given = c->options->request;
    /* Who must have signed; by which scheme, the file says. */
    const struct rk_request_key signer = { .role = "",
                                           .pub =
                                               given->key_count == 0 ? NULL : given->key[0].pub };
    const struct rk_request request = {
        .ctx = given->ctx, .key = &signer, .key_count = given->key_count != 0, .now = given->now
    };

    if (rk_names_list(folder, 2, &names, err))
        return err->rc;
    if (names.count != 1 || strcmp(names.name[0], "corim.cbor") != 0)
        return rk_fail(err, RK_E_VERIFY, "expected corim.cbor and nothing else");
    if (rk_beneath_read(folder, "corim.cbor", RK_CORIM_MAX, &c->file, err))
        return err->rc;
    return rk_format_verify("corim", &request, c->file.p, c->file.len, &map, err) ||
                   rk_corim_read(c->file.p, c->file.len, &c->corim, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc check_all(struct checking *c, const char *folder, struct rk_err *err)
{
    if (open_file(c, folder, err) || read_product(c, err) || check_settings(c, err) ||
        check_images(c, err) || check_anchors(c, err) || check_beside(c, err))
        return rk_wrap(err, "\"corim.cbor\"");
    return RK_OK;
}

enum rk_rc rk_corim_check(const struct rk_enroll_options *options, const char *folder,
                          struct rk_enroll_report *ret, struct rk_err *err)
{
    RK_AUTO(checking_done) struct checking c = { .options = options };

    if (check_all(&c, folder, err)) {
        if (err->rc == RK_E_FORMAT)
            err->rc = RK_E_VERIFY;
        return err->rc;
    }
    if (c.corim.is_signed && options->request->key_count == 0)
        return rk_fail(err, RK_E_UNKNOWN,
                       "could not be checked: who signed \"corim.cbor\": needs the signer's key: "
                       "--key pub:FILE");
    ret->files = 1;
    return RK_OK;
}
