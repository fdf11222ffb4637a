/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-auth: a Secure Boot variable, as a signature list (.esl) until it is signed (.auth). Source:
 * UEFI 2.10, 8.2 and 32.4; boot-images.md 5.4. The variable's name is signed and not in the file.
 */
#include "rotkit/format_row.h"
#include "rotkit/certs.h"
#include "rotkit/pkcs7.h"
#include "image/uefi/facts.h"
#include "image/uefi/programs.h"
#include "image/uefi/variable.h"
#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

static const struct rk_format *self(void);

static bool recognise(const uint8_t *file, size_t len)
{
    struct rk_esl_place place;

    return rk_esl_find(file, len, &place);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_variable v;

    if (rk_variable_read(file, len, &v, err) || rk_variable_map(&v, file, 0, map, map->root, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "structure holds, %s",
                   v.is_signed ? "signature not checked: needs the certificate" : "not signed");
    return RK_OK;
}

/* ---- making ---- */

static const struct rk_part_row part_rows[] = {
    { "cert", false, true, "a certificate (PEM or DER), or a signature list" },
    { "program", false, true, "an EFI program, whose SHA-256 is allowed (db) or revoked (dbx)" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "owner", "00000000-0000-0000-0000-000000000000", "pack: SignatureOwner GUID" },
    { "variable", NULL,
      "sign: PK, KEK, db, dbx, dbt or dbr; verify: hold it against this one alone" },
    { "time", NULL,
      "sign: YYYY-MM-DDThh:mm:ssZ, later than that of what it replaces (default: now, or "
      "SOURCE_DATE_EPOCH)" },
    { "append", "no",
      "sign: yes adds to the variable; no replaces it, and a dbx then forgets what it held" },
    { NULL, NULL, NULL },
};

static enum rk_rc build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_ESL_MAX);
    uint8_t owner[16];

    if (rk_guid_parse(rk_request_text(request, self(), "owner"), owner, err))
        return rk_wrap(err, "setting \"owner\"");
    if (request->part_count == 0) {
        (void)rk_fail(err, RK_E_USAGE, "nothing to write: needs a part \"cert\" or \"program\"");
        return rk_note(err, "an empty file, signed, takes a variable away");
    }
    for (size_t i = 0; i < request->part_count; i++) {
        if (strcmp(request->part[i].name, "cert") == 0 &&
            rk_esl_put(&request->part[i], owner, &wr, err))
            return err->rc;
    }
    if (rk_esl_put_programs(request, "program", owner, &wr, err))
        return err->rc;
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc find_variable(const struct rk_request *request,
                                const struct rk_variable_name **ret, struct rk_err *err)
{
    const char *name = rk_request_text(request, self(), "variable");

    *ret = name == NULL ? NULL : rk_variable_find(name);
    if (*ret == NULL)
        return rk_fail(err, RK_E_USAGE, "setting \"variable\": expected " RK_VARIABLE_NAMES);
    return RK_OK;
}

static enum rk_rc set_time(const struct rk_request *request, struct rk_efi_time *ret,
                           struct rk_err *err)
{
    const char *text = rk_request_text(request, self(), "time");
    int64_t seconds = request->now;
    struct tm tm;
    time_t t;

    if (text != NULL && rk_clock_parse(text, &seconds, err))
        return rk_wrap(err, "setting \"time\"");
    t = (time_t)seconds;
    if (OPENSSL_gmtime(&t, &tm) == NULL || tm.tm_year < 98)
        return rk_fail(err, RK_E_USAGE, "setting \"time\": before 1998, which UEFI cannot say");
    *ret = (struct rk_efi_time) { .year = (uint16_t)(tm.tm_year + 1900),
                                  .month = (uint8_t)(tm.tm_mon + 1),
                                  .day = (uint8_t)tm.tm_mday,
                                  .hour = (uint8_t)tm.tm_hour,
                                  .minute = (uint8_t)tm.tm_min,
                                  .second = (uint8_t)tm.tm_sec };
    return RK_OK;
}

struct signing {
    struct rk_variable from;
    struct rk_efi_time time;
    struct rk_bytes content;
    struct rk_pkcs7 what;
};

static void signing_done(struct signing *s)
{
    rk_bytes_done(&s->content);
}

static enum rk_rc open_signing(const struct rk_request *request, const uint8_t *file, size_t len,
                               struct signing *s, struct rk_err *err)
{
    const struct rk_variable_name *name;
    bool append;

    if (rk_variable_read(file, len, &s->from, err) || find_variable(request, &name, err) ||
        rk_request_flag(request, self(), "append", &append, err) ||
        set_time(request, &s->time, err))
        return err->rc;
    if (append && s->from.esl_len == 0)
        return rk_fail(err, RK_E_USAGE, "append=yes with an empty list would change nothing");
    if (rk_variable_content(name, append ? RK_VARIABLE_APPEND : RK_VARIABLE_ENROL, &s->time,
                            file + s->from.esl_at, s->from.esl_len, &s->content, err))
        return err->rc;
    /* UEFI 2.10, 8.2.2: no signed attributes. */
    s->what = (struct rk_pkcs7) { .ctx = request->ctx,
                                  .cert = request->cert,
                                  .chain_max = self()->chain_max,
                                  .pub = request->key[0].pub,
                                  .content = s->content.p,
                                  .content_len = s->content.len };
    return RK_OK;
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .content = RK_BYTES_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    enum rk_scheme scheme;

    if (open_signing(request, file, len, &s, err) ||
        rk_pkcs7_to_sign(&s.what, &message, &scheme, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "the variable's name, attributes, time and content",
                                scheme, &message, err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(signing_done) struct signing s = { .content = RK_BYTES_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(2 * RK_ESL_MAX);
    uint8_t guid[16];
    size_t bare;

    if (open_signing(request, file, len, &s, err) ||
        rk_pkcs7_finish(&s.what, &signatures[0], &der, err) ||
        rk_pkcs7_signed_data(&der, &bare, err))
        return err->rc;
    rk_esl_kind_guid(RK_ESL_PKCS7, guid);
    /* UEFI 2.10, 8.2.2: the SignedData alone, as efitools writes it; EDK2 reads both. */
    rk_efi_time_write(&s.time, &wr);
    rk_wr_le(&wr, RK_VARIABLE_CERT_HEAD + der.len - bare, 4);
    rk_wr_le(&wr, 0x0200, 2);
    rk_wr_le(&wr, 0x0ef1, 2);
    rk_wr_bytes(&wr, guid, sizeof guid);
    rk_wr_bytes(&wr, der.p + bare, der.len - bare);
    rk_wr_bytes(&wr, file + s.from.esl_at, s.from.esl_len);
    return rk_wr_end(&wr, ret, err);
}

/* ---- checking ---- */

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    const char *only;
    uint32_t attributes[] = { RK_VARIABLE_ENROL, RK_VARIABLE_APPEND };
    const struct rk_variable_name *name;
    size_t count = 2;
    struct rk_variable v;
    bool go;

    if (rk_variable_read(file, len, &v, err) ||
        rk_check_begin(request, v.is_signed, RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    only = rk_request_text(request, self(), "variable");
    if (only != NULL && find_variable(request, &name, err))
        return err->rc;
    if (v.attributes_len != 0) {
        attributes[0] = v.attributes;
        count = 1;
    }
    for (size_t i = 0; i < RK_VARIABLES * count; i++) {
        bool mismatch = false;

        name = &rk_variable_names[i / count];
        if (only != NULL && strcmp(only, name->name) != 0)
            continue;
        if (rk_variable_hold(request, &v, file, 0, name, attributes[i % count], map, &mismatch,
                             err) == RK_OK)
            return RK_OK;
        if (!mismatch) /* then no other try says more */
            return only == NULL ? err->rc : rk_wrap(err, "variable %s", only);
    }
    return rk_fail(err, RK_E_VERIFY, "the signature %s %s%s",
                   only == NULL ? "holds for none of" : "does not hold for variable",
                   only == NULL ? RK_VARIABLE_NAMES : only,
                   request->own_signer ? ", under the certificate inside" : "");
}

const struct rk_format rk_format_uefi_auth = {
    .name = "uefi-auth",
    .title = "UEFI Secure Boot variable",
    .max = 2 * RK_ESL_MAX,
    .recognise = recognise,
    .parse = parse,
    .demands = rk_uefi_auth_demands,
    .facts = rk_uefi_auth_facts,
    .parts = part_rows,
    .settings = setting_rows,
    .own_signer = true,
    .needs_cert = true,
    .chain_max = RK_CHAIN_MAX,
    .part_certs_max = RK_ESL_LISTS_MAX,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .heeds = RK_CHECK_TRUST_TIME,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_uefi_auth;
}
