/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of devices, whoever wrote them, against the release. RFC 4180 */
#include "enroll/csv.h"

#include "base/digest.h"
#include "base/ossl.h"
#include "enroll/files.h"
#include "enroll/registration_id.h"
#include "enroll/walk.h"
#include "rotkit/counted.h"
#include "rotkit/ekcert.h"
#include "rotkit/base64.h"
#include "rotkit/hex.h"
#include "rotkit/identity.h"
#include "rotkit/x509.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DIGEST = 32, FILE_MAX = 64 << 20 };

struct checking {
    const struct rk_enroll_options *options;
    const char *template_name;
    struct rk_enroll_report report;
    struct rk_release_device device; /* of the row before; ek_count 0: none */
    size_t next_ek;                  /* of it: those behind the one that stood in that row */
    size_t rows;                     /* of it */
};

static void checking_done(struct checking *c)
{
    rk_release_device_done(&c->device);
}

/* ---- the text ---- */

/* Text that fields are cut out of, in place. */
struct text {
    char *at; /* a NUL stands behind the last character */
};

/* The field at hand, unquoted, NUL behind it; *ret_end is what stood there: ',' '\r' or '\0'. */
static enum rk_rc next_field(struct text *t, char **ret, char *ret_end, struct rk_err *err)
{
    char *to = t->at;
    bool quoted = *t->at == '"';

    *ret = to;
    if (quoted) {
        for (t->at++; *t->at != '"' || t->at[1] == '"'; t->at++) {
            if (*t->at == '\0')
                return rk_fail(err, RK_E_VERIFY, "a quoted field has no end");
            t->at += *t->at == '"';
            *to++ = *t->at;
        }
        t->at++;
    } else {
        t->at += strcspn(t->at, ",\r\n\"");
        to = t->at;
    }
    *ret_end = *t->at;
    if (*ret_end != '\0' && strchr(",\r", *ret_end) == NULL)
        return rk_fail(err, RK_E_VERIFY, "expected a comma or CR LF behind a field");
    if (*ret_end == '\r' && t->at[1] != '\n')
        return rk_fail(err, RK_E_VERIFY, "CR without LF");
    t->at += *ret_end == '\0' ? 0 : *ret_end == '\r' ? 2 : 1;
    *to = '\0';
    return RK_OK;
}

static enum rk_rc next_row(struct text *t, char *fields[RK_CSV_COLUMNS], struct rk_err *err)
{
    size_t count = 0;
    char end;

    do {
        char *field;

        if (next_field(t, &field, &end, err))
            return err->rc;
        if (rk_csv_unsafe(field))
            return rk_fail(err, RK_E_VERIFY,
                           "field %zu starts with one of = + - @, as a formula does, or holds a "
                           "control character",
                           count + 1);
        if (count < RK_CSV_COLUMNS)
            fields[count] = field;
        count++;
    } while (end == ',');
    if (end == '\0')
        return rk_fail(err, RK_E_VERIFY, "cut short, no CR LF");
    if (count != RK_CSV_COLUMNS)
        return rk_fail(err, RK_E_VERIFY, "%zu fields, expected %d", count, RK_CSV_COLUMNS);
    return RK_OK;
}

static enum rk_rc check_head(char *const fields[RK_CSV_COLUMNS], struct rk_err *err)
{
    for (size_t i = 0; i < RK_CSV_COLUMNS; i++) {
        if (strcmp(fields[i], rk_csv_columns[i]) != 0)
            return rk_fail(err, RK_E_VERIFY, "column \"%s\", expected \"%s\"", fields[i],
                           rk_csv_columns[i]);
    }
    return RK_OK;
}

/* ---- fields against the release ---- */

static enum rk_rc differ(enum rk_csv_column column, const char *found, const char *wanted,
                         struct rk_err *err)
{
    return rk_fail(err, RK_E_VERIFY, "%s is \"%s\", the release has \"%s\"", rk_csv_columns[column],
                   found, wanted);
}

static enum rk_rc check_digest(enum rk_csv_column column, const char *found, const uint8_t *bytes,
                               size_t len, struct rk_err *err)
{
    uint8_t digest[DIGEST];
    char wanted[2 * DIGEST + 1];

    if (rk_sha256(bytes, len, digest, err))
        return err->rc;
    rk_hex_write(digest, DIGEST, wanted);
    return strcmp(found, wanted) == 0 ? RK_OK : differ(column, found, wanted, err);
}

static enum rk_rc check_public(char *const fields[RK_CSV_COLUMNS], const struct rk_release_ek *ek,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
    const char *text = fields[RK_CSV_PUBLIC], *id = fields[RK_CSV_REGISTRATION];
    char wanted[53] = "";

    if (rk_base64_read(text, strlen(text), &key, err))
        return rk_wrap(err, "%s", rk_csv_columns[RK_CSV_PUBLIC]);
    if (!rk_bytes_equal(&key, &ek->public_tpm2b))
        return rk_fail(err, RK_E_VERIFY, "%s is not the EK of the release",
                       rk_csv_columns[RK_CSV_PUBLIC]);
    if (rk_dps_is_rsa(&key) && rk_enroll_registration_id(&key, wanted, err))
        return err->rc;
    return strcmp(id, wanted) == 0 ? RK_OK : differ(RK_CSV_REGISTRATION, id, wanted, err);
}

/* 2026-01-01T00:00:00Z, as 20260101000000Z; "" for anything else. */
static void compact_time(const char *found, char ret[32])
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    size_t n = 0;

    for (size_t i = 0; i < sizeof form; i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)found[i]) : found[i] != form[i]) {
            ret[0] = '\0';
            return;
        }
        if (form[i] == 'd' || form[i] == 'Z')
            ret[n++] = found[i];
    }
    ret[n] = '\0';
}

static enum rk_rc check_time(enum rk_csv_column column, const char *found, const ASN1_TIME *time,
                             struct rk_err *err)
{
    ASN1_GENERALIZEDTIME *general = ASN1_TIME_to_generalizedtime(time, NULL);
    char text[32], wanted[32] = "";

    if (general == NULL)
        return rk_fail_ossl(err, RK_E_FORMAT, "a time of the certificate is malformed");
    (void)snprintf(wanted, sizeof wanted, "%s", (const char *)ASN1_STRING_get0_data(general));
    ASN1_GENERALIZEDTIME_free(general);
    compact_time(found, text);
    return strcmp(text, wanted) == 0 ? RK_OK : differ(column, found, wanted, err);
}

static enum rk_rc check_serial(const char *found, const X509 *cert, struct rk_err *err)
{
    RK_AUTO(rk_bn_done)
    BIGNUM *wanted = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    RK_AUTO(rk_bn_done) BIGNUM *number = NULL;

    if (wanted == NULL)
        return rk_fail_ossl(err, RK_E_FORMAT, "the certificate's serial number is malformed");
    if (strlen(found) > 128 || strspn(found, "0123456789abcdef") != strlen(found) ||
        BN_hex2bn(&number, found) != (int)strlen(found) || BN_cmp(number, wanted) != 0 ||
        strlen(found) != (BN_is_zero(wanted) ? 2 : 2 * (size_t)BN_num_bytes(wanted)))
        return rk_fail(err, RK_E_VERIFY, "%s is \"%s\", not that of the certificate",
                       rk_csv_columns[RK_CSV_SERIAL], found);
    return RK_OK;
}

static enum rk_rc check_cert(char *const fields[RK_CSV_COLUMNS], const struct rk_release_ek *ek,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (rk_x509_parse(ek->cert.p, ek->cert.len, &cert, err) ||
        rk_ekcert_spki(ek->cert.p, ek->cert.len, &spki, err) ||
        check_digest(RK_CSV_SPKI, fields[RK_CSV_SPKI], spki.p, spki.len, err) ||
        check_serial(fields[RK_CSV_SERIAL], cert, err) ||
        check_digest(RK_CSV_CERT, fields[RK_CSV_CERT], ek->cert.p, ek->cert.len, err) ||
        check_time(RK_CSV_NOT_BEFORE, fields[RK_CSV_NOT_BEFORE], X509_get0_notBefore(cert), err) ||
        check_time(RK_CSV_NOT_AFTER, fields[RK_CSV_NOT_AFTER], X509_get0_notAfter(cert), err))
        return err->rc;
    return RK_OK;
}

/* ---- rows against the release ---- */

static bool is_all(const struct checking *c)
{
    return strcmp(c->template_name, RK_CSV_ALL) == 0;
}

/* The device of the rows before has all of its own. */
static enum rk_rc end_device(struct checking *c, struct rk_err *err)
{
    size_t wanted = is_all(c) ? c->device.ek_count : 1;
    char text[21];

    if (c->device.ek_count == 0 || c->rows == wanted)
        return RK_OK;
    rk_unit_id_text(&c->device.sn, text);
    return rk_fail(err, RK_E_VERIFY, "device %s: %s, expected %zu", text,
                   RK_COUNTED(c->rows, "row"), wanted);
}

/* Whether the row's device is not that of the row before. */
static bool is_next(const struct checking *c, const struct rk_unit_id *sn)
{
    return c->device.ek_count == 0 || memcmp(sn->b, c->device.sn.b, sizeof sn->b) != 0;
}

static enum rk_rc begin_device(struct checking *c, const struct rk_unit_id *sn, struct rk_err *err)
{
    if (c->device.ek_count != 0 && rk_enroll_ascends(&c->device.sn, sn, err))
        return err->rc;
    if (!rk_enroll_asks_for(c->options, sn))
        return rk_fail(err, RK_E_VERIFY, "was not asked for");
    rk_release_device_done(&c->device);
    if (rk_enroll_device(c->options, sn, &c->device, err))
        return err->rc;
    c->next_ek = c->rows = 0;
    c->report.devices++;
    return RK_OK;
}

static enum rk_rc check_ek(struct checking *c, char *const fields[RK_CSV_COLUMNS],
                           struct rk_err *err)
{
    const char *name = fields[RK_CSV_TEMPLATE];
    const struct rk_release_ek *ek;

    if (rk_enroll_ek(&c->device, name, &ek, err))
        return err->rc;
    if (strcmp(name, ek->template_name) != 0)
        return differ(RK_CSV_TEMPLATE, name, ek->template_name, err);
    if (!is_all(c) && strcasecmp(name, c->template_name) != 0)
        return rk_fail(err, RK_E_VERIFY, "EK \"%s\", expected \"%s\"", name, c->template_name);
    if (ek < c->device.ek + c->next_ek)
        return rk_fail(err, RK_E_VERIFY, "EK \"%s\" stands there twice, or out of order", name);
    if (strcmp(fields[RK_CSV_PROFILE], ek->profile) != 0)
        return differ(RK_CSV_PROFILE, fields[RK_CSV_PROFILE], ek->profile, err);
    c->next_ek = (size_t)(ek - c->device.ek) + 1;
    c->rows++;
    return check_public(fields, ek, err) || check_cert(fields, ek, err)
               ? rk_wrap(err, "EK \"%s\"", name)
               : RK_OK;
}

static enum rk_rc check_row(struct checking *c, char *const fields[RK_CSV_COLUMNS],
                            struct rk_err *err)
{
    struct rk_unit_id sn;
    char text[21];

    if (rk_unit_parse(fields[RK_CSV_SN], &sn, err))
        return err->rc;
    rk_unit_id_text(&sn, text);
    if (strcmp(text, fields[RK_CSV_SN]) != 0)
        return differ(RK_CSV_SN, fields[RK_CSV_SN], text, err);
    if (is_next(c, &sn) && end_device(c, err))
        return err->rc;
    if ((is_next(c, &sn) && begin_device(c, &sn, err)) || check_ek(c, fields, err))
        return rk_wrap(err, "device %s", text);
    return RK_OK;
}

static enum rk_rc check_file(void *arg, const struct rk_bytes *bytes, struct rk_err *err)
{
    struct text text = { .at = (char *)bytes->p };
    struct checking *c = arg;
    char *fields[RK_CSV_COLUMNS];

    if (memchr(bytes->p, '\0', bytes->len) != NULL)
        return rk_fail(err, RK_E_VERIFY, "a NUL in it: no text");
    if (next_row(&text, fields, err) || check_head(fields, err))
        return rk_wrap(err, "row 1");
    for (size_t row = 2; *text.at != '\0'; row++) {
        if (next_row(&text, fields, err) || check_row(c, fields, err))
            return rk_wrap(err, "row %zu", row);
    }
    return RK_OK;
}

static enum rk_rc check_folder(struct checking *c, const char *folder, struct rk_err *err)
{
    uint64_t devices;

    if (rk_enroll_device_count(c->options, &devices, err) ||
        rk_enroll_each_file(folder, FILE_MAX, check_file, c, &c->report.files, err) ||
        end_device(c, err))
        return err->rc;
    if (c->report.devices != devices)
        return rk_fail(err, RK_E_VERIFY, "it has %s, expected %llu",
                       RK_COUNTED(c->report.devices, "device"), (unsigned long long)devices);
    return RK_OK;
}

enum rk_rc rk_csv_check(const struct rk_enroll_options *options, const char *folder,
                        struct rk_enroll_report *ret, struct rk_err *err)
{
    RK_AUTO(checking_done)
    struct checking c = {
        .options = options,
        .template_name = rk_request_setting(options->request, rk_csv_settings, "template"),
    };

    if (check_folder(&c, folder, err)) {
        if (err->rc == RK_E_FORMAT || err->rc == RK_E_USAGE)
            err->rc = RK_E_VERIFY;
        return err->rc;
    }
    *ret = c.report;
    return RK_OK;
}
