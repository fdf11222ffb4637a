/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration text of a T210 BCT, read: statements, and fields by name. Source:
 * boot-images.md 6; what the text does to the bytes was found by experiment with cbootimage 1.8.
 */
#include "bct/t210.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

/* ---- statements ---- */

/* The statement without comment and blanks, as far as it fits. */
static enum rk_rc squeeze(const char *line, size_t len, char *ret, size_t room, struct rk_err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = line[i];

        if (c == '#' || (c == '/' && i + 1 < len && line[i + 1] == '/'))
            break;
        if (c == ' ' || c == '\t' || c == '\r')
            continue;
        if (c < 0x21 || c > 0x7e)
            return rk_fail(err, RK_E_FORMAT, "a character that is not printable ASCII");
        if (n + 1 >= room)
            return rk_fail(err, RK_E_FORMAT, "longer than %s", RK_COUNTED(room - 1, "character"));
        ret[n++] = c;
    }
    ret[n] = '\0';
    if (n == 0)
        return RK_OK;
    if (ret[n - 1] != ';' || memchr(ret, ';', n - 1) != NULL)
        return rk_fail(err, RK_E_FORMAT, "a line is one statement, closed by ;");
    ret[n - 1] = '\0';
    return RK_OK;
}

/* "SDRAM[1].PllMKVCO" becomes "SDRAM.PllMKVCO" and 1. */
static enum rk_rc parse_index(struct t210_line *line, struct rk_err *err)
{
    char *open = strchr(line->key, '['), *close = open == NULL ? NULL : strchr(open, ']');

    if (open == NULL)
        return RK_OK;
    if (close == NULL)
        return rk_fail(err, RK_E_FORMAT, "\"%s\": no ] after [", line->key);
    *close = '\0';
    if (rk_parse_u64(open + 1, 255, &line->index, err)) {
        err->rc = RK_E_FORMAT;
        return rk_wrap(err, "index of \"%.*s\"", (int)(open - line->key), line->key);
    }
    memmove(open, close + 1, strlen(close + 1) + 1);
    line->has_index = true;
    return RK_OK;
}

static enum rk_rc split(const char *statement, struct t210_line *line, struct rk_err *err)
{
    const char *equals = strchr(statement, '=');
    size_t key = equals == NULL ? strlen(statement) : (size_t)(equals - statement);

    if (key == 0 || key >= sizeof line->key)
        return rk_fail(err, RK_E_FORMAT, "no key of 1 to %s",
                       RK_COUNTED(sizeof line->key - 1, "character"));
    memcpy(line->key, statement, key);
    line->key[key] = '\0';
    if (equals != NULL && strlen(equals + 1) >= sizeof line->value)
        return rk_fail(err, RK_E_FORMAT, "\"%s\": the value is too long", line->key);
    if (equals != NULL)
        (void)snprintf(line->value, sizeof line->value, "%s", equals + 1);
    return parse_index(line, err);
}

enum rk_rc rk_t210_next(struct t210_text *text, struct t210_line *ret, struct rk_err *err)
{
    char statement[400] = "";

    *ret = (struct t210_line) { .key = "" };
    while (text->left != 0 && statement[0] == '\0') {
        const char *end = memchr(text->p, '\n', text->left);
        size_t len = end == NULL ? text->left : (size_t)(end - text->p);

        ret->number = ++text->number;
        if (squeeze(text->p, len, statement, sizeof statement, err))
            return rk_wrap(err, "line %u", text->number);
        len += end != NULL;
        text->p += len;
        text->left -= len;
    }
    if (statement[0] != '\0' && split(statement, ret, err))
        return rk_wrap(err, "line %u", text->number);
    return RK_OK;
}

/* ---- fields ---- */

/* ChipUid: 0x and up to 32 digits, the last byte first. */
static enum rk_rc put_hex(uint8_t *at, size_t width, const char *value, struct rk_err *err)
{
    char digits[2 * 16 + 1];
    uint8_t bytes[16];
    size_t len = strlen(value);

    if (len < 3 || strncmp(value, "0x", 2) != 0 || len - 2 > 2 * width)
        return rk_fail(err, RK_E_FORMAT, "expected 0x and 1 to %s", RK_COUNTED(2 * width, "digit"));
    memset(digits, '0', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    memcpy(digits + 2 * width - (len - 2), value + 2, len - 2);
    if (rk_hex_read(digits, 2 * width, bytes, width, err))
        return err->rc;
    for (size_t i = 0; i < width; i++)
        at[i] = bytes[width - 1 - i];
    return RK_OK;
}

static enum rk_rc put_value(const struct t210_field *field, uint8_t *at, const char *value,
                            struct rk_err *err)
{
    uint64_t max = field->width == 1 ? UINT8_MAX : UINT32_MAX, number = 0;
    const struct t210_word *word = field->words;

    if (field->kind == T210_HEX)
        return put_hex(at, field->width, value, err);
    while (word != NULL && word->name != NULL && strcmp(word->name, value) != 0)
        word++;
    if (word != NULL && word->name != NULL)
        number = word->value;
    else if (rk_parse_u64(value, max, &number, err)) {
        for (word = field->words; word != NULL && word->name != NULL; word++)
            (void)rk_note(err, "known: %s", word->name);
        return err->rc;
    }
    if (field->kind == T210_LOG2) {
        uint64_t log2 = 0;

        if (number == 0 || (number & (number - 1)) != 0)
            return rk_fail(err, RK_E_FORMAT, "%s is not a power of two", value);
        while (number >> log2 != 1)
            log2++;
        number = log2;
    }
    rk_t210_put(at, 0, number, field->width);
    return RK_OK;
}

/* Where the field of this index stands; its group is counted by what is set. */
static enum rk_rc place(uint8_t *bct, const struct t210_field *field, const struct t210_line *line,
                        size_t *ret, struct rk_err *err)
{
    const struct t210_group *group = &rk_t210_groups[field->group];
    unsigned long long index = line->index;

    if (line->has_index != (group->max != 0))
        return rk_fail(err, RK_E_FORMAT,
                       group->max != 0 ? "an index [0] is missing" : "takes no index");
    if (line->has_index && index >= group->max)
        return group->not_beyond != NULL
                   ? rk_fail(err, RK_E_FORMAT, "index %llu: %s", index, group->not_beyond)
                   : rk_fail(err, RK_E_FORMAT, "index %llu, at most %zu", index, group->max - 1);
    if (line->has_index && rk_t210_get(bct, group->count_at) < index + 1)
        rk_t210_put(bct, group->count_at, index + 1, 4);
    *ret = field->at + (size_t)index * group->stride;
    return RK_OK;
}

enum rk_rc rk_t210_set(uint8_t *bct, const struct t210_field *field, const struct t210_line *line,
                       struct rk_err *err)
{
    size_t at;

    if (place(bct, field, line, &at, err) || put_value(field, bct + at, line->value, err)) {
        err->rc = RK_E_FORMAT;
        return rk_wrap(err, "line %u: \"%s\"", line->number, line->key);
    }
    return RK_OK;
}
