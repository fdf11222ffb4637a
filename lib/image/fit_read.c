/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIT images, read: what a FIT is told by, bounds before anything else, and the nodes by name.
 * Source: boot-images.md 5.3.
 */
#include "image/fit.h"

#include "rotkit/counted.h"

#include <string.h>

#include <libfdt.h>

enum { DEPTH_MAX = 16, TAGS_MAX = 32768, STRINGS_MAX = 65536 };

enum rk_rc rk_fit_bad_tree(int rc, const char *what, struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "%s: %s", what, fdt_strerror(rc));
}

/* libfdt takes no tree that does not stand at a multiple of 8, as inside another image it may not.
 */
static bool has_magic(const uint8_t *file, size_t len)
{
    return len >= sizeof(struct fdt_header) && (uintptr_t)file % 8 == 0 &&
           fdt_magic(file) == FDT_MAGIC;
}

/* One tag in a tree that nobody has checked: its end, 0 when it does not end in the file. */
static size_t tag_end(const uint8_t *file, size_t len, size_t at)
{
    uint32_t tag = fdt32_ld((const fdt32_t *)(const void *)(file + at));
    uint64_t end = (uint64_t)at + 4;

    if (tag == FDT_BEGIN_NODE) {
        const uint8_t *nul = memchr(file + end, 0, len - end);

        end = nul == NULL ? len + 1 : (uint64_t)(nul - file) + 1;
    } else if (tag == FDT_PROP) {
        end = len - at < 12 ? len + 1
                            : end + 8 + fdt32_ld((const fdt32_t *)(const void *)(file + at + 4));
    } else if (tag != FDT_END_NODE && tag != FDT_NOP) {
        return 0;
    }
    end = (end + 3) / 4 * 4;
    return end > len ? 0 : (size_t)end;
}

/*
 * By a child "images" of the root, which other trees may well have further down. A FIT that is cut
 * or damaged behind it is still told by it.
 */
bool rk_fit_recognise(const uint8_t *file, size_t len)
{
    static const char name[] = "images";
    int depth = 0;
    size_t at, end;

    if (!has_magic(file, len))
        return false;
    for (at = fdt_off_dt_struct(file); at % 4 == 0 && at < len && len - at >= 4; at = end) {
        uint32_t tag = fdt32_ld((const fdt32_t *)(const void *)(file + at));

        end = tag_end(file, len, at);
        depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
        if (end == 0 || depth == 0)
            return false;
        if (tag == FDT_BEGIN_NODE && depth == 2 && end - at > sizeof name + 3 &&
            memcmp(file + at + 4, name, sizeof name) == 0)
            return true;
    }
    return false;
}

enum rk_rc rk_fit_check_names(const void *fdt, enum rk_rc rc, struct rk_err *err)
{
    for (int at = fdt_next_node(fdt, 0, NULL); at >= 0; at = fdt_next_node(fdt, at, NULL)) {
        const char *name = fdt_get_name(fdt, at, NULL);

        if (name == NULL || strpbrk(name, "@/") != NULL)
            return rk_fail(err, rc,
                           "node \"%.64s\" at 0x%x: a name with @ or / in it is not safe to sign, "
                           "and U-Boot that asks for signatures refuses it",
                           name == NULL ? "" : name, fdt_off_dt_struct(fdt) + (unsigned)at);
    }
    return RK_OK;
}

/* Limits, so that what follows takes a time that the file's size bounds. */
static enum rk_rc check_structure(const void *fdt, struct rk_err *err)
{
    int at = 0, next = 0, depth = 0;
    uint32_t tag;

    for (int count = 0; (tag = fdt_next_tag(fdt, at, &next)) != FDT_END; count++, at = next) {
        if (next < 0)
            return rk_fit_bad_tree(next, "damaged device tree", err);
        if (count == TAGS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %s and properties",
                           RK_COUNTED(TAGS_MAX, "node"));
        depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
        if (depth > DEPTH_MAX)
            return rk_fail(err, RK_E_FORMAT, "nodes nested more than %d deep", DEPTH_MAX);
    }
    return next < 0 ? rk_fit_bad_tree(next, "damaged device tree", err) : RK_OK;
}

enum rk_rc rk_fit_open(const uint8_t *file, size_t len, struct rk_err *err)
{
    int rc;

    if (!has_magic(file, len))
        return rk_fail(err, RK_E_FORMAT, "no device tree magic");
    if (fdt_totalsize(file) > len)
        return rk_fail(err, RK_E_FORMAT, "totalsize is %u, the file has %s", fdt_totalsize(file),
                       RK_COUNTED(len, "byte"));
    rc = fdt_check_header(file);
    if (rc != 0)
        return rk_fit_bad_tree(rc, "damaged device tree", err);
    if (fdt_size_dt_strings(file) > STRINGS_MAX)
        return rk_fail(err, RK_E_FORMAT, "a strings block of %s, expected at most %d",
                       RK_COUNTED(fdt_size_dt_strings(file), "byte"), STRINGS_MAX);
    if (check_structure(file, err))
        return err->rc;
    rc = fdt_check_full(file, len);
    if (rc != 0)
        return rk_fit_bad_tree(rc, "damaged device tree", err);
    if (fdt_subnode_offset(file, 0, "images") < 0)
        return rk_fail(err, RK_E_FORMAT, "no /images: this is no FIT");
    return RK_OK;
}

enum rk_rc rk_fit_open_to_change(const uint8_t *file, size_t len, struct rk_err *err)
{
    if (rk_fit_open(file, len, err) || rk_fit_check_names(file, RK_E_FORMAT, err))
        return err->rc;
    if (fdt_subnode_offset(file, 0, "configurations") < 0)
        return rk_fail(err, RK_E_FORMAT, "no /configurations: nothing that could be signed");
    return RK_OK;
}

/* ---- nodes ---- */

int rk_fit_first(const void *fdt, const char *parent)
{
    int node = fdt_subnode_offset(fdt, 0, parent);

    return node < 0 ? node : fdt_first_subnode(fdt, node);
}

int rk_fit_find(const void *fdt, const char *parent, const char *name)
{
    int node = fdt_subnode_offset(fdt, 0, parent);

    return node < 0 ? node : fdt_subnode_offset(fdt, node, name);
}

const char *rk_fit_text(const void *fdt, int node, const char *name)
{
    int len;
    const char *text = fdt_getprop(fdt, node, name, &len);

    return text != NULL && len > 0 && memchr(text, 0, (size_t)len) == text + len - 1 ? text : NULL;
}

bool rk_fit_is_named(const void *fdt, int node, const char *start)
{
    const char *name = fdt_get_name(fdt, node, NULL);

    return name != NULL && strncmp(name, start, strlen(start)) == 0;
}

size_t rk_fit_signatures(const void *fdt, const char *parent)
{
    size_t count = 0;
    int node;

    for (int of = rk_fit_first(fdt, parent); of >= 0; of = fdt_next_subnode(fdt, of)) {
        fdt_for_each_subnode(node, fdt, of)
        {
            if (rk_fit_is_named(fdt, node, "signature") &&
                fdt_getprop(fdt, node, "value", NULL) != NULL)
                count++;
        }
    }
    return count;
}
