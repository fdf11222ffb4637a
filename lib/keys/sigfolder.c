/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a signing round, read. The form is rotkit's own: rotkit/sigbook.h describes it. */
#include "keys/sigbook.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "base/folder.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/hex.h"
#include "rotkit/json.h"
#include "rotkit/key.h"
#include "rotkit/pem.h"
#include "rotkit/publish.h"
#include "keys/scheme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MESSAGE_MAX = 1 << 30,
    KEPT_MAX = 1 << 30,
    SIGNATURE_MAX = 8192,
};

/* The digest a scheme signs, by the end of its name; NULL: it signs the message. */
const char *rk_sigfolder_digest(enum rk_scheme scheme)
{
    const char *dash = strrchr(rk_scheme_name(scheme), '-');

    return dash == NULL ? NULL : dash + 1;
}

enum rk_rc rk_sigfolder_path(const rk_sigbook *book, const char *name, char ret[RK_PATH_MAX],
                             struct rk_err *err)
{
    return rk_path_join(book->folder, name, ret, RK_PATH_MAX, err);
}

void rk_sigfolder_file(unsigned number, const char *suffix, char ret[RK_SIGFOLDER_NAME])
{
    (void)snprintf(ret, RK_SIGFOLDER_NAME, "%06u.%s", number, suffix);
}

void rk_sigfolder_key(const uint8_t sha256[32], char ret[RK_SIGFOLDER_NAME])
{
    char hex[65];

    rk_hex_write(sha256, 32, hex);
    (void)snprintf(ret, RK_SIGFOLDER_NAME, "keys/%s.pem", hex);
}

enum rk_rc rk_sigfolder_make_digest(const char *name, const struct rk_bytes *message,
                                    uint8_t ret[EVP_MAX_MD_SIZE], size_t *ret_len,
                                    struct rk_err *err)
{
    if (EVP_Q_digest(NULL, name, NULL, message->p, message->len, ret, ret_len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "digest %s", name);
    return RK_OK;
}

int rk_sigbook_by_id(const void *a, const void *b)
{
    const struct rk_sigbook_item *x = a, *y = b;

    return memcmp(x->id, y->id, RK_WANT_ID);
}

int rk_sigbook_by_number(const void *a, const void *b)
{
    const struct rk_sigbook_item *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* ---- reading ---- */

/*
 * Where a file of the folder stands. Others may have written to the folder: a pipe would be waited
 * on, a link may lead to a device. What is missing is the caller's to say.
 */
static enum rk_rc path_of(const rk_sigbook *book, const char *name, char ret[RK_PATH_MAX],
                          struct rk_err *err)
{
    enum rk_beneath_kind kind;

    if (rk_sigfolder_path(book, name, ret, err))
        return err->rc;
    if (!rk_tree_exists(ret))
        return RK_OK;
    if (rk_beneath_kind_of(book->folder, name, &kind, err))
        return rk_wrap(err, "\"%s\"", book->folder);
    return kind == RK_BENEATH_FILE || kind == RK_BENEATH_MISSING
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "\"%s\" is no file, or behind a link", ret);
}

struct reading {
    rk_sigbook *book;
    rk_signer *key; /* the key of the item before */
    uint8_t key_sha256[32];
};

static void reading_done(struct reading *in)
{
    rk_signer_free(in->key);
}

static enum rk_rc malformed(const rk_sigbook *book, const char *what, struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "\"%s/index.json\": %s", book->folder, what);
}

static enum rk_rc read_index(rk_sigbook *book, rk_json **ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    char path[RK_PATH_MAX];

    if (path_of(book, "index.json", path, err))
        return err->rc;
    if (rk_tree_exists(book->folder) && !rk_tree_exists(path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no folder of a signing round: no index.json",
                       book->folder);
    if (rk_file_read(path, RK_SIGFOLDER_INDEX_MAX, &text, err))
        return err->rc;
    return rk_json_parse(text.p, text.len, ret, err) ? rk_wrap(err, "\"%s\"", path) : RK_OK;
}

/* The head: version, owner, time, round. */
static enum rk_rc read_head(rk_sigbook *book, struct rk_jv root, struct rk_err *err)
{
    uint64_t version = 0, time = 0, round = 0;
    uint8_t owner[32];
    const char *kind;

    if (!rk_json_u64(rk_json_get(root, "rotkit_signing"), &version) ||
        version != RK_SIGFOLDER_VERSION)
        return malformed(book, "not of version 1", err);
    if (rk_json_want_str(root, "of", &kind, err) ||
        rk_json_want_hex(root, "input_sha256", owner, sizeof owner, err) ||
        rk_json_want_u64(root, "time", INT64_MAX, &time, err) ||
        rk_json_want_u64(root, "round", INT32_MAX, &round, err))
        return rk_wrap(err, "\"%s/index.json\"", book->folder);
    if (round == 0)
        return malformed(book, "rounds count from 1", err);
    if (strcmp(kind, book->kind) != 0)
        return rk_fail(err, RK_E_USAGE, "\"%s\" belongs to 'rotkit %.16s', this is 'rotkit %s'",
                       book->folder, kind, book->kind);
    if (memcmp(owner, book->owner, sizeof owner) != 0)
        return rk_fail(err, RK_E_USAGE, "\"%s\" belongs to another %s", book->folder,
                       strcmp(kind, "build") == 0    ? "manifest"
                       : strcmp(kind, "update") == 0 ? "update"
                                                     : "file");
    book->time = (int64_t)time;
    book->round = (unsigned)round;
    return RK_OK;
}

/* What keys here signed in the rounds before; none is no fault. */
static enum rk_rc read_kept(rk_sigbook *book, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    char path[RK_PATH_MAX];

    if (path_of(book, RK_SIGKEPT_FILE, path, err))
        return err->rc;
    if (!rk_tree_exists(path))
        return RK_OK;
    if (rk_file_read(path, KEPT_MAX, &file, err))
        return err->rc;
    return rk_sigkept_parse(&file, &book->kept, err) ? rk_wrap(err, "\"%s\"", path) : RK_OK;
}

enum rk_rc rk_sigfolder_check_owner(rk_sigbook *book, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (read_index(book, &doc, err) || read_head(book, rk_json_root(doc), err) ||
        read_kept(book, err))
        return err->rc;
    book->round = 0; /* a first round is what we are to write */
    return RK_OK;
}

/* "000012.bin" is 12; 0 for anything else. */
static unsigned number_of(const char *name)
{
    size_t digits = name == NULL ? 0 : strspn(name, "0123456789");
    char text[8];
    uint64_t number;
    struct rk_err ignored;

    if (digits < 6 || digits > 7 || strcmp(name + digits, ".bin") != 0)
        return 0;
    (void)snprintf(text, sizeof text, "%.*s", (int)digits, name);
    return rk_parse_u64(text, RK_WANTS_MAX, &number, &ignored) == RK_OK ? (unsigned)number : 0;
}

static enum rk_rc read_item(const rk_sigbook *book, struct rk_jv from, struct rk_sigbook_item *item,
                            struct rk_err *err)
{
    const char *file, *what;
    enum rk_scheme scheme;

    if (rk_json_want_str(from, "file", &file, err) || rk_json_want_str(from, "what", &what, err) ||
        rk_scheme_want(from, "scheme", &scheme, err) ||
        rk_json_want_hex(from, "key_sha256", item->id, 32, err) ||
        rk_json_want_hex(from, "message_sha256", item->id + 32, 32, err))
        return rk_wrap(err, "\"%s/index.json\": an item", book->folder);
    item->number = number_of(file);
    if (item->number == 0)
        return malformed(book, "an item's file is not numbered", err);
    item->id[64] = (uint8_t)scheme;
    item->what = rk_strdup(what);
    return item->what == NULL ? rk_fail_nomem(err) : RK_OK;
}

static enum rk_rc open_key(struct reading *in, const uint8_t sha256[32], struct rk_err *err)
{
    char name[RK_SIGFOLDER_NAME], path[RK_PATH_MAX];
    uint8_t found[32];

    if (in->key != NULL && memcmp(in->key_sha256, sha256, 32) == 0)
        return RK_OK;
    rk_signer_free(in->key);
    in->key = NULL;
    rk_sigfolder_key(sha256, name);
    if (path_of(in->book, name, path, err))
        return err->rc;
    if (rk_signer_open_public(in->book->ctx, path, &in->key, err) ||
        rk_sha256(rk_signer_spki(in->key)->p, rk_signer_spki(in->key)->len, found, err))
        return err->rc;
    if (memcmp(found, sha256, 32) != 0)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" holds another key than its name says", path);
    memcpy(in->key_sha256, sha256, 32);
    return RK_OK;
}

static enum rk_rc read_message(const struct reading *in, const struct rk_sigbook_item *item,
                               struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes digest = RK_BYTES_NONE;
    const char *digest_name = rk_sigfolder_digest((enum rk_scheme)item->id[64]);
    uint8_t found[EVP_MAX_MD_SIZE];
    char name[RK_SIGFOLDER_NAME], path[RK_PATH_MAX];
    size_t len;

    rk_sigfolder_file(item->number, "bin", name);
    if (path_of(in->book, name, path, err) || rk_file_read(path, MESSAGE_MAX, ret, err) ||
        rk_sha256(ret->p, ret->len, found, err))
        return err->rc;
    if (memcmp(found, item->id + 32, 32) != 0)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is not the message that index.json names", path);
    if (digest_name == NULL)
        return RK_OK;
    rk_sigfolder_file(item->number, "digest", name);
    if (path_of(in->book, name, path, err) || rk_file_read(path, EVP_MAX_MD_SIZE, &digest, err) ||
        rk_sigfolder_make_digest(digest_name, ret, found, &len, err))
        return err->rc;
    if (digest.len != len || memcmp(digest.p, found, len) != 0)
        return rk_fail(err, RK_E_VERIFY, "\"%s\" is not the digest of its message", path);
    return RK_OK;
}

/* Whatever form it has, what holds against the key is right. */
static enum rk_rc accept(const struct reading *in, enum rk_scheme scheme,
                         const struct rk_bytes *message, struct rk_bytes *signature,
                         struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    EVP_PKEY *pub = rk_signer_pkey(in->key);
    size_t raw_len = 2 * (((size_t)EVP_PKEY_get_bits(pub) + 7) / 8);

    if (rk_signature_check(in->book->ctx, pub, scheme, message->p, message->len, signature->p,
                           signature->len, err) == RK_OK) {
        *ret = rk_bytes_take(signature);
        return RK_OK;
    }
    if (!EVP_PKEY_is_a(pub, "EC") || signature->len != raw_len)
        return err->rc;
    if (rk_ecdsa_from_raw(signature->p, signature->len, &der, err) ||
        rk_signature_check(in->book->ctx, pub, scheme, message->p, message->len, der.p, der.len,
                           err))
        return err->rc;
    *ret = rk_bytes_take(&der);
    return RK_OK;
}

static enum rk_rc read_signature(struct reading *in, struct rk_sigbook_item *item,
                                 struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    char name[RK_SIGFOLDER_NAME], path[RK_PATH_MAX];
    struct rk_err why;

    rk_sigfolder_file(item->number, "sig", name);
    if (path_of(in->book, name, path, err) || open_key(in, item->id, err) ||
        read_message(in, item, &message, err))
        return err->rc;
    if (!rk_tree_exists(path))
        return rk_fail(err, RK_E_KEY, "\"%s\" is missing: %.160s is not signed yet", path,
                       item->what);
    if (rk_file_read(path, SIGNATURE_MAX, &signature, err))
        return err->rc;
    if (accept(in, (enum rk_scheme)item->id[64], &message, &signature, &item->signature, &why))
        return rk_fail(err, RK_E_KEY, "\"%s\" is no signature of %.160s by its key (%s)", path,
                       item->what, rk_scheme_name((enum rk_scheme)item->id[64]));
    return RK_OK;
}

/* A signature that the index does not name was made for something else. */
static enum rk_rc check_extra(const rk_sigbook *book, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };

    if (rk_names_list(book->folder, RK_SIGFOLDER_ENTRIES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        size_t len = strlen(names.name[i]);
        char name[RK_SIGFOLDER_NAME] = "";

        if (len < 4 || strcmp(names.name[i] + len - 4, ".sig") != 0)
            continue;
        if (len < sizeof name)
            (void)snprintf(name, sizeof name, "%.*s.bin", (int)len - 4, names.name[i]);
        struct rk_sigbook_item like = { .number = number_of(name) };
        if (bsearch(&like, book->item, book->count, sizeof like, rk_sigbook_by_number) == NULL)
            return rk_fail(err, RK_E_USAGE,
                           "\"%s/%s\" is a signature that index.json does not name", book->folder,
                           names.name[i]);
    }
    return RK_OK;
}

static enum rk_rc read_items(struct reading *in, struct rk_jv root, struct rk_err *err)
{
    struct rk_jv lists[] = { rk_json_get(root, "signed"), rk_json_get(root, "items") };
    size_t total = rk_json_count(lists[0]) + rk_json_count(lists[1]);
    rk_sigbook *book = in->book;

    if (total == 0 || total > RK_WANTS_MAX)
        return malformed(book, "no items, or too many", err);
    book->item = rk_alloc(total, sizeof *book->item);
    if (book->item == NULL)
        return rk_fail_nomem(err);
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < rk_json_count(lists[k]); i++) {
            if (read_item(book, rk_json_at(lists[k], i), &book->item[book->count++], err))
                return err->rc;
        }
    }
    qsort(book->item, book->count, sizeof *book->item, rk_sigbook_by_number);
    for (size_t i = 0; i < book->count; i++) {
        if (book->item[i].number != i + 1)
            return malformed(book, "its items are not numbered from 1 on", err);
    }
    return RK_OK;
}

enum rk_rc rk_sigfolder_read(rk_sigbook *book, struct rk_err *err)
{
    RK_AUTO(reading_done) struct reading in = { .book = book };
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (read_index(book, &doc, err) || read_head(book, rk_json_root(doc), err) ||
        read_items(&in, rk_json_root(doc), err) || check_extra(book, err) || read_kept(book, err))
        return err->rc;
    for (size_t i = 0; i < book->count; i++) {
        if (read_signature(&in, &book->item[i], err))
            return err->rc;
    }
    qsort(book->item, book->count, sizeof *book->item, rk_sigbook_by_id);
    return RK_OK;
}
