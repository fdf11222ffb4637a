/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <string.h>

#include <openssl/crypto.h>

bool rk_add(size_t a, size_t b, size_t *ret)
{
    size_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

bool rk_mul(size_t a, size_t b, size_t *ret)
{
    size_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *ret = product;
    return true;
}

bool rk_all_zero(const uint8_t *bytes, size_t len)
{
    uint8_t any = 0;

    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return any == 0;
}

void *rk_alloc(size_t count, size_t size)
{
    size_t total;

    if (!rk_mul(count, size, &total))
        return NULL;
    return OPENSSL_zalloc(total == 0 ? 1 : total);
}

void rk_free(void *p)
{
    OPENSSL_free(p);
}

char *rk_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = rk_alloc(size, 1);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void rk_free_str(char **text)
{
    rk_free(*text);
    *text = NULL;
}
