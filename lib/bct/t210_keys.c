/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a T210 configuration that are no fields of the BCT, and a line of it taken in.
 * Source: boot-images.md 6; what a key does by experiment with cbootimage 1.8
 * (tests/cli/peer-cbootimage-t210.sh).
 */
#include "bct/t210_keys.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/edit_distance.h"

#include <stdio.h>
#include <string.h>

enum { NEW = T210_BCT | T210_IMAGE, ANY = NEW | T210_UPDATE };

/* clang-format off */
const struct t210_key rk_t210_keys[T210_KEYS] = {
    [T210_AT_VERSION]    = { "Version",    NEW, T210_K_NUMBER, 0, 1, 0, UINT32_MAX },
    [T210_AT_REDUNDANCY] = { "Redundancy", NEW, T210_K_NUMBER, 0, 1, 1, T210_LOADER_MAX },
    [T210_AT_COPIES]     = { "Bctcopy",    NEW, T210_K_NUMBER, 0, 2, 1, 64 },
    [T210_AT_LOADER]     = { "BootLoader", T210_IMAGE,  T210_K_LOADER, 0, 0, 0, 0 },
    [T210_AT_REHASH]     = { "RehashBl",   T210_UPDATE, T210_K_SWITCH, 0, 0, 0, 0 },
    { "Bctfile",           T210_IMAGE,  T210_K_BCT,        0, 0, 0, 0 },
    { "RsaKeyModulusFile", T210_UPDATE, T210_K_RSA,        T210_KEY, 0, 0, 0 },
    { "RsaPssSigBlFile",   T210_UPDATE, T210_K_RECORD_RSA, T210_LOADER_SIG, 0, 0, 0 },
    { "RsaPssSigBctFile",  T210_UPDATE, T210_K_RSA,        T210_SIG, 0, 0, 0 },
    { "Attribute",         ANY,         T210_K_NOWHERE,    0, 0, 0, 0 },
    { "JtagCtrl",          ANY,         T210_K_NOWHERE,    0, 0, 0, 0 },
    { "MtsPreboot",        ANY,         T210_K_NOWHERE,    0, 0, 0, 0 },
    { "Mts",               ANY,         T210_K_NOWHERE,    0, 0, 0, 0 },
};
/* clang-format on */

size_t rk_t210_find_key(const char *name)
{
    size_t i = 0;

    while (i < T210_KEYS && strcmp(rk_t210_keys[i].name, name) != 0)
        i++;
    return i;
}

static enum rk_rc parse_number(const char *text, uint64_t max, uint64_t *ret, struct rk_err *err)
{
    if (rk_parse_u64(text, max, ret, err)) {
        err->rc = RK_E_FORMAT;
        return err->rc;
    }
    return RK_OK;
}

static enum rk_rc set_number(struct t210_build *b, size_t which, const char *text,
                             struct rk_err *err)
{
    const struct t210_key *key = &rk_t210_keys[which];
    uint64_t value;

    if (parse_number(text, key->max, &value, err))
        return err->rc;
    if (b->mode == T210_BCT)
        return RK_OK;
    if (value < key->min)
        return rk_fail(err, RK_E_FORMAT, "%s, at least %llu", text, (unsigned long long)key->min);
    if (b->part[T210_AT_LOADER] != NULL)
        return rk_fail(err, RK_E_FORMAT, "has no effect after BootLoader");
    b->number[which] = value;
    return RK_OK;
}

static enum rk_rc find_file(const struct t210_build *b, const char *name,
                            const struct rk_input **ret, struct rk_err *err)
{
    *ret = rk_request_part(b->request, name);
    if (name[0] == '\0' || *ret == NULL)
        return rk_fail(err, RK_E_USAGE, "file \"%s\" is not given: add a part %s=FILE", name, name);
    return RK_OK;
}

static enum rk_rc set_bct(struct t210_build *b, const char *name, struct rk_err *err)
{
    const struct rk_input *in;
    struct t210_image image;

    if (b->file.p != NULL)
        return rk_fail(err, RK_E_FORMAT, "given twice");
    if (find_file(b, name, &in, err))
        return err->rc;
    if (in->len != T210_WIRE)
        return rk_fail(err, RK_E_FORMAT, "%s, a BCT has %d", RK_COUNTED(in->len, "byte"),
                       T210_WIRE);
    if (rk_t210_open(in->p, in->len, &image, err))
        return err->rc;
    return rk_bytes_copy(in->p, in->len, &b->file, err);
}

static enum rk_rc set_loader(struct t210_build *b, const struct t210_line *line, struct rk_err *err)
{
    char text[sizeof line->value], *part[4] = { text, NULL, NULL, NULL };

    (void)snprintf(text, sizeof text, "%s", line->value);
    for (size_t i = 1; i < 4; i++) {
        char *comma = strchr(part[i - 1], ',');

        if (comma == NULL)
            return rk_fail(err, RK_E_FORMAT, "expected FILE,LOAD,ENTRY,Complete");
        *comma = '\0';
        part[i] = comma + 1;
    }
    if (strcmp(part[3], "Complete") != 0)
        return rk_fail(err, RK_E_FORMAT, "\"%s\", expected Complete", part[3]);
    if (b->part[T210_AT_LOADER] != NULL)
        return rk_fail(err, RK_E_FORMAT,
                       "a second loader: where it goes is not placed by "
                       "experiment; Redundancy makes copies of the one");
    if (parse_number(part[1], UINT32_MAX, &b->load, err) ||
        parse_number(part[2], UINT32_MAX, &b->entry, err))
        return err->rc;
    return find_file(b, part[0], &b->part[T210_AT_LOADER], err);
}

static enum rk_rc set_rsa(struct t210_build *b, size_t which, const char *name, struct rk_err *err)
{
    if (find_file(b, name, &b->part[which], err))
        return err->rc;
    if (b->part[which]->len != T210_RSA)
        return rk_fail(err, RK_E_FORMAT, "file \"%s\": %s, expected %d", name,
                       RK_COUNTED(b->part[which]->len, "byte"), T210_RSA);
    return RK_OK;
}

static enum rk_rc set_key(struct t210_build *b, size_t which, const struct t210_line *line,
                          struct rk_err *err)
{
    switch (rk_t210_keys[which].kind) {
    case T210_K_NUMBER:
        return set_number(b, which, line->value, err);
    case T210_K_SWITCH:
        if (line->value[0] != '\0')
            return rk_fail(err, RK_E_FORMAT, "takes no value");
        b->number[which] = 1;
        return RK_OK;
    case T210_K_BCT:
        return set_bct(b, line->value, err);
    case T210_K_LOADER:
        return set_loader(b, line, err);
    case T210_K_RSA:
    case T210_K_RECORD_RSA:
        return set_rsa(b, which, line->value, err);
    case T210_K_NOWHERE:
        break;
    }
    return rk_fail(err, RK_E_FORMAT,
                   "not placed by experiment: cbootimage takes it for T210 and "
                   "changes no byte, or fails");
}

/* ---- a line ---- */

static enum rk_rc unknown_key(const struct t210_line *line, struct rk_err *err)
{
    struct rk_nearest nearest = rk_nearest_to(line->key);

    for (size_t i = 0; i < T210_KEYS; i++)
        rk_nearest_offer(&nearest, rk_t210_keys[i].name);
    for (size_t i = 0; i < rk_t210_field_count; i++)
        rk_nearest_offer(&nearest, rk_t210_field(i).name);
    (void)rk_fail(err, RK_E_FORMAT, "line %u: unknown key \"%s\"", line->number, line->key);
    return nearest.word == NULL ? err->rc : rk_note(err, "nearest: %s", nearest.word);
}

static enum rk_rc misplaced(const struct t210_build *b, const struct t210_line *line,
                            struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "line %u: \"%s\" does not go into %s", line->number, line->key,
                   b->mode == T210_BCT     ? "a BCT"
                   : b->mode == T210_IMAGE ? "an image around a BCT"
                                           : "an update");
}

static enum rk_rc set_field(struct t210_build *b, const struct t210_line *line, struct rk_err *err)
{
    struct t210_field field;

    if (!rk_t210_find(line->key, &field))
        return unknown_key(line, err);
    if (b->mode == T210_IMAGE || (b->mode == T210_UPDATE && (field.flags & T210_NOT_UPDATED) != 0))
        return misplaced(b, line, err);
    if (rk_t210_set(b->file.p, &field, line, err))
        return err->rc;
    b->sized |= (field.flags & T210_SIZES) != 0;
    b->group[field.group] = true;
    return RK_OK;
}

enum rk_rc rk_t210_apply_line(struct t210_build *b, const struct t210_line *line,
                              struct rk_err *err)
{
    size_t which = rk_t210_find_key(line->key);

    if (which == T210_KEYS)
        return set_field(b, line, err);
    if (line->has_index)
        return rk_fail(err, RK_E_FORMAT, "line %u: \"%s\" takes no index", line->number, line->key);
    if ((rk_t210_keys[which].modes & (int)b->mode) == 0)
        return misplaced(b, line, err);
    return set_key(b, which, line, err) ? rk_wrap(err, "line %u: \"%s\"", line->number, line->key)
                                        : RK_OK;
}
