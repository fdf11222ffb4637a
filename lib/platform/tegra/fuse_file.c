/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of a fuse file to fuses of a SoC. */
#include "rotkit/fuse_file.h"

#include "platform/tegra/fuse_table.h"
#include "platform/tegra/fuse_doc.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/edit_distance.h"
#include "rotkit/hex.h"
#include "rotkit/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

enum { SHOWN = 40 };

struct filing {
    const struct rk_fuse_soc *soc;
    struct rk_fuse_set *set;
    struct rk_fuse_findings *findings;
};

/* Who swaps two attributes has a key where its size or name should be: no key is shown. */
static bool has_key(struct rk_fuse_text text)
{
    enum { KEY_DIGITS = 16 };
    size_t digits = 0;

    for (size_t i = 0; i < text.len && digits < KEY_DIGITS; i++)
        digits = isxdigit((unsigned char)text.p[i]) ? digits + 1 : 0;
    return digits == KEY_DIGITS;
}

static void show(struct rk_fuse_text text, char ret[SHOWN])
{
    if (text.p != NULL && has_key(text))
        (void)snprintf(ret, SHOWN, "(%s, not shown)", RK_COUNTED(text.len, "letter"));
    else
        rk_words_show((const uint8_t *)text.p, text.p == NULL ? 0 : text.len, ret, SHOWN);
}

#define FAILS(f, line, fuse, ...)                                                                  \
    rk_fuse_find((f)->findings, RK_FUSE_FAILS, line, fuse, __VA_ARGS__)
#define NOTES(f, line, fuse, ...) rk_fuse_find((f)->findings, RK_FUSE_NOTE, line, fuse, __VA_ARGS__)

/* ---- the root ---- */

static void check_magic(const struct filing *f, const struct rk_fuse_doc *doc)
{
    static const struct {
        const char *magic, *why;
    } wrong[] = {
        { "0x45535543", "a slip of the pen that is copied from file to file" },
        { "0x46555345", "that of Nano, TX1 and TX2" },
    };
    char found[SHOWN];

    if (rk_fuse_text_is(doc->magic, "0x45535546"))
        return;
    show(doc->magic, found);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (rk_fuse_text_is(doc->magic, wrong[i].magic)) {
            FAILS(f, doc->line, NULL, "MagicId %s, %s: expected 0x45535546", found, wrong[i].why);
            return;
        }
    }
    FAILS(f, doc->line, NULL, "MagicId \"%s\", expected 0x45535546", found);
}

static void check_version(const struct filing *f, const struct rk_fuse_doc *doc)
{
    bool two = rk_fuse_text_is(doc->version, "2.0.0");
    char found[SHOWN];

    show(doc->version, found);
    if (!two && !rk_fuse_text_is(doc->version, "1.0.0"))
        FAILS(f, doc->line, NULL, "version \"%s\", expected 1.0.0 (2.0.0 with an rpmb element)",
              found);
    else if (two != f->set->rpmb)
        FAILS(f, doc->line, NULL, "version %s %s an rpmb element", found,
              two ? "is for a file with" : "is for a file without");
    if (doc->odd.p != NULL) {
        show(doc->odd, found);
        NOTES(f, doc->line, NULL, "attribute \"%s\" of genericfuse means nothing", found);
    }
}

static void check_rpmb(const struct filing *f, const struct rk_fuse_entry *entry)
{
    if (f->set->rpmb)
        FAILS(f, entry->line, NULL, "rpmb a second time");
    f->set->rpmb = true;
    f->set->rpmb_line = entry->line;
    if (entry->provisioning.p == NULL || entry->dev_type.p == NULL)
        FAILS(f, entry->line, NULL, "rpmb lacks provisioning or dev_type");
    else if (!rk_fuse_text_is(entry->provisioning, "0x1") ||
             !rk_fuse_text_is(entry->dev_type, "0x2"))
        rk_fuse_find(f->findings, RK_FUSE_UNKNOWN, entry->line, NULL,
                     "rpmb: other values than provisioning 0x1 and dev_type 0x2 are not public");
}

/* ---- names ---- */

static const struct rk_fuse_soc *who_has(const struct rk_fuse_soc *not_this, const char *name)
{
    const struct rk_fuse_soc *soc;

    for (size_t i = 0; (soc = rk_fuse_soc_at(i)) != NULL; i++) {
        if (soc != not_this && rk_fuse_row_find(soc, name) != NULL)
            return soc;
    }
    return NULL;
}

static void explain_name(const struct filing *f, unsigned line, const char *name, bool in_list)
{
    struct rk_nearest nearest = rk_nearest_to(name);
    const char *why = rk_fuse_mistake(f->soc, name);
    const struct rk_fuse_soc *other = who_has(f->soc, name);

    if (rk_fuse_is_read_only(name)) {
        if (!in_list)
            FAILS(f, line, name, "readers tell it, NVIDIA's list of what can be burnt does not");
        return;
    }
    if (why == NULL && !f->soc->whole) {
        rk_fuse_find(f->findings, RK_FUSE_UNKNOWN, line, name,
                     "the list of fuses of %s is not in a document at hand", f->soc->name);
        return;
    }
    for (const struct rk_fuse_row *row = f->soc->rows; row->name != NULL; row++)
        rk_nearest_offer(&nearest, row->name);
    if (why != NULL)
        FAILS(f, line, name, "no fuse of %s: %s", f->soc->name, why);
    else if (other != NULL)
        FAILS(f, line, name, "no fuse of %s: it is one of %s", f->soc->name, other->name);
    else
        FAILS(f, line, name, "no fuse of %s", f->soc->name);
    if (why == NULL && other == NULL && nearest.word != NULL)
        rk_fuse_hint(f->findings, "did you mean \"%s\"?", nearest.word);
}

/* ---- sizes and values ---- */

static bool check_size(const struct filing *f, const struct rk_fuse_entry *entry,
                       const struct rk_fuse_row *row)
{
    const struct rk_fuse_soc *other;
    char text[SHOWN];
    struct rk_err ignored;
    uint64_t size = 0;

    show(entry->size, text);
    if (entry->size.p == NULL) {
        FAILS(f, entry->line, row->name, "no size, expected %zu", row->size);
        return false;
    }
    if (rk_parse_u64(text, 4096, &size, &ignored) == RK_OK && size == row->size)
        return true;
    for (size_t i = 0; (other = rk_fuse_soc_at(i)) != NULL; i++) {
        const struct rk_fuse_row *its = rk_fuse_row_find(other, row->name);

        if (other != f->soc && its != NULL && its->size == size) {
            FAILS(f, entry->line, row->name, "size %s as on %s, expected %zu on %s", text,
                  other->name, row->size, f->soc->name);
            return false;
        }
    }
    FAILS(f, entry->line, row->name, "size \"%s\", expected %zu", text, row->size);
    return false;
}

/* Two digits a byte; of a number leading zeros may be left out. */
static enum rk_rc read_value(const struct filing *f, const struct rk_fuse_entry *entry,
                             const struct rk_fuse_row *row, struct rk_secret *ret,
                             struct rk_err *err)
{
    const char *digits = entry->value.p;
    size_t len = entry->value.len, size = 2 * row->size;
    char text[2 * RK_FUSE_VALUE_MAX];
    struct rk_err ignored;

    if (len >= 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        digits += 2;
        len -= 2;
    }
    if (memchr(digits, ' ', len) != NULL) {
        FAILS(f, entry->line, row->name,
              "a value in several words, as key files have it: a fuse file has one number");
        return RK_OK;
    }
    if (len == 0 || len > size || (len < size && row->can == 0)) {
        FAILS(f, entry->line, row->name, "%s, expected %zu", RK_COUNTED(len, "hex digit"), size);
        return RK_OK;
    }
    if (rk_secret_new(row->size, ret, err))
        return err->rc;
    memset(text, '0', size);
    memcpy(text + size - len, digits, len);
    if (rk_hex_read(text, size, ret->p, row->size, &ignored) != RK_OK) {
        rk_secret_done(ret);
        FAILS(f, entry->line, row->name, "the value has other than hex digits");
    }
    OPENSSL_cleanse(text, sizeof text);
    return RK_OK;
}

static enum rk_rc read_fuse(const struct filing *f, const struct rk_fuse_entry *entry,
                            struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;
    const struct rk_fuse_row *row;
    struct rk_fuse *fuse;
    char name[SHOWN];

    show(entry->name, name);
    if (entry->odd.p != NULL) {
        char odd[SHOWN];

        show(entry->odd, odd);
        NOTES(f, entry->line, name, "attribute \"%s\" means nothing", odd);
    }
    if (entry->name.p == NULL) {
        FAILS(f, entry->line, NULL, "a fuse without a name");
        return RK_OK;
    }
    row = rk_fuse_row_find(f->soc, name);
    if (row == NULL) {
        explain_name(f, entry->line, name, f->set->is_list);
        return RK_OK;
    }
    if (!f->set->is_list) {
        if (entry->value.p == NULL)
            FAILS(f, entry->line, row->name, "no value: nothing is burnt");
        if (check_size(f, entry, row) && entry->value.p != NULL &&
            read_value(f, entry, row, &value, err))
            return err->rc;
    }
    if (rk_fuse_set_append(f->set, row, &value, &fuse, err))
        return err->rc;
    fuse->line = entry->line;
    fuse->offset = entry->offset;
    fuse->len = entry->len;
    return RK_OK;
}

/* As the BSP's own lists are: names alone. */
static bool is_list(const struct rk_fuse_doc *doc)
{
    size_t fuses = 0;

    for (size_t i = 0; i < doc->count; i++) {
        if (!rk_fuse_text_is(doc->entry[i].tag, "fuse"))
            continue;
        if (doc->entry[i].size.p != NULL || doc->entry[i].value.p != NULL)
            return false;
        fuses++;
    }
    return fuses != 0;
}

/* Large for a stack. */
RK_CLEANUP(doc_free, struct rk_fuse_doc, rk_free)

enum rk_rc rk_fuse_file_read(const uint8_t *text, size_t len, const struct rk_fuse_soc *soc,
                             struct rk_fuse_set *ret, struct rk_fuse_findings *findings,
                             struct rk_err *err)
{
    const struct filing f = { soc, ret, findings };
    RK_AUTO(doc_free) struct rk_fuse_doc *doc = rk_alloc(1, sizeof *doc);
    char tag[SHOWN];

    *ret = (struct rk_fuse_set) { .soc = soc };
    if (doc == NULL)
        return rk_fail_nomem(err);
    if (rk_fuse_doc_read(text, len, doc, err))
        return err->rc;
    ret->is_list = is_list(doc);
    for (size_t i = 0; i < doc->count; i++) {
        const struct rk_fuse_entry *entry = &doc->entry[i];

        show(entry->tag, tag);
        if (rk_fuse_text_is(entry->tag, "rpmb"))
            check_rpmb(&f, entry);
        else if (!rk_fuse_text_is(entry->tag, "fuse"))
            FAILS(&f, entry->line, NULL, "element \"%s\", expected fuse or rpmb", tag);
        else if (read_fuse(&f, entry, err))
            return err->rc;
    }
    check_magic(&f, doc);
    check_version(&f, doc);
    if (doc->count == 0)
        FAILS(&f, doc->line, NULL, "no fuse is named: nothing is burnt");
    return RK_OK;
}
