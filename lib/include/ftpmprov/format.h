/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File formats: what a file is, how it is laid out, whether it holds. Each format cites its own
 * source; `rotkit help inspect` lists them.
 */
#pragma once

#include "ftpmprov/ekcert.h"

/* What parsing a file yields: its regions, and what guards them. */
typedef struct rk_map rk_map;

/* What a file must be. RK_MAP_OPTIONS_INIT asks nothing; all of it is borrowed during the call. */
struct rk_map_options {
    size_t size;                    /* of this struct, as the caller was compiled */
    const char *format;             /* as rk_format_name_at; NULL: found by content */
    const rk_public *key;           /* who must have signed; NULL: not asked */
    const rk_trust *trust;          /* whom the signer's certificate must come from; NULL */
    const struct rk_secret *secret; /* the key of what is encrypted; NULL: not looked into */
};
/* Asks nothing. */
#define RK_MAP_OPTIONS_INIT                                                                        \
    {                                                                                              \
        .size = sizeof(struct rk_map_options)                                                      \
    }

/*
 * The formats by name.
 *   i: from 0
 * Returns NULL past the end; the text lives as long as the library.
 */
RK_API const char *rk_format_name_at(const rk_ctx *ctx, size_t i);
/*
 * Parses a file and checks all that needs no key; with a key, a trust or a secret also that it
 * holds by them.
 *   file: its bytes
 *   len: bytes
 *   options: NULL: found by content, no key
 *   ret: the map; freed with rk_map_free
 * RK_E_FORMAT when no format knows the file or it is malformed; RK_E_VERIFY when a digest or
 * signature does not hold, nothing is signed, another signed, or bytes that a consumer loads are
 * covered by no signature; RK_E_UNKNOWN when nothing is wrong so far, but something that was asked
 * could not be checked for want of a key, a trust or a secret, or of digests that are not filled in
 * yet, which the message names; RK_E_USAGE
 * for an unknown format, what the format cannot answer, a malformed SOURCE_DATE_EPOCH, or options
 * of a newer library; RK_E_IO when the clock cannot be read; RK_E_NOMEM.
 */
RK_API enum rk_rc rk_map_new(const rk_ctx *ctx, const uint8_t *file, size_t len,
                             const struct rk_map_options *options, rk_map **ret,
                             struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees it.
 *   map: may be NULL
 */
RK_API void rk_map_free(rk_map *map);
/*
 * The format that was found.
 *   map: the map
 * Returns its name, such as "ekb".
 */
RK_API const char *rk_map_format(const rk_map *map);
/*
 * What was checked without a key, for people.
 *   map: the map
 * Returns a text such as "digests ok" that lives as long as the map.
 */
RK_API const char *rk_map_integrity(const rk_map *map);
/*
 * What a signature was verified by, for people.
 *   map: the map
 * Returns a text that lives as long as the map; "" when none was.
 */
RK_API const char *rk_map_signer(const rk_map *map);
/*
 * The map for people: a line a region, with the digests and signatures that cover it whole.
 *   map: the map
 *   ret: UTF-8 text; emptied with rk_bytes_done
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_map_text(const rk_map *map, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/*
 * The map for programs, as `rotkit inspect --json` prints it.
 *   map: the map
 *   ret: a JSON object, UTF-8; offsets and lengths in bytes; emptied with rk_bytes_done
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_map_json_text(const rk_map *map, struct rk_bytes *ret,
                                   struct rk_err *err) RK_MUST_CHECK;
