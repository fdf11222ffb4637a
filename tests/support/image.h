/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of file formats share: vectors, a request with keys, patches, flipped bytes. */
#pragma once

#include "rotkit/file.h"
#include "rotkit/format.h"

#include <check.h>
#include <string.h>

#define BOOT TEST_DATA "/vectors/boot/"

static struct rk_err err;

static inline struct rk_bytes image_read(const char *path)
{
    struct rk_bytes file = RK_BYTES_NONE;

    ck_assert_msg(rk_file_read(path, 1 << 28, &file, &err) == RK_OK, "%s", err.msg);
    return file;
}

/* A context for jobs that need nothing else; it lives as long as the test. */
static inline rk_ctx *image_ctx(void)
{
    static rk_ctx *ctx;

    if (ctx == NULL)
        ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    return ctx;
}

/* A request with one signer and its certificate (NULL: none), and one that verifies against it. */
struct image_request {
    rk_ctx *ctx;
    rk_signer *signer;
    struct rk_bytes cert;
    struct rk_request_key key;
    struct rk_request sign, verify;
};

static inline void image_request_open(struct image_request *j, const char *key, const char *cert)
{
    memset(j, 0, sizeof *j);
    ck_assert_int_eq(rk_ctx_new(&j->ctx, &err), RK_OK);
    ck_assert_msg(rk_signer_open(j->ctx, key, NULL, &j->signer, &err) == RK_OK, "%s", err.msg);
    if (cert != NULL)
        j->cert = image_read(cert);
    j->key = (struct rk_request_key) { .role = "", .pub = rk_signer_pkey(j->signer) };
    j->verify = (struct rk_request) { .ctx = j->ctx, .key = &j->key, .key_count = 1 };
    j->sign = j->verify;
    j->sign.cert = cert == NULL ? NULL : &j->cert;
}

static inline void image_request_done(struct image_request *j)
{
    rk_bytes_done(&j->cert);
    rk_signer_free(j->signer);
    rk_ctx_free(j->ctx);
}

static inline enum rk_rc image_verify(const char *format, const struct rk_request *request,
                                      const uint8_t *file, size_t len)
{
    struct rk_map map;
    enum rk_rc rc;

    memset(&map, 0, sizeof map);
    rc = rk_format_verify(format, request, file, len, &map, &err);
    rk_map_done(&map);
    return rc;
}

static inline void image_put_le(uint8_t *at, size_t width, uint64_t value)
{
    for (size_t i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Bytes whose flipping need not be noticed; all others must be. Written by hand, from the
 * format's document. */
struct image_free {
    size_t offset, len;
    bool passes; /* nothing wrong may be found; else either answer will do */
};

static inline void image_flip(const char *format, const struct rk_request *request,
                              struct rk_bytes *file, const struct image_free *row, size_t rows)
{
    for (size_t i = 0; i < file->len; i++) {
        const struct image_free *found = NULL;
        enum rk_rc rc;

        for (size_t k = 0; k < rows; k++) {
            if (i >= row[k].offset && i - row[k].offset < row[k].len)
                found = &row[k];
        }
        file->p[i] ^= 0x01;
        rc = image_verify(format, request, file->p, file->len);
        file->p[i] ^= 0x01;
        if (found == NULL)
            ck_assert_msg(rc == RK_E_VERIFY || rc == RK_E_FORMAT, "0x%zx: not noticed (%d)", i, rc);
        else if (found->passes)
            ck_assert_msg(rc == RK_OK || rc == RK_E_UNKNOWN, "0x%zx is not signed: %s", i, err.msg);
        else
            ck_assert_msg(rc == RK_OK || rc == RK_E_UNKNOWN || rc == RK_E_VERIFY ||
                              rc == RK_E_FORMAT,
                          "0x%zx: %d", i, rc);
    }
}
