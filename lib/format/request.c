/* SPDX-License-Identifier: Apache-2.0 */
/* What a row asks of its request: parts, settings, keys, IVs. */
#include "rotkit/request.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"
#include "base/ossl.h"
#include "rotkit/hex.h"

#include <openssl/core_names.h>

#include <stdio.h>
#include <string.h>

const struct rk_input *rk_request_part(const struct rk_request *request, const char *name)
{
    const struct rk_input *found = NULL;

    for (size_t i = request->part_count; i-- > 0;) {
        if (strcmp(request->part[i].name, name) != 0)
            continue;
        found = &request->part[i];
        if (request->heeded != NULL && i < RK_HEEDED_MAX)
            request->heeded->part[i] = true;
    }
    return found;
}

const char *rk_request_setting(const struct rk_request *request,
                               const struct rk_setting_row *settings, const char *name)
{
    for (size_t i = 0; i < request->setting_count; i++) {
        if (strcmp(request->setting[i].name, name) != 0)
            continue;
        if (request->heeded != NULL && i < RK_HEEDED_MAX)
            request->heeded->setting[i] = true;
        return request->setting[i].value;
    }
    for (const struct rk_setting_row *row = settings; row != NULL && row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0)
            return row->def;
    }
    return NULL;
}

const char *rk_request_text(const struct rk_request *request, const struct rk_format *format,
                            const char *name)
{
    return rk_request_setting(request, format->settings, name);
}

enum rk_rc rk_request_u64(const struct rk_request *request, const struct rk_format *format,
                          const char *name, uint64_t def, uint64_t max, uint64_t *ret,
                          struct rk_err *err)
{
    const char *text = rk_request_text(request, format, name);

    if (text == NULL) {
        *ret = def;
        return RK_OK;
    }
    if (rk_parse_u64(text, max, ret, err))
        return rk_wrap(err, "setting \"%s\"", name);
    return RK_OK;
}

enum rk_rc rk_request_flag(const struct rk_request *request, const struct rk_format *format,
                           const char *name, bool *ret, struct rk_err *err)
{
    const char *text = rk_request_text(request, format, name);

    if (text != NULL && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"%s\": expected yes or no, found \"%s\"", name,
                       text);
    *ret = text != NULL && text[0] == 'y';
    return RK_OK;
}

const struct rk_secret *rk_request_secret(const struct rk_request *request)
{
    if (request->heeded != NULL)
        request->heeded->secret = true;
    return request->secret;
}

const struct rk_request_key *rk_request_key(const struct rk_request *request, const char *role)
{
    for (size_t i = 0; i < request->key_count; i++) {
        if (strcmp(request->key[i].role, role) == 0)
            return &request->key[i];
    }
    return request->key_count == 0 ? NULL : &request->key[0];
}

void rk_known_add(char known[RK_KNOWN_MAX], const char *name)
{
    size_t used = strlen(known);

    (void)snprintf(known + used, RK_KNOWN_MAX - used, "%s%s", used == 0 ? "" : ", ", name);
}

enum rk_rc rk_request_choice(const struct rk_request *request,
                             const struct rk_setting_row *settings, const char *name,
                             const char *const *values, size_t *ret, struct rk_err *err)
{
    const char *value = rk_request_setting(request, settings, name);
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; values[i] != NULL; i++) {
        if (strcmp(values[i], value) == 0) {
            *ret = i;
            return RK_OK;
        }
        rk_known_add(known, values[i]);
    }
    return rk_fail(err, RK_E_USAGE, "setting \"%s\": unknown value \"%s\" (known: %s)", name, value,
                   known);
}

static enum rk_rc check_parts(const struct rk_request_rows *rows, const struct rk_request *request,
                              struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < request->part_count; i++) {
        const struct rk_part_row *row = rows->parts;

        known[0] = '\0';
        for (; row != NULL && row->name != NULL; row++) {
            rk_known_add(known, row->name);
            if (strcmp(row->name, "*") == 0 || strcmp(row->name, request->part[i].name) == 0)
                break;
        }
        if ((row == NULL || row->name == NULL) &&
            strncmp(request->part[i].name, RK_PART_SIGNERS, strlen(RK_PART_SIGNERS)) == 0)
            return rk_fail(err, RK_E_USAGE, "--%s is for EFI programs (uefi-pe), this is %s",
                           request->part[i].name + strlen("uefi-"), rows->name);
        if (row == NULL || row->name == NULL)
            return rk_fail(err, RK_E_USAGE, "%s takes no part \"%s\" (known: %s)", rows->name,
                           request->part[i].name, known[0] == '\0' ? "none" : known);
        for (size_t k = 0; k < i; k++) {
            if (!row->many && strcmp(request->part[k].name, request->part[i].name) == 0)
                return rk_fail(err, RK_E_USAGE, "part \"%s\" is given twice",
                               request->part[i].name);
        }
    }
    return RK_OK;
}

static enum rk_rc check_settings(const struct rk_request_rows *rows,
                                 const struct rk_request *request, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < request->setting_count; i++) {
        const struct rk_setting_row *row = rows->settings;

        known[0] = '\0';
        for (; row != NULL && row->name != NULL; row++) {
            rk_known_add(known, row->name);
            if (strcmp(row->name, request->setting[i].name) == 0)
                break;
        }
        if (row == NULL || row->name == NULL)
            return rk_fail(err, RK_E_USAGE, "%s has no setting \"%s\" (known: %s)", rows->name,
                           request->setting[i].name, known[0] == '\0' ? "none" : known);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(request->setting[k].name, request->setting[i].name) == 0)
                return rk_fail(err, RK_E_USAGE, "setting \"%s\" is given twice",
                               request->setting[i].name);
        }
    }
    return RK_OK;
}

static enum rk_rc check_roles(const struct rk_request_rows *rows, const struct rk_request *request,
                              struct rk_err *err)
{
    for (size_t i = 1; i < request->key_count; i++) {
        char known[RK_KNOWN_MAX] = "";
        const char *const *role = rows->roles;

        for (; role != NULL && *role != NULL && strcmp(*role, request->key[i].role) != 0; role++)
            rk_known_add(known, *role);
        if (role == NULL || *role == NULL)
            return rk_fail(err, RK_E_USAGE, "%s has no key role \"%s\" (known: %s)", rows->name,
                           request->key[i].role, known[0] == '\0' ? "none" : known);
    }
    return RK_OK;
}

enum rk_rc rk_request_fits(const struct rk_request_rows *rows, const struct rk_request *request,
                           struct rk_err *err)
{
    return check_parts(rows, request, err) || check_settings(rows, request, err) ||
                   check_roles(rows, request, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_request_whole(const struct rk_request_rows *rows, const struct rk_request *request,
                            struct rk_err *err)
{
    for (const struct rk_part_row *row = rows->parts; row != NULL && row->name != NULL; row++) {
        bool there = rk_request_part(request, row->name) != NULL ||
                     (strcmp(row->name, "*") == 0 && request->part_count != 0);

        if (row->required && !there)
            return rk_fail(err, RK_E_USAGE, "%s needs a part \"%s\": %s", rows->name, row->name,
                           row->help);
    }
    return RK_OK;
}

void rk_sign_requests_done(struct rk_sign_requests *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        rk_bytes_done(&requests->item[i].message);
    requests->count = 0;
}

enum rk_rc rk_sign_requests_add(struct rk_sign_requests *requests, const char *role,
                                const char *what, enum rk_scheme scheme, struct rk_bytes *message,
                                struct rk_err *err)
{
    struct rk_sign_request *item;

    if (requests->count == RK_SIGN_REQUESTS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "more than %s in one file",
                       RK_COUNTED(RK_SIGN_REQUESTS_MAX, "signature"));
    item = &requests->item[requests->count++];
    *item = (struct rk_sign_request) { .scheme = scheme, .message = rk_bytes_take(message) };
    (void)snprintf(item->role, sizeof item->role, "%s", role);
    (void)snprintf(item->what, sizeof item->what, "%s", what);
    return RK_OK;
}

static bool add_field(EVP_MAC_CTX *mac, const void *bytes, size_t len)
{
    uint8_t size[8];

    for (size_t i = 0; i < sizeof size; i++)
        size[i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
    return EVP_MAC_update(mac, size, sizeof size) == 1 && EVP_MAC_update(mac, bytes, len) == 1;
}

/* design.md, trust rule 4: an IV follows from the key and from all that it is for. */
static enum rk_rc derive_iv(const struct rk_request *request, const struct rk_iv_inputs *in,
                            size_t iv_len, uint8_t ret[32], struct rk_err *err)
{
    static const char label[] = "rotkit IV 2";
    RK_AUTO(rk_evp_mac_done)
    EVP_MAC *hmac = EVP_MAC_fetch(rk_ctx_libctx(request->ctx), "HMAC", rk_ctx_propq(request->ctx));
    RK_AUTO(rk_evp_mac_ctx_done) EVP_MAC_CTX *mac = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                  OSSL_PARAM_construct_end() };
    const uint8_t width = (uint8_t)iv_len;
    size_t len;

    if (mac == NULL || EVP_MAC_init(mac, request->secret->p, request->secret->len, params) != 1 ||
        !add_field(mac, label, sizeof label - 1) ||
        !add_field(mac, in->format, strlen(in->format)) ||
        !add_field(mac, in->role, strlen(in->role)) || !add_field(mac, &width, sizeof width) ||
        !add_field(mac, in->header, in->header_len) || !add_field(mac, in->content, in->len) ||
        EVP_MAC_final(mac, ret, &len, 32) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "IV");
    return RK_OK;
}

enum rk_rc rk_request_iv(const struct rk_request *request, const struct rk_iv_inputs *in,
                         uint8_t *ret, size_t iv_len, struct rk_err *err)
{
    uint8_t derived[32];

    if (request->heeded != NULL)
        request->heeded->reproducible = true;
    if (!request->reproducible)
        return rk_random(request->ctx, ret, iv_len, err);
    if (derive_iv(request, in, iv_len, derived, err))
        return err->rc;
    memcpy(ret, derived, iv_len);
    return RK_OK;
}
