/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map as a page: the layout drawn to scale, one box a region of the first level, and a table of
 * everything. One file, no script, no link. A region too narrow to be seen keeps its true width;
 * its name stands in the legend below and on hovering.
 */
#include "rotkit/format_row.h"
#include "rotkit/counted.h"

#include "base/wr.h"

#include <inttypes.h>
#include <string.h>

enum { PAGE_MAX = 64 << 20, BAR_PX = 1200, NAME_FITS_PX = 90, SHADES = 12 };

static void escaped(struct rk_wr *wr, const char *text)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" } };

    for (; *text != '\0'; text++) {
        const char *entity = NULL;

        for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
            entity = entities[i].c == *text ? entities[i].entity : entity;
        if (entity != NULL)
            rk_wr_str(wr, entity);
        else
            rk_wr_bytes(wr, text, 1);
    }
}

static const char style[] =
    "body{font:14px/1.4 sans-serif;margin:24px;color:#222}"
    "h1{font-size:20px}svg{border:1px solid #888;background:repeating-linear-gradient(45deg,#eee 0 "
    "6px,#fafafa 6px 12px)}"
    "text{font:11px sans-serif}table{border-collapse:collapse;margin-top:16px}"
    "td,th{padding:2px 10px;border-bottom:1px solid #ddd;text-align:left}"
    "td.n{font-family:monospace;text-align:right}.holds{color:#060}.fails{color:#900}"
    ".unknown{color:#666}";

/* Green for what holds, red for what does not, grey for what is not known; neighbours differ. */
static void fill(const struct rk_region *region, size_t i, struct rk_wr *wr)
{
    static const struct {
        int hue, saturation;
    } colours[] = { [RK_HOLDS] = { 120, 45 },
                    [RK_FAILS] = { 0, 75 },
                    [RK_NOT_KNOWN] = { 0, 0 },
                    [RK_UNREADABLE] = { 0, 75 } };

    rk_wr_printf(wr, "fill=\"hsl(%d %d%% %zu%%)\"", colours[region->outcome].hue,
                 colours[region->outcome].saturation, 60 + i % SHADES * 2);
}

/* One box: x and width are the region's offset and length, in the file's own bytes. */
static void box(const struct rk_region *region, size_t i, struct rk_wr *wr)
{
    rk_wr_printf(wr,
                 "<rect class=\"region\" x=\"%" PRIu64 "\" y=\"0\" width=\"%" PRIu64
                 "\" height=\"120\" ",
                 region->offset, region->len);
    fill(region, i, wr);
    rk_wr_str(wr, " stroke=\"#333\" vector-effect=\"non-scaling-stroke\"><title>");
    escaped(wr, region->name);
    rk_wr_printf(wr, ", 0x%" PRIx64 ", %s: %s</title></rect>\n", region->offset,
                 RK_COUNTED(region->len, "byte"), rk_outcome_name(region->outcome));
}

/* Names in their own layer, which is not stretched. */
static void label(const struct rk_map *map, const struct rk_region *region, struct rk_wr *wr)
{
    uint64_t total = map->root->len, x, width;

    if (total == 0)
        return;
    x = region->offset / ((total + BAR_PX - 1) / BAR_PX);
    width = region->len / ((total + BAR_PX - 1) / BAR_PX);
    if (width < NAME_FITS_PX)
        return;
    rk_wr_printf(wr, "<text x=\"%" PRIu64 "\" y=\"64\" text-anchor=\"middle\">", x + width / 2);
    escaped(wr, region->name);
    rk_wr_str(wr, "</text>\n");
}

/* The file itself where nothing of it could be read. */
static const struct rk_region *parts(const struct rk_map *map)
{
    return map->root->child != NULL ? map->root->child : map->root;
}

static void drawing(const struct rk_map *map, struct rk_wr *wr)
{
    size_t i = 0;

    if (map->root == NULL || map->root->len == 0)
        return;
    rk_wr_printf(wr, "<svg width=\"%d\" height=\"120\" viewBox=\"0 0 %d 120\">\n", BAR_PX, BAR_PX);
    rk_wr_printf(wr,
                 "<svg id=\"layout\" width=\"%d\" height=\"120\" viewBox=\"0 0 %" PRIu64
                 " 120\" preserveAspectRatio=\"none\" style=\"border:0;background:none\">\n",
                 BAR_PX, map->root->len);
    for (const struct rk_region *r = parts(map); r != NULL; r = r->next)
        box(r, i++, wr);
    rk_wr_str(wr, "</svg>\n");
    for (const struct rk_region *r = parts(map); r != NULL; r = r->next)
        label(map, r, wr);
    rk_wr_str(wr, "</svg>\n");
}

static void table_rows(const struct rk_map *map, const struct rk_region *region, int depth,
                       struct rk_wr *wr)
{
    for (; region != NULL; region = region->next) {
        const struct rk_guard *digest = rk_map_guard_of(map, region, RK_GUARD_DIGEST);
        const struct rk_guard *signature = rk_map_guard_of(map, region, RK_GUARD_SIGNATURE);

        rk_wr_printf(wr,
                     "<tr><td class=\"n\">0x%" PRIx64 "</td><td class=\"n\">%" PRIu64
                     "</td><td style=\"padding-left:%dpx\">",
                     region->offset, region->len, 10 + 16 * depth);
        escaped(wr, region->name);
        rk_wr_str(wr, "</td><td>");
        escaped(wr, region->nested_format);
        rk_wr_str(wr, region->nested_format[0] == '\0' ? "" : " ");
        escaped(wr, region->note);
        rk_wr_str(wr, "</td><td>");
        escaped(wr, digest == NULL ? "" : digest->by);
        rk_wr_str(wr, "</td><td>");
        escaped(wr, signature == NULL ? "" : signature->by);
        rk_wr_printf(wr, "</td><td class=\"%s\">%s</td></tr>\n", rk_outcome_name(region->outcome),
                     rk_outcome_name(region->outcome));
        table_rows(map, region->child, depth + 1, wr);
    }
}

enum rk_rc rk_map_html(const struct rk_map *map, const char *title, struct rk_bytes *ret,
                       struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(PAGE_MAX);

    rk_wr_str(&wr, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    escaped(&wr, title);
    rk_wr_printf(&wr, "</title>\n<style>%s</style></head><body>\n<h1>", style);
    escaped(&wr, title);
    rk_wr_str(&wr, "</h1>\n<p>");
    escaped(&wr, map->format);
    rk_wr_str(&wr, ": ");
    escaped(&wr, map->integrity);
    rk_wr_str(&wr, "</p>\n");
    drawing(map, &wr);
    rk_wr_str(&wr, "<table><tr><th>offset</th><th>bytes</th><th>name</th><th>value</th>"
                   "<th>digest</th><th>signed by</th><th>outcome</th></tr>\n");
    table_rows(map, map->root == NULL ? NULL : parts(map), 0, &wr);
    rk_wr_str(&wr, "</table></body></html>\n");
    return rk_wr_end(&wr, ret, err);
}
