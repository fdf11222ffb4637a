/* SPDX-License-Identifier: Apache-2.0 */
/* What a release states about its devices, device by device. */
#include "release/release.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/ek.h"
#include "rotkit/hex.h"
#include "release/index.h"

#include <stdio.h>
#include <string.h>

enum { DEVICE_JSON_MAX = 1 << 20, CERT_MAX = 1 << 16, PUBLIC_MAX = 2048 };

struct reading {
    const char *root;
    rk_release_view *view; /* NULL: the release is not verified here */
};

void rk_release_device_done(struct rk_release_device *device)
{
    for (size_t i = 0; i < RK_RELEASE_EKS_MAX; i++) {
        rk_bytes_done(&device->ek[i].public_tpm2b);
        rk_bytes_done(&device->ek[i].cert);
    }
    device->ek_count = 0;
}

/* A file of a device, by its role; one that is missing leaves *ret empty. */
static enum rk_rc find_artifact(const struct reading *from, const struct rk_role_row *role,
                                const struct rk_unit_id *sn, size_t max, struct rk_bytes *ret,
                                struct rk_err *err)
{
    char path[RK_PATH_MAX];
    struct rk_named named;

    if (rk_artifact_path(role, sn, false, path, sizeof path, err))
        return err->rc;
    if (from->view == NULL)
        return rk_beneath_find(from->root, path, max, ret, err) ? rk_wrap(err, "\"%s\"", from->root)
                                                                : RK_OK;
    if (rk_tree_find(&from->view->tree, path, &named, err))
        return err->rc;
    return named.path == NULL ? RK_OK : rk_named_read(from->root, &named, ret, err);
}

/* Missing is fine: a release of an older plan may certify fewer templates than it states. */
static enum rk_rc read_cert(const struct reading *from, const struct rk_unit_id *sn,
                            struct rk_release_ek *ek, struct rk_err *err)
{
    const struct rk_ek_template *tpl = rk_ek_template_find(ek->template_name);
    struct rk_role_row role;

    if (tpl == NULL)
        return rk_fail(err, RK_E_FORMAT, "unknown EK template \"%s\"", ek->template_name);
    role = rk_role_of_template(tpl);
    if (find_artifact(from, &role, sn, CERT_MAX, &ek->cert, err))
        return err->rc;
    return ek->cert.p == NULL || ek->cert.len != 0
               ? RK_OK
               : rk_fail(err, RK_E_FORMAT, "the certificate of EK %s is empty", ek->template_name);
}

static enum rk_rc read_ek(const struct reading *from, const struct rk_unit_id *sn, struct rk_jv at,
                          size_t number, struct rk_release_ek *ret, struct rk_err *err)
{
    if (rk_json_want_text(at, "template", ret->template_name, sizeof ret->template_name, err) ||
        rk_json_want_text(at, "profile", ret->profile, sizeof ret->profile, err) ||
        rk_json_want_bytes(at, "public_tpm2b", PUBLIC_MAX, &ret->public_tpm2b, err))
        return rk_wrap(err, "EK %zu", number);
    return read_cert(from, sn, ret, err);
}

static enum rk_rc read_eks(const struct reading *from, const struct rk_unit_id *sn,
                           const struct rk_bytes *text, struct rk_release_device *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    struct rk_jv eks;

    if (rk_json_parse(text->p, text->len, &doc, err))
        return err->rc;
    eks = rk_json_get(rk_json_root(doc), "ek");
    if (rk_json_count(eks) > RK_RELEASE_EKS_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s, at most %d", RK_COUNTED(rk_json_count(eks), "EK"),
                       RK_RELEASE_EKS_MAX);
    for (size_t i = 0; i < rk_json_count(eks); i++) {
        ret->ek_count = i + 1;
        if (read_ek(from, sn, rk_json_at(eks, i), i + 1, &ret->ek[i], err))
            return err->rc;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(ret->ek[k].template_name, ret->ek[i].template_name) == 0)
                return rk_fail(err, RK_E_FORMAT, "EK %s is stated twice", ret->ek[i].template_name);
        }
    }
    return RK_OK;
}

static enum rk_rc read_device(const struct reading *from, const struct rk_unit_id *sn,
                              struct rk_release_device *ret, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .sn = *sn };
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    char below[RK_PATH_MAX], name[21];

    rk_unit_id_text(sn, name);
    if (rk_artifact_path(&rk_role_device, sn, false, below, sizeof below, err) ||
        find_artifact(from, &rk_role_device, sn, DEVICE_JSON_MAX, &text, err))
        return err->rc;
    if (text.p == NULL)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" has no device %s", from->root, name);
    if (read_eks(from, sn, &text, &device, err))
        return err->rc == RK_E_VERIFY /* which names its file, perhaps a certificate */
                   ? err->rc
                   : rk_wrap(err, "\"%s/%s\"", from->root, below);
    *ret = device;
    device = (struct rk_release_device) { .ek_count = 0 };
    return RK_OK;
}

enum rk_rc rk_release_device_read(const char *path, const struct rk_unit_id *sn,
                                  struct rk_release_device *ret, struct rk_err *err)
{
    const struct reading from = { .root = path };

    return read_device(&from, sn, ret, err);
}

enum rk_rc rk_release_view_device(rk_release_view *view, const struct rk_unit_id *sn,
                                  struct rk_release_device *ret, struct rk_err *err)
{
    const struct reading from = { .root = view->root, .view = view };

    return read_device(&from, sn, ret, err);
}

static enum rk_rc each_in_bucket(const char *root, const char *bucket, rk_release_visit visit,
                                 void *arg, bool *more, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    enum rk_beneath_kind kind;
    struct rk_unit_id sn;
    struct rk_err no_device;
    char folder[RK_PATH_MAX];

    if (rk_path_join("devices", bucket, folder, sizeof folder, err) ||
        rk_beneath_kind_of(root, folder, &kind, err))
        return err->rc;
    if (kind != RK_BENEATH_FOLDER)
        return RK_OK;
    if (rk_beneath_list(root, folder, RK_BUCKET_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; *more && i < names.count; i++) {
        if (rk_unit_id_parse(names.name[i], &sn, &no_device) != RK_OK)
            continue; /* index.json */
        if (visit(arg, &sn, more, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_release_each_device(const char *path, rk_release_visit visit, void *arg,
                                  struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names buckets = { .name = NULL };
    bool more = true;

    if (!rk_release_is(path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json", path);
    if (rk_buckets_list(path, "devices", &buckets, err))
        return err->rc;
    for (size_t i = 0; more && i < buckets.count; i++) {
        if (each_in_bucket(path, buckets.name[i], visit, arg, &more, err))
            return err->rc;
    }
    return RK_OK;
}

struct search {
    rk_release_view *view;
    const char *hex;
    struct rk_unit_id sn;
    bool found;
};

static enum rk_rc holds_ek(void *arg, const struct rk_unit_id *sn, bool *more, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    struct search *search = arg;
    const struct reading from = { .root = search->view->root, .view = search->view };

    if (find_artifact(&from, &rk_role_device, sn, DEVICE_JSON_MAX, &text, err))
        return err->rc;
    if (text.len != 0 && strstr((const char *)text.p, search->hex) != NULL) {
        search->sn = *sn;
        search->found = true;
        *more = false;
    }
    return RK_OK;
}

static enum rk_rc find_hex(rk_release_view *view, const uint8_t *bytes, size_t len,
                           struct rk_unit_id *ret, bool *ret_found, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes hex = RK_BYTES_NONE;
    struct search search = { .view = view };

    if (rk_bytes_new(2 * len, &hex, err))
        return err->rc;
    rk_hex_write(bytes, len, (char *)hex.p);
    search.hex = (const char *)hex.p;
    if (rk_release_view_each_device(view, holds_ek, &search, err))
        return err->rc;
    if (search.found)
        *ret = search.sn;
    *ret_found = search.found;
    return RK_OK;
}

enum rk_rc rk_release_view_find_ek(rk_release_view *view, const struct rk_bytes *public_tpm2b,
                                   struct rk_unit_id *ret, bool *ret_found, struct rk_err *err)
{
    return find_hex(view, public_tpm2b->p, public_tpm2b->len, ret, ret_found, err);
}

enum rk_rc rk_release_view_find_spki(rk_release_view *view, const struct rk_bytes *spki,
                                     struct rk_unit_id *ret, bool *ret_found, struct rk_err *err)
{
    uint8_t digest[32];

    if (rk_sha256(spki->p, spki->len, digest, err))
        return err->rc;
    return find_hex(view, digest, sizeof digest, ret, ret_found, err);
}
