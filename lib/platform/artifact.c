/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/artifact.h"

#include "base/ctx.h"
#include "base/err.h"
#include "base/ossl.h"
#include "rotkit/guid.h"
#include "rotkit/hex.h"
#include "rotkit/platform.h"
#include "rotkit/template.h"

#include <stdio.h>
#include <string.h>

const struct rk_role_row rk_role_device = { "device", "device.json", RK_PLACE_DEVICE,
                                            NULL,     NULL,          false };

enum rk_file_mode rk_role_mode(const struct rk_role_row *role)
{
    return role->is_private || role->place == RK_PLACE_SECRET ? RK_FILE_KEY : RK_FILE_PUBLIC;
}

struct rk_role_row rk_role_of_template(const struct rk_ek_template *tpl)
{
    return (struct rk_role_row) { tpl->role, tpl->file, RK_PLACE_DEVICE, "x509", NULL, false };
}

const struct rk_ek_template *rk_role_template(const char *role)
{
    for (size_t i = 0; rk_ek_template_at(i) != NULL; i++) {
        if (rk_ek_template_at(i)->role != NULL && strcmp(rk_ek_template_at(i)->role, role) == 0)
            return rk_ek_template_at(i);
    }
    return NULL;
}

/* Platforms of one family share makers. */
static bool is_of_earlier(const rk_ctx *ctx, const struct rk_platform *const *until,
                          const char *role)
{
    for (const struct rk_platform *const *row = ctx->tables->platforms; row != until; row++) {
        for (const struct rk_maker *m = (*row)->makers; m != NULL && m->role.role != NULL; m++) {
            if (strcmp(m->role.role, role) == 0)
                return true;
        }
    }
    return false;
}

/* Maker i of all platforms. */
static bool maker_at(const rk_ctx *ctx, size_t i, struct rk_role_row *ret)
{
    for (const struct rk_platform *const *row = ctx->tables->platforms; *row != NULL; row++) {
        for (const struct rk_maker *m = (*row)->makers; m != NULL && m->role.role != NULL; m++) {
            if (is_of_earlier(ctx, row, m->role.role))
                continue;
            if (i-- == 0) {
                *ret = m->role;
                return true;
            }
        }
    }
    return false;
}

bool rk_role_at(const rk_ctx *ctx, size_t i, struct rk_role_row *ret)
{
    if (i == 0) {
        *ret = rk_role_device;
        return true;
    }
    for (size_t k = 0; rk_ek_template_at(k) != NULL; k++) {
        if (--i == 0) {
            *ret = rk_role_of_template(rk_ek_template_at(k));
            return true;
        }
    }
    return maker_at(ctx, i - 1, ret);
}

/* By enum rk_role_place. */
static const char *const tops[] = { "devices", "handover", "secrets" };

bool rk_role_is_below(const struct rk_role_row *role, const char *path)
{
    size_t len = strlen(tops[role->place]);

    return strncmp(path, tops[role->place], len) == 0 && path[len] == '/';
}

bool rk_role_find(const rk_ctx *ctx, const char *role, const char *path, struct rk_role_row *ret)
{
    struct rk_role_row row;

    for (size_t i = 0; rk_role_at(ctx, i, &row); i++) {
        if (strcmp(row.role, role) == 0 && rk_role_is_below(&row, path)) {
            *ret = row;
            return true;
        }
    }
    return false;
}

void rk_artifact_done(struct rk_artifact *artifact)
{
    rk_bytes_done(&artifact->bytes);
    rk_secret_done(&artifact->secret);
}

void rk_artifacts_done(struct rk_artifacts *artifacts)
{
    for (size_t i = 0; i < artifacts->count; i++)
        rk_artifact_done(&artifacts->item[i]);
    artifacts->count = 0;
}

enum rk_rc rk_artifacts_add(struct rk_artifacts *to, struct rk_artifact *artifact,
                            struct rk_err *err)
{
    if (to->count == RK_ARTIFACTS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "no room for an artifact of role \"%s\"",
                       artifact->role.role);
    to->item[to->count++] = (struct rk_artifact) { .role = artifact->role,
                                                   .bytes = rk_bytes_take(&artifact->bytes),
                                                   .secret = rk_secret_take(&artifact->secret) };
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
    return EVP_DigestUpdate(md, item->role.role, strlen(item->role.role) + 1) == 1 &&
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

void rk_device_bucket(const struct rk_unit_id *sn, char ret[19])
{
    rk_hex_write(sn->b, RK_UNIT_ID_LEN - 1, ret);
}

static enum rk_rc path_too_long(const struct rk_role_row *role, struct rk_err *err)
{
    return rk_fail(err, RK_E_INTERNAL, "path of role \"%s\" is too long", role->role);
}

bool rk_role_takes_name(const struct rk_role_row *role, const char *name)
{
    const char *tail = role->file + (role->file[0] == '*' ? 1 : 0);
    uint8_t uuid[RK_GUID_LEN];
    char text[RK_GUID_TEXT];
    struct rk_err err;

    if (role->file[0] != '*' || strlen(name) != RK_GUID_TEXT - 1 + strlen(tail) ||
        strcmp(name + RK_GUID_TEXT - 1, tail) != 0)
        return false;
    memcpy(text, name, RK_GUID_TEXT - 1);
    text[RK_GUID_TEXT - 1] = '\0';
    return rk_uuid_parse(text, uuid, &err) == RK_OK;
}

enum rk_rc rk_artifact_path(const struct rk_role_row *role, const struct rk_unit_id *sn,
                            bool sealed, char *ret, size_t ret_size, struct rk_err *err)
{
    const char *mark = strstr(role->file, "%s");
    char bucket[19], text[RK_UNIT_TEXT];
    int n;

    if (sn == NULL) {
        n = snprintf(ret, ret_size, "%s/common/%s%s", tops[role->place], role->file,
                     sealed ? ".cms" : "");
        return n < 0 || (size_t)n >= ret_size ? path_too_long(role, err) : RK_OK;
    }
    rk_device_bucket(sn, bucket);
    if (role->spell != NULL)
        role->spell(sn, text);
    else
        rk_unit_id_text(sn, text);
    if (mark != NULL)
        n = snprintf(ret, ret_size, "%s/%s/%.*s%s%s", tops[role->place], bucket,
                     (int)(mark - role->file), role->file, text, mark + 2);
    else
        n = snprintf(ret, ret_size, "%s/%s/%s/%s%s", tops[role->place], bucket, text, role->file,
                     sealed ? ".cms" : "");
    if (n < 0 || (size_t)n >= ret_size)
        return path_too_long(role, err);
    return RK_OK;
}
