/* SPDX-License-Identifier: Apache-2.0 */
/* The three calls of OpenSSL that the portable kernel makes, where there is no OpenSSL. */
#pragma once

#include <stdlib.h>
#include <string.h>

#define OPENSSL_secure_zalloc(len)        calloc(1, len)
#define OPENSSL_secure_clear_free(p, len) free(p)
#define OPENSSL_cleanse(p, len)           memset(p, 0, len)
