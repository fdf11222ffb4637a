/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in tokens, by PKCS #11 URI (RFC 7512). */
#include "keys/token/key.h"

const struct rk_key_source rk_key_source_token = { .prefix = "pkcs11:",
                                                   .what = "a key in a token",
                                                   .signer = rk_token_signer_open,
                                                   .mac = rk_token_mac_open };
