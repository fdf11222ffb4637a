/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LD_PRELOAD: what a program has OpenSSL and zlib hash, and how many signatures it has them check,
 * into the file $COUNT_TO at its end, as "hashed signatures". A count that is not rotkit's own.
 * EVP_Digest is seen by the EVP_DigestUpdate that it calls.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

static atomic_ullong hashed, signatures;

/* The function behind this one: cast through an object, since ISO C has no way from data to code.
 */
#define NEXT(name)                                                                                 \
    union {                                                                                        \
        void *found;                                                                               \
        __typeof__(name) *call;                                                                    \
    } next = { dlsym(RTLD_NEXT, #name) }

int EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *d, size_t cnt)
{
    NEXT(EVP_DigestUpdate);

    hashed += cnt;
    return next.call(ctx, d, cnt);
}

int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen,
                     const unsigned char *tbs, size_t tbslen)
{
    NEXT(EVP_DigestVerify);

    hashed += tbslen;
    signatures++;
    return next.call(ctx, sig, siglen, tbs, tbslen);
}

int EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t siglen,
                    const unsigned char *tbs, size_t tbslen)
{
    NEXT(EVP_PKEY_verify);

    signatures++;
    return next.call(ctx, sig, siglen, tbs, tbslen);
}

int X509_verify(X509 *a, EVP_PKEY *r)
{
    NEXT(X509_verify);

    signatures++;
    return next.call(a, r);
}

unsigned long crc32_z(unsigned long crc, const unsigned char *buf, size_t len)
{
    NEXT(crc32_z);

    hashed += len;
    return next.call(crc, buf, len);
}

__attribute__((destructor)) static void tell(void)
{
    const char *to = getenv("COUNT_TO");
    FILE *file = to == NULL ? NULL : fopen(to, "w");

    if (file == NULL)
        return;
    (void)fprintf(file, "%llu %llu\n", hashed, signatures);
    (void)fclose(file);
}
