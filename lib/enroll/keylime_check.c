/* SPDX-License-Identifier: Apache-2.0 */
/* Files for Keylime, whoever wrote them, against the release. */
#include "enroll/keylime.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "base/ossl.h"
#include "enroll/files.h"
#include "enroll/walk.h"
#include "rotkit/chain.h"
#include "rotkit/counted.h"
#include "rotkit/ekcert.h"
#include "rotkit/certs.h"
#include "rotkit/hex.h"
#include "rotkit/lines.h"
#include "rotkit/pem.h"

#include <stdio.h>
#include <string.h>

enum {
    DIGEST = 32,
    SN_TEXT = 20,
    LINE = 2 * DIGEST + 2 + SN_TEXT,
    NAMES_MAX = 1 << 20,
    FILE_MAX = 16 << 20
};

struct checking {
    const struct rk_enroll_options *options;
    struct rk_enroll_report report;
    struct rk_unit_id last; /* of the lines before, when there are any */
};

/* ---- tpm_cert_store ---- */

/* Readers of PEM differ in where they see a certificate begin: so there is nothing but the one. */
static enum rk_rc check_alone(const struct rk_bytes *pem, const struct rk_bytes *der,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes alone = RK_BYTES_NONE;

    if (rk_pem_encode(RK_PEM_CERTIFICATE, der, &alone, err))
        return err->rc;
    return rk_bytes_equal(pem, &alone)
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY,
                         "other bytes than those of one certificate in PEM (openssl x509 writes "
                         "them)");
}

struct store {
    struct rk_enroll_chain chain;
    bool seen[RK_CHAIN_MAX];
};

static void store_done(struct store *store)
{
    rk_enroll_chain_done(&store->chain);
}

static enum rk_rc find_ca(void *arg, const struct rk_bytes *pem, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    struct store *store = arg;

    if (rk_certs_read_der(pem->p, pem->len, &der, err))
        return err->rc;
    for (size_t i = 0; i < store->chain.count; i++) {
        if (rk_bytes_equal(&der, &store->chain.ca[i].der)) {
            store->seen[i] = true;
            return check_alone(pem, &der, err);
        }
    }
    return rk_fail(err, RK_E_VERIFY, "a certificate that is none of the release's ca/chain.pem");
}

static enum rk_rc check_store(struct checking *c, const char *folder, struct rk_err *err)
{
    RK_AUTO(store_done) struct store store = { .seen = { false } };

    if (rk_enroll_ca_chain(c->options, &store.chain, err) ||
        rk_enroll_each_file(folder, FILE_MAX, find_ca, &store, &c->report.files, err))
        return err->rc;
    for (size_t i = 0; i < store.chain.count; i++) {
        if (!store.seen[i])
            return rk_fail(err, RK_E_VERIFY, "the CA certificate %s of the release is not there",
                           store.chain.ca[i].name);
    }
    return RK_OK;
}

/* ---- ek-allow-list.d ---- */

static enum rk_rc check_digest(const struct checking *c, const struct rk_unit_id *sn,
                               const uint8_t found[DIGEST], struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    const char *name = rk_request_setting(c->options->request, rk_keylime_settings, "template");
    const struct rk_release_ek *ek;
    uint8_t wanted[DIGEST];
    char text[2][2 * DIGEST + 1];

    if (rk_enroll_device(c->options, sn, &device, err) || rk_enroll_ek(&device, name, &ek, err) ||
        rk_ekcert_spki(ek->cert.p, ek->cert.len, &spki, err) ||
        rk_sha256(spki.p, spki.len, wanted, err))
        return err->rc;
    if (memcmp(found, wanted, DIGEST) == 0)
        return RK_OK;
    rk_hex_write(found, DIGEST, text[0]);
    rk_hex_write(wanted, DIGEST, text[1]);
    return rk_fail(err, RK_E_VERIFY, "EK %s, the release has %s", text[0], text[1]);
}

static enum rk_rc check_line(struct checking *c, const char *line, size_t len, struct rk_err *err)
{
    uint8_t digest[DIGEST];
    char sn_text[SN_TEXT + 1];
    struct rk_unit_id sn;

    /* The script reads such lines alone; and a device has one spelling, so one place in the order.
     */
    if (len != LINE || memcmp(line + 2 * DIGEST, "  ", 2) != 0 ||
        strspn(line, "0123456789abcdef") != (size_t)2 * DIGEST ||
        strspn(line + 2 * DIGEST + 2, "0123456789abcdef") != SN_TEXT)
        return rk_fail(err, RK_E_VERIFY,
                       "expected a SHA-256 in lower-case hex, two blanks and a Device SN of %s",
                       RK_COUNTED(SN_TEXT, "digit"));
    (void)snprintf(sn_text, sizeof sn_text, "%.*s", SN_TEXT, line + 2 * DIGEST + 2);
    if (rk_hex_read(line, (size_t)2 * DIGEST, digest, DIGEST, err) ||
        rk_enroll_sn(sn_text, &sn, err))
        return err->rc;
    if (!rk_enroll_asks_for(c->options, &sn))
        return rk_fail(err, RK_E_VERIFY, "device %s: was not asked for", sn_text);
    if ((c->report.devices != 0 && rk_enroll_ascends(&c->last, &sn, err)) ||
        check_digest(c, &sn, digest, err))
        return rk_wrap(err, "device %s", sn_text);
    c->last = sn;
    c->report.devices++;
    return RK_OK;
}

static enum rk_rc check_lines(void *arg, const struct rk_bytes *text, struct rk_err *err)
{
    struct checking *c = arg;
    struct rk_line_cursor cursor = { .p = text->p, .left = text->len };
    struct rk_line line;

    while (rk_line_next(&cursor, &line)) {
        if (!line.ended)
            return rk_fail(err, RK_E_VERIFY, "line %llu: cut short, no line end",
                           (unsigned long long)line.number);
        if (check_line(c, line.p, line.len, err))
            return rk_wrap(err, "line %llu", (unsigned long long)line.number);
    }
    return RK_OK;
}

static enum rk_rc check_list(struct checking *c, const char *folder, struct rk_err *err)
{
    uint64_t devices;

    if (rk_enroll_device_count(c->options, &devices, err) ||
        rk_enroll_each_file(folder, FILE_MAX, check_lines, c, &c->report.files, err))
        return err->rc;
    if (c->report.devices != devices)
        return rk_fail(err, RK_E_VERIFY, "%s are listed, expected %llu",
                       RK_COUNTED(c->report.devices, "device"), (unsigned long long)devices);
    return RK_OK;
}

/* ---- the folder ---- */

static enum rk_rc check_script(struct checking *c, const char *folder, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes script = RK_BYTES_NONE;

    if (rk_beneath_read(folder, RK_KEYLIME_SCRIPT, FILE_MAX, &script, err))
        return err->rc;
    c->report.files++;
    if (script.len != strlen((const char *)rk_keylime_script) ||
        memcmp(script.p, rk_keylime_script, script.len) != 0)
        return rk_fail(err, RK_E_VERIFY, "other than the script of this rotkit");
    return RK_OK;
}

static enum rk_rc check_names(const char *folder, struct rk_err *err)
{
    static const char *const wanted[] = { RK_KEYLIME_LIST, RK_KEYLIME_SCRIPT, RK_KEYLIME_STORE };
    enum { WANTED = sizeof wanted / sizeof wanted[0] }; /* in the order of a listing */
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    size_t found = 0;

    if (rk_names_list(folder, NAMES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        if (found == WANTED || strcmp(names.name[i], wanted[found]) > 0)
            break;
        if (strcmp(names.name[i], wanted[found]) != 0)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" does not belong there", names.name[i]);
        found++;
    }
    if (found != WANTED)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is missing", wanted[found]);
    if (names.count != WANTED)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" does not belong there", names.name[WANTED]);
    return RK_OK;
}

static enum rk_rc check_folder(struct checking *c, const char *folder, struct rk_err *err)
{
    static const struct {
        const char *name;
        enum rk_rc (*check)(struct checking *c, const char *path, struct rk_err *err);
    } parts[] = { { RK_KEYLIME_STORE, check_store }, { RK_KEYLIME_LIST, check_list } };
    enum rk_beneath_kind kind;
    char path[RK_PATH_MAX];

    if (check_names(folder, err))
        return err->rc;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (rk_beneath_kind_of(folder, parts[i].name, &kind, err) ||
            rk_path_join(folder, parts[i].name, path, sizeof path, err))
            return err->rc;
        if (kind != RK_BENEATH_FOLDER)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" is no folder", parts[i].name);
        if (parts[i].check(c, path, err))
            return rk_wrap(err, "\"%s\"", parts[i].name);
    }
    return check_script(c, folder, err) ? rk_wrap(err, "\"" RK_KEYLIME_SCRIPT "\"") : RK_OK;
}

enum rk_rc rk_keylime_check(const struct rk_enroll_options *options, const char *folder,
                            struct rk_enroll_report *ret, struct rk_err *err)
{
    struct checking c = { .options = options };

    if (check_folder(&c, folder, err)) {
        if (err->rc == RK_E_FORMAT || err->rc == RK_E_USAGE)
            err->rc = RK_E_VERIFY;
        return err->rc;
    }
    *ret = c.report;
    return RK_OK;
}
