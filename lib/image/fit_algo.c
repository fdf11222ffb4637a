/* SPDX-License-Identifier: Apache-2.0 */
/* FIT images: the names of what they are signed by. */
#include "image/fit.h"

#include <string.h>

static const struct rk_fit_algorithm algorithms[] = { { 2048, "sha256,rsa2048" },
                                                      { 3072, "sha256,rsa3072" },
                                                      { 4096, "sha256,rsa4096" } };

enum rk_rc rk_fit_find_algorithm(EVP_PKEY *pub, const struct rk_fit_algorithm **ret,
                                 struct rk_err *err)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (EVP_PKEY_is_a(pub, "RSA") && EVP_PKEY_get_bits(pub) == algorithms[i].bits) {
            *ret = &algorithms[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_KEY,
                   "FIT signatures here are by RSA of 2048, 3072 or 4096 bits, this "
                   "is %s with %d",
                   EVP_PKEY_get0_type_name(pub), EVP_PKEY_get_bits(pub));
}

/* "rsa-pss" with the largest salt, as mkimage signs; boot-images.md 5.3. */
enum rk_scheme rk_fit_scheme(const char *padding)
{
    return strcmp(padding, "pss") == 0 ? RK_SCHEME_RSA_PSS_MAX_SHA256 : RK_SCHEME_RSA_PKCS1_SHA256;
}
