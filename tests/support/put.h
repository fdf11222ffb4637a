/* SPDX-License-Identifier: Apache-2.0 */
/* A file as a test wants it, at once and not synced: what stands there is replaced. */
#pragma once

#include <check.h>
#include <stdio.h>

static inline void put_file(const char *path, const void *bytes, size_t len)
{
    FILE *file;

    (void)remove(path);
    file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write \"%s\"", path);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}
