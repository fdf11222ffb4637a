/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

enum { XML_MAX = 1 << 20 };

struct rk_xml {
    xmlDocPtr doc;
};

void rk_xml_free(rk_xml *xml)
{
    if (xml == NULL)
        return;
    xmlFreeDoc(xml->doc);
    rk_free(xml);
}

static void parser_done(xmlParserCtxtPtr *parser)
{
    if (*parser != NULL)
        xmlFreeParserCtxt(*parser);
}

static enum rk_rc malformed(xmlParserCtxtPtr parser, const char *what, struct rk_err *err)
{
    const xmlError *fault = xmlCtxtGetLastError(parser);
    char text[200] = "malformed";

    if (fault != NULL && fault->message != NULL) {
        (void)snprintf(text, sizeof text, "%s", fault->message);
        text[strcspn(text, "\n")] = '\0';
    }
    return rk_fail_at(err, RK_E_FORMAT, what, fault == NULL ? 0 : (unsigned)fault->line,
                      fault == NULL ? 0 : (unsigned)fault->int2, "no XML: %s", text);
}

/* Behind the tag that starts at `at`, quoted values and all. */
static const uint8_t *end_of_tag(const uint8_t *at, const uint8_t *stop)
{
    uint8_t quote = 0;

    for (; at < stop; at++) {
        if (quote != 0)
            quote = *at == quote ? 0 : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == '>')
            break;
    }
    return at;
}

/*
 * libxml2 compares each attribute of an element with those before it. Comments are as long as they
 * like; what is behind a fault in one is the parser's to say.
 */
static bool has_long_tag(const uint8_t *text, size_t len)
{
    enum { TAG_MAX = 16384 };
    static const char begin[] = "<!--", end[] = "-->";
    const uint8_t *at = text, *stop = text + len;

    while (at < stop && (at = memchr(at, '<', (size_t)(stop - at))) != NULL) {
        bool comment =
            (size_t)(stop - at) >= sizeof begin - 1 && memcmp(at, begin, sizeof begin - 1) == 0;
        const uint8_t *behind =
            comment ? memmem(at, (size_t)(stop - at), end, sizeof end - 1) : end_of_tag(at, stop);

        if (behind == NULL)
            return false;
        if (!comment && behind - at > TAG_MAX)
            return true;
        at = behind;
    }
    return false;
}

enum rk_rc rk_xml_parse(const uint8_t *text, size_t len, const char *what, rk_xml **ret,
                        struct rk_err *err)
{
    RK_AUTO(parser_done) xmlParserCtxtPtr parser = xmlNewParserCtxt();
    RK_AUTO(rk_xml_done) rk_xml *xml = rk_alloc(1, sizeof *xml);

    if (parser == NULL || xml == NULL)
        return rk_fail_nomem(err);
    if (len == 0 || len > XML_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s: %s, expected 1 to %d", what, RK_COUNTED(len, "byte"),
                       XML_MAX);
    if (has_long_tag(text, len))
        return rk_fail(err, RK_E_FORMAT, "%s: an element of more than 16 KiB of attributes", what);
    xml->doc = xmlCtxtReadMemory(parser, (const char *)text, (int)len, NULL, NULL,
                                 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                     XML_PARSE_NOCDATA | XML_PARSE_NOBLANKS);
    if (xml->doc == NULL || xmlDocGetRootElement(xml->doc) == NULL)
        return malformed(parser, what, err);
    if (xml->doc->intSubset != NULL || xml->doc->extSubset != NULL)
        return rk_fail(err, RK_E_FORMAT, "%s: a DTD, which is not read here", what);
    *ret = xml;
    xml = NULL;
    return RK_OK;
}

struct rk_xv rk_xml_root(const rk_xml *xml)
{
    return (struct rk_xv) { xmlDocGetRootElement(xml->doc) };
}

static struct rk_xv first_named(xmlNodePtr node, const char *name)
{
    for (; node != NULL; node = node->next) {
        if (node->type == XML_ELEMENT_NODE &&
            (name == NULL || strcmp((const char *)node->name, name) == 0))
            break;
    }
    return (struct rk_xv) { node };
}

const char *rk_xml_name(struct rk_xv v)
{
    return (const char *)((xmlNodePtr)v.node)->name;
}

unsigned rk_xml_line(struct rk_xv v)
{
    return (unsigned)xmlGetLineNo(v.node);
}

struct rk_xv rk_xml_child(struct rk_xv v, const char *name)
{
    return first_named(((xmlNodePtr)v.node)->children, name);
}

struct rk_xv rk_xml_next(struct rk_xv v, const char *name)
{
    return first_named(((xmlNodePtr)v.node)->next, name);
}

/* Takes a string of libxml2. */
static void keep(xmlChar *text, char *ret, size_t ret_size)
{
    const char *from = (const char *)text;
    size_t len;

    ret[0] = '\0';
    if (text == NULL)
        return;
    while (isspace((unsigned char)*from))
        from++;
    for (len = strlen(from); len > 0 && isspace((unsigned char)from[len - 1]);)
        len--;
    if (len < ret_size) {
        memcpy(ret, from, len);
        ret[len] = '\0';
    }
    xmlFree(text);
}

void rk_xml_attribute(struct rk_xv v, const char *name, char *ret, size_t ret_size)
{
    keep(xmlGetNoNsProp(v.node, (const xmlChar *)name), ret, ret_size);
}

void rk_xml_text(struct rk_xv v, char *ret, size_t ret_size)
{
    ret[0] = '\0';
    if (v.node != NULL)
        keep(xmlNodeGetContent(v.node), ret, ret_size);
}
