/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/tegra/fuse_doc.h"

#include "rotkit/counted.h"
#include "rotkit/fuse_file.h"
#include "rotkit/words.h"

#include <stdio.h>
#include <string.h>

enum { ATTRIBUTES_MAX = 16, NAME_MAX_LEN = 64 };

struct reading {
    const char *text, *at, *end;
};
struct attribute {
    struct rk_fuse_text name, value;
};
struct tag {
    struct rk_fuse_text name;
    struct attribute attribute[ATTRIBUTES_MAX];
    size_t count;
    bool closes; /* </name> */
    bool closed; /* <name/> */
    const char *from;
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char further[] = "0123456789.-";
static const char blanks[] = " \t\r\n";

bool rk_fuse_text_is(struct rk_fuse_text text, const char *word)
{
    return text.p != NULL && text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool begins(const struct reading *r, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(r->end - r->at) >= len && memcmp(r->at, word, len) == 0;
}

static void skip_blanks(struct reading *r)
{
    while (r->at < r->end && is_in(*r->at, blanks))
        r->at++;
}

static unsigned line_of(const struct reading *r, const char *at)
{
    unsigned line = 1;

    for (const char *p = r->text; p < at; p++)
        line += *p == '\n';
    return line;
}

static enum rk_rc bad(const struct reading *r, struct rk_err *err, const char *what)
{
    const char *start = r->at;

    while (start > r->text && start[-1] != '\n')
        start--;
    return rk_fail_at(err, RK_E_FORMAT, "fuse file", line_of(r, r->at),
                      (unsigned)(r->at - start) + 1, "%s", what);
}

/* ---- tags ---- */

static enum rk_rc read_name(struct reading *r, struct rk_fuse_text *ret, struct rk_err *err)
{
    const char *from = r->at;

    if (r->at == r->end || !is_in(*r->at, letters))
        return bad(r, err, "a name is expected");
    while (r->at < r->end && (is_in(*r->at, letters) || is_in(*r->at, further)))
        r->at++;
    if (r->at - from > NAME_MAX_LEN)
        return bad(r, err, "a name of more than 64 letters");
    *ret = (struct rk_fuse_text) { from, (size_t)(r->at - from) };
    return RK_OK;
}

static enum rk_rc read_value(struct reading *r, struct rk_fuse_text *ret, struct rk_err *err)
{
    const char *from;
    char quote;

    skip_blanks(r);
    if (r->at == r->end || *r->at != '=')
        return bad(r, err, "an attribute without a value");
    r->at++;
    skip_blanks(r);
    if (r->at == r->end || !is_in(*r->at, "\"'"))
        return bad(r, err, "an attribute's value is not in quotes");
    quote = *r->at++;
    for (from = r->at; r->at < r->end && *r->at != quote; r->at++) {
        if (is_in(*r->at, "<&"))
            return bad(r, err, "a reference or tag inside of an attribute: write the value out");
        if (*r->at < ' ' || (unsigned char)*r->at >= 0x80)
            return bad(r, err, "an attribute's value has other than plain letters on one line");
    }
    if (r->at == r->end)
        return bad(r, err, "an attribute's value has no end");
    *ret = (struct rk_fuse_text) { from, (size_t)(r->at - from) };
    r->at++;
    return RK_OK;
}

static bool same_text(struct rk_fuse_text a, struct rk_fuse_text b)
{
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static enum rk_rc read_attribute(struct reading *r, struct tag *tag, struct rk_err *err)
{
    struct attribute *a = &tag->attribute[tag->count];

    if (tag->count == ATTRIBUTES_MAX)
        return bad(r, err, "more than 16 attributes");
    if (read_name(r, &a->name, err))
        return err->rc;
    for (size_t i = 0; i < tag->count; i++) {
        if (same_text(tag->attribute[i].name, a->name))
            return bad(r, err, "an attribute a second time");
    }
    tag->count++;
    return read_value(r, &a->value, err);
}

/* From '<' to behind '>'. */
static enum rk_rc read_tag(struct reading *r, struct tag *ret, struct rk_err *err)
{
    *ret = (struct tag) { .from = r->at };
    if (!begins(r, "<"))
        return bad(r, err,
                   r->at == r->end ? "cut short: a tag is expected"
                                   : "text between tags: a fuse file has none");
    if (begins(r, "<!") || begins(r, "<?"))
        return bad(r, err, "a DTD, CDATA or processing instruction: a fuse file has none");
    r->at++;
    ret->closes = begins(r, "/");
    r->at += ret->closes;
    if (read_name(r, &ret->name, err))
        return err->rc;
    for (;;) {
        const char *before = r->at;

        skip_blanks(r);
        if (begins(r, ">") || (!ret->closes && begins(r, "/>")))
            break;
        if (before == r->at || ret->closes)
            return bad(r, err, "the tag is malformed");
        if (read_attribute(r, ret, err))
            return err->rc;
    }
    ret->closed = *r->at == '/';
    r->at += ret->closed ? 2 : 1;
    return RK_OK;
}

/* ---- what stands between ---- */

/* Bytes that XML takes in a comment: no controls, whole characters of UTF-8. */
static bool is_plain(const char *p, size_t len)
{
    static const char last[] = "\xef\xbf\xbe", nobody[] = "\xef\xbf\xbf";

    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)p[i] < ' ' && !is_in(p[i], blanks))
            return false;
    }
    return rk_words_are_utf8((const uint8_t *)p, len) && memmem(p, len, last, 3) == NULL &&
           memmem(p, len, nobody, 3) == NULL;
}

static enum rk_rc skip_comment(struct reading *r, struct rk_err *err)
{
    const char *from = r->at + 4, *dashes = memmem(from, (size_t)(r->end - from), "--", 2);

    if (dashes == NULL || r->end - dashes < 3)
        return bad(r, err, "a comment has no end");
    if (dashes[2] != '>')
        return bad(r, err, "two dashes inside of a comment");
    if (!is_plain(from, (size_t)(dashes - from)))
        return bad(r, err, "a comment that is no text in UTF-8");
    r->at = dashes + 3;
    return RK_OK;
}

static enum rk_rc skip_between(struct reading *r, struct rk_err *err)
{
    for (skip_blanks(r); begins(r, "<!--"); skip_blanks(r)) {
        if (skip_comment(r, err))
            return err->rc;
    }
    return RK_OK;
}

static bool is_utf8(struct rk_fuse_text encoding)
{
    static const char name[] = "UTF-8";

    return encoding.len == sizeof name - 1 && strncasecmp(encoding.p, name, encoding.len) == 0;
}

/* <?xml version="1.0" encoding="UTF-8" standalone="yes"?>, at the very start; none is needed. */
static enum rk_rc skip_prolog(struct reading *r, struct rk_err *err)
{
    static const char *const names[] = { "version", "encoding", "standalone" };
    size_t next = 0;

    if (begins(r, "\xef\xbb\xbf"))
        r->at += 3;
    if (!begins(r, "<?xml ") && !begins(r, "<?xml\t") && !begins(r, "<?xml\n") &&
        !begins(r, "<?xml\r"))
        return RK_OK;
    r->at += 5;
    for (skip_blanks(r); !begins(r, "?>"); skip_blanks(r)) {
        struct rk_fuse_text name, value;
        size_t i = next;

        if (!is_in(r->at[-1], blanks))
            return bad(r, err, "the XML declaration is malformed");
        if (read_name(r, &name, err) || read_value(r, &value, err))
            return err->rc;
        while (i < 3 && !rk_fuse_text_is(name, names[i]))
            i++;
        if (i == 3 || (next == 0 && i != 0) || (i == 0 && !rk_fuse_text_is(value, "1.0")) ||
            (i == 1 && !is_utf8(value)) ||
            (i == 2 && !rk_fuse_text_is(value, "yes") && !rk_fuse_text_is(value, "no")))
            return bad(r, err, "the XML declaration: version 1.0 in UTF-8 is expected");
        next = i + 1;
    }
    if (next == 0)
        return bad(r, err, "the XML declaration has no version");
    r->at += 2;
    return RK_OK;
}

/* ---- the file ---- */

static void set_attributes(const struct tag *tag, struct rk_fuse_entry *entry)
{
    const struct {
        const char *tag, *name;
        struct rk_fuse_text *into;
    } rows[] = {
        { "fuse", "name", &entry->name },         { "fuse", "size", &entry->size },
        { "fuse", "value", &entry->value },       { "rpmb", "provisioning", &entry->provisioning },
        { "rpmb", "dev_type", &entry->dev_type },
    };

    for (size_t i = 0; i < tag->count; i++) {
        struct rk_fuse_text *into = &entry->odd;
        struct rk_fuse_text value = tag->attribute[i].name;

        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            if (rk_fuse_text_is(tag->name, rows[k].tag) &&
                rk_fuse_text_is(tag->attribute[i].name, rows[k].name)) {
                into = rows[k].into;
                value = tag->attribute[i].value;
            }
        }
        *into = value;
    }
}

/* Behind the start tag of an element without content, its end tag. */
static enum rk_rc read_end(struct reading *r, const struct tag *start, struct rk_err *err)
{
    struct tag end;

    if (skip_between(r, err) || read_tag(r, &end, err))
        return err->rc;
    if (!end.closes || !same_text(end.name, start->name)) {
        r->at = end.from;
        return bad(r, err, "an element inside of another, or an end tag of another");
    }
    return RK_OK;
}

static enum rk_rc read_entries(struct reading *r, const struct tag *root, struct rk_fuse_doc *doc,
                               struct rk_err *err)
{
    struct tag tag;

    for (;;) {
        struct rk_fuse_entry *entry = &doc->entry[doc->count];

        if (skip_between(r, err) || read_tag(r, &tag, err))
            return err->rc;
        if (tag.closes && same_text(tag.name, root->name))
            return RK_OK;
        if (tag.closes || doc->count == RK_FUSE_ENTRIES_MAX) {
            r->at = tag.from;
            return bad(r, err,
                       tag.closes ? "an end tag of another element"
                                  : "more than 64 elements: no SoC has as many fuses");
        }
        *entry = (struct rk_fuse_entry) { .tag = tag.name, .line = line_of(r, tag.from) };
        set_attributes(&tag, entry);
        if (!tag.closed && read_end(r, &tag, err))
            return err->rc;
        entry->offset = (size_t)(tag.from - r->text);
        entry->len = (size_t)(r->at - tag.from);
        doc->count++;
    }
}

static void set_root(const struct tag *tag, struct rk_fuse_doc *doc)
{
    for (size_t i = 0; i < tag->count; i++) {
        const struct attribute *a = &tag->attribute[i];

        if (rk_fuse_text_is(a->name, "MagicId"))
            doc->magic = a->value;
        else if (rk_fuse_text_is(a->name, "version"))
            doc->version = a->value;
        else
            doc->odd = a->name;
    }
}

enum rk_rc rk_fuse_doc_read(const uint8_t *text, size_t len, struct rk_fuse_doc *ret,
                            struct rk_err *err)
{
    struct reading r = { (const char *)text, (const char *)text, (const char *)text + len };
    struct tag root;

    *ret = (struct rk_fuse_doc) { .count = 0 };
    if (len > RK_FUSE_FILE_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s, a fuse file has at most %d", RK_COUNTED(len, "byte"),
                       RK_FUSE_FILE_MAX);
    if (skip_prolog(&r, err) || skip_between(&r, err) || read_tag(&r, &root, err))
        return err->rc;
    if (root.closes || !rk_fuse_text_is(root.name, "genericfuse")) {
        r.at = root.from;
        return bad(&r, err, "the first element is not genericfuse");
    }
    set_root(&root, ret);
    ret->line = line_of(&r, root.from);
    ret->offset = (size_t)(root.from - r.text);
    ret->len = (size_t)(r.at - root.from);
    if ((!root.closed && read_entries(&r, &root, ret, err)) || skip_between(&r, err))
        return err->rc;
    return r.at == r.end ? RK_OK : bad(&r, err, "something behind the end of genericfuse");
}

/* By its first tag, whatever is wrong in front of it or behind. */
bool rk_fuse_doc_is(const uint8_t *text, size_t len)
{
    static const char word[] = "genericfuse";
    struct reading r = { (const char *)text, (const char *)text, (const char *)text + len };
    struct rk_err ignored;

    if (len == 0 || skip_prolog(&r, &ignored) != RK_OK || skip_between(&r, &ignored) != RK_OK ||
        !begins(&r, "<"))
        return false;
    r.at++;
    return begins(&r, word) &&
           (r.at + sizeof word - 1 == r.end || !is_in(r.at[sizeof word - 1], letters));
}
