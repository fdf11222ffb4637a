/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-auth: a Secure Boot variable, as a signature list (.esl) until it is signed (.auth). Source:
 * UEFI 2.10, 8.2 and 32.4; boot-images.md 5.4. The variable's name is signed and not in the file.
 */
#include "rotkit/format_row.h"
#include "rotkit/certs.h"
#include "rotkit/pkcs7.h"
#include "image/uefi/cert.h"
#include "image/uefi/efi_time.h"
#include "image/uefi/programs.h"
#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

enum { CERT_HEAD = 24, TIME_WIRE = RK_EFI_TIME_WIRE, ENROL = 0x27, APPEND = 0x67 };
static const char names[] = "PK, KEK, db, dbx, dbt or dbr";
static const struct rk_format *self(void);

/* clang-format off */
static const struct variable {
    const char *name, *vendor;
} variables[] = {
    { "PK",  "8be4df61-93ca-11d2-aa0d-00e098032b8c" },
    { "KEK", "8be4df61-93ca-11d2-aa0d-00e098032b8c" },
    { "db",  "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
    { "dbx", "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
    { "dbt", "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
    { "dbr", "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
};
/* clang-format on */
enum { VARIABLES = sizeof variables / sizeof variables[0] };

struct auth {
    struct rk_efi_time time;
    uint32_t attributes; /* when they stand in front */
    size_t attributes_len, time_at, der_at, der_len, esl_at, esl_len;
    bool is_signed;
};

static bool recognise(const uint8_t *file, size_t len)
{
    struct rk_esl_place place;

    return rk_esl_find(file, len, &place);
}

static enum rk_rc read_signature(const uint8_t *file, size_t len, struct auth *ret,
                                 struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len, .pos = ret->time_at };
    uint32_t length;
    size_t size, room = len - ret->time_at - TIME_WIRE;

    rk_efi_time_read(&rd, &ret->time);
    length = (uint32_t)rk_rd_le(&rd, 4);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (length <= CERT_HEAD || length > room)
        return rk_fail(err, RK_E_FORMAT, "dwLength is %u, %zu bytes follow", length, room);
    ret->der_at = ret->time_at + TIME_WIRE + CERT_HEAD;
    ret->der_len = length - CERT_HEAD;
    if (rk_pkcs7_size(file + ret->der_at, ret->der_len, &size, err) || size != ret->der_len)
        return rk_fail(err, RK_E_FORMAT, "the SignedData does not fill its %zu bytes",
                       ret->der_len);
    ret->esl_at = ret->der_at + ret->der_len;
    ret->esl_len = len - ret->esl_at;
    return RK_OK;
}

/* An empty file is an empty list: signed, it takes the variable away. */
static enum rk_rc read_auth(const uint8_t *file, size_t len, struct auth *ret, struct rk_err *err)
{
    struct rk_esl_place place = { .attributes_len = 0 };
    struct rk_rd rd = { .buf = file, .len = len };

    if (len != 0 && !rk_esl_find(file, len, &place))
        return rk_fail(err, RK_E_FORMAT, "neither a signature list nor a signed one");
    *ret = (struct auth) { .attributes_len = place.attributes_len,
                           .time_at = place.attributes_len,
                           .esl_at = place.lists,
                           .is_signed = place.is_signed };
    ret->attributes = ret->attributes_len == 0 ? 0 : (uint32_t)rk_rd_le(&rd, 4);
    if (ret->is_signed)
        return read_signature(file, len, ret, err);
    ret->esl_len = len - ret->esl_at;
    return RK_OK;
}

/* Of a dump of an efivar: efivarfs puts them in front. UEFI 2.10, 8.2. */
static enum rk_rc add_attributes(const struct auth *a, struct rk_map *map, struct rk_err *err)
{
    static const char *const bits[] = { "NON_VOLATILE",
                                        "BOOTSERVICE_ACCESS",
                                        "RUNTIME_ACCESS",
                                        "HARDWARE_ERROR_RECORD",
                                        "AUTHENTICATED_WRITE_ACCESS",
                                        "TIME_BASED_AUTHENTICATED_WRITE_ACCESS",
                                        "APPEND_WRITE",
                                        "ENHANCED_AUTHENTICATED_ACCESS" };
    struct rk_region *region;

    if (rk_region_add(map, map->root, 0, a->attributes_len, "attributes", &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "0x%08x", a->attributes);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        size_t at = strlen(region->note);

        if ((a->attributes & 1U << i) != 0)
            (void)snprintf(region->note + at, sizeof region->note - at, " %s", bits[i]);
    }
    return RK_OK;
}

static enum rk_rc add_signature(const struct auth *a, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;

    if (rk_region_add(map, map->root, a->time_at, TIME_WIRE, "EFI_TIME", &region, err))
        return err->rc;
    rk_efi_time_text(&a->time, region->note, sizeof region->note);
    if (rk_region_add(map, map->root, a->time_at + TIME_WIRE, CERT_HEAD,
                      "WIN_CERTIFICATE_UEFI_GUID", &region, err))
        return err->rc;
    return rk_region_add(map, map->root, a->der_at, a->der_len, "SignedData", &region, err);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    struct auth a;

    if (read_auth(file, len, &a, err) || (a.attributes_len != 0 && add_attributes(&a, map, err)) ||
        (a.is_signed && add_signature(&a, map, err)) ||
        rk_region_add(map, map->root, a.esl_at, a.esl_len, "signature lists", &region, err) ||
        rk_esl_map(file + a.esl_at, a.esl_len, a.esl_at, map, region, err))
        return err->rc;
    if (a.esl_len == 0)
        (void)snprintf(region->note, sizeof region->note, "none: takes the variable away");
    region->loaded = true;
    (void)snprintf(map->integrity, sizeof map->integrity, "structure holds, %s",
                   a.is_signed ? "signature not checked: needs the certificate" : "not signed");
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
    { "time", NULL, "sign: YYYY-MM-DDThh:mm:ssZ (default: now, or SOURCE_DATE_EPOCH)" },
    { "append", "no", "sign: yes adds to the variable instead of replacing it" },
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

static enum rk_rc find_variable(const struct rk_request *request, const struct variable **ret,
                                struct rk_err *err)
{
    const char *name = rk_request_text(request, self(), "variable");

    for (size_t i = 0; name != NULL && i < VARIABLES; i++) {
        if (strcmp(variables[i].name, name) == 0) {
            *ret = &variables[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE, "setting \"variable\": expected %s", names);
}

/* name in UTF-16LE ‖ vendor ‖ attributes ‖ time ‖ lists */
static enum rk_rc signed_content(const struct variable *v, uint32_t attributes,
                                 const struct rk_efi_time *when, const uint8_t *esl, size_t len,
                                 struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_ESL_MAX + 256);
    uint8_t vendor[16];

    if (rk_guid_parse(v->vendor, vendor, err))
        return err->rc;
    for (const char *c = v->name; *c != '\0'; c++)
        rk_wr_le(&wr, (uint8_t)*c, 2);
    rk_wr_bytes(&wr, vendor, sizeof vendor);
    rk_wr_le(&wr, attributes, 4);
    rk_efi_time_write(when, &wr);
    rk_wr_bytes(&wr, esl, len);
    return rk_wr_end(&wr, ret, err);
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
    struct auth auth;
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
    const struct variable *v;
    bool append;

    if (read_auth(file, len, &s->auth, err) || find_variable(request, &v, err) ||
        rk_request_flag(request, self(), "append", &append, err) ||
        set_time(request, &s->time, err))
        return err->rc;
    if (append && s->auth.esl_len == 0)
        return rk_fail(err, RK_E_USAGE, "append=yes with an empty list would change nothing");
    if (signed_content(v, append ? APPEND : ENROL, &s->time, file + s->auth.esl_at, s->auth.esl_len,
                       &s->content, err))
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
    rk_wr_le(&wr, CERT_HEAD + der.len - bare, 4);
    rk_wr_le(&wr, 0x0200, 2);
    rk_wr_le(&wr, 0x0ef1, 2);
    rk_wr_bytes(&wr, guid, sizeof guid);
    rk_wr_bytes(&wr, der.p + bare, der.len - bare);
    rk_wr_bytes(&wr, file + s.auth.esl_at, s.auth.esl_len);
    return rk_wr_end(&wr, ret, err);
}

/* ---- checking ---- */

static enum rk_rc check_one(const struct rk_request *request, const struct auth *a,
                            const uint8_t *file, const struct variable *v, uint32_t attributes,
                            struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    struct rk_pkcs7_check who = { .ctx = request->ctx,
                                  .trust = request->trust,
                                  .now = request->now,
                                  .remark = map->remark,
                                  .own = request->own_signer };

    who.pub = request->key_count == 0 ? NULL : request->key[0].pub;
    if (signed_content(v, attributes, &a->time, file + a->esl_at, a->esl_len, &content, err) ||
        rk_pkcs7_verify(&who, file + a->der_at, a->der_len, content.p, content.len, map->signer,
                        err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "signature holds for %s %s",
                   attributes == APPEND ? "appending to"
                   : a->esl_len == 0    ? "taking away variable"
                                        : "variable",
                   v->name);
    if (rk_map_checked(map, a->der_at, a->der_len, err) ||
        rk_map_guard(map, 0, a->time_at + TIME_WIRE, RK_GUARD_SIGNATURE, "PKCS #7 signature", err))
        return err->rc;
    return rk_map_guard(map, a->esl_at, a->esl_len, RK_GUARD_SIGNATURE, "PKCS #7 signature", err);
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    const char *only = rk_request_text(request, self(), "variable");
    const struct variable *v;
    struct auth a;
    bool go;

    if (read_auth(file, len, &a, err) || (only != NULL && find_variable(request, &v, err)) ||
        rk_check_begin(request, a.is_signed, RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    for (size_t i = 0; i < VARIABLES; i++) {
        if (only != NULL && strcmp(only, variables[i].name) != 0)
            continue;
        if (check_one(request, &a, file, &variables[i],
                      a.attributes_len == 0 ? ENROL : a.attributes, map, err) == RK_OK ||
            (a.attributes_len == 0 &&
             check_one(request, &a, file, &variables[i], APPEND, map, err) == RK_OK))
            return RK_OK;
        if (err->rc != RK_E_VERIFY)
            return err->rc;
    }
    if (request->own_signer && only == NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "the signature holds for none of %s, under the certificate inside", names);
    return only == NULL ? err->rc : rk_wrap(err, "variable %s", only);
}

const struct rk_format rk_format_uefi_auth = {
    .name = "uefi-auth",
    .title = "UEFI Secure Boot variable",
    .max = 2 * RK_ESL_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .own_signer = true,
    .needs_cert = true,
    .chain_max = RK_CHAIN_MAX,
    .part_certs_max = RK_ESL_LISTS_MAX,
    .build = build,
    .to_sign = to_sign,
    .attach = attach,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_uefi_auth;
}
