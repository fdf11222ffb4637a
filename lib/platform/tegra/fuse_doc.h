/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a fuse file: the XML that such files are made of, read in place. libxml2 would leave
 * the keys in memory that nobody wipes, and tells no offsets; so this takes less of XML than it: no
 * DTD, no references, no CDATA, no processing instructions, text in comments alone. What is taken
 * here is XML to every other reader, and means the same.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RK_FUSE_ENTRIES_MAX = 64 };

struct rk_fuse_text { /* borrowed; p NULL: absent */
    const char *p;
    size_t len;
};
struct rk_fuse_entry { /* a child of the root */
    struct rk_fuse_text tag;
    struct rk_fuse_text name, size, value;      /* of a fuse */
    struct rk_fuse_text provisioning, dev_type; /* of rpmb */
    struct rk_fuse_text odd;                    /* an attribute that is none of these */
    unsigned line;
    size_t offset, len;
};
struct rk_fuse_doc {
    struct rk_fuse_text magic, version, odd; /* of the root */
    unsigned line;
    size_t offset, len;
    struct rk_fuse_entry entry[RK_FUSE_ENTRIES_MAX];
    size_t count;
};
/* RK_E_FORMAT with line and column. Messages quote names, never values. */
enum rk_rc rk_fuse_doc_read(const uint8_t *text, size_t len, struct rk_fuse_doc *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* Whether the first element is that of a fuse file. */
bool rk_fuse_doc_is(const uint8_t *text, size_t len);
bool rk_fuse_text_is(struct rk_fuse_text text, const char *word);
