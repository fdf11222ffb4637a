/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents, over jansson. A document owns all of its values; a value is a small handle
 * passed by value. Putting fails silently and sticks: ask once, with rk_json_text().
 */
#pragma once

#include "ftpmprov/bytes.h"

#include <stdbool.h>

typedef struct rk_json rk_json;
struct rk_jv {
    rk_json *doc;
    void *v; /* NULL: absent */
};

rk_json *rk_json_new(void); /* an empty object; NULL when out of memory, which all calls accept */
void rk_json_free(rk_json *doc);
RK_CLEANUP(rk_json_done, rk_json, rk_json_free)
struct rk_jv rk_json_root(rk_json *doc);

/* key NULL appends to an array. Strings must be UTF-8. */
void rk_json_put_str(struct rk_jv at, const char *key, const char *value);
/* Text of anybody's, as rk_words_show shows it: what is no UTF-8 becomes '?'. */
void rk_json_put_words(struct rk_jv at, const char *key, const char *value);
void rk_json_put_u64(struct rk_jv at, const char *key, uint64_t value);
void rk_json_put_bool(struct rk_jv at, const char *key, bool value);
void rk_json_put_hex(struct rk_jv at, const char *key, const uint8_t *bytes, size_t len);
struct rk_jv rk_json_put_object(struct rk_jv at, const char *key);
struct rk_jv rk_json_put_array(struct rk_jv at, const char *key);

/* Copies the members of an object, in their order, but for those named (NULL ends the names). */
void rk_json_put_members(struct rk_jv at, struct rk_jv from, const char *const *but);

/*
 * Copies the members of an object; each text below it (not the keys) as `fill` writes it anew. At
 * most 32 levels deep (RK_E_USAGE); and whatever fill returns.
 */
typedef enum rk_rc (*rk_json_fill)(void *arg, const char *text, struct rk_bytes *ret,
                                   struct rk_err *err);
enum rk_rc rk_json_put_filled(struct rk_jv at, struct rk_jv from, rk_json_fill fill, void *arg,
                              struct rk_err *err) RK_MUST_CHECK;

/* pretty: two-blank indent and a final newline; else one line, no newline. Members in the order
 * put. */
enum rk_rc rk_json_text(const rk_json *doc, bool pretty, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;

/* Refuses duplicate keys, trailing bytes, depth over 64; message has line and column. */
enum rk_rc rk_json_parse(const uint8_t *text, size_t len, rk_json **ret,
                         struct rk_err *err) RK_MUST_CHECK;
struct rk_jv rk_json_get(struct rk_jv object, const char *key);
size_t rk_json_count(struct rk_jv array);
struct rk_jv rk_json_at(struct rk_jv array, size_t i);
const char *rk_json_str(struct rk_jv value); /* NULL when absent or no string; borrowed */
bool rk_json_u64(struct rk_jv value, uint64_t *ret);
bool rk_json_is_true(struct rk_jv value); /* absent is not */
enum rk_json_kind {
    RK_JSON_ABSENT,
    RK_JSON_OBJECT,
    RK_JSON_ARRAY,
    RK_JSON_STRING,
    RK_JSON_BOOL,
    RK_JSON_OTHER
};
enum rk_json_kind rk_json_kind(struct rk_jv value);
/* The same value, whatever the order of members; two that are absent are equal. */
bool rk_json_equal(struct rk_jv a, struct rk_jv b);
/*
 * The members of an object, in their order: *iter starts as NULL. False at the end. The key is
 * borrowed.
 */
bool rk_json_next(struct rk_jv object, void **iter, const char **ret_key, struct rk_jv *ret_value);

/*
 * Members that an object must have; *ret is untouched on failure. RK_E_FORMAT 'member "NAME" is
 * missing or malformed, expected EXPECTED'; who reads a kind of its own says so with the same
 * words.
 */
enum rk_rc rk_json_unlike(const char *name, const char *expected, struct rk_err *err);
/* Borrowed. */
enum rk_rc rk_json_want_str(struct rk_jv object, const char *name, const char **ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* A copy, with its NUL in ret_size. */
enum rk_rc rk_json_want_text(struct rk_jv object, const char *name, char *ret, size_t ret_size,
                             struct rk_err *err) RK_MUST_CHECK;
/* From 0 to max, which is at most INT64_MAX. */
enum rk_rc rk_json_want_u64(struct rk_jv object, const char *name, uint64_t max, uint64_t *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* Exactly len bytes as hex. */
enum rk_rc rk_json_want_hex(struct rk_jv object, const char *name, uint8_t *ret, size_t len,
                            struct rk_err *err) RK_MUST_CHECK;
/* From 1 to max bytes as hex. */
enum rk_rc rk_json_want_bytes(struct rk_jv object, const char *name, size_t max,
                              struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
