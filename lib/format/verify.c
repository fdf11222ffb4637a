/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the map, then who signed, in the file or in those inside of it. */
#include "rotkit/format_table.h"
#include "base/work.h"

#include <stdio.h>

static enum rk_rc check(const struct rk_format *format, const struct rk_request *request,
                        const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err);

/* A file inside, parsed anew so that its offsets are its own. */
static enum rk_rc check_nested(const struct rk_request *request, const struct rk_region *region,
                               const struct rk_format *format, const uint8_t *file,
                               struct rk_map *outer, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map own = { .root = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes room = RK_BYTES_NONE;
    const uint8_t *bytes;
    size_t parsed;

    if (rk_format_align(file, region, &room, &bytes, err))
        return err->rc;
    if (rk_format_map(request->ctx, format, bytes, (size_t)region->len, &own, err))
        return rk_wrap(err, "%s at 0x%llx", region->name, (unsigned long long)region->offset);
    parsed = own.mark_count; /* the outer map has those */
    if (check(format, request, bytes, (size_t)region->len, &own, err))
        return rk_wrap(err, "%s at 0x%llx", region->name, (unsigned long long)region->offset);
    if (own.signer[0] != '\0')
        (void)snprintf(outer->signer, sizeof outer->signer, "%s", own.signer);
    for (size_t i = parsed; i < own.mark_count; i++) {
        if (rk_map_add_mark(outer, &own.mark[i], region->offset, region->name, err))
            return err->rc;
    }
    for (size_t i = 0; i < own.guard_count; i++) {
        const struct rk_guard *guard = &own.guard[i];

        if (guard->kind == RK_GUARD_SIGNATURE &&
            rk_map_guard(outer, guard->offset + region->offset, guard->len, guard->kind, guard->by,
                         err))
            return err->rc;
    }
    return RK_OK;
}

/* Parse could not read what stands here, and said so by a mark. */
static const struct rk_mark *unread(const struct rk_map *map, const struct rk_region *region)
{
    for (size_t i = 0; i < map->mark_count; i++) {
        const struct rk_mark *mark = &map->mark[i];

        if (mark->kind == RK_MARK_UNKNOWN && mark->need == RK_NEED_NOTHING &&
            mark->offset == region->offset && mark->len == region->len)
            return mark;
    }
    return NULL;
}

/* A container that is not signed itself: every signed format inside must hold. */
static enum rk_rc check_inside(const struct rk_request *request, const struct rk_region *list,
                               const uint8_t *file, struct rk_map *map, size_t *checked,
                               struct rk_err *err)
{
    for (const struct rk_region *region = list; region != NULL; region = region->next) {
        const struct rk_format *format;

        if (region->nested_format[0] == '\0') {
            const struct rk_mark *why = region->nested ? unread(map, region) : NULL;

            if (why != NULL && rk_request_asks_signer(request))
                return rk_fail(err, RK_E_VERIFY, "%s: nobody has signed what cannot be read",
                               why->what);
            if (check_inside(request, region->child, file, map, checked, err))
                return err->rc;
            continue;
        }
        if (rk_format_row(request->ctx, region->nested_format, &format, err))
            return err->rc;
        if (format->check == NULL) {
            if (check_inside(request, region->child, file, map, checked, err))
                return err->rc;
            continue;
        }
        if (check_nested(request, region, format, file, map, err))
            return err->rc;
        ++*checked;
    }
    return RK_OK;
}

/* Whether db or dbx says who may have signed: each file of theirs has its say. */
static bool heed_signers(const struct rk_request *request)
{
    bool any = false;

    for (size_t i = 0; i < request->part_count && i < RK_HEEDED_MAX; i++) {
        if (strncmp(request->part[i].name, RK_PART_SIGNERS, strlen(RK_PART_SIGNERS)) != 0)
            continue;
        request->heeded->part[i] = true;
        any = true;
    }
    return any;
}

/* Its check is about to look at these. */
static void heed(const struct rk_format *format, const struct rk_request *request)
{
    struct rk_heeded *heeded = request->heeded;
    bool signers;

    if (heeded == NULL || format->check == NULL)
        return;
    signers = heed_signers(request);
    heeded->scheme = heeded->scheme || (format->heeds & RK_CHECK_SCHEME) != 0;
    heeded->time =
        heeded->time || (format->heeds & RK_CHECK_TIME) != 0 ||
        ((request->trust != NULL || signers) && (format->heeds & RK_CHECK_TRUST_TIME) != 0);
}

/* What was given and nothing has looked at, in the file or in those inside of it. */
static enum rk_rc all_heeded(const struct rk_format *format, const struct rk_request *request,
                             const struct rk_heeded *own, enum rk_rc rc, struct rk_err *err)
{
    const struct {
        bool given, heeded;
        const char *option;
    } options[] = {
        { request->secret != NULL, own->secret, "--key" },
        { request->key_count != 0 && request->key[0].scheme != RK_SCHEME_NONE, own->scheme,
          "--scheme" },
        { request->now_given, own->time, "--at" },
    };

    if (request->heeded != own)
        return RK_OK;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].given && !options[i].heeded)
            return rk_fail(err, RK_E_USAGE, "verify %s does not heed %s here", format->name,
                           options[i].option);
    }
    return rc == RK_OK ? rk_format_heeded(format, "verify", request, own, err) : RK_OK;
}

static enum rk_rc check(const struct rk_format *format, const struct rk_request *request,
                        const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    size_t checked = 0;

    heed(format, request);
    if (format->check != NULL)
        return format->check(request, file, len, map, err) ? rk_wrap(err, "%s", format->name)
                                                           : RK_OK;
    if (check_inside(request, map->root->child, file, map, &checked, err))
        return rk_wrap(err, "%s", format->name);
    if (checked == 0 && rk_request_asks_signer(request))
        return rk_fail(err, RK_E_VERIFY, "%s carries no signature that could be checked",
                       format->name);
    return RK_OK;
}

static enum rk_rc judge(const struct rk_format *format, const struct rk_request *request,
                        const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_err ignored;

    map->asks_signer = rk_request_asks_signer(request);
    if (check(format, request, file, len, map, err)) {
        /* The map that is handed out beside the error shows what nobody vouches for. */
        if (err->rc == RK_E_VERIFY && map->asks_signer)
            (void)(rk_map_prove(map, &ignored) == RK_OK);
        /* Rows mark what they could not check; what rk_trust_check could not are revocations. */
        if (err->rc == RK_E_UNKNOWN)
            (void)(rk_map_unknown(map, 0, len, RK_NEED_CRL, "revocation", &ignored) == RK_OK);
        return err->rc;
    }
    if ((map->asks_signer && rk_map_prove(map, err)) || rk_map_conclude(map, err))
        return rk_wrap(err, "%s", format->name);
    return RK_OK;
}

/*
 * Where nobody who must have signed could be asked: a signature that does not even hold under the
 * key or certificate beside it shows that something was changed. Who that is, it does not show.
 */
static enum rk_rc judge_alone(const struct rk_format *format, const struct rk_request *request,
                              const uint8_t *file, size_t len, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map scratch = { .format = format->name };
    struct rk_request alone = *request;
    struct rk_err own;

    alone.key_count = 0;
    alone.trust = NULL;
    alone.secret = NULL;
    alone.own_signer = true;
    if (!format->own_signer || format->check(&alone, file, len, &scratch, &own) != RK_E_VERIFY)
        return RK_OK;
    *err = own;
    return rk_wrap(err, "%s", format->name);
}

/* Beside what the check came to, rc and *err: the graver of both. */
static enum rk_rc ask_firmware(const struct rk_request *request, const uint8_t *file,
                               struct rk_map *map, enum rk_rc rc, struct rk_err *err)
{
    struct rk_err own;

    if (rk_firmware_takes(request, file, map, &own) == RK_OK ||
        (rc != RK_OK && own.rc == RK_E_UNKNOWN))
        return rc;
    *err = own;
    return rk_wrap(err, "%s", map->format);
}

enum rk_rc rk_format_verify(const char *name, const struct rk_request *asked, const uint8_t *file,
                            size_t len, struct rk_map *ret, struct rk_err *err)
{
    struct rk_heeded heeded = { .secret = false };
    struct rk_request own = *asked;
    const struct rk_request *request = &own;
    RK_AUTO(rk_work_leave) struct rk_work_span span = rk_work_enter(file, len);
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const struct rk_format *format =
        name == NULL ? rk_format_recognise(asked->ctx, file, len) : NULL;
    bool with_key = asked->secret != NULL || rk_request_asks_signer(asked);
    enum rk_rc rc = RK_OK;
    struct rk_err ignored;

    if (own.heeded == NULL)
        own.heeded = &heeded;
    if (name == NULL && format == NULL)
        return rk_fail_unknown_format(file, len, err);
    if (rk_format_open(name != NULL ? name : format->name, request, "verify", &format, err))
        return err->rc;
    with_key = with_key || (format->parts_held && request->part_count != 0);
    map.format = format->name;
    if (format->parse != NULL)
        rc = rk_format_map(request->ctx, format, file, len, &map, err);
    if (rc != RK_OK && map.root == NULL)
        return rc;
    /* What has no parser (a bare signature) has nothing that could be seen without a key. */
    if (rc == RK_OK && (with_key || format->parse == NULL))
        rc = judge(format, request, file, len, &map, err);
    else if (rc == RK_OK && rk_map_conclude(&map, err)) /* what the parser could not tell */
        rc = rk_wrap(err, "%s", format->name);
    if (rc == RK_OK || rc == RK_E_UNKNOWN)
        rc = ask_firmware(request, file, &map, rc, err);
    if (((rc == RK_OK && !with_key) || rc == RK_E_UNKNOWN) &&
        judge_alone(format, request, file, len, err))
        rc = err->rc;
    if ((rc == RK_OK || rc == RK_E_UNKNOWN) && all_heeded(format, request, &heeded, rc, err))
        rc = err->rc;
    if (rk_map_settle(&map, rc == RK_OK ? err : &ignored))
        return rc == RK_OK ? err->rc : rc;
    if (map.root != NULL)
        map.root->outcome = rk_outcome_of(rc); /* of the whole: all that was asked */
    *ret = map;
    map = (struct rk_map) { .root = NULL };
    return rc;
}
