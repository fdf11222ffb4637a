/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/facts.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "image/uefi/capsule.h"
#include "image/uefi/esl.h"
#include "image/uefi/pe.h"
#include "rotkit/pkcs7.h"
#include "rotkit/request.h"
#include "rotkit/x509.h"

#include <stdio.h>
#include <string.h>

/*
 * EDK2 of 2022.11 (SecurityPkg/Library/AuthVariableLib, DxeImageVerificationLib; CryptoPkg), which
 * tests/firmware asks. OpensslLib has no elliptic curves, OpensslLibFull has.
 */
#define RSA_ALONE   "it verifies by RSA alone"
#define RSA_KEYS    "rsa*"
#define WITH_CURVES "OpensslLibFull"
/* clang-format off */
const struct rk_demand rk_uefi_auth_demands[] = {
    { "edk2", "certificate key", RSA_KEYS,
      "it refuses a variable with a certificate whose key is not RSA", NULL },
    { "edk2", "signer key", RSA_KEYS, RSA_ALONE, WITH_CURVES },
    { "edk2", "entries of PK", "0 1", "it takes one certificate as PK", NULL },
    { "edk2", "list of PK or KEK", "certificate",
      "it takes the list, and nobody can sign by it", NULL },
    { "edk2", "list type",
      "certificate SHA-1 SHA-224 SHA-256 SHA-384 SHA-512 certificate-SHA-* RSA-2048-*",
      "it refuses a variable with a list of this type", NULL },
    { "edk2", "hash", "", "it takes the list, and no program has this hash", NULL },
    { .firmware = NULL },
};
const struct rk_demand rk_uefi_pe_demands[] = {
    { "edk2", "signer key", RSA_KEYS, RSA_ALONE, WITH_CURVES },
    { .firmware = NULL },
};
const struct rk_demand rk_capsule_demands[] = {
    { "edk2", "signer key", RSA_KEYS, RSA_ALONE, WITH_CURVES },
    { "u-boot", "signer key", RSA_KEYS, RSA_ALONE, NULL },
    { "u-boot", "issuer", "named-by-key",
      "it goes to the next certificate of a chain by authorityKeyIdentifier, which is missing", NULL },
    { .firmware = NULL },
};
/* clang-format on */

struct collected {
    struct rk_map *map;
    uint64_t at, len;
    struct rk_err *err;
    enum rk_rc rc;
};

static void add_signer(void *arg, const X509 *cert)
{
    struct collected *to = arg;
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    char word[RK_PKEY_WORD] = "unknown";

    if (key != NULL)
        rk_pkey_word(key, word);
    if (to->rc == RK_OK)
        to->rc = rk_map_fact(to->map, to->at, to->len, "signer key", word, to->err);
}

enum rk_rc rk_uefi_signer_facts(const uint8_t *der, size_t len, uint64_t at, struct rk_map *map,
                                struct rk_err *err)
{
    struct collected to = { .map = map, .at = at, .len = len, .err = err };

    return rk_pkcs7_signers(der, len, add_signer, &to, err) ? err->rc : to.rc;
}

/* ---- variables ---- */

/* One entry, without its owner, at `at` of the file. */
static enum rk_rc entry_facts(enum rk_esl_kind kind, const uint8_t *p, size_t len, uint64_t at,
                              struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    size_t hash = rk_esl_kind_hash(kind);
    char word[RK_PKEY_WORD];
    struct rk_err ignored;

    if (hash != 0 && hash <= len && rk_all_zero(p, hash))
        return rk_map_fact(map, at, len, "hash", "zeros", err);
    if (kind != RK_ESL_X509 || rk_x509_parse(p, len, &cert, &ignored) != RK_OK ||
        X509_get0_pubkey(cert) == NULL)
        return RK_OK;
    rk_pkey_word(X509_get0_pubkey(cert), word);
    return rk_map_fact(map, at, len, "certificate key", word, err);
}

static bool says_who_signs(const char *variable)
{
    return variable != NULL && (strcmp(variable, "PK") == 0 || strcmp(variable, "KEK") == 0);
}

static enum rk_rc list_facts(struct rk_esl_list *list, uint64_t at, const char *variable,
                             size_t *entries, struct rk_map *map, struct rk_err *err)
{
    char word[40];

    (void)snprintf(word, sizeof word, "%s", rk_esl_kind_name(list->kind));
    for (char *c = word; *c != '\0'; c++)
        *c = *c == ' ' ? '-' : *c;
    if (rk_map_fact(map, at, list->len, "list type", word, err) ||
        (says_who_signs(variable) &&
         rk_map_fact(map, at, list->len, "list of PK or KEK", word, err)))
        return err->rc;
    while (list->entry_len > RK_ESL_OWNER && rk_rd_left(&list->entries) >= list->entry_len) {
        uint64_t from = rk_rd_offset(&list->entries) + RK_ESL_OWNER;
        const uint8_t *p = rk_rd_take(&list->entries, list->entry_len);

        ++*entries;
        if (rk_rd_ok(&list->entries, err) ||
            entry_facts(list->kind, p + RK_ESL_OWNER, list->entry_len - RK_ESL_OWNER, from, map,
                        err))
            return err->rc;
    }
    return RK_OK;
}

/* UEFI 2.10, 8.2.2: time, length, revision, type and GUID stand before the SignedData. */
enum { SIGNATURE_HEAD = 16 + 24 };

enum rk_rc rk_uefi_auth_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                              struct rk_map *map, struct rk_err *err)
{
    const char *variable = rk_request_setting(request, NULL, "variable");
    struct rk_rd rd = { .buf = file, .len = len };
    struct rk_esl_place place = { .attributes_len = 0 };
    size_t entries = 0, der;
    char count[24];

    if (!rk_esl_find(file, len, &place))
        return RK_OK;
    der = place.attributes_len + SIGNATURE_HEAD;
    if (place.is_signed && rk_uefi_signer_facts(file + der, place.lists - der, der, map, err))
        return err->rc;
    rd.pos = place.lists;
    while (rk_rd_left(&rd) != 0) {
        uint64_t at = rk_rd_offset(&rd);
        struct rk_esl_list list;

        if (rk_esl_next(&rd, &list, err) || list_facts(&list, at, variable, &entries, map, err))
            return err->rc;
    }
    if (variable == NULL || strcmp(variable, "PK") != 0)
        return RK_OK;
    (void)snprintf(count, sizeof count, "%zu", entries);
    return rk_map_fact(map, place.lists, len - place.lists, "entries of PK", count, err);
}

/* ---- programs ---- */

enum rk_rc rk_uefi_pe_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                            struct rk_map *map, struct rk_err *err)
{
    struct rk_pe_table table;
    struct rk_pe pe;

    (void)request;
    if (rk_pe_read(file, len, &pe, err) || rk_pe_table_read(&pe, file, &table, err))
        return err->rc;
    for (size_t i = 0; i < table.count; i++) {
        const struct rk_pe_range *der = &table.pkcs7[i];

        if (rk_uefi_signer_facts(file + der->offset, der->len, der->offset, map, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- capsules ---- */

struct chain {
    size_t certificates;
    bool unnamed; /* one that another has signed does not name that one's key */
};

static void add_link(void *arg, const X509 *cert)
{
    struct chain *chain = arg;

    chain->certificates++;
    if (X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) != 0 &&
        X509_get_ext_by_NID(cert, NID_authority_key_identifier, -1) < 0)
        chain->unnamed = true;
}

/* Of several certificates: how one leads to the next. Firmware finds the issuer of one alone. */
static enum rk_rc chain_facts(const uint8_t *der, size_t len, uint64_t at, struct rk_map *map,
                              struct rk_err *err)
{
    struct chain chain = { .certificates = 0 };

    if (rk_pkcs7_certificates(der, len, add_link, &chain, err))
        return err->rc;
    return chain.certificates < 2 ? RK_OK
                                  : rk_map_fact(map, at, len, "issuer",
                                                chain.unnamed ? "not-named" : "named-by-key", err);
}

enum rk_rc rk_capsule_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                            struct rk_map *map, struct rk_err *err)
{
    struct rk_capsule capsule;

    (void)request;
    if (rk_capsule_read(file, len, &capsule, err))
        return err->rc;
    for (size_t i = 0; i < capsule.fmp.items; i++) {
        struct rk_capsule_payload payload;

        if (rk_capsule_payload_read(&capsule, file, i, &payload, err))
            return err->rc;
        if (!payload.is_signed)
            continue;
        if (rk_uefi_signer_facts(file + payload.der_at, payload.der_len, payload.der_at, map,
                                 err) ||
            chain_facts(file + payload.der_at, payload.der_len, payload.der_at, map, err))
            return err->rc;
    }
    return RK_OK;
}
