/* SPDX-License-Identifier: Apache-2.0 */
/* The file, its YAML and its platform's rows; what is wrong in it is told at the end. */
#include "manifest/outline.h"
#include "manifest/walk.h"

#include "base/digest.h"
#include "base/mem.h"

#include <string.h>

enum { MANIFEST_MAX = 1 << 20 };

RK_CLEANUP(free_at_exit, struct rk_manifest, rk_manifest_free)
RK_CLEANUP(free_faults, struct rk_mfaults, rk_mfaults_free)

static void parser_done(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void document_done(yaml_document_t *document)
{
    yaml_document_delete(document);
}

/* The folder of the manifest, "" for the working folder. */
static enum rk_rc find_folder(struct rk_loading *l, struct rk_err *err)
{
    const char *path = l->m->path, *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

    if (len >= sizeof l->folder)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    memcpy(l->folder, path, len);
    return RK_OK;
}

/* The rows are those of the manifest's platform; the default's while it is missing or unknown. */
static enum rk_rc choose_rows(const rk_ctx *ctx, struct rk_loading *l, const yaml_node_t *root,
                              struct rk_mrows **ret_any, struct rk_err *err)
{
    struct rk_manifest *m = l->m;
    const char *name = NULL;
    struct rk_err unknown;
    bool known;

    for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
         root->type == YAML_MAPPING_NODE && p < root->data.mapping.pairs.top; p++) {
        const char *key = rk_manifest_scalar(yaml_document_get_node(l->yaml, p->key));

        if (key != NULL && strcmp(key, "platform") == 0)
            name = rk_manifest_scalar(yaml_document_get_node(l->yaml, p->value));
    }
    known = name != NULL && rk_platform_find(ctx, name, &m->row, &unknown) == RK_OK;
    if (!known &&
        (rk_platform_find(ctx, NULL, &m->row, err) || rk_mrows_make(ctx, NULL, ret_any, err)))
        return err->rc;
    l->any = *ret_any;
    if (rk_mrows_make(ctx, m->row, &m->rows, err))
        return err->rc;
    m->settings = rk_alloc(1, m->row->settings_size + 1);
    return m->settings == NULL ? rk_fail_nomem(err) : RK_OK;
}

/* Of the platform's name, when there is one and nothing else is wrong with it. */
static enum rk_rc check_platform(const rk_ctx *ctx, const struct rk_manifest *m,
                                 struct rk_mfaults *faults, struct rk_err *err)
{
    const struct rk_platform *ignored;

    if (m->platform.v == NULL || rk_platform_find(ctx, m->platform.v, &ignored, err) == RK_OK)
        return RK_OK;
    (void)rk_manifest_at(m, m->platform.at, "platform", err);
    return rk_mfaults_keep(faults, err);
}

static enum rk_rc load_text(const rk_ctx *ctx, struct rk_manifest *m, const struct rk_bytes *text,
                            struct rk_mfaults *faults, struct rk_err *err)
{
    RK_AUTO(rk_mrows_done) struct rk_mrows *any = NULL;
    RK_AUTO(parser_done) yaml_parser_t parser = { 0 };
    RK_AUTO(document_done) yaml_document_t yaml = { 0 };
    struct rk_loading l = { .m = m, .base = m, .yaml = &yaml, .faults = faults };
    struct rk_mplace top = { .at = { 1, 1 } };
    yaml_node_t *root;

    if (find_folder(&l, err) || rk_manifest_outline(m, text, err))
        return err->rc;
    if (!yaml_parser_initialize(&parser))
        return rk_fail_nomem(err);
    yaml_parser_set_input_string(&parser, text->p, text->len);
    if (!yaml_parser_load(&parser, &yaml))
        return rk_manifest_fail_yaml(m, &parser, err);
    root = yaml_document_get_root_node(&yaml);
    if (root == NULL)
        return rk_manifest_fail(m, top.at, err, RK_E_USAGE, "the manifest is empty");
    if (choose_rows(ctx, &l, root, &any, err) ||
        (rk_manifest_walk(&l, &top, m->rows->top, root, err) && rk_mfaults_keep(faults, err)))
        return err->rc;
    return check_platform(ctx, m, faults, err);
}

enum rk_rc rk_manifest_load(const rk_ctx *ctx, const char *path, struct rk_manifest **ret,
                            struct rk_err *err)
{
    RK_AUTO(free_at_exit) struct rk_manifest *m = rk_alloc(1, sizeof *m);
    RK_AUTO(free_faults) struct rk_mfaults *faults = rk_alloc(1, sizeof *faults);
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (m == NULL || faults == NULL)
        return rk_fail_nomem(err);
    if (rk_file_read(path, MANIFEST_MAX, &text, err) || rk_manifest_keep_text(&m->path, path, err))
        return err->rc;
    if (rk_sha256(text.p, text.len, m->sha256, err))
        return err->rc;
    if (load_text(ctx, m, &text, faults, err) || rk_manifest_check(m, faults, err)) {
        if (faults->count < RK_MFAULTS_MAX)
            return err->rc;
    }
    if (rk_mfaults_end(ctx, faults, err))
        return err->rc;
    *ret = m;
    m = NULL;
    return RK_OK;
}
