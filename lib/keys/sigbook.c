/* SPDX-License-Identifier: Apache-2.0 */
/* The book: what is known, what is wanted. */
#include "keys/sigbook.h"

#include "base/digest.h"
#include "base/folder.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum rk_rc rk_sigbook_merge_wants(rk_sigbook *book, struct rk_wants *wants, struct rk_err *err)
{
    if (wants->count == 0)
        return RK_OK;
    if (rk_wants_room(&book->wants, wants->count, err))
        return err->rc;
    memcpy(book->wants.item + book->wants.count, wants->item, wants->count * sizeof *wants->item);
    book->wants.count += wants->count;
    wants->count = 0; /* moved */
    rk_wants_done(wants);
    return RK_OK;
}

enum rk_rc rk_sigbook_owner_of(const char *kind, const struct rk_bytes *input,
                               struct rk_sigbook_owner *ret, struct rk_err *err)
{
    struct rk_sigbook_owner owner = { .kind = kind };

    if (rk_sha256(input->p, input->len, owner.sha256, err))
        return err->rc;
    *ret = owner;
    return RK_OK;
}

void rk_sigbook_free(rk_sigbook *book)
{
    if (book == NULL)
        return;
    for (size_t i = 0; i < book->count; i++) {
        rk_free(book->item[i].what);
        rk_bytes_done(&book->item[i].signature);
    }
    rk_free(book->item);
    rk_wants_done(&book->wants);
    rk_sigkept_done(&book->kept);
    (void)pthread_mutex_destroy(&book->lock);
    rk_free(book);
}

static enum rk_rc make(const rk_ctx *ctx, const char *folder, const struct rk_sigbook_owner *owner,
                       rk_sigbook **ret, struct rk_err *err)
{
    rk_sigbook *book = rk_alloc(1, sizeof *book);
    size_t len = strlen(folder);

    if (book == NULL)
        return rk_fail_nomem(err);
    if (pthread_mutex_init(&book->lock, NULL) != 0) {
        rk_free(book);
        return rk_fail_nomem(err);
    }
    *ret = book;
    book->ctx = ctx;
    while (len > 1 && folder[len - 1] == '/')
        len--;
    if (len == 0 || len + 64 > sizeof book->folder)
        return rk_fail(err, RK_E_USAGE, "no name for a folder: \"%.64s\"", folder);
    (void)snprintf(book->folder, sizeof book->folder, "%.*s", (int)len, folder);
    (void)snprintf(book->kind, sizeof book->kind, "%s", owner->kind);
    memcpy(book->owner, owner->sha256, sizeof book->owner);
    return RK_OK;
}

enum rk_rc rk_sigbook_new(const rk_ctx *ctx, const char *folder,
                          const struct rk_sigbook_owner *owner, rk_sigbook **ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_sigbook_done) rk_sigbook *book = NULL;

    if (make(ctx, folder, owner, &book, err) || rk_clock_now(ctx, &book->time, err) ||
        (rk_tree_exists(book->folder) && rk_sigfolder_check_owner(book, err)))
        return err->rc;
    *ret = book;
    book = NULL;
    return RK_OK;
}

enum rk_rc rk_sigbook_open(const rk_ctx *ctx, const char *folder,
                           const struct rk_sigbook_owner *owner, rk_sigbook **ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_sigbook_done) rk_sigbook *book = NULL;

    if (make(ctx, folder, owner, &book, err) || rk_sigfolder_read(book, err))
        return err->rc;
    *ret = book;
    book = NULL;
    return RK_OK;
}

int64_t rk_sigbook_time(const rk_sigbook *book)
{
    return book->time;
}

/* What a key here signed before, if it did: of the folder only what holds is believed. */
static enum rk_rc find_kept(rk_sigbook *book, const rk_signer *key, enum rk_scheme scheme,
                            const uint8_t id[RK_WANT_ID], const struct rk_bytes *message,
                            struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes kept = RK_BYTES_NONE;
    struct rk_sigkept_item *item;
    enum rk_rc rc = RK_OK;
    struct rk_err why;

    (void)pthread_mutex_lock(&book->lock);
    item = rk_sigkept_find(&book->kept, id);
    if (item != NULL) {
        item->asked = true;
        rc = rk_bytes_copy(item->signature.p, item->signature.len, &kept, err);
    }
    (void)pthread_mutex_unlock(&book->lock);
    if (rc != RK_OK || kept.p == NULL)
        return rc;
    if (rk_signature_check(book->ctx, rk_signer_pkey(key), scheme, message->p, message->len, kept.p,
                           kept.len, &why)) {
        (void)rk_fail(err, RK_E_VERIFY,
                      "\"%s/" RK_SIGKEPT_FILE "\": a signature in it is not by its key (%s): "
                      "somebody changed it",
                      book->folder, rk_scheme_name(scheme));
        return rk_note(err, "remove the folder and start again");
    }
    *ret = rk_bytes_take(&kept);
    return RK_OK;
}

enum rk_rc rk_sigbook_find(rk_sigbook *book, const rk_signer *key, enum rk_scheme scheme,
                           const struct rk_bytes *message, struct rk_bytes *ret, struct rk_err *err)
{
    struct rk_sigbook_item like = { .number = 0 }, *found;

    *ret = (struct rk_bytes)RK_BYTES_NONE;
    if (book == NULL)
        return RK_OK;
    if (rk_want_id(scheme, rk_signer_spki(key), message, like.id, err))
        return err->rc;
    found = book->count == 0
                ? NULL
                : bsearch(&like, book->item, book->count, sizeof like, rk_sigbook_by_id);
    if (found == NULL)
        return find_kept(book, key, scheme, like.id, message, ret, err);
    (void)pthread_mutex_lock(&book->lock);
    found->asked = true;
    (void)pthread_mutex_unlock(&book->lock);
    return rk_bytes_copy(found->signature.p, found->signature.len, ret, err);
}

/* Signed by the key at hand; what is random is kept, and of two threads that come to the same
 * message both take what the first one kept. */
static enum rk_rc sign_here(rk_sigbook *book, rk_signer *key, enum rk_scheme scheme,
                            const struct rk_bytes *message, struct rk_bytes *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    const struct rk_sigkept_item *there;
    uint8_t id[RK_WANT_ID];
    enum rk_rc rc;

    if (rk_signer_sign(key, scheme, message->p, message->len, &made, err))
        return err->rc;
    if (book == NULL || !rk_scheme_is_random(scheme)) {
        *ret = rk_bytes_take(&made);
        return RK_OK;
    }
    if (rk_want_id(scheme, rk_signer_spki(key), message, id, err))
        return err->rc;
    (void)pthread_mutex_lock(&book->lock);
    there = rk_sigkept_find(&book->kept, id);
    rc = there == NULL ? rk_sigkept_add(&book->kept, id, &made, err) : RK_OK;
    if (rc == RK_OK)
        rc = there == NULL ? rk_bytes_copy(made.p, made.len, ret, err)
                           : rk_bytes_copy(there->signature.p, there->signature.len, ret, err);
    (void)pthread_mutex_unlock(&book->lock);
    return rc;
}

enum rk_rc rk_sigbook_sign(rk_sigbook *book, rk_signer *key, enum rk_scheme scheme,
                           const char *what, const struct rk_bytes *message, struct rk_wants *wants,
                           struct rk_bytes *ret, struct rk_err *err)
{
    if (rk_sigbook_find(book, key, scheme, message, ret, err))
        return err->rc;
    if (ret->p != NULL)
        return RK_OK;
    if (book == NULL || rk_signer_can_sign(key))
        return sign_here(book, key, scheme, message, ret, err);
    return rk_wants_add(wants, key, scheme, what, message, err);
}

/* ---- the end of a round ---- */

static enum rk_rc check_asked(const rk_sigbook *book, struct rk_err *err)
{
    const struct rk_sigbook_item *first = NULL;

    for (size_t i = 0; i < book->count; i++) {
        const struct rk_sigbook_item *item = &book->item[i];

        if (!item->asked && (first == NULL || item->number < first->number))
            first = item;
    }
    if (first == NULL)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE,
                  "\"%s\": nothing asks for signature %06u (%.160s) any more: the input is not "
                  "that of the round before",
                  book->folder, first->number, first->what);
    return rk_note(err, "bring the input back, or remove the folder and start again");
}

struct place { /* a want, for sorting */
    uint8_t id[RK_WANT_ID];
    size_t at;
};

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = memcmp(x->id, y->id, RK_WANT_ID);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int by_number(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void free_at_exit(void *at)
{
    void **p = at;

    rk_free(*p);
}

/* The first of each kind, in the order in which they were wanted. */
static enum rk_rc first_of_each(const rk_sigbook *book, size_t *first, size_t *ret_count,
                                struct rk_err *err)
{
    size_t count = book->wants.count;
    RK_AUTO(free_at_exit) struct place *places = rk_alloc(count, sizeof *places);

    if (places == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const struct rk_want *want = &book->wants.item[i];

        places[i].at = i;
        if (rk_want_id(want->scheme, &want->spki, &want->message, places[i].id, err))
            return err->rc;
    }
    qsort(places, count, sizeof *places, by_place);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || memcmp(places[i].id, places[i - 1].id, RK_WANT_ID) != 0)
            first[(*ret_count)++] = places[i].at;
    }
    qsort(first, *ret_count, sizeof *first, by_number);
    return RK_OK;
}

enum rk_rc rk_sigbook_close_round(rk_sigbook *book, const struct rk_sigbook_end *end,
                                  struct rk_sigbook_round *ret, struct rk_err *err)
{
    RK_AUTO(free_at_exit) size_t *first = rk_alloc(book->wants.count + 1, sizeof *first);
    size_t count = 0;

    if (first == NULL)
        return rk_fail_nomem(err);
    if (check_asked(book, err) ||
        (book->wants.count != 0 && first_of_each(book, first, &count, err)) ||
        (count != 0 && !end->dry && rk_sigfolder_write(book, first, count, end, err)))
        return err->rc;
    *ret = (struct rk_sigbook_round) { .round = book->round + (count != 0), .wanted = count };
    return RK_OK;
}
