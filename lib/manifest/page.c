/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit-manifest(5), in mdoc, from the rows. */
#include "manifest/rows.h"

#include "base/wr.h"

#include <string.h>

enum { PAGE_MAX = 1 << 20 };

/* clang-format off */
static const char *const kinds[RK_M_KINDS] = {
    [RK_M_TEXT]       = "text",
    [RK_M_PATH]       = "path",
    [RK_M_KEY]        = "key",
    [RK_M_PASSPHRASE] = "source",
    [RK_M_CHOICE]     = "choice",
    [RK_M_NUMBER]     = "number",
    [RK_M_U16]        = "number below 65536",
    [RK_M_U32]        = "number below 4294967296",
    [RK_M_DATE]       = "date",
    [RK_M_BOOL]       = "true or false",
    [RK_M_LIST]       = "list",
    [RK_M_TEXTS]      = "names, each with a text",
    [RK_M_PATHS]      = "names, each with a path",
    [RK_M_KEYS]       = "names, each with a key",
    [RK_M_SECTION]    = "section",
    [RK_M_PLATFORM]   = "section",
    [RK_M_IMAGES]     = "names, each with the keys below",
};
/* clang-format on */

static const char head[] =
    ".Sh NAME\n"
    ".Nm rotkit-manifest\n"
    ".Nd what rotkit build works from\n"
    ".Sh DESCRIPTION\n"
    "A manifest is a YAML file.\n"
    "A key that is unknown, missing, doubled or of the wrong type is an error with file, line and\n"
    "column.\n"
    ".Pp\n"
    "A path is relative to the folder of the manifest.\n"
    "A key is named as in\n"
    ".Xr rotkit 1 .\n"
    "A number is decimal, or hexadecimal behind 0x.\n"
    "A date is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC.\n"
    "Where it says so below, ${NAME} stands for an environment variable.\n";

/* A line a sentence, as mdoc wants it. */
static void put_text(struct rk_wr *wr, const char *text)
{
    const char *end;

    while ((end = strstr(text, ". ")) != NULL) {
        rk_wr_printf(wr, "%.*s\n", (int)(end + 1 - text), text);
        text = end + 2;
    }
    rk_wr_printf(wr, "%s\n", text);
}

static void put_value(struct rk_wr *wr, const struct rk_mrow *row)
{
    rk_wr_printf(wr, ".Pq %s", kinds[row->kind]);
    if (row->kind == RK_M_CHOICE) {
        const char *between = ": ";

        for (const char *const *v = row->values; *v != NULL; v++, between = ", ")
            rk_wr_printf(wr, "%s%s", between, *v);
    }
    if ((row->flags & RK_M_REQUIRED) != 0)
        rk_wr_printf(wr, "; required");
    if ((row->flags & RK_M_VARIABLES) != 0)
        rk_wr_printf(wr, "; ${NAME} allowed");
    if (row->def != NULL)
        rk_wr_printf(wr, "; default %s", row->def);
    rk_wr_printf(wr, "\n");
}

static void put_rows(struct rk_wr *wr, const struct rk_mrow *rows)
{
    rk_wr_printf(wr, ".Bl -tag -width Ds\n");
    for (const struct rk_mrow *row = rows; row->key != NULL; row++) {
        rk_wr_printf(wr, ".It Li %s\n", row->key);
        put_text(wr, row->help);
        put_value(wr, row);
        if (row->sub != NULL)
            put_rows(wr, row->sub);
    }
    rk_wr_printf(wr, ".El\n");
}

enum rk_rc rk_manifest_page(const rk_ctx *ctx, const char *date, const char *version,
                            struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(PAGE_MAX);
    RK_AUTO(rk_mrows_done) struct rk_mrows *rows = NULL;

    if (rk_mrows_make(ctx, NULL, &rows, err))
        return err->rc;
    rk_wr_printf(&wr, ".Dd %s\n.Dt ROTKIT-MANIFEST 5\n.Os rotkit %s\n", date, version);
    rk_wr_str(&wr, head);
    rk_wr_printf(&wr, ".Sh KEYS\n");
    put_rows(&wr, rows->top);
    rk_wr_printf(&wr, ".Sh SEE ALSO\n.Xr rotkit-build 1 ,\n.Xr rotkit-init 1\n");
    return rk_wr_end(&wr, ret, err);
}
