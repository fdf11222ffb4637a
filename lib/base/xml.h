/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small XML documents, read only, over libxml2. No DTD, no entity of the file's own, no network.
 * A node is a handle that the document owns.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

typedef struct rk_xml rk_xml;
struct rk_xv {
    void *node; /* NULL: absent */
};

/* RK_E_FORMAT with line and column; what names the file in messages. At most 1 MiB. */
enum rk_rc rk_xml_parse(const uint8_t *text, size_t len, const char *what, rk_xml **ret,
                        struct rk_err *err) RK_MUST_CHECK;
void rk_xml_free(rk_xml *xml);
RK_CLEANUP(rk_xml_done, rk_xml, rk_xml_free)
struct rk_xv rk_xml_root(const rk_xml *xml);
const char *rk_xml_name(struct rk_xv node); /* borrowed */
unsigned rk_xml_line(struct rk_xv node);
/* The first child element of this name (NULL: any), and the next sibling of one. */
struct rk_xv rk_xml_child(struct rk_xv node, const char *name);
struct rk_xv rk_xml_next(struct rk_xv node, const char *name);
/* An attribute, or the text inside an element without blanks at its ends; "" when absent or when it
 * does not fit. */
void rk_xml_attribute(struct rk_xv node, const char *name, char *ret, size_t ret_size);
void rk_xml_text(struct rk_xv node, char *ret, size_t ret_size);
