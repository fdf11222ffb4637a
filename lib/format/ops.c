/* SPDX-License-Identifier: Apache-2.0 */
/* Packing, signing, encrypting: the request against the row, the row's function, the result read
 * back.
 */
#include "rotkit/format_table.h"

#include "rotkit/counted.h"
#include "rotkit/request.h"

#include <stdio.h>
#include <string.h>

static struct rk_request_rows rows_of(const struct rk_format *format)
{
    return (struct rk_request_rows) { format->name, format->parts, format->settings,
                                      format->roles };
}

enum rk_rc rk_format_open(const char *name, const struct rk_request *request, const char *what,
                          const struct rk_format **ret, struct rk_err *err)
{
    struct rk_request_rows rows;

    if (rk_format_row(request->ctx, name, ret, err) || rk_firmware_known(request, err))
        return err->rc;
    rows = rows_of(*ret);
    return rk_request_fits(&rows, request, err) ? rk_wrap(err, "%s", what) : RK_OK;
}

static enum rk_rc refuse(const struct rk_format *format, const char *what, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_USAGE, "%s cannot be %s", format->name, what);
    return format->refusal == NULL ? err->rc : rk_note(err, "%s", format->refusal);
}

/* A look at the request that counts for nothing. */
static struct rk_request unwatched(const struct rk_request *request)
{
    struct rk_request own = *request;

    own.heeded = NULL;
    return own;
}

static bool makes_bare(const struct rk_format *format, const struct rk_request *request)
{
    const struct rk_request own = unwatched(request);

    return format->makes_bare != NULL && format->makes_bare(&own);
}

bool rk_format_makes_bare(const char *name, const struct rk_request *request)
{
    const struct rk_format *format;
    struct rk_err ignored;

    return rk_format_row(request->ctx, name, &format, &ignored) == RK_OK &&
           makes_bare(format, request);
}

/* No writer makes what its reader would refuse. packed: what is inside came in just now. */
static enum rk_rc read_back(const struct rk_format *format, const struct rk_request *request,
                            bool packed, const struct rk_bytes *file, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const struct rk_request own = unwatched(request);

    if (format->recognise == NULL || makes_bare(format, request))
        return RK_OK;
    if (!format->recognise(file->p, file->len))
        return rk_fail(err, RK_E_INTERNAL, "%s: what was made is not recognised", format->name);
    if (rk_format_map(request->ctx, format, file->p, file->len, &map, err)) {
        err->rc = RK_E_USAGE;
        return rk_wrap(err, "what was made would be refused");
    }
    return rk_firmware_takes_made(&own, file->p, packed, &map, err);
}

/* ---- what is looked at ---- */

/* The request as the operation gets it, with a place for what it heeds. */
static struct rk_request watched(const struct rk_request *request, struct rk_heeded *heeded)
{
    struct rk_request own = *request;

    if (own.heeded == NULL)
        own.heeded = heeded;
    return own;
}

static enum rk_rc not_heeded(const struct rk_format *format, const char *verb, const char *what,
                             const char *name, const char *help, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_USAGE, "%s %s does not heed %s%s here", verb, format->name, what, name);
    return help == NULL ? err->rc : rk_note(err, "%s: %s", name, help);
}

static const char *help_of(const struct rk_setting_row *row, const char *name)
{
    for (; row != NULL && row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0)
            return row->help;
    }
    return NULL;
}

static enum rk_rc settings_heeded(const struct rk_format *format, const char *verb,
                                  const struct rk_request *request, struct rk_err *err)
{
    for (size_t i = 0; i < request->setting_count && i < RK_HEEDED_MAX; i++) {
        const char *name = request->setting[i].name;

        if (!request->heeded->setting[i])
            return not_heeded(format, verb, "the setting ", name, help_of(format->settings, name),
                              err);
    }
    return RK_OK;
}

enum rk_rc rk_request_heeded(const char *name, const char *verb, const struct rk_request *request,
                             struct rk_err *err)
{
    const struct rk_format *format;

    return rk_format_row(request->ctx, name, &format, err) ||
                   settings_heeded(format, verb, request, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_format_heeded(const struct rk_format *format, const char *verb,
                            const struct rk_request *request, const struct rk_heeded *own,
                            struct rk_err *err)
{
    if (request->heeded != own) /* a caller asks behind several operations */
        return RK_OK;
    if (settings_heeded(format, verb, request, err))
        return err->rc;
    for (size_t i = 0; i < request->part_count && i < RK_HEEDED_MAX; i++) {
        if (!own->part[i])
            return not_heeded(format, verb, "the part ", request->part[i].name, NULL, err);
    }
    return RK_OK;
}

/* ---- operations ---- */

bool rk_format_keeps_secret(const char *name, const struct rk_request *request)
{
    const struct rk_format *format;
    struct rk_err unknown;

    return rk_format_row(request->ctx, name, &format, &unknown) == RK_OK &&
           format->keeps_secret != NULL && format->keeps_secret(request);
}

enum rk_rc rk_format_build(const char *name, const struct rk_request *request, struct rk_bytes *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct rk_heeded heeded = { .secret = false };
    const struct rk_request own = watched(request, &heeded);
    const struct rk_format *format;
    struct rk_request_rows rows;

    if (rk_format_open(name, request, "pack", &format, err))
        return err->rc;
    if (format->build == NULL)
        return refuse(format, "packed", err);
    rows = rows_of(format);
    if (rk_request_whole(&rows, request, err))
        return rk_wrap(err, "pack");
    /* A builder goes over its parts by place, and refuses those that it cannot use. */
    memset(heeded.part, true, sizeof heeded.part);
    if (format->build(&own, &made, err) || read_back(format, &own, true, &made, err))
        return rk_wrap(err, "pack %s", name);
    if (rk_format_heeded(format, "pack", &own, &heeded, err))
        return err->rc;
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

static enum rk_rc open_to_sign(const char *name, const struct rk_request *request,
                               const struct rk_format **ret, struct rk_err *err)
{
    if (rk_format_open(name, request, "sign", ret, err))
        return err->rc;
    if ((*ret)->to_sign == NULL)
        return refuse(*ret, "signed", err);
    if (request->key_count == 0)
        return rk_fail(err, RK_E_USAGE, "signing needs a key");
    if ((*ret)->needs_cert && request->cert == NULL)
        return rk_fail(err, RK_E_USAGE, "signing a %s needs the signer's certificate", name);
    if ((*ret)->chain_max == 0 && request->cert != NULL)
        return rk_fail(err, RK_E_USAGE, "sign %s takes no certificate: a key alone signs it", name);
    return RK_OK;
}

/* A scheme that was asked for is the one that signs, or nothing is signed. */
static enum rk_rc check_schemes(const struct rk_request *request, const char *name,
                                const struct rk_sign_requests *requests, struct rk_err *err)
{
    for (size_t i = 0; i < requests->count; i++) {
        const struct rk_sign_request *wanted = &requests->item[i];
        enum rk_scheme asked = rk_request_key(request, wanted->role)->scheme;

        if (asked != RK_SCHEME_NONE && asked != wanted->scheme)
            return rk_fail(err, RK_E_USAGE, "scheme %s: %s is signed by %s", rk_scheme_name(asked),
                           name, rk_scheme_name(wanted->scheme));
    }
    return RK_OK;
}

enum rk_rc rk_format_to_sign(const char *name, const struct rk_request *request,
                             const uint8_t *file, size_t len, struct rk_sign_requests *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_sign_requests_done) struct rk_sign_requests requests = { .count = 0 };
    const struct rk_format *format;

    if (open_to_sign(name, request, &format, err))
        return err->rc;
    if (format->to_sign(request, file, len, &requests, err) ||
        check_schemes(request, name, &requests, err))
        return rk_wrap(err, "sign %s", name);
    *ret = requests;
    requests.count = 0;
    return RK_OK;
}

/* A broken or hostile signer is found here, before its bytes go anywhere. */
static enum rk_rc check_signatures(const struct rk_request *request,
                                   const struct rk_sign_requests *requests,
                                   const struct rk_bytes *signatures, size_t count,
                                   struct rk_err *err)
{
    if (count != requests->count)
        return rk_fail(err, RK_E_USAGE, "%s, %zu were asked for", RK_COUNTED(count, "signature"),
                       requests->count);
    for (size_t i = 0; i < count; i++) {
        const struct rk_sign_request *wanted = &requests->item[i];

        if (rk_signature_check(request->ctx, rk_request_key(request, wanted->role)->pub,
                               wanted->scheme, wanted->message.p, wanted->message.len,
                               signatures[i].p, signatures[i].len, err))
            return rk_wrap(err, "%s", wanted->what);
    }
    return RK_OK;
}

enum rk_rc rk_format_attach(const char *name, const struct rk_request *request, const uint8_t *file,
                            size_t len, const struct rk_bytes *signatures, size_t count,
                            struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_sign_requests_done) struct rk_sign_requests requests = { .count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    const struct rk_format *format;

    if (rk_format_row(request->ctx, name, &format, err) ||
        rk_format_to_sign(name, request, file, len, &requests, err))
        return err->rc;
    if (check_signatures(request, &requests, signatures, count, err) ||
        format->attach(request, file, len, signatures, &made, err) ||
        read_back(format, request, false, &made, err))
        return rk_wrap(err, "sign %s", name);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

struct signatures {
    struct rk_bytes item[RK_SIGN_REQUESTS_MAX];
};

static void signatures_done(struct signatures *signatures)
{
    for (size_t i = 0; i < RK_SIGN_REQUESTS_MAX; i++)
        rk_bytes_done(&signatures->item[i]);
}

enum rk_rc rk_format_sign_by(const char *name, const struct rk_request *request,
                             const struct rk_signing *by, const uint8_t *file, size_t len,
                             struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_sign_requests_done) struct rk_sign_requests requests = { .count = 0 };
    RK_AUTO(signatures_done) struct signatures signatures = { .item = { RK_BYTES_NONE } };
    struct rk_heeded heeded = { .secret = false };
    const struct rk_request own = watched(request, &heeded);
    const struct rk_format *format;
    bool whole = true;

    if (rk_format_row(request->ctx, name, &format, err) ||
        rk_format_to_sign(name, &own, file, len, &requests, err))
        return err->rc;
    for (size_t i = 0; i < requests.count; i++) {
        const struct rk_sign_request *wanted = &requests.item[i];
        size_t k = (size_t)(rk_request_key(request, wanted->role) - request->key);

        if (rk_sigbook_sign(by->book, by->signer[k], wanted->scheme, wanted->what, &wanted->message,
                            by->wants, &signatures.item[i], err))
            return rk_wrap(err, "%s", wanted->what);
        whole = whole && signatures.item[i].p != NULL;
    }
    if (!whole)
        return RK_OK;
    if (rk_format_attach(name, &own, file, len, signatures.item, requests.count, ret, err))
        return err->rc;
    if (own.heeded == &heeded && request->secret != NULL && !heeded.secret)
        (void)not_heeded(format, "sign", "--content-key", "", NULL, err);
    else if (rk_format_heeded(format, "sign", &own, &heeded, err) == RK_OK)
        return RK_OK;
    rk_bytes_done(ret);
    return err->rc;
}

enum rk_rc rk_format_sign(const char *name, const struct rk_request *request,
                          rk_signer *const *signer, const uint8_t *file, size_t len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    const struct rk_signing by = { .signer = signer };

    return rk_format_sign_by(name, request, &by, file, len, ret, err);
}

enum rk_rc rk_format_encrypt(const char *name, const struct rk_request *request,
                             const uint8_t *file, size_t len, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct rk_heeded heeded = { .secret = false };
    const struct rk_request own = watched(request, &heeded);
    const struct rk_format *format;

    if (rk_format_open(name, request, "encrypt", &format, err))
        return err->rc;
    if (format->encrypt == NULL)
        return refuse(format, "encrypted", err);
    if (request->secret == NULL)
        return rk_fail(err, RK_E_USAGE, "encryption needs a key");
    if (format->encrypt(&own, file, len, &made, err) || read_back(format, &own, false, &made, err))
        return rk_wrap(err, "encrypt %s", name);
    if (rk_format_heeded(format, "encrypt", &own, &heeded, err))
        return err->rc;
    if (own.heeded == &heeded && own.reproducible && !heeded.reproducible)
        return not_heeded(format, "encrypt", "--reproducible", "",
                          "the IV is given, so nothing is drawn", err);
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

enum rk_rc rk_format_check_handback(const rk_ctx *ctx, const char *name,
                                    const struct rk_bytes *prepared, const struct rk_bytes *back,
                                    struct rk_err *err)
{
    const struct rk_format *format;

    if (rk_format_row(ctx, name, &format, err))
        return err->rc;
    if (format->handed_back == NULL)
        return rk_fail(err, RK_E_USAGE, "%s has no layer that a BSP's tool puts on", name);
    return format->handed_back(prepared, back, err);
}
