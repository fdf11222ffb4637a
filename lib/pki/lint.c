/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the certificate in a file, has it looked at by everyone, and tells what each rule says. */
#include "pki/lint.h"

#include "rotkit/counted.h"

#include "base/mem.h"
#include "base/ossl.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned who;
} verifiers[] = {
    { "go-attestation", RK_LINT_GO },
    { "keylime", RK_LINT_KEYLIME },
    { "secboot", RK_LINT_SECBOOT },
};
enum { CA_MAX = 64 };
enum { VERIFIERS = sizeof verifiers / sizeof verifiers[0] };

const char *rk_lint_verifier_at(size_t i)
{
    return i < VERIFIERS ? verifiers[i].name : NULL;
}

bool rk_lint_verifier_refuses(size_t i, const struct rk_lint_finding *finding)
{
    return i < VERIFIERS && (finding->refused_by & verifiers[i].who) != 0;
}

bool rk_lint_verifier_is_told(size_t i, const struct rk_lint_finding *finding)
{
    return i < VERIFIERS && ((finding->refused_by | finding->noted_for) & verifiers[i].who) != 0;
}

/* ---- the certificate in the file */

struct place {
    const uint8_t *p;
    size_t before, len, behind; /* padding, certificate, padding */
};

/*
 * SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING } with at most one of these spoilt; or whatever is not
 * what keys, CMS and PKCS #12 begin with: a version, an OBJECT IDENTIFIER, an algorithm.
 */
static bool looks_like_one(const struct rk_tlv *whole)
{
    static const uint8_t tags[] = { RK_DER_SEQUENCE, RK_DER_SEQUENCE, RK_DER_BIT_STRING };
    struct rk_rd inside = rk_der_inside(whole);
    const uint8_t *p = whole->p;
    struct rk_tlv part;
    struct rk_err ignored;
    size_t alike = 0;
    bool key;

    if (whole->len == 0)
        return false;
    key = p[0] == RK_DER_INTEGER || p[0] == RK_DER_OID;
    for (size_t i = 0; i < sizeof tags && rk_der_next(&inside, &part, &ignored) == RK_OK; i++) {
        alike += part.tag == tags[i];
        key = key ||
              (i == 0 && part.tag == RK_DER_SEQUENCE && part.len != 0 && part.p[0] == RK_DER_OID);
    }
    return alike >= 2 || !key;
}

/* The outer SEQUENCE: as long as it says, or to the file's end where its length is none. */
static bool measure(struct rk_rd rd, size_t *ret)
{
    struct rk_tlv whole;
    struct rk_err ignored;

    if (rk_rd_left(&rd) > 2 && rd.buf[0] == RK_DER_SEQUENCE && rd.buf[1] == 0x80) {
        *ret = rk_rd_left(&rd);
        return rd.buf[2] == RK_DER_SEQUENCE;
    }
    if (rk_der_next(&rd, &whole, &ignored) != RK_OK || whole.tag != RK_DER_SEQUENCE ||
        !looks_like_one(&whole))
        return false;
    *ret = whole.size;
    return true;
}

/* A TPM's NV index is read whole: erased octets, 00 or ff, may stand around what was written. */
static bool find_der(const uint8_t *file, size_t len, struct place *ret)
{
    struct place place = { .p = file };

    while (place.before < len && (file[place.before] == 0x00 || file[place.before] == 0xff))
        place.before++;
    if (!measure((struct rk_rd) { .buf = file + place.before, .len = len - place.before },
                 &place.len))
        return false;
    place.behind = len - place.before - place.len;
    *ret = place;
    return true;
}

/* Why it is none: cut off, or another thing that begins with a SEQUENCE. */
static enum rk_rc say_other(const struct rk_bytes *file, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file->p, .len = file->len };
    struct rk_tlv whole;

    if (rk_der_next(&rd, &whole, err))
        return rk_wrap(err, "certificate");
    return rk_fail(err, RK_E_FORMAT,
                   "no certificate: it begins as a key, a CMS message or a PKCS #12 file does");
}

static void say_padding(const struct place *place, struct rk_lint_book *book)
{
    if (place->before != 0)
        (void)rk_lint_refuse(book, RK_LINT_GO | RK_LINT_KEYLIME | RK_LINT_SECBOOT, RK_RULE_PADDING,
                             "%s before the certificate: cut by tail -c +%zu | head -c %zu",
                             RK_COUNTED(place->before, "byte"), place->before + 1, place->len);
    else if (place->behind != 0)
        (void)rk_lint_refuse(book, RK_LINT_PROFILE, RK_RULE_PADDING,
                             "%s behind the certificate's %zu: cut by head -c %zu",
                             RK_COUNTED(place->behind, "byte"), place->len, place->len);
}

static enum rk_rc fill(const struct place *place, STACK_OF(X509) * ca, struct rk_lint_book *book,
                       struct rk_err *err)
{
    static const enum rk_lint_rule unreadable[] = { RK_RULE_EXT_TWICE, RK_RULE_EXT_MALFORMED,
                                                    RK_RULE_SAN_MALFORMED };
    const uint8_t *der = place->p + place->before;

    say_padding(place, book);
    if (rk_lint_profile(der, place->len, book, err))
        return err->rc;
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++)
        if (book->said[unreadable[i]].said)
            rk_lint_note(book, RK_LINT_KEYLIME, RK_RULE_EXT_UNREADABLE,
                         "Keylime reads no extension; Python cryptography refuses whoever asks it "
                         "for these: %.120s",
                         book->said[unreadable[i]].text);
    return rk_lint_go(der, place->len + place->behind, book, err) ||
                   rk_lint_keylime(der, place->len + place->behind, ca, book, err)
               ? err->rc
               : RK_OK;
}

/* ---- telling */

static void name_all(unsigned who, char *ret, size_t size)
{
    size_t len = 0;

    (void)snprintf(ret, size, "no rule known");
    for (size_t i = 0; i < VERIFIERS; i++) {
        if ((who & verifiers[i].who) == 0)
            continue;
        (void)snprintf(ret + len, size - len, "%s%s", len == 0 ? "" : ", ", verifiers[i].name);
        len += strlen(ret + len);
    }
}

static void tell(const struct rk_lint_book *book,
                 void (*report)(void *arg, const struct rk_lint_finding *finding), void *arg)
{
    for (size_t i = 0; i < RK_RULES; i++) {
        const struct rk_lint_said *said = &book->said[i];
        const struct rk_lint_row *row = &rk_lint_rows[i];
        struct rk_lint_finding finding = { .level = said->refuse != 0 && !row->choice
                                                        ? RK_LINT_ERROR
                                                        : row->level,
                                           .rule = row->id,
                                           .source = row->source,
                                           .refused_by = said->refuse,
                                           .noted_for = said->note };

        if (!said->said)
            continue;
        name_all(said->refuse, finding.verifier, sizeof finding.verifier);
        memcpy(finding.text, said->text, sizeof finding.text);
        report(arg, &finding);
    }
}

static void book_done(struct rk_lint_book **book)
{
    rk_free(*book);
}

enum rk_rc rk_ekcert_lint(const uint8_t *file, size_t len, const struct rk_bytes *ca,
                          void (*report)(void *arg, const struct rk_lint_finding *finding),
                          void *arg, struct rk_err *err)
{
    RK_AUTO(book_done) struct rk_lint_book *book = rk_alloc(1, sizeof *book);
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *store = NULL;
    struct place place;

    if (book == NULL)
        return rk_fail_nomem(err);
    if (ca != NULL && rk_certs_read(ca->p, ca->len, CA_MAX, &store, err))
        return rk_wrap(err, "CA certificates");
    if (!find_der(file, len, &place)) {
        if (rk_certs_read_der(file, len, &der, err))
            return err->rc;
        if (!find_der(der.p, der.len, &place))
            return say_other(&der, err);
    }
    if (fill(&place, store, book, err))
        return err->rc;
    tell(book, report, arg);
    return RK_OK;
}
