/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles of CA certificates, revocation lists and UEFI's lists: read by each of their readers, and
 * a chain held against them. */
#include "fuzz.h"

#include "image/uefi/esl.h"
#include "rotkit/certs.h"
#include "rotkit/file.h"
#include "rotkit/trust.h"

enum { CERTS_MAX = 5 };

/* Each certificate of the bundle is DER that reads as one certificate again. */
static void look(const uint8_t *data, size_t size)
{
    STACK_OF(X509) *certs = NULL;
    struct rk_bytes der = RK_BYTES_NONE;
    struct rk_err err;

    if (rk_certs_read_der(data, size, &der, &err) == RK_OK)
        FUZZ_HOLDS(der.len != 0 && der.len <= RK_CERT_MAX);
    rk_bytes_done(&der);
    if (rk_certs_read(data, size, CERTS_MAX, &certs, &err))
        return;
    FUZZ_HOLDS(sk_X509_num(certs) >= 1 && sk_X509_num(certs) <= CERTS_MAX);
    for (int i = 0; i < sk_X509_num(certs); i++) {
        struct rk_bytes one = RK_BYTES_NONE;

        FUZZ_DO(rk_cert_der(sk_X509_value(certs, i), &one, &err));
        FUZZ_DO(rk_certs_read_der(one.p, one.len, &der, &err));
        FUZZ_HOLDS(rk_bytes_equal(&one, &der));
        rk_bytes_done(&one);
        rk_bytes_done(&der);
    }
    sk_X509_pop_free(certs, X509_free);
}

/* The same bytes as UEFI's lists, and as revocation lists beside a chain. */
static void look_at_lists(const uint8_t *data, size_t size, const struct rk_bytes *chain,
                          const struct rk_trust_question *asked)
{
    struct rk_esl esl = { .entry = NULL };
    struct rk_bytes file = RK_BYTES_NONE;
    rk_trust *trust = NULL;
    struct rk_err err;

    if (rk_esl_read(&esl, data, size, &err) == RK_OK)
        FUZZ_HOLDS(esl.count != 0);
    for (size_t i = 0; i < esl.count; i++)
        FUZZ_HOLDS(esl.entry[i].p >= data && esl.entry[i].p + esl.entry[i].len <= data + size);
    rk_esl_done(&esl);
    FUZZ_DO(rk_bytes_copy(data, size, &file, &err));
    FUZZ_DO(rk_trust_open_chain(fuzz_ctx(), chain, &trust, &err));
    if (rk_trust_add_crl(trust, &file, &err) == RK_OK)
        (void)!rk_trust_check_chain(trust, chain, asked, &err);
    rk_trust_free(trust);
    rk_bytes_done(&file);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static const struct rk_trust_question ever = { .use = RK_CERT_CODE, .timeless = true };
    static const struct rk_trust_question now = { .use = RK_CERT_EK, .when = 1800000000 };
    static struct rk_bytes chain;
    struct rk_bytes bundle = RK_BYTES_NONE;
    rk_trust *trust = NULL;
    struct rk_err err;
    bool taken;

    if (chain.p == NULL)
        FUZZ_DO(rk_file_read(FUZZ_KEYS "/cap_sign.pem", 1 << 16, &chain, &err));
    look(data, size);
    look_at_lists(data, size, &chain, &ever);
    FUZZ_DO(rk_bytes_copy(data, size, &bundle, &err));
    taken = rk_trust_open(fuzz_ctx(), &bundle, &trust, &err) == RK_OK;
    if (taken)
        (void)!rk_trust_check_chain(trust, &chain, &ever, &err);
    if (taken) /* the other way round: a chain of any bytes */
        (void)!rk_trust_check_chain(trust, &bundle, &now, &err);
    rk_trust_free(trust);
    rk_bytes_done(&bundle);
    return taken;
}
