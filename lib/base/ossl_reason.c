/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's error queue in words. */
#include "base/ossl.h"

#include <string.h>

#include <openssl/asn1err.h>
#include <openssl/ecerr.h>
#include <openssl/evperr.h>
#include <openssl/pemerr.h>
#include <openssl/pkcs12err.h>
#include <openssl/proverr.h>
#include <openssl/rsaerr.h>

static const char damaged[] = "the DER in it is damaged, cut off or of another kind",
                  too_short[] = "the key is too short for this digest and padding",
                  no_curve[] = "a curve that OpenSSL does not know";

/* Where OpenSSL's own words do not say what to do. NULL: nothing that its caller does not say. */
static const struct words {
    int lib, reason;
    const char *words;
} table[] = {
    { ERR_LIB_ASN1, ASN1_R_NESTED_ASN1_STRING, damaged },
    { ERR_LIB_ASN1, ASN1_R_ILLEGAL_NESTED_TAGGING, damaged },
    { ERR_LIB_ASN1, ASN1_R_BAD_OBJECT_HEADER, damaged },
    { ERR_LIB_ASN1, ASN1_R_EXPECTING_AN_INTEGER, damaged },
    { ERR_LIB_ASN1, ASN1_R_EXPECTING_AN_OBJECT, damaged },
    { ERR_LIB_ASN1, ASN1_R_EXPLICIT_LENGTH_MISMATCH, damaged },
    { ERR_LIB_ASN1, ASN1_R_EXPLICIT_TAG_NOT_CONSTRUCTED, damaged },
    { ERR_LIB_ASN1, ASN1_R_FIELD_MISSING, damaged },
    { ERR_LIB_ASN1, ASN1_R_HEADER_TOO_LONG, damaged },
    { ERR_LIB_ASN1, ASN1_R_ILLEGAL_OPTIONAL_ANY, damaged },
    { ERR_LIB_ASN1, ASN1_R_ILLEGAL_PADDING, damaged },
    { ERR_LIB_ASN1, ASN1_R_ILLEGAL_TAGGED_ANY, damaged },
    { ERR_LIB_ASN1, ASN1_R_ILLEGAL_ZERO_CONTENT, damaged },
    { ERR_LIB_ASN1, ASN1_R_INVALID_BIT_STRING_BITS_LEFT, damaged },
    { ERR_LIB_ASN1, ASN1_R_INVALID_OBJECT_ENCODING, damaged },
    { ERR_LIB_ASN1, ASN1_R_MISSING_EOC, damaged },
    { ERR_LIB_ASN1, ASN1_R_MSTRING_NOT_UNIVERSAL, damaged },
    { ERR_LIB_ASN1, ASN1_R_MSTRING_WRONG_TAG, damaged },
    { ERR_LIB_ASN1, ASN1_R_NESTED_TOO_DEEP, damaged },
    { ERR_LIB_ASN1, ASN1_R_NOT_ENOUGH_DATA, damaged },
    { ERR_LIB_ASN1, ASN1_R_NO_MATCHING_CHOICE_TYPE, damaged },
    { ERR_LIB_ASN1, ASN1_R_SEQUENCE_LENGTH_MISMATCH, damaged },
    { ERR_LIB_ASN1, ASN1_R_SEQUENCE_NOT_CONSTRUCTED, damaged },
    { ERR_LIB_ASN1, ASN1_R_TOO_LONG, damaged },
    { ERR_LIB_ASN1, ASN1_R_TYPE_NOT_CONSTRUCTED, damaged },
    { ERR_LIB_ASN1, ASN1_R_TYPE_NOT_PRIMITIVE, damaged },
    { ERR_LIB_ASN1, ASN1_R_UNEXPECTED_EOC, damaged },
    { ERR_LIB_ASN1, ASN1_R_WRONG_TAG, damaged },
    { ERR_LIB_EC, EC_R_POINT_IS_NOT_ON_CURVE, "the point does not lie on its curve" },
    { ERR_LIB_EC, EC_R_UNKNOWN_GROUP, no_curve },
    { ERR_LIB_EC, EC_R_GROUP2PKPARAMETERS_FAILURE, no_curve },
    { ERR_LIB_EC, EC_R_EC_GROUP_NEW_BY_NAME_FAILURE, no_curve },
    { ERR_LIB_EVP, EVP_R_BAD_DECRYPT, NULL },
    { ERR_LIB_EVP, EVP_R_DECODE_ERROR, NULL },
    { ERR_LIB_EVP, EVP_R_UPDATE_ERROR, NULL },
    { ERR_LIB_EVP, EVP_R_FINAL_ERROR, NULL },
    { ERR_LIB_EVP, EVP_R_GENERATE_ERROR, NULL },
    { ERR_LIB_EVP, ERR_R_UNSUPPORTED, "OpenSSL does not provide it here" },
    { ERR_LIB_EVP, ERR_R_FETCH_FAILED, "OpenSSL does not provide it here" },
    { ERR_LIB_PEM, PEM_R_NO_START_LINE, "no line -----BEGIN ...----- that fits" },
    { ERR_LIB_PEM, PEM_R_BAD_BASE64_DECODE, "its base64 is damaged" },
    { ERR_LIB_PEM, PEM_R_BAD_END_LINE, "no line -----END ...----- that fits" },
    { ERR_LIB_PEM, PEM_R_BAD_PASSWORD_READ, NULL },
    { ERR_LIB_PEM, PEM_R_BAD_DECRYPT, NULL },
    { ERR_LIB_PKCS12, PKCS12_R_PKCS12_CIPHERFINAL_ERROR, NULL }, /* bad decrypt, said again */
    { ERR_LIB_PROV, PROV_R_BAD_DECRYPT, NULL },
    { ERR_LIB_PROV, PROV_R_CIPHER_OPERATION_FAILED, NULL },
    { ERR_LIB_PROV, PROV_R_UNABLE_TO_GET_PASSPHRASE, NULL },
    { ERR_LIB_RSA, RSA_R_DATA_TOO_LARGE_FOR_KEY_SIZE, too_short },
    { ERR_LIB_RSA, RSA_R_DIGEST_TOO_BIG_FOR_RSA_KEY, too_short },
    { ERR_LIB_RSA, RSA_R_KEY_SIZE_TOO_SMALL, too_short },
};

/* "RSA lib", "bn error": who passed an error on, not what is wrong. */
static bool names_library(const char *words)
{
    size_t len = strlen(words);

    return (len > 4 && strcmp(words + len - 4, " lib") == 0) || strcmp(words, "bn error") == 0 ||
           strcmp(words, "asn1 error") == 0;
}

static const char *words_of(unsigned long code)
{
    int lib = ERR_GET_LIB(code), reason = ERR_GET_REASON(code);
    const char *words;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].lib == lib && table[i].reason == reason)
            return table[i].words;
    }
    if (ERR_SYSTEM_ERROR(code) || ERR_COMMON_ERROR(code)) /* "nested asn1 error", "unsupported" */
        return NULL;
    words = ERR_reason_error_string(code);
    return words == NULL || names_library(words) ? NULL : words;
}

/* How far whoever said so had come: found a block, read its DER, worked with what was in it. */
static int rank(unsigned long code)
{
    switch (ERR_GET_LIB(code)) {
    case ERR_LIB_PEM:
    case ERR_LIB_OSSL_DECODER:
    case ERR_LIB_OSSL_STORE:
        return 1;
    case ERR_LIB_ASN1:
        return 2;
    default:
        return 3;
    }
}

const char *rk_ossl_reason(bool *ret_no_memory)
{
    const char *ret = NULL;
    unsigned long code;
    int best = 0;

    *ret_no_memory = false;
    while ((code = ERR_get_error()) != 0) {
        const char *words = words_of(code);

        *ret_no_memory |= ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
        if (words != NULL && rank(code) > best) {
            best = rank(code);
            ret = words;
        }
    }
    return ret;
}
