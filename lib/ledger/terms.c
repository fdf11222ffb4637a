/* SPDX-License-Identifier: Apache-2.0 */
/* What entries "licence" and "split" note: amounts, as text that has one form. */
#include "ledger/tally.h"

#include "base/digest.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rk_terms_note_write(const struct rk_terms_note *note, char ret[RK_TERMS_NOTE_MAX])
{
    char range[64] = "", entry[32] = "";

    if (note->child[0] != '\0')
        (void)snprintf(range, sizeof range, " first=%016" PRIx64 " last=%016" PRIx64,
                       note->first_sn, note->last_sn);
    if (note->entry != 0)
        (void)snprintf(entry, sizeof entry, " entry=%" PRIu64, note->entry);
    (void)snprintf(ret, RK_TERMS_NOTE_MAX, "%s%sunits=%" PRIu64 " reissues=%" PRIu64 "%s%s",
                   note->child, note->child[0] == '\0' ? "" : " ", note->units, note->reissues,
                   range, entry);
}

/* The value behind " name=" or "name=" at the start, 0 when there is none: the caller compares. */
static uint64_t value_of(const char *text, const char *name, int base)
{
    size_t len = strlen(name);

    for (const char *at = text; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return strtoull(at + len + 1, NULL, base);
    }
    return 0;
}

bool rk_terms_note_read(const char *text, bool split, struct rk_terms_note *ret)
{
    size_t len = split ? strcspn(text, " ") : 0;
    char again[RK_TERMS_NOTE_MAX];

    *ret = (struct rk_terms_note) { .stated = false };
    if (len >= sizeof ret->child || (split && len == 0))
        return false;
    memcpy(ret->child, text, len);
    if (text[len] == '\0')
        return true;
    ret->stated = true;
    ret->units = value_of(text + len, "units", 10);
    ret->reissues = value_of(text + len, "reissues", 10);
    ret->entry = value_of(text + len, "entry", 10);
    if (split) {
        ret->first_sn = value_of(text + len, "first", 16);
        ret->last_sn = value_of(text + len, "last", 16);
    }
    rk_terms_note_write(ret, again);
    return strcmp(again, text) == 0 && ret->units <= INT64_MAX && ret->reissues <= INT64_MAX;
}

enum rk_rc rk_terms_digest(const struct rk_licence *licence, char ret[65], struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    uint8_t digest[32];

    if (rk_licence_text(licence, &text, err) || rk_sha256(text.p, text.len, digest, err))
        return err->rc;
    rk_hex_write(digest, sizeof digest, ret);
    return RK_OK;
}
