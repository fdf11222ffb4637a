/* SPDX-License-Identifier: Apache-2.0 */
/* What TF-A asks of a package beside its format: the keys and hashes of its certificates, and what
 * is encrypted. */
#include "image/fip.h"

#include "base/ossl.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>

/*
 * TF-A 2.8: drivers/auth/mbedtls, docs/getting_started/build-options.rst. mbed TLS is built into it
 * with what KEY_ALG, KEY_SIZE and HASH_ALG name, and nothing else.
 */
/* clang-format off */
const struct rk_demand rk_fip_demands[] = {
    { "tf-a", "certificate key", "rsa2048 rsa3072 rsa4096 p256 p384",
      "it verifies by RSA of 2048, 3072 or 4096 bits, P-256 and P-384", NULL },
    { "tf-a", "certificate key", "rsa2048 rsa4096 p*",
      "it verifies by RSA of 3072 bits only where that is built in", "KEY_SIZE=3072" },
    { "tf-a", "certificate key", "rsa2048 rsa3072 p*",
      "it verifies by RSA of 4096 bits only where that is built in", "KEY_SIZE=4096" },
    { "tf-a", "certificate key", "rsa* p256 p521 ed*",
      "it verifies by P-384 only where that is built in", "KEY_SIZE=384" },
    { "tf-a", "certificate hash", "sha256 sha512",
      "it takes SHA-384 only where that is built in", "HASH_ALG=sha384" },
    { "tf-a", "certificate hash", "sha256 sha384",
      "it takes SHA-512 only where that is built in", "HASH_ALG=sha512" },
    { "tf-a", "certificate keys", "rsa ec",
      "it is built for one kind of key", "TF_MBEDTLS_KEY_ALG" },
    { "tf-a", "encrypted image", "soc-fw tos-fw tos-fw-extra1 tos-fw-extra2",
      "it decrypts BL31 and BL32 alone", NULL },
    { "tf-a", "image", "plain",
      "it decrypts images only where that is built in", "DECRYPTION_SUPPORT=aes_gcm" },
    { .firmware = NULL },
};
/* clang-format on */

struct kinds {
    bool rsa, other;
};

static enum rk_rc certificate_facts(const struct rk_fip_entry *entry, X509 *cert,
                                    struct kinds *kinds, struct rk_map *map, struct rk_err *err)
{
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    char word[RK_PKEY_WORD], hash[16] = "unknown";
    int md = NID_undef;

    if (key == NULL)
        return RK_OK;
    rk_pkey_word(key, word);
    kinds->rsa |= EVP_PKEY_is_a(key, "RSA");
    kinds->other |= !EVP_PKEY_is_a(key, "RSA");
    if (X509_get_signature_info(cert, &md, NULL, NULL, NULL) == 1 && md != NID_undef)
        (void)snprintf(hash, sizeof hash, "%s", OBJ_nid2ln(md));
    return rk_map_fact(map, entry->offset, entry->len, "certificate key", word, err) ||
                   rk_map_fact(map, entry->offset, entry->len, "certificate hash", hash, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc entry_facts(const struct rk_fip_entry *entry, struct kinds *kinds,
                              struct rk_map *map, struct rk_err *err)
{
    const struct rk_fip_row *row = rk_fip_row(entry->uuid);
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    struct rk_err ignored;

    if (row != NULL && strstr(row->name, "-cert") != NULL)
        return rk_x509_parse(entry->p, entry->len, &cert, &ignored) != RK_OK
                   ? RK_OK
                   : certificate_facts(entry, cert, kinds, map, err);
    if (rk_encfw_is(entry->p, entry->len) &&
        rk_map_fact(map, entry->offset, entry->len, "encrypted image",
                    row == NULL ? "without a name" : row->name, err))
        return err->rc;
    return rk_map_fact(map, entry->offset, entry->len, "image",
                       rk_encfw_is(entry->p, entry->len) ? "encrypted" : "plain", err);
}

enum rk_rc rk_fip_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    struct kinds kinds = { .rsa = false };
    struct rk_fip fip;

    (void)request;
    if (rk_fip_read(file, len, &fip, err))
        return err->rc;
    for (size_t i = 0; i < fip.count; i++) {
        if (entry_facts(&fip.entry[i], &kinds, map, err))
            return err->rc;
    }
    if (!kinds.rsa && !kinds.other)
        return RK_OK;
    return rk_map_fact(map, 0, len, "certificate keys",
                       kinds.rsa && kinds.other ? "rsa and ec"
                       : kinds.rsa              ? "rsa"
                                                : "ec",
                       err);
}
