/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to the model, by the rows. */
#include "manifest/rows.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "ftpmprov/ctx.h"
#include "ftpmprov/file.h"
#include "ftpmprov/hex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

enum { MANIFEST_MAX = 1 << 20, TEXT_MAX = 4096, NAME_MAX_LEN = 64 };

struct loading {
    struct rk_manifest *m;
    yaml_document_t *yaml;
    char folder[RK_PATH_MAX];
};

static void *member(struct rk_manifest *m, const struct rk_mrow *row)
{
    return (uint8_t *)m + row->member;
}

static void free_rows(struct rk_manifest *m, const struct rk_mrow *rows)
{
    for (; rows->key != NULL; rows++) {
        struct rk_mlist *list = member(m, rows);
        struct rk_mstr *str = member(m, rows);

        switch (rows->kind) {
        case RK_M_SECTION:
            free_rows(m, rows->sub);
            break;
        case RK_M_LIST:
            for (size_t i = 0; i < list->count; i++)
                rk_free(list->v[i]);
            break;
        case RK_M_TEXT:
        case RK_M_PATH:
        case RK_M_KEY:
        case RK_M_CHOICE:
            rk_free(str->v);
            break;
        case RK_M_NUMBER:
        case RK_M_DATE:
        case RK_M_BOOL:
            break;
        }
    }
}

void rk_manifest_free(struct rk_manifest *m)
{
    if (m == NULL)
        return;
    free_rows(m, rk_manifest_rows);
    rk_free(m->path);
    rk_free(m);
}

static void free_at_exit(struct rk_manifest **m)
{
    rk_manifest_free(*m);
}

enum rk_rc rk_manifest_fail(const struct rk_manifest *m, struct rk_where at, struct rk_err *err,
                            enum rk_rc rc, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return rk_fail_at(err, rc, m->path, at.line, at.column, "%s", text);
}

static struct rk_where where(const yaml_node_t *node)
{
    return (struct rk_where) { (unsigned)node->start_mark.line + 1,
                               (unsigned)node->start_mark.column + 1 };
}

/* ---- values ---- */

/* Where a value stands and what it is called, for messages. */
struct place {
    struct rk_where at;
    char name[128]; /* "ek.certificate.model" */
};

static enum rk_rc wrong(const struct loading *l, const struct place *place, struct rk_err *err,
                        const char *what, const char *text)
{
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s, found \"%s\"", place->name,
                            what, text);
}

/* text with each ${NAME} replaced from the environment. */
static enum rk_rc expand(const struct loading *l, const struct place *place, const char *text,
                         struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TEXT_MAX);
    const char *open, *close;
    char name[NAME_MAX_LEN];

    while ((open = strstr(text, "${")) != NULL) {
        close = strchr(open, '}');
        if (close == NULL || (size_t)(close - open - 2) >= sizeof name)
            return wrong(l, place, err, "malformed ${VAR}", text);
        (void)snprintf(name, sizeof name, "%.*s", (int)(close - open - 2), open + 2);
        const char *value = secure_getenv(name);
        if (value == NULL)
            return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                                    "%s: environment variable \"%s\" is not set", place->name,
                                    name);
        rk_wr_bytes(&wr, text, (size_t)(open - text));
        rk_wr_str(&wr, value);
        text = close + 1;
    }
    rk_wr_str(&wr, text);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc keep_text(char **ret, const char *text, struct rk_err *err)
{
    *ret = rk_strdup(text);
    return *ret != NULL ? RK_OK : rk_fail_nomem(err);
}

static enum rk_rc keep_path(const struct loading *l, char **ret, const char *text,
                            struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_path_join(l->folder, text, path, sizeof path, err))
        return err->rc;
    return keep_text(ret, path, err);
}

static const char *const files[] = { "file:", "pub:" };

/* A path, alone or behind file: or pub:, is relative to the manifest; other URIs are kept. */
static enum rk_rc keep_key(const struct loading *l, char **ret, const char *text,
                           struct rk_err *err)
{
    char path[RK_PATH_MAX], uri[RK_PATH_MAX + 8];

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(files[i]);

        if (strncmp(text, files[i], len) != 0)
            continue;
        if (rk_path_join(l->folder, text + len, path, sizeof path, err))
            return err->rc;
        (void)snprintf(uri, sizeof uri, "%s%s", files[i], path);
        return keep_text(ret, uri, err);
    }
    if (strncmp(text, "env:", 4) == 0 || strncmp(text, "pkcs11:", 7) == 0 ||
        strncmp(text, "helper:", 7) == 0)
        return keep_text(ret, text, err);
    return keep_path(l, ret, text, err);
}

static enum rk_rc keep_choice(const struct loading *l, const struct place *place,
                              const struct rk_mrow *row, char **ret, const char *text,
                              struct rk_err *err)
{
    char known[256] = "";

    for (const char *const *v = row->values; *v != NULL; v++) {
        size_t used = strlen(known);

        if (strcmp(*v, text) == 0)
            return keep_text(ret, text, err);
        (void)snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ", *v);
    }
    return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE,
                            "%s: unknown value \"%s\" (known: %s)", place->name, text, known);
}

static enum rk_rc set_str(const struct loading *l, const struct place *place,
                          const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mstr *str = member(l->m, row);
    RK_AUTO(rk_bytes_done) struct rk_bytes expanded = RK_BYTES_NONE;

    if (text[0] == '\0')
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: empty value", place->name);
    if ((row->flags & RK_M_VARIABLES) != 0) {
        if (expand(l, place, text, &expanded, err))
            return err->rc;
        text = (const char *)expanded.p;
    }
    str->at = place->at;
    switch (row->kind) {
    case RK_M_PATH:
        return keep_path(l, &str->v, text, err);
    case RK_M_KEY:
        return keep_key(l, &str->v, text, err);
    case RK_M_CHOICE:
        return keep_choice(l, place, row, &str->v, text, err);
    default:
        return keep_text(&str->v, text, err);
    }
}

static enum rk_rc set_number(const struct loading *l, const struct place *place,
                             const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mnum *num = member(l->m, row);
    struct rk_err detail;
    uint64_t v;

    if (row->kind == RK_M_DATE) {
        if (rk_clock_parse(text, &num->v, &detail) != RK_OK)
            return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s", place->name,
                                    detail.msg);
    } else {
        if (rk_parse_u64(text, INT64_MAX, &v, &detail) != RK_OK)
            return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: %s", place->name,
                                    detail.msg);
        num->v = (int64_t)v;
    }
    num->set = true;
    num->at = place->at;
    return RK_OK;
}

static enum rk_rc set_bool(const struct loading *l, const struct place *place,
                           const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mbool *b = member(l->m, row);

    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return wrong(l, place, err, "expected true or false", text);
    b->v = text[0] == 't';
    b->at = place->at;
    return RK_OK;
}

static enum rk_rc add_to_list(const struct loading *l, const struct place *place,
                              const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    struct rk_mlist *list = member(l->m, row);

    if (list->count == RK_MLIST_MAX)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: more than %d entries",
                                place->name, RK_MLIST_MAX);
    if (keep_text(&list->v[list->count], text, err))
        return err->rc;
    list->count++;
    list->at = place->at;
    return RK_OK;
}

static enum rk_rc set_scalar(const struct loading *l, const struct place *place,
                             const struct rk_mrow *row, const char *text, struct rk_err *err)
{
    switch (row->kind) {
    case RK_M_NUMBER:
    case RK_M_DATE:
        return set_number(l, place, row, text, err);
    case RK_M_BOOL:
        return set_bool(l, place, row, text, err);
    default:
        return set_str(l, place, row, text, err);
    }
}

/* A scalar without NUL bytes, or NULL. */
static const char *scalar(const yaml_node_t *node)
{
    const char *text;

    if (node->type != YAML_SCALAR_NODE)
        return NULL;
    text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}

static enum rk_rc load_list(const struct loading *l, const struct place *place,
                            const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected a list",
                                place->name);
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        yaml_node_t *entry = yaml_document_get_node(l->yaml, *i);
        struct place entry_place = *place;
        const char *text = scalar(entry);

        entry_place.at = where(entry);
        if (text == NULL)
            return rk_manifest_fail(l->m, entry_place.at, err, RK_E_USAGE, "%s: expected text",
                                    place->name);
        if (add_to_list(l, &entry_place, row, text, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_section(const struct loading *l, const struct place *place,
                               const struct rk_mrow *rows, const yaml_node_t *node,
                               struct rk_err *err);

static enum rk_rc load_value(const struct loading *l, const struct place *place,
                             const struct rk_mrow *row, const yaml_node_t *node, struct rk_err *err)
{
    const char *text = scalar(node);

    if (row->kind == RK_M_SECTION) {
        struct rk_where *at = member(l->m, row);

        *at = place->at;
        return load_section(l, place, row->sub, node, err);
    }
    if (row->kind == RK_M_LIST)
        return load_list(l, place, row, node, err);
    if (text == NULL)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s: expected a single value",
                                place->name);
    return set_scalar(l, place, row, text, err);
}

static enum rk_rc unknown_key(const struct loading *l, const struct place *section,
                              const struct rk_mrow *rows, const char *key, struct rk_where at,
                              struct rk_err *err)
{
    const char *hint = rk_manifest_nearest(rows, key);

    (void)rk_manifest_fail(l->m, at, err, RK_E_USAGE, "%s%sunknown key \"%s\"", section->name,
                           section->name[0] == '\0' ? "" : ": ", key);
    return hint == NULL ? err->rc : rk_note(err, "did you mean \"%s\"?", hint);
}

static const struct rk_mrow *find_row(const struct rk_mrow *rows, const char *key)
{
    for (; rows->key != NULL; rows++) {
        if (strcmp(rows->key, key) == 0)
            return rows;
    }
    return NULL;
}

static enum rk_rc check_doubled(const struct loading *l, const struct place *section,
                                const yaml_node_t *node, const yaml_node_pair_t *until,
                                const char *key, struct rk_where at, struct rk_err *err)
{
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < until; p++) {
        yaml_node_t *earlier = yaml_document_get_node(l->yaml, p->key);

        if (scalar(earlier) != NULL && strcmp(scalar(earlier), key) == 0)
            return rk_manifest_fail(l->m, at, err, RK_E_USAGE,
                                    "%s%skey \"%s\" is on line %u already", section->name,
                                    section->name[0] == '\0' ? "" : ": ", key, where(earlier).line);
    }
    return RK_OK;
}

static enum rk_rc load_pair(const struct loading *l, const struct place *section,
                            const struct rk_mrow *rows, const yaml_node_t *node,
                            const yaml_node_pair_t *pair, struct rk_err *err)
{
    yaml_node_t *key_node = yaml_document_get_node(l->yaml, pair->key);
    yaml_node_t *value = yaml_document_get_node(l->yaml, pair->value);
    const char *key = scalar(key_node);
    struct place place = { .at = where(value) };
    const struct rk_mrow *row = key == NULL ? NULL : find_row(rows, key);

    if (key == NULL)
        return rk_manifest_fail(l->m, where(key_node), err, RK_E_USAGE, "a key that is no text");
    if (row == NULL)
        return unknown_key(l, section, rows, key, where(key_node), err);
    if (check_doubled(l, section, node, pair, key, where(key_node), err))
        return err->rc;
    (void)snprintf(place.name, sizeof place.name, "%.60s%s%s", section->name,
                   section->name[0] == '\0' ? "" : ".", key);
    return load_value(l, &place, row, value, err);
}

static bool has_key(const struct loading *l, const yaml_node_t *node, const char *key)
{
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const char *name = scalar(yaml_document_get_node(l->yaml, p->key));

        if (name != NULL && strcmp(name, key) == 0)
            return true;
    }
    return false;
}

/* Lists are short enough to be given as "A, B". */
static enum rk_rc set_default(const struct loading *l, const struct rk_mrow *row,
                              struct rk_err *err)
{
    struct place place = { .at = { 0, 0 } };
    char text[128], *rest = text, *entry;

    (void)snprintf(place.name, sizeof place.name, "%s", row->key);
    if (row->kind != RK_M_LIST)
        return set_scalar(l, &place, row, row->def, err);
    (void)snprintf(text, sizeof text, "%s", row->def);
    while ((entry = strsep(&rest, ",")) != NULL) {
        if (add_to_list(l, &place, row, entry + strspn(entry, " "), err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc fill_in(const struct loading *l, const struct place *section,
                          const struct rk_mrow *rows, const yaml_node_t *node, struct rk_err *err)
{
    for (; rows->key != NULL; rows++) {
        if (has_key(l, node, rows->key))
            continue;
        if ((rows->flags & RK_M_REQUIRED) != 0)
            return rk_manifest_fail(l->m, section->at, err, RK_E_USAGE,
                                    "%s%skey \"%s\" is missing (%s)", section->name,
                                    section->name[0] == '\0' ? "" : ": ", rows->key, rows->help);
        if (rows->def != NULL && set_default(l, rows, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc load_section(const struct loading *l, const struct place *place,
                               const struct rk_mrow *rows, const yaml_node_t *node,
                               struct rk_err *err)
{
    if (node->type != YAML_MAPPING_NODE)
        return rk_manifest_fail(l->m, place->at, err, RK_E_USAGE, "%s%sexpected keys and values",
                                place->name, place->name[0] == '\0' ? "" : ": ");
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        if (load_pair(l, place, rows, node, p, err))
            return err->rc;
    }
    return fill_in(l, place, rows, node, err);
}

/* ---- the file ---- */

static void parser_done(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void document_done(yaml_document_t *document)
{
    yaml_document_delete(document);
}

static enum rk_rc yaml_failed(const struct rk_manifest *m, const yaml_parser_t *parser,
                              struct rk_err *err)
{
    struct rk_where at = { (unsigned)parser->problem_mark.line + 1,
                           (unsigned)parser->problem_mark.column + 1 };

    if (parser->error == YAML_MEMORY_ERROR)
        return rk_fail_nomem(err);
    return rk_manifest_fail(m, at, err, RK_E_USAGE, "no YAML: %s",
                            parser->problem == NULL ? "malformed" : parser->problem);
}

/* Nothing but the end may follow the first document. */
static enum rk_rc check_single(const struct rk_manifest *m, yaml_parser_t *parser,
                               struct rk_err *err)
{
    RK_AUTO(document_done) yaml_document_t next = { 0 };
    yaml_node_t *root;

    if (!yaml_parser_load(parser, &next))
        return yaml_failed(m, parser, err);
    root = yaml_document_get_root_node(&next);
    if (root != NULL)
        return rk_manifest_fail(m, where(root), err, RK_E_USAGE,
                                "a second document: a manifest is one");
    return RK_OK;
}

static enum rk_rc load_text(struct rk_manifest *m, const struct rk_bytes *text, struct rk_err *err)
{
    RK_AUTO(parser_done) yaml_parser_t parser = { 0 };
    RK_AUTO(document_done) yaml_document_t yaml = { 0 };
    struct loading l = { .m = m, .yaml = &yaml };
    struct place top = { .at = { 1, 1 } };
    const char *slash = strrchr(m->path, '/');
    yaml_node_t *root;

    if (!yaml_parser_initialize(&parser))
        return rk_fail_nomem(err);
    yaml_parser_set_input_string(&parser, text->p, text->len);
    if (!yaml_parser_load(&parser, &yaml))
        return yaml_failed(m, &parser, err);
    root = yaml_document_get_root_node(&yaml);
    if (root == NULL)
        return rk_manifest_fail(m, top.at, err, RK_E_USAGE, "the manifest is empty");
    if (slash != NULL)
        (void)snprintf(l.folder, sizeof l.folder, "%.*s", (int)(slash - m->path), m->path);
    if (load_section(&l, &top, rk_manifest_rows, root, err))
        return err->rc;
    return check_single(m, &parser, err);
}

enum rk_rc rk_manifest_load(const char *path, struct rk_manifest **ret, struct rk_err *err)
{
    RK_AUTO(free_at_exit) struct rk_manifest *m = rk_alloc(1, sizeof *m);
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (m == NULL)
        return rk_fail_nomem(err);
    if (rk_file_read(path, MANIFEST_MAX, &text, err) || keep_text(&m->path, path, err))
        return err->rc;
    if (EVP_Digest(text.p, text.len, m->sha256, NULL, EVP_sha256(), NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    if (load_text(m, &text, err) || rk_manifest_check(m, err))
        return err->rc;
    *ret = m;
    m = NULL;
    return RK_OK;
}
