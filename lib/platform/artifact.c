/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/artifact.h"

#include "base/err.h"
#include "base/ossl.h"
#include "rotkit/devicedb.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct rk_role_row roles[] = {
    { "key-blob",         "eks.img",              RK_PLACE_DEVICE,   "ekb" },
    { "device",           "device.json",          RK_PLACE_DEVICE,   NULL },
    { "ek-cert-l-1",      "ek-cert-l-1.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-l-2",      "ek-cert-l-2.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-h-1",      "ek-cert-h-1.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-h-2",      "ek-cert-h-2.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-h-3",      "ek-cert-h-3.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-h-4",      "ek-cert-h-4.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-h-6",      "ek-cert-h-6.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-h-7",      "ek-cert-h-7.der",      RK_PLACE_DEVICE,   "x509" },
    { "ek-cert-azure-sdk","ek-cert-azure-sdk.der",RK_PLACE_DEVICE,   "x509" },
    { "fuse-public",      "fuse-public.xml",      RK_PLACE_DEVICE,   NULL },
    { "nvftpm",           "ftpm_eks_%s.img",      RK_PLACE_HANDOVER, "nvftpm" },
    { "fuse",             "fuse.xml",             RK_PLACE_SECRET,   NULL },
    { "fuse-common",      "fuse-common.xml",      RK_PLACE_SECRET,   NULL },
};
/* clang-format on */

const struct rk_role_row *rk_role_at(size_t i)
{
    return i < sizeof roles / sizeof roles[0] ? &roles[i] : NULL;
}

const struct rk_role_row *rk_role_find(const char *role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(roles[i].role, role) == 0)
            return &roles[i];
    }
    return NULL;
}

void rk_artifacts_done(struct rk_artifacts *artifacts)
{
    for (size_t i = 0; i < artifacts->count; i++) {
        rk_bytes_done(&artifacts->item[i].bytes);
        rk_secret_done(&artifacts->item[i].secret);
    }
    artifacts->count = 0;
}

static enum rk_rc next_item(struct rk_artifacts *to, const char *role, struct rk_artifact **ret,
                            struct rk_err *err)
{
    const struct rk_role_row *row = rk_role_find(role);

    if (row == NULL || to->count == RK_ARTIFACTS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "no room for an artifact of role \"%s\"", role);
    *ret = &to->item[to->count++];
    **ret = (struct rk_artifact) { .role = row };
    return RK_OK;
}

enum rk_rc rk_artifacts_take(struct rk_artifacts *to, const char *role, struct rk_bytes *bytes,
                             struct rk_err *err)
{
    struct rk_artifact *item;

    if (next_item(to, role, &item, err))
        return err->rc;
    item->bytes = rk_bytes_take(bytes);
    return RK_OK;
}

enum rk_rc rk_artifacts_take_secret(struct rk_artifacts *to, const char *role,
                                    struct rk_secret *secret, struct rk_err *err)
{
    struct rk_artifact *item;

    if (next_item(to, role, &item, err))
        return err->rc;
    item->secret = rk_secret_take(secret);
    return RK_OK;
}

/* role NUL | BE64 length | content, an item after the other. */
static int digest_item(EVP_MD_CTX *md, const struct rk_artifact *item)
{
    bool secret = item->secret.p != NULL;
    size_t len = secret ? item->secret.len : item->bytes.len;
    uint8_t be[8];

    for (size_t i = 0; i < sizeof be; i++)
        be[i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
    return EVP_DigestUpdate(md, item->role->role, strlen(item->role->role) + 1) == 1 &&
           EVP_DigestUpdate(md, be, sizeof be) == 1 &&
           EVP_DigestUpdate(md, secret ? item->secret.p : item->bytes.p, len) == 1;
}

enum rk_rc rk_artifacts_digest(const struct rk_artifacts *artifacts, uint8_t ret[32],
                               struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    int good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

    for (size_t i = 0; good && i < artifacts->count; i++)
        good = digest_item(md, &artifacts->item[i]);
    if (!good || EVP_DigestFinal_ex(md, ret, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}

void rk_device_bucket(const struct rk_device_sn *sn, char ret[19])
{
    rk_hex_write(sn->b, RK_DEVICE_SN_LEN - 1, ret);
}

static enum rk_rc path_too_long(const struct rk_role_row *role, struct rk_err *err)
{
    return rk_fail(err, RK_E_INTERNAL, "path of role \"%s\" is too long", role->role);
}

/* By enum rk_role_place. */
static const char *const tops[] = { "devices", "handover", "secrets" };

enum rk_rc rk_artifact_path(const struct rk_role_row *role, const struct rk_device_sn *sn,
                            bool sealed, char *ret, size_t ret_size, struct rk_err *err)
{
    const char *mark = strstr(role->file, "%s");
    char bucket[19], text[21];
    int n;

    if (sn == NULL) {
        n = snprintf(ret, ret_size, "%s/common/%s%s", tops[role->place], role->file,
                     sealed ? ".cms" : "");
        return n < 0 || (size_t)n >= ret_size ? path_too_long(role, err) : RK_OK;
    }
    rk_device_bucket(sn, bucket);
    rk_device_sn_text(sn, text);
    if (mark != NULL)
        n = snprintf(ret, ret_size, "%s/%s/%.*s%.4s-%s%s", tops[role->place], bucket,
                     (int)(mark - role->file), role->file, text, text + 4, mark + 2);
    else
        n = snprintf(ret, ret_size, "%s/%s/%s/%s%s", tops[role->place], bucket, text, role->file,
                     sealed ? ".cms" : "");
    if (n < 0 || (size_t)n >= ret_size)
        return path_too_long(role, err);
    return RK_OK;
}
