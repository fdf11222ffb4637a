/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-auth: a Secure Boot variable, as a signature list (.esl) until it is signed (.auth). Source:
 * UEFI 2.10, 8.2 and 32.4; boot-images.md 5.4. The variable's name is signed and not in the file.
 */
#include "rotkit/format_row.h"
#include "base/layout.h"
#include "rotkit/certs.h"
#include "rotkit/pkcs7.h"
#include "image/uefi/cert.h"
#include "image/uefi/esl.h"
#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

enum { CERT_HEAD = 24, TIME_WIRE = 16, ENROL = 0x27, APPEND = 0x67 };
static const char pkcs7_guid[] = "4aafd29d-68df-49ee-8aa9-347d375665a7";
static const struct rk_format *self(void);

/* clang-format off */
static const struct variable {
    const char *name, *vendor;
} variables[] = {
    { "PK",  "8be4df61-93ca-11d2-aa0d-00e098032b8c" },
    { "KEK", "8be4df61-93ca-11d2-aa0d-00e098032b8c" },
    { "db",  "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
    { "dbx", "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
};
/* clang-format on */
enum { VARIABLES = sizeof variables / sizeof variables[0] };

struct efi_time {
    uint16_t year;
    uint8_t month, day, hour, minute, second, pad1;
    uint32_t nanosecond;
    uint16_t zone;
    uint8_t daylight, pad2;
};
enum { TIME_FIELDS = 11 };
/* clang-format off */
static const struct rk_field time_layout[TIME_FIELDS] = {
    RK_LE(struct efi_time, year),
    RK_LE(struct efi_time, month),
    RK_LE(struct efi_time, day),
    RK_LE(struct efi_time, hour),
    RK_LE(struct efi_time, minute),
    RK_LE(struct efi_time, second),
    RK_LE(struct efi_time, pad1),
    RK_LE(struct efi_time, nanosecond),
    RK_LE(struct efi_time, zone),
    RK_LE(struct efi_time, daylight),
    RK_LE(struct efi_time, pad2),
};
/* clang-format on */

struct auth {
    struct efi_time time;
    size_t der_at, der_len, esl_at, esl_len;
    bool is_signed;
};

static bool is_auth(const uint8_t *file, size_t len)
{
    uint8_t guid[16];
    struct rk_err ignored;

    return len > TIME_WIRE + CERT_HEAD && file[20] == 0 && file[21] == 2 && file[22] == 0xf1 &&
           file[23] == 0x0e && rk_guid_parse(pkcs7_guid, guid, &ignored) == RK_OK &&
           memcmp(file + 24, guid, sizeof guid) == 0;
}

static bool recognise(const uint8_t *file, size_t len)
{
    size_t at;

    return is_auth(file, len) || rk_esl_find(file, len, &at);
}

static enum rk_rc read_auth(const uint8_t *file, size_t len, struct auth *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    uint32_t length;
    size_t size;

    *ret = (struct auth) { .is_signed = is_auth(file, len), .esl_len = len };
    if (!ret->is_signed) {
        if (!rk_esl_find(file, len, &ret->esl_at))
            return rk_fail(err, RK_E_FORMAT, "neither a signature list nor a signed one");
        ret->esl_len = len - ret->esl_at;
        return RK_OK;
    }
    rk_layout_read(time_layout, TIME_FIELDS, &rd, &ret->time);
    length = (uint32_t)rk_rd_le(&rd, 4);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (length <= CERT_HEAD || length > len - TIME_WIRE)
        return rk_fail(err, RK_E_FORMAT, "dwLength is %u, %zu bytes follow", length,
                       len - TIME_WIRE);
    ret->der_at = TIME_WIRE + CERT_HEAD;
    ret->der_len = length - CERT_HEAD;
    if (rk_pkcs7_size(file + ret->der_at, ret->der_len, &size, err) || size != ret->der_len)
        return rk_fail(err, RK_E_FORMAT, "the SignedData does not fill its %zu bytes",
                       ret->der_len);
    ret->esl_at = TIME_WIRE + length;
    ret->esl_len = len - ret->esl_at;
    return RK_OK;
}

/* Of a dump of an efivar: efivarfs puts them in front. UEFI 2.10, 8.2. */
static enum rk_rc add_attributes(const uint8_t *file, size_t len, struct rk_map *map,
                                 struct rk_err *err)
{
    static const char *const names[] = { "NON_VOLATILE",
                                         "BOOTSERVICE_ACCESS",
                                         "RUNTIME_ACCESS",
                                         "HARDWARE_ERROR_RECORD",
                                         "AUTHENTICATED_WRITE_ACCESS",
                                         "TIME_BASED_AUTHENTICATED_WRITE_ACCESS",
                                         "APPEND_WRITE",
                                         "ENHANCED_AUTHENTICATED_ACCESS" };
    struct rk_rd rd = { .buf = file, .len = len };
    uint32_t attributes = (uint32_t)rk_rd_le(&rd, 4);
    struct rk_region *region;

    if (rk_region_add(map, map->root, 0, len, "attributes", &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "0x%08x", attributes);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t at = strlen(region->note);

        if ((attributes & 1U << i) != 0)
            (void)snprintf(region->note + at, sizeof region->note - at, " %s", names[i]);
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    struct auth a;

    if (read_auth(file, len, &a, err))
        return err->rc;
    if (a.is_signed) {
        if (rk_region_add(map, map->root, 0, TIME_WIRE, "EFI_TIME", &region, err) ||
            rk_region_add(map, map->root, TIME_WIRE, CERT_HEAD, "WIN_CERTIFICATE_UEFI_GUID",
                          &region, err) ||
            rk_region_add(map, map->root, a.der_at, a.der_len, "SignedData", &region, err))
            return err->rc;
        (void)snprintf(map->root->child->note, sizeof map->root->child->note,
                       "%04u-%02u-%02u %02u:%02u:%02u", a.time.year, a.time.month, a.time.day,
                       a.time.hour, a.time.minute, a.time.second);
    }
    if (!a.is_signed && a.esl_at != 0 && add_attributes(file, a.esl_at, map, err))
        return err->rc;
    if (rk_region_add(map, map->root, a.esl_at, a.esl_len, "signature lists", &region, err) ||
        rk_esl_map(file + a.esl_at, a.esl_len, a.esl_at, map, region, err))
        return err->rc;
    region->loaded = true;
    (void)snprintf(map->integrity, sizeof map->integrity, "structure holds, %s",
                   a.is_signed ? "signature not checked: needs the certificate" : "not signed");
    return RK_OK;
}

/* ---- making ---- */

static const struct rk_part_row part_rows[] = {
    { "cert", true, true, "a certificate (PEM or DER), or a signature list" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "owner", "00000000-0000-0000-0000-000000000000", "pack: SignatureOwner GUID" },
    { "variable", NULL, "sign: PK, KEK, db or dbx; verify: hold it against this one alone" },
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
    for (size_t i = 0; i < request->part_count; i++) {
        if (rk_esl_put(&request->part[i], owner, &wr, err))
            return err->rc;
    }
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
    return rk_fail(err, RK_E_USAGE, "setting \"variable\": expected PK, KEK, db or dbx");
}

/* name in UTF-16LE ‖ vendor ‖ attributes ‖ time ‖ lists */
static enum rk_rc signed_content(const struct variable *v, uint32_t attributes,
                                 const struct efi_time *when, const uint8_t *esl, size_t len,
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
    rk_layout_write(time_layout, TIME_FIELDS, when, &wr);
    rk_wr_bytes(&wr, esl, len);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc set_time(const struct rk_request *request, struct efi_time *ret,
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
    *ret = (struct efi_time) { .year = (uint16_t)(tm.tm_year + 1900),
                               .month = (uint8_t)(tm.tm_mon + 1),
                               .day = (uint8_t)tm.tm_mday,
                               .hour = (uint8_t)tm.tm_hour,
                               .minute = (uint8_t)tm.tm_min,
                               .second = (uint8_t)tm.tm_sec };
    return RK_OK;
}

struct signing {
    struct auth auth;
    struct efi_time time;
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
        set_time(request, &s->time, err) ||
        signed_content(v, append ? APPEND : ENROL, &s->time, file + s->auth.esl_at, s->auth.esl_len,
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
        rk_pkcs7_signed_data(&der, &bare, err) || rk_guid_parse(pkcs7_guid, guid, err))
        return err->rc;
    /* UEFI 2.10, 8.2.2: the SignedData alone, as efitools writes it; EDK2 reads both. */
    rk_layout_write(time_layout, TIME_FIELDS, &s.time, &wr);
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
                   attributes == APPEND ? "appending to" : "variable", v->name);
    if (rk_map_checked(map, a->der_at, a->der_len, err) ||
        rk_map_guard(map, 0, TIME_WIRE, RK_GUARD_SIGNATURE, "PKCS #7 signature", err))
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
        if (check_one(request, &a, file, &variables[i], ENROL, map, err) == RK_OK ||
            check_one(request, &a, file, &variables[i], APPEND, map, err) == RK_OK)
            return RK_OK;
        if (err->rc != RK_E_VERIFY)
            return err->rc;
    }
    if (request->own_signer && only == NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "the signature holds for none of PK, KEK, db and dbx, under the certificate "
                       "inside");
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
