/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/values.h"

#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/ctx.h"
#include "rotkit/env.h"
#include "rotkit/hex.h"
#include "rotkit/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, NAME_MAX_LEN = 64 };

static enum rk_rc wrong(const struct rk_loading *l, const struct rk_mplace *place,
                        struct rk_err *err, const char *what, const char *text)
{
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s, found \"%s\"", place->name,
                            what, text);
}

/* The value of the variable whose name starts at text and ends at close. */
static enum rk_rc variable(const struct rk_loading *l, const struct rk_mplace *place,
                           const char *text, const char *close, const char **ret,
                           struct rk_err *err)
{
    char name[NAME_MAX_LEN];
    struct rk_err why;

    (void)snprintf(name, sizeof name, "%.*s", (int)(close - text), text);
    if (rk_env_named(name, RK_E_USAGE, ret, &why))
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s", place->name, why.msg);
    if (**ret == '\0')
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                                "%s: environment variable \"%s\" is empty", place->name, name);
    return RK_OK;
}

/* text with each ${NAME} replaced from the environment. */
static enum rk_rc expand(const struct rk_loading *l, const struct rk_mplace *place,
                         const char *text, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);
    const char *open, *close, *value;
    struct rk_err detail;

    while ((open = strstr(text, "${")) != NULL) {
        close = strchr(open, '}');
        if (close == NULL || (size_t)(close - open - 2) >= NAME_MAX_LEN)
            return wrong(l, place, err, "malformed ${VAR}", text);
        if (variable(l, place, open + 2, close, &value, err))
            return err->rc;
        rk_wr_bytes(&wr, text, (size_t)(open - text));
        rk_wr_str(&wr, value);
        text = close + 1;
    }
    rk_wr_str(&wr, text);
    if (rk_wr_end(&wr, ret, &detail))
        return rk_manifest_fail(l->m, place->at, err, detail.rc, "%s: %s", place->name, detail.msg);
    return RK_OK;
}

enum rk_rc rk_manifest_keep_text(char **ret, const char *text, struct rk_err *err)
{
    *ret = rk_strdup(text);
    return *ret != NULL ? RK_OK : rk_fail_nomem(err);
}

/* scheme (which may be empty) and the path behind it, relative to the manifest's folder. */
static enum rk_rc keep_path(const struct rk_loading *l, const struct rk_mplace *place,
                            const char *scheme, const char *text, char **ret, struct rk_err *err)
{
    char path[RK_PATH_MAX], uri[RK_PATH_MAX + 8];
    struct rk_err detail;

    if (rk_path_join(l->folder, text, path, sizeof path, &detail))
        return rk_manifest_fail(l->m, place->at, err, detail.rc, "%s: %s", place->name, detail.msg);
    (void)snprintf(uri, sizeof uri, "%s%s", scheme, path);
    return rk_manifest_keep_text(ret, uri, err);
}

static bool starts(const char *text, const char *scheme)
{
    return strncmp(text, scheme, strlen(scheme)) == 0;
}

/* The paths in it are relative to the manifest. */
static enum rk_rc keep_key(const struct rk_loading *l, const struct rk_mplace *place,
                           const char *text, char **ret, struct rk_err *err)
{
    char uri[2 * RK_PATH_MAX + 32];
    struct rk_err detail;

    if (starts(text, "postgresql:")) /* a ledger's */
        return rk_manifest_keep_text(ret, text, err);
    if (rk_key_below(text, l->folder, uri, sizeof uri, &detail))
        return rk_manifest_fail(l->m, place->at, err, detail.rc, "%s: %s", place->name, detail.msg);
    return rk_manifest_keep_text(ret, uri, err);
}

/* The text is not shown: people put the passphrase itself where its source belongs. */
static enum rk_rc keep_passphrase(const struct rk_loading *l, const struct rk_mplace *place,
                                  const char *text, char **ret, struct rk_err *err)
{
    if (starts(text, "file:"))
        return keep_path(l, place, "file:", text + strlen("file:"), ret, err);
    if (starts(text, "fd:") || starts(text, "env:"))
        return rk_manifest_keep_text(ret, text, err);
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                            "%s: expected fd:N, file:PATH or env:NAME", place->name);
}

static enum rk_rc keep_choice(const struct rk_loading *l, const struct rk_mplace *place,
                              const struct rk_mrow *row, char **ret, const char *text,
                              struct rk_err *err)
{
    char known[256] = "";

    for (const char *const *v = row->values; *v != NULL; v++) {
        size_t used = strlen(known);

        if (strcmp(*v, text) == 0)
            return rk_manifest_keep_text(ret, text, err);
        (void)snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ", *v);
    }
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                            "%s: unknown value \"%s\" (known: %s)", place->name, text, known);
}

/* Variables stand where the row says so, and nowhere else. */
static enum rk_rc replace(const struct rk_loading *l, const struct rk_mplace *place,
                          const struct rk_mrow *row, const char *text, struct rk_bytes *ret,
                          struct rk_err *err)
{
    if (text[0] == '\0')
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: empty value", place->name);
    if ((row->flags & RK_M_VARIABLES) != 0)
        return expand(l, place, text, ret, err);
    if (strstr(text, "${") != NULL)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: ${VAR} is not replaced here",
                                place->name);
    return rk_bytes_copy(text, strlen(text), ret, err);
}

static enum rk_rc set_str(const struct rk_loading *l, const struct rk_mplace *place,
                          const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mstr *str = rk_manifest_member(l->base, row);
    RK_AUTO(rk_bytes_done) struct rk_bytes replaced = RK_BYTES_NONE;

    if (replace(l, place, row, text, &replaced, err))
        return err->rc;
    text = (const char *)replaced.p;
    str->at = place->at;
    switch (row->kind) {
    case RK_M_PATH:
        return keep_path(l, place, "", text, &str->v, err);
    case RK_M_KEY:
        return keep_key(l, place, text, &str->v, err);
    case RK_M_PASSPHRASE:
        return keep_passphrase(l, place, text, &str->v, err);
    case RK_M_CHOICE:
        return keep_choice(l, place, row, &str->v, text, err);
    default:
        return rk_manifest_keep_text(&str->v, text, err);
    }
}

static const uint64_t largest[RK_M_KINDS] = {
    [RK_M_NUMBER] = INT64_MAX,
    [RK_M_U16] = UINT16_MAX,
    [RK_M_U32] = UINT32_MAX,
};

uint64_t rk_manifest_max(enum rk_mkind kind)
{
    return largest[kind];
}

static enum rk_rc set_number(const struct rk_loading *l, const struct rk_mplace *place,
                             const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mnum *num = rk_manifest_member(l->base, row);
    struct rk_err detail;
    uint64_t v;

    if (row->kind == RK_M_DATE) {
        if (rk_clock_parse(text, &num->v, &detail) != RK_OK)
            return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s", place->name,
                                    detail.msg);
    } else {
        if (rk_parse_u64(text, rk_manifest_max(row->kind), &v, &detail) != RK_OK)
            return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s", place->name,
                                    detail.msg);
        num->v = (int64_t)v;
    }
    num->set = true;
    num->at = place->at;
    return RK_OK;
}

static enum rk_rc set_bool(const struct rk_loading *l, const struct rk_mplace *place,
                           const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mbool *b = rk_manifest_member(l->base, row);

    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return wrong(l, place, err, "expected true or false", text);
    b->v = text[0] == 't';
    b->at = place->at;
    return RK_OK;
}

enum rk_rc rk_manifest_add_to_list(const struct rk_loading *l, const struct rk_mplace *place,
                                   const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mlist *list = rk_manifest_member(l->base, row);
    RK_AUTO(rk_bytes_done) struct rk_bytes replaced = RK_BYTES_NONE;

    if (list->count == RK_MLIST_MAX)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: more than %s", place->name,
                                RK_COUNTED(RK_MLIST_MAX, "entry"));
    if (replace(l, place, row, text, &replaced, err) ||
        rk_manifest_keep_text(&list->v[list->count], (const char *)replaced.p, err))
        return err->rc;
    list->count++;
    list->at = place->at;
    return RK_OK;
}

enum rk_rc rk_manifest_set_scalar(const struct rk_loading *l, const struct rk_mplace *place,
                                  const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    switch (row->kind) {
    case RK_M_NUMBER:
    case RK_M_U16:
    case RK_M_U32:
    case RK_M_DATE:
        return set_number(l, place, row, text, err);
    case RK_M_BOOL:
        return set_bool(l, place, row, text, err);
    default:
        return set_str(l, place, row, text, err);
    }
}

enum rk_rc rk_manifest_keep_pair(const struct rk_loading *l, const struct rk_mplace *place,
                                 const struct rk_mrow *row, const char *text, char **ret,
                                 struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes replaced = RK_BYTES_NONE;

    if (replace(l, place, row, text, &replaced, err))
        return err->rc;
    text = (const char *)replaced.p;
    if (row->kind == RK_M_PATHS)
        return keep_path(l, place, "", text, ret, err);
    return row->kind == RK_M_KEYS ? keep_key(l, place, text, ret, err)
                                  : rk_manifest_keep_text(ret, text, err);
}
