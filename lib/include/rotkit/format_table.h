/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats behind rotkit/format.h: lib/tables has the table, parse.c parses (down into files
 * inside of files), ops.c makes, verify.c judges. Nothing else calls a row's functions.
 */
#pragma once

#include "rotkit/format_row.h"

enum rk_rc rk_format_row(const rk_ctx *ctx, const char *name, const struct rk_format **ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* The row that knows the content; NULL: none. */
const struct rk_format *rk_format_recognise(const rk_ctx *ctx, const uint8_t *file, size_t len);

enum rk_rc rk_fail_unknown_format(const uint8_t *file, size_t len, struct rk_err *err);
/* The whole map, with the files inside. Beside RK_E_VERIFY, what was read until then. */
enum rk_rc rk_format_map(const rk_ctx *ctx, const struct rk_format *format, const uint8_t *file,
                         size_t len, struct rk_map *ret, struct rk_err *err) RK_MUST_CHECK;
/* The bytes of a region at an address as malloc gives one: libfdt reads words in place. */
enum rk_rc rk_format_align(const uint8_t *file, const struct rk_region *region,
                           struct rk_bytes *room, const uint8_t **ret,
                           struct rk_err *err) RK_MUST_CHECK;

/* ---- ops.c ---- */

/*
 * Behind an operation: RK_E_USAGE for a setting or part that it has not heeded. own: where it was
 * told; nothing is asked where a caller asks behind several operations (request->heeded).
 */
enum rk_rc rk_format_heeded(const struct rk_format *format, const char *verb,
                            const struct rk_request *request, const struct rk_heeded *own,
                            struct rk_err *err) RK_MUST_CHECK;

/* ---- outcome.c ---- */

/* Takes over a mark of a file inside, which stands at `at` there and is called `inside`. */
enum rk_rc rk_map_add_mark(struct rk_map *map, const struct rk_mark *mark, uint64_t at,
                           const char *inside, struct rk_err *err) RK_MUST_CHECK;
/*
 * The proof after a check that asks who signed: RK_E_VERIFY when bytes that a consumer loads are
 * neither signed, nor known to be unknown, nor left open by the format.
 */
enum rk_rc rk_map_prove(struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* Fills the outcome of every region from guards and marks. RK_E_NOMEM. */
enum rk_rc rk_map_settle(struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* RK_E_UNKNOWN with what could not be checked and what is needed; RK_OK when all could be. */
enum rk_rc rk_map_conclude(const struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;

/* ---- firmware.c ---- */

/* RK_E_USAGE for a firmware, or an option of one, that no rule knows. */
enum rk_rc rk_firmware_known(const struct rk_request *request, struct rk_err *err) RK_MUST_CHECK;
/*
 * What was made, against the firmware that the request names: RK_E_USAGE. With none named, a
 * warning for each that would not take it; of the files inside as well when `inside`, for who has
 * just put them there.
 */
enum rk_rc rk_firmware_takes_made(const struct rk_request *request, const uint8_t *file,
                                  bool inside, struct rk_map *map,
                                  struct rk_err *err) RK_MUST_CHECK;
/*
 * What is verified: RK_E_VERIFY, with a mark at what the firmware does not take. RK_E_UNKNOWN when
 * no rule of it is known for this file. Without firmware in the request nothing is asked.
 */
enum rk_rc rk_firmware_takes(const struct rk_request *request, const uint8_t *file,
                             struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* The file does not hold, for the reason in *err, unless there was one before. RK_E_NOMEM. */
enum rk_rc rk_map_keep_failure(struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* Marks a range that fails. RK_E_NOMEM. */
enum rk_rc rk_map_fails(struct rk_map *map, uint64_t offset, uint64_t len, const char *what,
                        struct rk_err *err) RK_MUST_CHECK;

/* The row by name, with a request that fits it: parts, settings and key roles that it has. */
enum rk_rc rk_format_open(const char *name, const struct rk_request *request, const char *what,
                          const struct rk_format **ret, struct rk_err *err) RK_MUST_CHECK;
