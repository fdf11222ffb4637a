/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/certs.h"

#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/base64.h"
#include "rotkit/der.h"
#include "rotkit/x509.h"

#include <string.h>

/* Room for the base64 of the largest certificate. */
enum { BASE64_MAX = (RK_CERT_MAX + 2) / 3 * 4 };
static const char dashes[] = "-----";
enum { DASHES = sizeof dashes - 1 };

struct text { /* of one line, without blanks at its end; not terminated */
    const char *p;
    size_t len;
};

struct reading {
    const char *at, *end;
    unsigned line;     /* the one that next_line gave last, from 1 */
    size_t count, max; /* certificates begun, certificates allowed */
    enum rk_rc (*each)(void *arg, const uint8_t *der, size_t len, struct rk_err *err);
    void *arg;
};

/* ---- lines ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool next_line(struct reading *in, struct text *ret)
{
    const char *from = in->at, *to, *stop;

    if (from == in->end)
        return false;
    stop = memchr(from, '\n', (size_t)(in->end - from));
    to = stop == NULL ? in->end : stop;
    in->at = stop == NULL ? in->end : stop + 1;
    in->line++;
    while (to > from && is_blank(to[-1]))
        to--;
    *ret = (struct text) { from, (size_t)(to - from) };
    return true;
}

static bool starts_with(struct text text, const char *with)
{
    return text.len >= strlen(with) && memcmp(text.p, with, strlen(with)) == 0;
}

static bool ends_with(struct text text, const char *with)
{
    size_t len = strlen(with);

    return text.len >= len && memcmp(text.p + (text.len - len), with, len) == 0;
}

static bool contains(struct text text, const char *what)
{
    while (text.len != 0 && !starts_with(text, what))
        text = (struct text) { text.p + 1, text.len - 1 };
    return text.len != 0;
}

static bool equal(struct text text, const char *with)
{
    return text.len == strlen(with) && starts_with(text, with);
}

/* "-----BEGIN LABEL-----", word being "BEGIN " or "END ". */
static bool is_boundary(struct text line, const char *word, struct text *ret_label)
{
    size_t head = DASHES + strlen(word);
    struct text rest = { line.p + DASHES, line.len - DASHES };

    if (line.len < head + DASHES || !starts_with(line, dashes) || !starts_with(rest, word) ||
        !ends_with(line, dashes))
        return false;
    *ret_label = (struct text) { line.p + head, line.len - head - DASHES };
    return true;
}

/* What was a BEGIN or END once, or is one where the other is due; the file may stop within it. */
static bool is_broken_boundary(const struct reading *in, struct text line)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    bool stops = in->at == in->end && in->end[-1] != '\n';

    return contains(line, "--BEGIN ") || contains(line, "--END ") ||
           contains(line, "CERTIFICATE--") ||
           (stops && line.len != 0 && line.len < sizeof begin &&
            memcmp(line.p, begin, line.len) == 0);
}

/* What may stand beside certificates, as servers like their files. */
static bool is_left_alone(struct text label)
{
    return ends_with(label, "KEY") || ends_with(label, "PARAMETERS") || ends_with(label, "CRL");
}

/* ---- what is wrong ---- */

/* Puts "certificate 2, line 23" in front (line 0: DER, which has none). */
static enum rk_rc at(const struct reading *in, unsigned line, struct rk_err *err)
{
    if (line == 0)
        (void)rk_wrap(err, "certificate %zu", in->count + 1);
    else
        (void)rk_wrap(err, "certificate %zu, line %u", in->count + 1, line);
    err->line = line;
    return err->rc;
}

/* The same for what a reader below said of these bytes. */
static enum rk_rc damaged(const struct reading *in, unsigned line, struct rk_err *err)
{
    if (err->rc == RK_E_NOMEM)
        return err->rc;
    err->rc = RK_E_FORMAT;
    (void)at(in, line, err);
    return rk_note(err, "the file was changed or cut off: get it anew from who issued it");
}

static int shown(struct text text)
{
    enum { SHOWN = 40 };

    return (int)(text.len > SHOWN ? SHOWN : text.len);
}

/* Before each certificate. */
static enum rk_rc check_count(const struct reading *in, struct rk_err *err)
{
    if (in->count < in->max)
        return RK_OK;
    (void)rk_fail(err, RK_E_FORMAT, "one too many, at most %zu may stand there", in->max);
    return at(in, in->line, err);
}

/* ---- PEM ---- */

static bool is_base64(struct text line)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789+/=";

    for (size_t i = 0; i < line.len; i++) {
        if (memchr(alphabet, line.p[i], sizeof alphabet - 1) == NULL)
            return false;
    }
    return true;
}

/* To the END of the block that began with this label; into (NULL: nowhere) gets its base64. */
static enum rk_rc read_block(struct reading *in, struct text label, struct rk_wr *into,
                             struct rk_err *err)
{
    unsigned begun = in->line;
    struct text line, ended;

    while (next_line(in, &line)) {
        if (is_boundary(line, "END ", &ended)) {
            if (ended.len == label.len && memcmp(ended.p, label.p, label.len) == 0)
                return RK_OK;
            (void)rk_fail(err, RK_E_FORMAT, "END %.*s, expected END %.*s", shown(ended), ended.p,
                          shown(label), label.p);
            return damaged(in, in->line, err);
        }
        if (into == NULL ? is_broken_boundary(in, line) : !is_base64(line)) {
            (void)rk_fail(err, RK_E_FORMAT, "\"%.*s\", expected base64 or -----END %.*s-----",
                          shown(line), line.p, shown(label), label.p);
            return damaged(in, in->line, err);
        }
        if (into != NULL)
            rk_wr_bytes(into, line.p, line.len);
    }
    (void)rk_fail(err, RK_E_FORMAT, "cut off, no -----END %.*s----- follows", shown(label),
                  label.p);
    return damaged(in, begun, err);
}

static enum rk_rc read_certificate(struct reading *in, struct text label, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr text = RK_WR_MAX(BASE64_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes base64 = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    unsigned begun = in->line;

    if (check_count(in, err) || read_block(in, label, &text, err))
        return err->rc;
    if (rk_wr_end(&text, &base64, err) ||
        rk_base64_read((const char *)base64.p, base64.len, &der, err) ||
        in->each(in->arg, der.p, der.len, err))
        return damaged(in, begun, err);
    in->count++;
    return RK_OK;
}

/* A line between blocks, and the block that it may begin. */
static enum rk_rc read_outside(struct reading *in, struct text line, struct rk_err *err)
{
    struct text label;

    if (!is_boundary(line, "BEGIN ", &label)) {
        if (!is_broken_boundary(in, line))
            return RK_OK;
        (void)rk_fail(err, RK_E_FORMAT, "\"%.*s\", expected -----BEGIN CERTIFICATE-----",
                      shown(line), line.p);
        return damaged(in, in->line, err);
    }
    if (equal(label, "CERTIFICATE") || equal(label, "X509 CERTIFICATE"))
        return read_certificate(in, label, err);
    if (is_left_alone(label))
        return read_block(in, label, NULL, err);
    (void)rk_fail(err, RK_E_FORMAT, "BEGIN %.*s, expected BEGIN CERTIFICATE", shown(label),
                  label.p);
    return at(in, in->line, err);
}

static enum rk_rc read_pem(struct reading *in, struct rk_err *err)
{
    static const char bom[] = "\xef\xbb\xbf"; /* of editors that mark UTF-8 */
    struct text line;

    while (next_line(in, &line)) {
        if (in->line == 1 && starts_with(line, bom))
            line = (struct text) { line.p + sizeof bom - 1, line.len - (sizeof bom - 1) };
        if (read_outside(in, line, err))
            return err->rc;
    }
    return in->count != 0 ? RK_OK : rk_fail(err, RK_E_FORMAT, "no certificate in PEM or DER");
}

/* ---- either ---- */

/* A SEQUENCE of 128 bytes or more: text that begins with "0" is none, whatever its encoding. */
static bool is_der(const uint8_t *file, size_t len)
{
    return len > 1 && file[0] == RK_DER_SEQUENCE && (file[1] & 0xf0) == 0x80;
}

static enum rk_rc read_file(const uint8_t *file, size_t len, struct reading *in, struct rk_err *err)
{
    if (!is_der(file, len)) {
        in->at = (const char *)file;
        in->end = in->at + len;
        return read_pem(in, err);
    }
    if (check_count(in, err))
        return err->rc;
    return in->each(in->arg, file, len, err) ? damaged(in, 0, err) : RK_OK;
}

static enum rk_rc push(void *arg, const uint8_t *der, size_t len, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (rk_x509_parse(der, len, &cert, err))
        return err->rc;
    if (sk_X509_push(arg, cert) <= 0)
        return rk_fail_nomem(err);
    cert = NULL;
    return RK_OK;
}

enum rk_rc rk_certs_read(const uint8_t *file, size_t len, size_t max, STACK_OF(X509) * *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = sk_X509_new_null();
    struct reading in = { .max = max, .each = push, .arg = certs };

    if (certs == NULL)
        return rk_fail_nomem(err);
    if (read_file(file, len, &in, err))
        return err->rc;
    *ret = certs;
    certs = NULL;
    return RK_OK;
}

static enum rk_rc copy(void *arg, const uint8_t *der, size_t len, struct rk_err *err)
{
    return rk_bytes_copy(der, len, arg, err);
}

enum rk_rc rk_certs_read_der(const uint8_t *file, size_t len, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    struct reading in = { .max = 1, .each = copy, .arg = &der };

    if (read_file(file, len, &in, err))
        return err->rc;
    *ret = rk_bytes_take(&der);
    return RK_OK;
}

enum rk_rc rk_cert_der(X509 *cert, struct rk_bytes *ret, struct rk_err *err)
{
    unsigned char *der = NULL;

    return rk_der_keep(i2d_X509(cert, &der), &der, "a certificate", ret, err);
}
