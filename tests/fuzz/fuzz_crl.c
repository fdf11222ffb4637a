/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists of a CA. One that is read can be issued again, and none is on it twice. */
#include "fuzz.h"

#include "rotkit/crl.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

enum { NOW = 1800000000 };

static rk_ca *ca(void)
{
    static rk_signer *key;
    static rk_ca *opened;
    struct rk_err err;

    if (opened != NULL)
        return opened;
    FUZZ_DO(rk_signer_open(fuzz_ctx(), FUZZ_KEYS "/p256.pem", NULL, &key, &err));
    FUZZ_DO(rk_ca_open(fuzz_ctx(), FUZZ_CA, key, NOW, &opened, &err));
    return opened;
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_crl crl = RK_CRL_NONE;
    struct rk_bytes again = RK_BYTES_NONE;
    struct rk_err err;

    if (rk_crl_read(ca(), data, size, &crl, &err)) {
        FUZZ_HOLDS(crl.entry == NULL);
        return false;
    }
    for (size_t i = 0; i < crl.count && i < 8; i++) {
        const struct rk_crl_entry entry = crl.entry[i];
        bool added = true;

        FUZZ_HOLDS(entry.serial_len != 0 && entry.serial_len <= RK_SERIAL_MAX);
        FUZZ_DO(rk_crl_add(&crl, &entry, &added, &err));
        FUZZ_HOLDS(!added);
    }
    if (rk_crl_issue(fuzz_ctx(), ca(), &crl, NOW, NOW + 1, &again, &err) == RK_OK) {
        struct rk_crl read = RK_CRL_NONE;

        FUZZ_DO(rk_crl_read(ca(), again.p, again.len, &read, &err));
        FUZZ_HOLDS(read.number == crl.number + 1 && read.count == crl.count);
        rk_crl_done(&read);
    }
    rk_bytes_done(&again);
    rk_crl_done(&crl);
    return true;
}

size_t fuzz_repair(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    const unsigned char *at = data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)size);
    unsigned char *der = NULL;
    int len = -1;

    (void)seed;
    if (crl != NULL && X509_CRL_sign(crl, rk_signer_pkey(rk_ca_key(ca())), EVP_sha256()) > 0)
        len = i2d_X509_CRL(crl, &der);
    if (len > 0 && (size_t)len <= max) {
        size = (size_t)len;
        memcpy(data, der, size);
    }
    OPENSSL_free(der);
    X509_CRL_free(crl);
    ERR_clear_error();
    return size;
}
