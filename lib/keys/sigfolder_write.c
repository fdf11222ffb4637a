/* SPDX-License-Identifier: Apache-2.0 */
/* A new round is written: beside the folder, then into it, so that the round before counts until it
 * is whole. */
#include "keys/sigbook.h"

#include "base/digest.h"
#include "base/folder.h"
#include "rotkit/hex.h"
#include "rotkit/json.h"
#include "rotkit/pem.h"
#include "rotkit/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_item(struct rk_jv list, unsigned number, const char *what,
                     const uint8_t id[RK_WANT_ID])
{
    enum rk_scheme scheme = (enum rk_scheme)id[64];
    const char *digest = rk_sigfolder_digest(scheme);
    struct rk_jv o = rk_json_put_object(list, NULL);
    char name[RK_SIGFOLDER_NAME];

    rk_sigfolder_file(number, "bin", name);
    rk_json_put_str(o, "file", name);
    rk_json_put_str(o, "what", what);
    rk_json_put_str(o, "scheme", rk_scheme_name(scheme));
    rk_json_put_str(o, "kind", digest == NULL ? "message" : "digest");
    if (digest != NULL) {
        rk_sigfolder_file(number, "digest", name);
        rk_json_put_str(o, "digest", name);
        rk_json_put_str(o, "digest_algorithm", digest);
    }
    rk_sigfolder_key(id, name);
    rk_json_put_str(o, "key", name);
    rk_json_put_hex(o, "key_sha256", id, 32);
    rk_json_put_hex(o, "message_sha256", id + 32, 32);
    rk_sigfolder_file(number, "sig", name);
    rk_json_put_str(o, "signature", name);
}

static enum rk_rc index_text(rk_sigbook *book, const size_t *first, size_t count,
                             struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc), list;

    rk_json_put_u64(root, "rotkit_signing", RK_SIGFOLDER_VERSION);
    rk_json_put_str(root, "of", book->kind);
    rk_json_put_hex(root, "input_sha256", book->owner, sizeof book->owner);
    rk_json_put_u64(root, "time", (uint64_t)book->time);
    rk_json_put_u64(root, "round", book->round + 1);
    list = rk_json_put_array(root, "items");
    for (size_t i = 0; i < count; i++) {
        const struct rk_want *want = &book->wants.item[first[i]];
        uint8_t id[RK_WANT_ID];

        if (rk_want_id(want->scheme, &want->spki, &want->message, id, err))
            return err->rc;
        put_item(list, (unsigned)(book->count + i + 1), want->what, id);
    }
    list = rk_json_put_array(root, "signed");
    if (book->count != 0)
        qsort(book->item, book->count, sizeof *book->item, rk_sigbook_by_number);
    for (size_t i = 0; i < book->count; i++)
        put_item(list, book->item[i].number, book->item[i].what, book->item[i].id);
    if (book->count != 0)
        qsort(book->item, book->count, sizeof *book->item, rk_sigbook_by_id);
    return rk_json_text(doc, true, ret, err);
}

static enum rk_rc write_key(const struct rk_new_folder *place, const struct rk_want *want,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    char name[RK_SIGFOLDER_NAME], path[RK_PATH_MAX];
    uint8_t sha256[32];

    if (rk_sha256(want->spki.p, want->spki.len, sha256, err))
        return err->rc;
    rk_sigfolder_key(sha256, name);
    if (rk_path_join(place->sibling, name, path, sizeof path, err))
        return err->rc;
    if (rk_tree_exists(path))
        return RK_OK;
    if (rk_pem_encode(RK_PEM_PUBLIC_KEY, &want->spki, &pem, err))
        return err->rc;
    return rk_new_folder_add(place, name, RK_FILE_PUBLIC, pem.p, pem.len, err);
}

static enum rk_rc write_want(const struct rk_new_folder *place, const struct rk_want *want,
                             unsigned number, struct rk_err *err)
{
    const char *digest_name = rk_sigfolder_digest(want->scheme);
    uint8_t digest[EVP_MAX_MD_SIZE];
    char name[RK_SIGFOLDER_NAME];
    size_t len;

    rk_sigfolder_file(number, "bin", name);
    if (rk_new_folder_add(place, name, RK_FILE_PUBLIC, want->message.p, want->message.len, err) ||
        write_key(place, want, err))
        return err->rc;
    if (digest_name == NULL)
        return RK_OK;
    rk_sigfolder_file(number, "digest", name);
    if (rk_sigfolder_make_digest(digest_name, &want->message, digest, &len, err))
        return err->rc;
    return rk_new_folder_add(place, name, RK_FILE_PUBLIC, digest, len, err);
}

static enum rk_rc write_kept(const rk_sigbook *book, const struct rk_new_folder *place,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (rk_sigkept_write(&book->kept, &file, err))
        return err->rc;
    return file.p == NULL
               ? RK_OK
               : rk_new_folder_add(place, RK_SIGKEPT_FILE, RK_FILE_KEY, file.p, file.len, err);
}

static enum rk_rc fill(const rk_sigbook *book, const struct rk_new_folder *place,
                       const size_t *first, size_t count, const struct rk_sigbook_end *end,
                       const struct rk_bytes *index, struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (write_want(place, &book->wants.item[first[i]], (unsigned)(book->count + i + 1), err))
            return err->rc;
    }
    if (write_kept(book, place, err) || (end->keep != NULL && end->keep(end->arg, place, err)))
        return err->rc;
    return rk_new_folder_add(place, "index.json", RK_FILE_PUBLIC, index->p, index->len, err);
}

static enum rk_rc move_in(const rk_sigbook *book, const char *staging, const char *name,
                          struct rk_err *err)
{
    char from[RK_PATH_MAX], to[RK_PATH_MAX];

    if (rk_path_join(staging, name, from, sizeof from, err) ||
        rk_sigfolder_path(book, name, to, err))
        return err->rc;
    /* A folder that was kept before: the old one is cleared away with the staging folder. */
    if (rk_tree_is_folder(from) && rk_tree_exists(to))
        return rk_publish_exchange(from, to, err);
    return rename(from, to) == 0 ? RK_OK
                                 : rk_fail_errno(err, RK_E_IO, "cannot rename to \"%s\"", to);
}

static enum rk_rc move_all(const rk_sigbook *book, const char *staging, const char *below,
                           struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    char folder[RK_PATH_MAX], name[RK_PATH_MAX];

    if (rk_path_join(staging, below, folder, sizeof folder, err) ||
        rk_names_list(folder, RK_SIGFOLDER_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.name[i], "keys") == 0 || strcmp(names.name[i], "index.json") == 0)
            continue;
        if (rk_path_join(below, names.name[i], name, sizeof name, err) ||
            move_in(book, staging, name, err))
            return err->rc;
    }
    return RK_OK;
}

/*
 * The files first, the index last: it is what counts. What is kept has what the round before kept
 * and was asked for, so that it is right beside either index.
 */
static enum rk_rc add_round(const rk_sigbook *book, const char *staging, struct rk_err *err)
{
    char from[RK_PATH_MAX], to[RK_PATH_MAX];

    if (rk_folder_sync(staging, err) || move_all(book, staging, "keys", err) ||
        move_all(book, staging, "", err) || rk_folder_sync(book->folder, err) ||
        rk_path_join(staging, "index.json", from, sizeof from, err) ||
        rk_sigfolder_path(book, "index.json", to, err))
        return err->rc;
    return rk_publish_name(from, to, err);
}

/* A first round where one stands already: the same one is fine. */
static enum rk_rc check_same(const rk_sigbook *book, const struct rk_bytes *index,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes there = RK_BYTES_NONE;
    char path[RK_PATH_MAX];

    if (rk_sigfolder_path(book, "index.json", path, err) ||
        rk_file_read(path, RK_SIGFOLDER_INDEX_MAX, &there, err))
        return err->rc;
    if (there.len == index->len && memcmp(there.p, index->p, index->len) == 0)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE, "\"%s\" holds another round of this %s", book->folder,
                  book->kind);
    return rk_note(err, "go on from it with --attach, or remove the folder to start again");
}

enum rk_rc rk_sigfolder_write(rk_sigbook *book, const size_t *first, size_t count,
                              const struct rk_sigbook_end *end, struct rk_err *err)
{
    RK_AUTO(rk_new_folder_done) struct rk_new_folder place = RK_NEW_FOLDER_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes index = RK_BYTES_NONE;

    if (index_text(book, first, count, &index, err))
        return err->rc;
    if (book->round == 0 && rk_tree_exists(book->folder))
        return check_same(book, &index, err);
    if (rk_new_folder_claim(book->folder, "the same signing round is being written", &place, err) ||
        fill(book, &place, first, count, end, &index, err))
        return err->rc;
    return book->round != 0 ? add_round(book, place.sibling, err)
                            : rk_new_folder_publish(&place, err);
}
