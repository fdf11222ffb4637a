/* SPDX-License-Identifier: Apache-2.0 */
#include "image/fit.h"

#include "base/wr.h"
#include "rotkit/counted.h"

#include <string.h>

#include <libfdt.h>

enum { DEPTH_MAX = 32 };

int rk_fdt_put_text(void *fdt, int node, const char *name, const char *text)
{
    return fdt_setprop(fdt, node, name, text, (int)strlen(text) + 1);
}

void rk_fit_nodes_done(struct rk_fit_nodes *nodes)
{
    rk_wr_done(&nodes->list);
}

bool rk_fit_nodes_have(const struct rk_fit_nodes *nodes, const char *path)
{
    const char *at = (const char *)nodes->list.buf;

    for (size_t i = 0; i < nodes->count; i++, at += strlen(at) + 1) {
        if (strcmp(at, path) == 0)
            return true;
    }
    return false;
}

enum rk_rc rk_fit_nodes_add(struct rk_fit_nodes *nodes, const char *path, struct rk_err *err)
{
    size_t len = strlen(path);

    if (rk_fit_nodes_have(nodes, path))
        return RK_OK;
    if (nodes->count == RK_FIT_NODES_MAX || len >= RK_FIT_PATH)
        return rk_fail(err, RK_E_FORMAT, "more than %d signed nodes, or a path too long",
                       RK_FIT_NODES_MAX);
    rk_wr_bytes(&nodes->list, path, len + 1);
    if (nodes->list.failed != RK_OK)
        return rk_fail_nomem(err);
    nodes->count++;
    return RK_OK;
}

/* Where the walk stands: a node of which `listed` says what is kept, and the one above it. */
struct walk {
    const uint8_t *fdt;
    const struct rk_fit_nodes *nodes;
    char path[RK_FIT_PATH * 2];
    size_t path_len[DEPTH_MAX];
    bool listed[DEPTH_MAX];
    int depth; /* -1 before the root */
};

static enum rk_rc enter(struct walk *w, int at, struct rk_err *err)
{
    int len;
    const char *name = fdt_get_name(w->fdt, at, &len);
    size_t used = w->depth < 0 ? 0 : w->path_len[w->depth];

    if (name == NULL || w->depth + 1 >= DEPTH_MAX || used + (size_t)len + 2 > sizeof w->path)
        return rk_fail(err, RK_E_FORMAT, "device tree nested too deeply");
    w->depth++;
    if (w->depth == 0) {
        w->path[0] = '/';
        used = 1;
    } else {
        if (used > 1)
            w->path[used++] = '/';
        memcpy(w->path + used, name, (size_t)len);
        used += (size_t)len;
    }
    w->path[used] = '\0';
    w->path_len[w->depth] = used;
    w->listed[w->depth] = rk_fit_nodes_have(w->nodes, w->path);
    return RK_OK;
}

static bool parent_listed(const struct walk *w)
{
    return w->depth > 0 && w->listed[w->depth - 1];
}

/* Image data is covered by its hash node instead. */
static bool is_data(const uint8_t *fdt, int at)
{
    static const char *const names[] = { "data", "data-size", "data-position", "data-offset" };
    const struct fdt_property *prop = fdt_get_property_by_offset(fdt, at, NULL);
    const char *name = prop == NULL ? NULL : fdt_string(fdt, (int)fdt32_ld(&prop->nameoff));

    for (size_t i = 0; name != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* Whether the tag at `at` is signed. */
static enum rk_rc step(struct walk *w, uint32_t tag, int at, bool *ret, struct rk_err *err)
{
    switch (tag) {
    case FDT_BEGIN_NODE:
        if (enter(w, at, err))
            return err->rc;
        *ret = w->listed[w->depth] || parent_listed(w);
        return RK_OK;
    case FDT_END_NODE:
        if (w->depth < 0)
            return rk_fail(err, RK_E_FORMAT, "a node ends that never began");
        *ret = w->listed[w->depth] || parent_listed(w);
        w->depth--;
        return RK_OK;
    case FDT_PROP:
        *ret = w->depth >= 0 && w->listed[w->depth] && !is_data(w->fdt, at);
        return RK_OK;
    case FDT_NOP:
        *ret = w->depth >= 0 && w->listed[w->depth];
        return RK_OK;
    default:
        *ret = true;
        return RK_OK;
    }
}

/* Signed bytes, gathered; neighbours become one guard. */
struct kept {
    const uint8_t *fdt;
    struct rk_map *covers; /* may be NULL */
    struct rk_wr *wr;
    size_t from, to;
};

static enum rk_rc flush(struct kept *kept, struct rk_err *err)
{
    size_t from = kept->from, len = kept->to - kept->from;

    rk_wr_bytes(kept->wr, kept->fdt + from, len);
    kept->from = kept->to;
    if (kept->covers == NULL || len == 0)
        return RK_OK;
    return rk_map_guard(kept->covers, from, len, RK_GUARD_SIGNATURE, "FIT signature", err);
}

static enum rk_rc keep(struct kept *kept, size_t at, size_t len, struct rk_err *err)
{
    if (at != kept->to) {
        if (flush(kept, err))
            return err->rc;
        kept->from = at;
    }
    kept->to = at + len;
    return RK_OK;
}

static enum rk_rc walk_structure(struct walk *w, struct kept *kept, struct rk_err *err)
{
    size_t base = fdt_off_dt_struct(w->fdt);
    int at = 0, next;
    uint32_t tag;

    do {
        bool wanted = false;

        tag = fdt_next_tag(w->fdt, at, &next);
        if (next < 0)
            return rk_fail(err, RK_E_FORMAT, "damaged device tree at 0x%zx", base + (size_t)at);
        if (step(w, tag, at, &wanted, err) ||
            (wanted && keep(kept, base + (size_t)at, (size_t)(next - at), err)))
            return err->rc;
        at = next;
    } while (tag != FDT_END);
    return RK_OK;
}

enum rk_rc rk_fit_region(const uint8_t *fdt, const struct rk_fit_nodes *nodes, size_t strings,
                         struct rk_map *covers, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_FIT_MAX);
    struct walk w = { .fdt = fdt, .nodes = nodes, .depth = -1 };
    struct kept kept = { .fdt = fdt, .covers = covers, .wr = &wr };

    if (strings > fdt_size_dt_strings(fdt))
        return rk_fail(err, RK_E_FORMAT, "hashed-strings is %zu, the strings block has %s", strings,
                       RK_COUNTED(fdt_size_dt_strings(fdt), "byte"));
    if (walk_structure(&w, &kept, err) || keep(&kept, fdt_off_dt_strings(fdt), strings, err) ||
        flush(&kept, err))
        return err->rc;
    return rk_wr_end(&wr, ret, err);
}
