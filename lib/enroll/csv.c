/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of devices, a row an EK, for spreadsheets and for clouds that have no target of their
 * own. Source: RFC 4180.
 */
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
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DIGEST = 32, SERIAL_MAX = 64, TIME_TEXT = 40 };

/* ---- a line ---- */

static void put_field(struct rk_wr *wr, const char *text)
{
    if (strpbrk(text, "\",") == NULL) {
        rk_wr_str(wr, text);
        return;
    }
    rk_wr_str(wr, "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"')
            rk_wr_str(wr, "\"");
        rk_wr_bytes(wr, text, 1);
    }
    rk_wr_str(wr, "\"");
}

static enum rk_rc put_line(struct rk_wr *wr, const char *const fields[RK_CSV_COLUMNS],
                           struct rk_err *err)
{
    for (size_t i = 0; i < RK_CSV_COLUMNS; i++) {
        if (rk_csv_unsafe(fields[i]))
            return rk_fail(err, RK_E_USAGE,
                           "%s starts with one of = + - @, as a formula does, or holds a control "
                           "character",
                           rk_csv_columns[i]);
        if (i != 0)
            rk_wr_str(wr, ",");
        put_field(wr, fields[i]);
    }
    rk_wr_str(wr, "\r\n");
    return RK_OK;
}

/* ---- an EK ---- */

struct cert_texts {
    char spki[2 * DIGEST + 1], digest[2 * DIGEST + 1], serial[2 * SERIAL_MAX + 1];
    char not_before[TIME_TEXT], not_after[TIME_TEXT];
};

static enum rk_rc hash_text(const uint8_t *bytes, size_t len, char ret[2 * DIGEST + 1],
                            struct rk_err *err)
{
    uint8_t digest[DIGEST];

    if (rk_sha256(bytes, len, digest, err))
        return err->rc;
    rk_hex_write(digest, DIGEST, ret);
    return RK_OK;
}

/* 2026-01-01T00:00:00Z */
static enum rk_rc time_text(const ASN1_TIME *time, char ret[TIME_TEXT], struct rk_err *err)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return rk_fail_ossl(err, RK_E_FORMAT, "a time of the certificate is malformed");
    (void)snprintf(ret, TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return RK_OK;
}

static enum rk_rc read_times(const struct rk_bytes *der, struct cert_texts *ret, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    return rk_x509_parse(der->p, der->len, &cert, err) ||
                   time_text(X509_get0_notBefore(cert), ret->not_before, err) ||
                   time_text(X509_get0_notAfter(cert), ret->not_after, err)
               ? err->rc
               : RK_OK;
}

/* The serial's octets, without the zero that keeps it positive. */
static enum rk_rc read_cert(const struct rk_release_ek *ek, struct cert_texts *ret,
                            struct rk_err *err)
{
    struct rk_ekcert_ids ids;
    size_t sign;

    if (ek->cert.len == 0)
        return rk_fail(err, RK_E_USAGE, "no certificate");
    if (rk_ekcert_ids(ek->cert.p, ek->cert.len, &ids, err))
        return err->rc;
    sign = ids.serial_len > 1 && ids.serial[0] == 0;
    if (ids.serial_len - sign > SERIAL_MAX)
        return rk_fail(err, RK_E_USAGE, "serial number of %s, at most %d",
                       RK_COUNTED(ids.serial_len - sign, "octet"), SERIAL_MAX);
    rk_hex_write(ids.serial + sign, ids.serial_len - sign, ret->serial);
    return hash_text(ids.spki, ids.spki_len, ret->spki, err) ||
                   hash_text(ek->cert.p, ek->cert.len, ret->digest, err) ||
                   read_times(&ek->cert, ret, err)
               ? err->rc
               : RK_OK;
}

/* ---- the table ---- */

struct table {
    const char *template_name;
    struct rk_numbered_files lines;
};

static void table_done(struct table *table)
{
    rk_numbered_files_done(&table->lines);
}

static enum rk_rc put_ek(struct table *table, const struct rk_unit_id *sn,
                         const struct rk_release_ek *ek, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes public = RK_BYTES_NONE;
    char sn_text[21], id[53] = ""; /* Azure's digest id, which is of RSA keys alone */
    struct cert_texts cert;

    rk_unit_id_text(sn, sn_text);
    if (read_cert(ek, &cert, err) ||
        (rk_dps_is_rsa(&ek->public_tpm2b) &&
         rk_enroll_registration_id(&ek->public_tpm2b, id, err)) ||
        rk_base64_write(ek->public_tpm2b.p, ek->public_tpm2b.len, &public, err))
        return rk_wrap(err, "EK \"%s\"", ek->template_name);
    const char *const fields[RK_CSV_COLUMNS] = {
        [RK_CSV_SN] = sn_text,
        [RK_CSV_TEMPLATE] = ek->template_name,
        [RK_CSV_PROFILE] = ek->profile,
        [RK_CSV_REGISTRATION] = id,
        [RK_CSV_SPKI] = cert.spki,
        [RK_CSV_PUBLIC] = (const char *)public.p,
        [RK_CSV_SERIAL] = cert.serial,
        [RK_CSV_CERT] = cert.digest,
        [RK_CSV_NOT_BEFORE] = cert.not_before,
        [RK_CSV_NOT_AFTER] = cert.not_after,
    };
    return put_line(rk_numbered_files_wr(&table->lines), fields, err) ||
                   rk_numbered_files_next(&table->lines, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc put_device(void *arg, const struct rk_release_device *device, struct rk_err *err)
{
    struct table *table = arg;
    const struct rk_release_ek *ek = device->ek;
    size_t count = device->ek_count;

    if (count == 0)
        return rk_fail(err, RK_E_USAGE,
                       "the release states no EK (an OEM's does not, take the "
                       "ODM's)");
    if (strcmp(table->template_name, RK_CSV_ALL) != 0) {
        if (rk_enroll_ek(device, table->template_name, &ek, err))
            return err->rc;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (put_ek(table, &device->sn, &ek[i], err))
            return err->rc;
    }
    table->lines.out->report.devices++;
    return RK_OK;
}

static enum rk_rc make(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                       struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_ENROLL_LINE_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes head = RK_BYTES_NONE;
    RK_AUTO(table_done)
    struct table table = {
        .template_name = rk_request_setting(options->request, rk_csv_settings, "template"),
        .lines = { .out = out, .before = "devices-", .after = ".csv" },
    };
    uint64_t devices;

    if (rk_enroll_device_count(options, &devices, err) || put_line(&wr, rk_csv_columns, err) ||
        rk_wr_end(&wr, &head, err))
        return err->rc;
    table.lines.head = (const char *)head.p;
    if (rk_enroll_each(options, put_device, &table, err))
        return err->rc;
    return rk_numbered_files_end(&table.lines, err);
}

const struct rk_enroll_target rk_enroll_csv = {
    .name = "csv",
    .title = "a table for spreadsheets and other clouds (RFC 4180), a row an EK",
    .settings = rk_csv_settings,
    .make = make,
    .check = rk_csv_check,
};
