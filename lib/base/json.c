/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/json.h"

#include "base/err.h"
#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/words.h"

#include <string.h>

#include <jansson.h>

struct rk_json {
    json_t *root;
    bool failed;
};

rk_json *rk_json_new(void)
{
    rk_json *doc = rk_alloc(1, sizeof *doc);

    if (doc == NULL)
        return NULL;
    doc->root = json_object();
    doc->failed = doc->root == NULL;
    return doc;
}

void rk_json_free(rk_json *doc)
{
    if (doc == NULL)
        return;
    json_decref(doc->root);
    rk_free(doc);
}

struct rk_jv rk_json_root(rk_json *doc)
{
    return (struct rk_jv) { .doc = doc, .v = doc == NULL ? NULL : doc->root };
}

/* Gives value to `at`; the handle of it, absent after a failure, which sticks. */
static struct rk_jv put(struct rk_jv at, const char *key, json_t *value)
{
    int rc;

    if (at.doc == NULL || at.v == NULL || value == NULL) {
        json_decref(value);
        rc = -1;
    } else if (key == NULL) {
        rc = json_array_append_new(at.v, value);
    } else {
        rc = json_object_set_new(at.v, key, value);
    }
    if (rc != 0 && at.doc != NULL)
        at.doc->failed = true;
    return (struct rk_jv) { .doc = at.doc, .v = rc == 0 ? value : NULL };
}

void rk_json_put_str(struct rk_jv at, const char *key, const char *value)
{
    (void)put(at, key, json_string(value));
}

void rk_json_put_words(struct rk_jv at, const char *key, const char *value)
{
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_err ignored;

    if (rk_bytes_new(strlen(value) + 1, &text, &ignored) != RK_OK) {
        (void)put(at, key, NULL);
        return;
    }
    rk_words_show((const uint8_t *)value, strlen(value), (char *)text.p, text.len);
    rk_json_put_str(at, key, (const char *)text.p);
    rk_bytes_done(&text);
}

void rk_json_put_u64(struct rk_jv at, const char *key, uint64_t value)
{
    (void)put(at, key, value > INT64_MAX ? NULL : json_integer((json_int_t)value));
}

void rk_json_put_bool(struct rk_jv at, const char *key, bool value)
{
    (void)put(at, key, json_boolean(value));
}

void rk_json_put_hex(struct rk_jv at, const char *key, const uint8_t *bytes, size_t len)
{
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_err ignored;

    if (len > SIZE_MAX / 4 || rk_bytes_new(2 * len, &text, &ignored) != RK_OK) {
        (void)put(at, key, NULL);
        return;
    }
    rk_hex_write(bytes, len, (char *)text.p);
    (void)put(at, key, json_stringn((const char *)text.p, text.len));
    rk_bytes_done(&text);
}

struct rk_jv rk_json_put_object(struct rk_jv at, const char *key)
{
    return put(at, key, json_object());
}

struct rk_jv rk_json_put_array(struct rk_jv at, const char *key)
{
    return put(at, key, json_array());
}

void rk_json_put_members(struct rk_jv at, struct rk_jv from, const char *const *but)
{
    const char *key;
    json_t *value;

    if (from.v == NULL)
        return;
    json_object_foreach((json_t *)from.v, key, value)
    {
        size_t i = 0;

        while (but[i] != NULL && strcmp(but[i], key) != 0)
            i++;
        if (but[i] == NULL)
            (void)put(at, key, json_deep_copy(value));
    }
}

enum { FILL_DEPTH = 32 };

struct fill {
    rk_json_fill text;
    void *arg;
};

/* *ret may be NULL: out of memory, which putting it finds. */
static enum rk_rc fill_value(const struct fill *fill, json_t *from, int depth, json_t **ret,
                             struct rk_err *err);

static enum rk_rc fill_text(const struct fill *fill, const json_t *from, json_t **ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (fill->text(fill->arg, json_string_value(from), &text, err))
        return err->rc;
    *ret = json_stringn((const char *)text.p, text.len);
    return RK_OK;
}

static enum rk_rc fill_children(const struct fill *fill, json_t *from, int depth, json_t *to,
                                struct rk_err *err)
{
    json_t *value, *copy;
    const char *key;
    size_t i;

    json_object_foreach(from, key, value)
    {
        if (fill_value(fill, value, depth, &copy, err))
            return err->rc;
        if (json_object_set_new(to, key, copy) != 0)
            return rk_fail_nomem(err);
    }
    json_array_foreach(from, i, value)
    {
        if (fill_value(fill, value, depth, &copy, err))
            return err->rc;
        if (json_array_append_new(to, copy) != 0)
            return rk_fail_nomem(err);
    }
    return RK_OK;
}

static enum rk_rc fill_value(const struct fill *fill, json_t *from, int depth, json_t **ret,
                             struct rk_err *err)
{
    json_t *copy;

    if (json_is_string(from))
        return fill_text(fill, from, ret, err);
    if (!json_is_object(from) && !json_is_array(from)) {
        *ret = json_deep_copy(from);
        return RK_OK;
    }
    if (depth == FILL_DEPTH)
        return rk_fail(err, RK_E_USAGE, "JSON: more than %s deep", RK_COUNTED(FILL_DEPTH, "level"));
    copy = json_is_object(from) ? json_object() : json_array();
    if (copy == NULL)
        return rk_fail_nomem(err);
    if (fill_children(fill, from, depth + 1, copy, err)) {
        json_decref(copy);
        return err->rc;
    }
    *ret = copy;
    return RK_OK;
}

enum rk_rc rk_json_put_filled(struct rk_jv at, struct rk_jv from, rk_json_fill text, void *arg,
                              struct rk_err *err)
{
    const struct fill fill = { .text = text, .arg = arg };

    if (from.v == NULL)
        return RK_OK;
    return fill_children(&fill, from.v, 1, at.v, err);
}

enum rk_rc rk_json_text(const rk_json *doc, bool pretty, struct rk_bytes *ret, struct rk_err *err)
{
    size_t flags = pretty ? JSON_INDENT(2) : JSON_COMPACT;

    if (doc == NULL || doc->failed)
        return rk_fail(err, RK_E_NOMEM,
                       "cannot build the JSON text: out of memory, or text that is no UTF-8");
    size_t size = json_dumpb(doc->root, NULL, 0, flags);
    if (size == 0 || rk_bytes_new(size + (pretty ? 1 : 0), ret, err))
        return rk_fail_nomem(err);
    (void)json_dumpb(doc->root, (char *)ret->p, size, flags);
    if (pretty)
        ret->p[size] = '\n';
    return RK_OK;
}

enum rk_rc rk_json_parse(const uint8_t *text, size_t len, rk_json **ret, struct rk_err *err)
{
    json_error_t fault;
    rk_json *doc = rk_alloc(1, sizeof *doc);

    if (doc == NULL)
        return rk_fail_nomem(err);
    doc->root = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &fault);
    if (doc->root == NULL) {
        rk_free(doc);
        return rk_fail(err, RK_E_FORMAT, "JSON line %d column %d: %s", fault.line, fault.column,
                       fault.text);
    }
    *ret = doc;
    return RK_OK;
}

struct rk_jv rk_json_get(struct rk_jv object, const char *key)
{
    return (struct rk_jv) { .doc = object.doc, .v = json_object_get(object.v, key) };
}

size_t rk_json_count(struct rk_jv array)
{
    return json_array_size(array.v);
}

struct rk_jv rk_json_at(struct rk_jv array, size_t i)
{
    return (struct rk_jv) { .doc = array.doc, .v = json_array_get(array.v, i) };
}

const char *rk_json_str(struct rk_jv value)
{
    return json_string_value(value.v);
}

bool rk_json_u64(struct rk_jv value, uint64_t *ret)
{
    if (!json_is_integer((const json_t *)value.v) || json_integer_value(value.v) < 0)
        return false;
    *ret = (uint64_t)json_integer_value(value.v);
    return true;
}

bool rk_json_is_true(struct rk_jv value)
{
    return json_is_true((const json_t *)value.v);
}

bool rk_json_equal(struct rk_jv a, struct rk_jv b)
{
    return a.v == b.v || (a.v != NULL && b.v != NULL && json_equal(a.v, b.v) != 0);
}

enum rk_json_kind rk_json_kind(struct rk_jv value)
{
    const json_t *v = value.v;

    if (v == NULL)
        return RK_JSON_ABSENT;
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return RK_JSON_OBJECT;
    case JSON_ARRAY:
        return RK_JSON_ARRAY;
    case JSON_STRING:
        return RK_JSON_STRING;
    case JSON_TRUE:
    case JSON_FALSE:
        return RK_JSON_BOOL;
    default:
        return RK_JSON_OTHER;
    }
}

bool rk_json_next(struct rk_jv object, void **iter, const char **ret_key, struct rk_jv *ret_value)
{
    *iter = *iter == NULL ? json_object_iter(object.v) : json_object_iter_next(object.v, *iter);
    if (*iter == NULL)
        return false;
    *ret_key = json_object_iter_key(*iter);
    *ret_value = (struct rk_jv) { .doc = object.doc, .v = json_object_iter_value(*iter) };
    return true;
}
