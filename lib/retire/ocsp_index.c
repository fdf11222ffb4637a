/* SPDX-License-Identifier: Apache-2.0 */
#include "retire/ocsp_index.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/ekcert.h"
#include "rotkit/hex.h"
#include "rotkit/grow.h"
#include "rotkit/lines.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIELDS = 6, SERIAL = 3, LINE = 2048, INDEX_MAX = 1 << 30 };

void rk_ocsp_index_done(struct rk_ocsp_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        rk_free(index->line[i].text);
    rk_free(index->line);
    *index = (struct rk_ocsp_index) { .line = NULL };
}

static int by_serial(const void *a, const void *b)
{
    return strcmp(((const struct rk_ocsp_line *)a)->serial,
                  ((const struct rk_ocsp_line *)b)->serial);
}

/* Among the sorted lines alone. */
static struct rk_ocsp_line *find(const struct rk_ocsp_index *index, const char *serial)
{
    struct rk_ocsp_line key;

    (void)snprintf(key.serial, sizeof key.serial, "%s", serial);
    return index->sorted == 0
               ? NULL
               : bsearch(&key, index->line, index->sorted, sizeof *index->line, by_serial);
}

static void sort(struct rk_ocsp_index *index)
{
    if (index->sorted != index->count)
        qsort(index->line, index->count, sizeof *index->line, by_serial);
    index->sorted = index->count;
}

static enum rk_rc append(struct rk_ocsp_index *index, const char *serial, const char *text,
                         struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_ocsp_line), 1 << 21, RK_E_USAGE,
                                             "lines in one index" };
    struct rk_ocsp_line *line;
    void *items = index->line;

    if (rk_grow(&growth, &items, index->count, 1, err))
        return err->rc;
    index->line = items;
    line = &index->line[index->count];
    line->text = rk_strdup(text);
    if (line->text == NULL)
        return rk_fail_nomem(err);
    (void)snprintf(line->serial, sizeof line->serial, "%s", serial);
    index->count++;
    return RK_OK;
}

/* Cuts a copy of a line into its fields; false when it has more or fewer. */
static bool split(char *text, char *field[FIELDS])
{
    size_t n = 0;

    for (char *at = text; at != NULL && n < FIELDS; n++) {
        field[n] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
        else
            return n + 1 == FIELDS;
    }
    return false;
}

enum rk_rc rk_ocsp_index_read(const struct rk_bytes *file, struct rk_ocsp_index *ret,
                              struct rk_err *err)
{
    struct rk_line_cursor cursor = { .p = file->p, .left = file->len };
    struct rk_line line;

    while (rk_line_next(&cursor, &line)) {
        char text[LINE], copy[LINE], *field[FIELDS];

        if (line.len >= sizeof text || memchr(line.p, '\0', line.len) != NULL)
            return rk_fail(err, RK_E_FORMAT, "line %llu: no line of an index",
                           (unsigned long long)line.number);
        memcpy(text, line.p, line.len);
        text[line.len] = '\0';
        memcpy(copy, text, line.len + 1);
        if (!split(copy, field) || strlen(field[SERIAL]) > 2 * RK_SERIAL_MAX)
            return rk_fail(
                err, RK_E_FORMAT,
                "line %llu: expected status, expiry, revocation, serial number, file and "
                "subject, with tabs between",
                (unsigned long long)line.number);
        if (append(ret, field[SERIAL], text, err))
            return err->rc;
    }
    sort(ret);
    for (size_t i = 1; i < ret->count; i++) {
        if (by_serial(&ret->line[i - 1], &ret->line[i]) == 0)
            return rk_fail(err, RK_E_FORMAT, "serial number %s is there twice",
                           ret->line[i].serial);
    }
    return RK_OK;
}

/* As openssl writes a serial number: big-endian, two digits a byte, upper case. */
static bool serial_text(const uint8_t *serial, size_t len, char ret[2 * RK_SERIAL_MAX + 1])
{
    while (len > 1 && serial[0] == 0) {
        serial++;
        len--;
    }
    if (len > RK_SERIAL_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        (void)snprintf(ret + 2 * i, 3, "%02X", serial[i]);
    return true;
}

enum rk_rc rk_ocsp_index_add(struct rk_ocsp_index *index, const struct rk_bytes *certificate,
                             struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    struct rk_ekcert_ids ids;
    char serial[2 * RK_SERIAL_MAX + 1], text[LINE], subject[1024] = "/";
    const ASN1_TIME *end;

    if (rk_x509_parse(certificate->p, certificate->len, &cert, err) ||
        rk_ekcert_ids(certificate->p, certificate->len, &ids, err))
        return err->rc;
    if (!serial_text(ids.serial, ids.serial_len, serial))
        return rk_fail(err, RK_E_FORMAT, "a serial number of more than %s",
                       RK_COUNTED(RK_SERIAL_MAX, "byte"));
    if (find(index, serial) != NULL)
        return RK_OK;
    /* For people: openssl looks for the serial number alone. */
    if (X509_NAME_entry_count(X509_get_subject_name(cert)) > 0)
        rk_x509_name(X509_get_subject_name(cert), subject, sizeof subject);
    end = X509_get0_notAfter(cert);
    (void)snprintf(text, sizeof text, "V\t%.*s\t\t%s\tunknown\t%s", ASN1_STRING_length(end),
                   (const char *)ASN1_STRING_get0_data(end), serial, subject);
    return append(index, serial, text, err);
}

/* openssl's own words, which are not those of our command line. */
static const char *reason_word(enum rk_crl_reason reason)
{
    switch (reason) {
    case RK_CRL_KEY_COMPROMISE:
        return ",keyCompromise";
    case RK_CRL_SUPERSEDED:
        return ",superseded";
    case RK_CRL_CESSATION:
        return ",cessationOfOperation";
    default:
        return "";
    }
}

enum rk_rc rk_ocsp_index_revoke(struct rk_ocsp_index *index, const struct rk_crl_entry *entry,
                                struct rk_err *err)
{
    char serial[2 * RK_SERIAL_MAX + 1], when[32], text[LINE], copy[LINE], *field[FIELDS];
    time_t seconds = (time_t)entry->revoked;
    struct rk_ocsp_line *line;
    struct tm tm;

    if (!serial_text(entry->serial, entry->serial_len, serial))
        return rk_fail(err, RK_E_FORMAT, "a serial number of more than %s",
                       RK_COUNTED(RK_SERIAL_MAX, "byte"));
    sort(index);
    line = find(index, serial);
    if (line == NULL)
        return RK_OK;
    (void)snprintf(copy, sizeof copy, "%s", line->text);
    if (!split(copy, field))
        return rk_fail(err, RK_E_INTERNAL, "a line of the index");
    /* UTCTime, as openssl reads it: two digits of the year, until 2049. */
    if (gmtime_r(&seconds, &tm) == NULL)
        return rk_fail(err, RK_E_INTERNAL, "a revocation date");
    (void)snprintf(when, sizeof when, "%02d%02d%02d%02d%02d%02dZ", tm.tm_year % 100, tm.tm_mon + 1,
                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    (void)snprintf(text, sizeof text, "R\t%s\t%s%s\t%s\t%s\t%s", field[1], when,
                   reason_word(entry->reason), field[3], field[4], field[5]);
    rk_free(line->text);
    line->text = rk_strdup(text);
    return line->text == NULL ? rk_fail_nomem(err) : RK_OK;
}

size_t rk_ocsp_index_unlisted(const struct rk_ocsp_index *index, const struct rk_crl *crl)
{
    char serial[2 * RK_SERIAL_MAX + 1];
    const struct rk_ocsp_line *line;
    size_t unlisted = 0;

    for (size_t i = 0; i < index->count; i++)
        unlisted += index->line[i].text[0] == 'R';
    for (size_t i = 0; i < crl->count; i++) {
        line = serial_text(crl->entry[i].serial, crl->entry[i].serial_len, serial)
                   ? find(index, serial)
                   : NULL;
        unlisted -= line != NULL && line->text[0] == 'R';
    }
    return unlisted;
}

enum rk_rc rk_ocsp_index_write(struct rk_ocsp_index *index, struct rk_bytes *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(INDEX_MAX);

    sort(index);
    for (size_t i = 0; i < index->count; i++) {
        rk_wr_str(&wr, index->line[i].text);
        rk_wr_str(&wr, "\n");
    }
    return rk_wr_end(&wr, ret, err);
}
