/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a manifest may use of YAML, asked of the events before a document is made of them. Depth and
 * anchors cost libyaml time that grows with their square (a file of 500 kB took it minutes), and
 * an alias or a tag would make a value mean something else than it says.
 */
#include "manifest/outline.h"

enum { DEPTH_MAX = 8 }; /* ek.certificate.aia is the fourth */

static void parser_done(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void event_done(yaml_event_t *event)
{
    yaml_event_delete(event);
}

enum rk_rc rk_manifest_fail_yaml(const struct rk_manifest *m, const yaml_parser_t *parser,
                                 struct rk_err *err)
{
    struct rk_where at = { (unsigned)parser->problem_mark.line + 1,
                           (unsigned)parser->problem_mark.column + 1 };

    if (parser->error == YAML_MEMORY_ERROR)
        return rk_fail_nomem(err);
    return rk_manifest_fail(m, at, err, RK_E_USAGE, "no YAML: %s",
                            parser->problem == NULL ? "malformed" : parser->problem);
}

struct outline {
    unsigned documents, depth;
};

/* What a value carries beside itself, NULL when nothing. */
static const char *extra(const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        return "an anchor: a manifest has no aliases";
    return tag == NULL ? NULL : "a tag: the key says what its value is";
}

static const char *deeper(struct outline *outline)
{
    outline->depth++;
    return outline->depth > DEPTH_MAX ? "nested too deeply: nothing in a manifest is" : NULL;
}

static const char *refusal(struct outline *outline, const yaml_event_t *event)
{
    const char *why = NULL;

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        outline->documents++;
        return outline->documents > 1 ? "a second document: a manifest is one" : NULL;
    case YAML_SEQUENCE_START_EVENT:
        why = deeper(outline);
        return why != NULL
                   ? why
                   : extra(event->data.sequence_start.anchor, event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        why = deeper(outline);
        return why != NULL ? why
                           : extra(event->data.mapping_start.anchor, event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        outline->depth--;
        return NULL;
    case YAML_SCALAR_EVENT:
        return extra(event->data.scalar.anchor, event->data.scalar.tag);
    case YAML_ALIAS_EVENT:
        return "an alias: write the value out";
    default:
        return NULL;
    }
}

static enum rk_rc next_event(const struct rk_manifest *m, yaml_parser_t *parser,
                             struct outline *outline, bool *ret_end, struct rk_err *err)
{
    RK_AUTO(event_done) yaml_event_t event = { 0 };
    const char *why;

    if (!yaml_parser_parse(parser, &event))
        return rk_manifest_fail_yaml(m, parser, err);
    why = refusal(outline, &event);
    if (why != NULL) {
        struct rk_where at = { (unsigned)event.start_mark.line + 1,
                               (unsigned)event.start_mark.column + 1 };
        return rk_manifest_fail(m, at, err, RK_E_USAGE, "%s", why);
    }
    *ret_end = event.type == YAML_STREAM_END_EVENT;
    return RK_OK;
}

enum rk_rc rk_manifest_outline(const struct rk_manifest *m, const struct rk_bytes *text,
                               struct rk_err *err)
{
    RK_AUTO(parser_done) yaml_parser_t parser = { 0 };
    struct outline outline = { 0, 0 };
    bool end = false;

    if (!yaml_parser_initialize(&parser))
        return rk_fail_nomem(err);
    yaml_parser_set_input_string(&parser, text->p, text->len);
    while (!end) {
        if (next_event(m, &parser, &outline, &end, err))
            return err->rc;
    }
    return RK_OK;
}
