/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit man: the man pages. */
#include "cli/commands.h"

#include "cli/man.h"
#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/publish.h"
#include "rotkit/manifest.h"

#include <stdlib.h>
#include <string.h>

struct page { /* text that grows in memory */
    FILE *file;
    char *text;
    size_t len;
};
#define PAGE_NONE                                                                                  \
    {                                                                                              \
        .file = NULL                                                                               \
    }

static void page_done(struct page *page)
{
    if (page->file != NULL)
        (void)fclose(page->file);
    free(page->text);
}

/* cmd NULL: rotkit(1) */
static enum rk_rc page_make(const struct app *app, const struct cmd *cmd, struct page *page,
                            struct rk_err *err)
{
    page->file = open_memstream(&page->text, &page->len);
    if (page->file == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    if (cmd == NULL)
        man_overview(app, page->file);
    else
        man_verb(app, page->file, cmd);
    if (fflush(page->file) != 0)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    return RK_OK;
}

static enum rk_rc write_page(const struct app *app, const char *folder, const struct cmd *cmd,
                             struct rk_err *err)
{
    RK_AUTO(page_done) struct page page = PAGE_NONE;
    char name[64], path[RK_PATH_MAX];

    (void)snprintf(name, sizeof name, "rotkit%s%s.1", cmd == NULL ? "" : "-",
                   cmd == NULL ? "" : cmd->name);
    if (page_make(app, cmd, &page, err) || rk_path_join(folder, name, path, sizeof path, err))
        return err->rc;
    return rk_file_write(path, RK_FILE_PUBLIC, page.text, page.len, err);
}

static enum rk_rc write_manifest_page(const struct app *app, const char *folder, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes page = RK_BYTES_NONE;
    char path[RK_PATH_MAX];

    if (rk_manifest_page(app->ctx, ROTKIT_DATE, ROTKIT_VERSION, &page, err) ||
        rk_path_join(folder, "rotkit-manifest.5", path, sizeof path, err))
        return err->rc;
    return rk_file_write(path, RK_FILE_PUBLIC, page.p, page.len, err);
}

static enum rk_rc write_all(const struct app *app, const char *folder, struct rk_err *err)
{
    if (rk_file_make_dirs(folder, err) || write_page(app, folder, NULL, err) ||
        write_manifest_page(app, folder, err))
        return err->rc;
    for (const struct cmd *const *cmd = app->verbs; *cmd != NULL; cmd++) {
        if (write_page(app, folder, *cmd, err))
            return err->rc;
    }
    return RK_OK;
}

/* The page of the manifest, or its JSON Schema. */
static enum rk_rc print_manifest(const struct app *app, bool schema, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (schema ? rk_manifest_schema(app->ctx, &text, err)
               : rk_manifest_page(app->ctx, ROTKIT_DATE, ROTKIT_VERSION, &text, err))
        return err->rc;
    return out_bytes(app, text.p, text.len, err);
}

static enum rk_rc print_page(const struct app *app, const char *verb, struct rk_err *err)
{
    RK_AUTO(page_done) struct page page = PAGE_NONE;
    const struct cmd *const *cmd = app->verbs;

    if (verb != NULL && strcmp(verb, "manifest") == 0)
        return print_manifest(app, false, err);
    while (verb != NULL && *cmd != NULL && strcmp((*cmd)->name, verb) != 0)
        cmd++;
    if (*cmd == NULL)
        return opt_fail(app, err, "unknown verb \"%s\"", verb);
    if (page_make(app, verb == NULL ? NULL : *cmd, &page, err))
        return err->rc;
    return out_bytes(app, page.text, page.len, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    const char *folder = NULL;
    bool schema = false;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output", 'o', OPT_STR, &folder, "DIR", "write all pages there instead of printing one", false },
        { "schema", 0, OPT_FLAG, &schema, NULL, "print the JSON Schema of the manifest instead", false },
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 1, &operands, err))
        return err->rc;
    if (folder != NULL && operands.count != 0)
        return opt_fail(app, err, "--output writes all pages: \"%s\" does not apply",
                        operands.v[0]);
    if (schema && (folder != NULL || operands.count != 0))
        return opt_fail(app, err, "--schema stands alone");
    if (schema)
        return print_manifest(app, true, err);
    if (folder != NULL)
        return write_all(app, folder, err);
    return print_page(app, operands.count == 0 ? NULL : operands.v[0], err);
}

const struct cmd cmd_man = {
    .name = "man",
    .args = "[VERB|manifest]",
    .summary = "print a man page",
    .about = "The page of a verb, of the manifest, or of rotkit as a whole, in mdoc:\n"
             "rotkit man ek | mandoc -l",
    .run = run,
};
