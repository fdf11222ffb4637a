/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/chain.h"

#include "base/digest.h"
#include "base/folder.h"
#include "base/ossl.h"
#include "ftpmprov/file.h"
#include "ftpmprov/hex.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { PEM_MAX = 1 << 20, DIGEST = 32, NAME_BYTES = 8 };

void rk_enroll_chain_done(struct rk_enroll_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        rk_bytes_done(&chain->ca[i].der);
    chain->count = 0;
}

static enum rk_rc name_ca(const char *role, struct rk_enroll_ca *ca, struct rk_err *err)
{
    uint8_t digest[DIGEST];
    char text[2 * NAME_BYTES + 1];

    if (rk_sha256(ca->der.p, ca->der.len, digest, err))
        return err->rc;
    rk_hex_write(digest, NAME_BYTES, text);
    (void)snprintf(ca->name, sizeof ca->name, "%s-%s", role, text);
    return RK_OK;
}

static enum rk_rc add(struct rk_enroll_chain *chain, X509 *cert, struct rk_err *err)
{
    struct rk_enroll_ca *ca = &chain->ca[chain->count];
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    enum rk_rc rc;

    if (len <= 0)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot encode a CA certificate");
    rc = rk_bytes_copy(der, (size_t)len, &ca->der, err);
    OPENSSL_free(der);
    if (rc != RK_OK)
        return rc;
    chain->count++;
    ca->root = X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
    return name_ca(ca->root ? "root" : chain->count == 1 ? "issuing" : "intermediate", ca, err);
}

/* What stands there and is on no way to the root would be trusted beside it. */
static enum rk_rc check_link(const struct rk_enroll_chain *chain, X509 *before, X509 *cert,
                             struct rk_err *err)
{
    bool issued = before == NULL || (!chain->ca[chain->count - 1].root &&
                                     X509_check_issued(cert, before) == X509_V_OK &&
                                     X509_verify(before, X509_get0_pubkey(cert)) == 1);

    ERR_clear_error();
    return issued ? RK_OK
                  : rk_fail(err, RK_E_VERIFY, "certificate %zu is not issued by the one behind it",
                            chain->count);
}

static enum rk_rc split(const struct rk_bytes *pem, struct rk_enroll_chain *chain,
                        struct rk_err *err)
{
    RK_AUTO(rk_bio_done) BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->len);
    RK_AUTO(rk_x509_done) X509 *before = NULL;

    if (bio == NULL)
        return rk_fail_nomem(err);
    for (;;) {
        RK_AUTO(rk_x509_done) X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (cert == NULL)
            break;
        if (chain->count == RK_ENROLL_CHAIN_MAX)
            return rk_fail(err, RK_E_USAGE, "more than %d certificates", RK_ENROLL_CHAIN_MAX);
        if (check_link(chain, before, cert, err) || add(chain, cert, err))
            return err->rc;
        X509_free(before);
        before = cert;
        cert = NULL;
    }
    ERR_clear_error(); /* the end of the file is an error to OpenSSL */
    return chain->count != 0 ? RK_OK : rk_fail(err, RK_E_USAGE, "no certificate in it");
}

enum rk_rc rk_enroll_chain_read(const char *release, struct rk_enroll_chain *ret,
                                struct rk_err *err)
{
    RK_AUTO(rk_enroll_chain_done) struct rk_enroll_chain chain = { .count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    char path[RK_PATH_MAX];

    if (rk_path_join(release, "ca/chain.pem", path, sizeof path, err))
        return err->rc;
    if (!rk_tree_exists(path))
        return rk_fail(err, RK_E_USAGE,
                       "release \"%s\" has no ca/chain.pem: it certifies no EK (an OEM's does not, "
                       "take the ODM's)",
                       release);
    if (rk_file_read(path, PEM_MAX, &pem, err) || split(&pem, &chain, err))
        return rk_wrap(err, "\"%s\"", path);
    *ret = chain;
    chain.count = 0;
    return RK_OK;
}
