/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/token/key.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "keys/token/errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOUND_MAX = 8 };

void rk_token_key_free(struct rk_token_key *key)
{
    if (key == NULL)
        return;
    (void)pthread_mutex_destroy(&key->lock);
    rk_free(key);
}

bool rk_token_has(rk_token *token, CK_MECHANISM_TYPE type, CK_FLAGS use)
{
    CK_MECHANISM_INFO info;

    return token->fn->C_GetMechanismInfo(token->slot, type, &info) == CKR_OK &&
           (info.flags & use) != 0;
}

/* ---- the search ---- */

/* Leaves those that have no id: a template of an id of no bytes means something else to each token.
 */
static CK_RV keep_without_id(const struct rk_token_work *work, CK_OBJECT_HANDLE *found,
                             CK_ULONG *count)
{
    CK_ULONG kept = 0;
    CK_RV rv = CKR_OK;

    for (CK_ULONG i = 0; rv == CKR_OK && i < *count; i++) {
        uint8_t id[RK_TOKEN_ID];
        size_t len = 0;

        rv = rk_token_attribute(work, found[i], CKA_ID, id, sizeof id, &len);
        if (rv == CKR_OK && len == 0)
            found[kept++] = found[i];
    }
    *count = kept;
    return rv;
}

/* Objects of this class by the names that the URI gave. */
static CK_RV find(const struct rk_token_work *work, struct rk_token_key *key, CK_OBJECT_CLASS type,
                  CK_OBJECT_HANDLE *found, CK_ULONG *count)
{
    CK_ATTRIBUTE by[3] = { { CKA_CLASS, &type, sizeof type } };
    CK_ULONG n = 1;
    CK_RV rv;

    if (key->by_label)
        by[n++] = (CK_ATTRIBUTE) { CKA_LABEL, key->label, strlen(key->label) };
    if (key->by_id && key->id_len != 0)
        by[n++] = (CK_ATTRIBUTE) { CKA_ID, key->id, key->id_len };
    rv = rk_token_find(work, by, n, found, FOUND_MAX, count);
    return rv == CKR_OK && key->by_id && key->id_len == 0 ? keep_without_id(work, found, count)
                                                          : rv;
}

const char *rk_token_key_name(const struct rk_token_key *key, char room[RK_TOKEN_KEY_NAME])
{
    char id[2 * sizeof key->id + 1];

    rk_hex_write(key->id, key->id_len, id);
    if (key->label[0] != '\0')
        (void)snprintf(room, RK_TOKEN_KEY_NAME, "%s", key->label);
    else
        (void)snprintf(room, RK_TOKEN_KEY_NAME, key->id_len == 0 ? "without an id%s" : "id %s", id);
    return room;
}

/* ---- work in a session ---- */

struct request {
    struct rk_token_key *key;
    CK_RV (*run)(const struct rk_token_work *work, void *arg);
    void *arg;
};

/* The handle, looked up again when the one at hand is of lost sessions. */
static CK_RV current_handle(struct rk_token_key *key, const struct rk_token_session *session,
                            struct rk_token_work *work)
{
    CK_OBJECT_HANDLE found[FOUND_MAX];
    CK_ULONG count = 0;
    CK_RV rv = CKR_OK;

    (void)pthread_mutex_lock(&key->lock);
    if (key->handle == 0 || key->generation != session->generation) {
        rv = find(work, key, key->type, found, &count);
        if (rv == CKR_OK && count != 1)
            rv = CKR_KEY_HANDLE_INVALID;
        if (rv == CKR_OK) {
            key->handle = found[0];
            key->generation = session->generation;
        }
    }
    work->key = key->handle;
    (void)pthread_mutex_unlock(&key->lock);
    return rv;
}

static enum rk_rc run_once(const struct request *request, bool look_up, CK_RV *ret_rv,
                           struct rk_err *err)
{
    rk_token *token = request->key->token;
    struct rk_token_work work = { .fn = token->fn, .token = token };
    struct rk_token_session session;
    CK_RV rv = CKR_OK;

    if (rk_token_take(token, &session, err))
        return err->rc;
    work.session = session.handle;
    if (look_up)
        rv = current_handle(request->key, &session, &work);
    if (rv == CKR_OK)
        rv = request->run(&work, request->arg);
    rk_token_give(token, &session, rv);
    *ret_rv = rv;
    return RK_OK;
}

static enum rk_rc run(const struct request *request, bool look_up, const char *what,
                      struct rk_err *err)
{
    char name[RK_TOKEN_KEY_NAME];
    CK_RV rv;

    if (run_once(request, look_up, &rv, err) ||
        (rk_token_lost(rv) && run_once(request, look_up, &rv, err)))
        return err->rc;
    if (rv == CKR_OK)
        return RK_OK;
    return rk_token_fail(err, rv, "token \"%s\", key \"%s\": %s", request->key->token->label,
                         rk_token_key_name(request->key, name), what);
}

enum rk_rc rk_token_key_run(struct rk_token_key *key, const char *what,
                            CK_RV (*work)(const struct rk_token_work *work, void *arg), void *arg,
                            struct rk_err *err)
{
    const struct request request = { .key = key, .run = work, .arg = arg };

    return run(&request, true, what, err);
}

/* ---- opening ---- */

struct search {
    struct rk_token_key *key;
    CK_ULONG count;        /* of the wanted class */
    CK_OBJECT_CLASS other; /* a class that the name does exist in, when count is 0 */
    bool has_other;
    char ids[FOUND_MAX][2 * RK_TOKEN_ID + 1];
};

static CK_RV find_others(const struct rk_token_work *work, struct search *search)
{
    static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_SECRET_KEY, CKO_PUBLIC_KEY,
                                               CKO_CERTIFICATE };
    CK_OBJECT_HANDLE found[FOUND_MAX];
    CK_ULONG count = 0;
    CK_RV rv = CKR_OK;

    for (size_t i = 0; rv == CKR_OK && !search->has_other && i < 4; i++) {
        rv = find(work, search->key, classes[i], found, &count);
        search->has_other = rv == CKR_OK && count != 0;
        search->other = classes[i];
    }
    return rv;
}

/* What a later search needs to find the very same key. */
static CK_RV read_key(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                      struct rk_token_key *key)
{
    CK_BBOOL always = CK_FALSE;
    size_t len = 0;
    CK_RV rv;

    key->key_type = CK_UNAVAILABLE_INFORMATION;
    rv = rk_token_number(work, object, CKA_KEY_TYPE, &key->key_type);
    if (rv == CKR_OK && key->type == CKO_PRIVATE_KEY)
        rv =
            rk_token_attribute(work, object, CKA_ALWAYS_AUTHENTICATE, &always, sizeof always, &len);
    key->always_authenticate = always == CK_TRUE;
    if (rv == CKR_OK && !key->by_id) {
        rv = rk_token_attribute(work, object, CKA_ID, key->id, sizeof key->id, &key->id_len);
        key->by_id = rv == CKR_OK;
    }
    return rv;
}

/* The key whose id is that of this object; one that is found already counts once. */
static CK_RV add_owner(const struct rk_token_work *work, CK_OBJECT_HANDLE object,
                       CK_OBJECT_CLASS type, CK_OBJECT_HANDLE *found, CK_ULONG *count)
{
    uint8_t id[RK_TOKEN_ID];
    size_t len = 0;
    CK_ATTRIBUTE by[2] = { { CKA_CLASS, &type, sizeof type }, { CKA_ID, id, 0 } };
    CK_OBJECT_HANDLE owner[1];
    CK_ULONG owners = 0;
    CK_RV rv = rk_token_attribute(work, object, CKA_ID, id, sizeof id, &len);

    by[1].ulValueLen = len;
    if (rv == CKR_OK && len != 0)
        rv = rk_token_find(work, by, 2, owner, 1, &owners);
    for (CK_ULONG i = 0; owners != 0 && i < *count; i++) {
        if (found[i] == owner[0])
            owners = 0;
    }
    if (rv == CKR_OK && owners != 0 && *count < FOUND_MAX)
        found[(*count)++] = owner[0];
    return rv;
}

/* NSS gives a nickname to a certificate alone: the key that goes with it is meant. */
static CK_RV find_by_certificate(const struct rk_token_work *work, struct rk_token_key *key,
                                 CK_OBJECT_HANDLE *found, CK_ULONG *count)
{
    CK_OBJECT_HANDLE certificate[FOUND_MAX];
    CK_ULONG certificates = 0;
    CK_RV rv = find(work, key, CKO_CERTIFICATE, certificate, &certificates);

    for (CK_ULONG i = 0; rv == CKR_OK && i < certificates; i++)
        rv = add_owner(work, certificate[i], key->type, found, count);
    if (rv == CKR_OK && *count == 1)
        key->by_label = false; /* the key is not called so: its id finds it again */
    return rv;
}

static CK_RV search_key(const struct rk_token_work *work, void *arg)
{
    struct search *search = arg;
    CK_OBJECT_HANDLE found[FOUND_MAX];
    struct rk_token_key *key = search->key;
    CK_RV rv = find(work, key, key->type, found, &search->count);

    if (rv == CKR_OK && search->count == 0 && key->by_label && !key->by_id &&
        key->type == CKO_PRIVATE_KEY)
        rv = find_by_certificate(work, key, found, &search->count);
    if (rv != CKR_OK)
        return rv;
    if (search->count == 0)
        return find_others(work, search);
    if (search->count == 1)
        return read_key(work, found[0], key);
    for (CK_ULONG i = 0; rv == CKR_OK && i < search->count; i++) {
        uint8_t id[RK_TOKEN_ID];
        size_t len = 0;

        rv = rk_token_attribute(work, found[i], CKA_ID, id, sizeof id, &len);
        rk_hex_write(id, len, search->ids[i]);
    }
    return rv;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static enum rk_rc say_several(struct search *search, const char *name, struct rk_err *err)
{
    const struct rk_token_key *key = search->key;
    size_t last = search->count - 1;
    bool alike;

    qsort(search->ids, search->count, sizeof search->ids[0], by_text); /* tokens keep no order */
    alike = strcmp(search->ids[0], search->ids[last]) == 0;
    (void)rk_fail(err, RK_E_KEY, "token \"%s\": %lu%s %ss are called \"%s\": %s", key->token->label,
                  search->count, search->count == FOUND_MAX ? " or more" : "",
                  rk_token_class_name(key->type), name,
                  alike ? "give one another id or label with the token's own tool"
                        : "add id= to name one");
    for (CK_ULONG i = 0; i < search->count; i++)
        (void)rk_note(err,
                      search->ids[i][0] == '\0' ? "no id%s: id= without a value names it" : "id %s",
                      search->ids[i]);
    return err->rc;
}

static enum rk_rc judge(struct search *search, struct rk_err *err)
{
    const struct rk_token_key *key = search->key;
    char name[RK_TOKEN_KEY_NAME];

    if (search->count == 1)
        return RK_OK;
    (void)rk_token_key_name(key, name);
    if (search->count == 0 && search->has_other)
        return rk_fail(err, RK_E_KEY, "token \"%s\": \"%s\" is a %s, a %s is needed",
                       key->token->label, name, rk_token_class_name(search->other),
                       rk_token_class_name(key->type));
    if (search->count == 0)
        return rk_fail(err, RK_E_KEY, "token \"%s\" has no %s \"%s\"", key->token->label,
                       rk_token_class_name(key->type), name);
    return say_several(search, name, err);
}

/* Label, id and class out of the URI. */
static enum rk_rc read_names(P11KitUri *uri, struct rk_token_key *key, struct rk_err *err)
{
    CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
    CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri, CKA_ID);
    CK_ATTRIBUTE *type = p11_kit_uri_get_attribute(uri, CKA_CLASS);

    if (label == NULL && id == NULL)
        return rk_fail(err, RK_E_USAGE, "key URI: names no key: object= or id= is missing");
    if ((label != NULL && label->ulValueLen >= sizeof key->label) ||
        (id != NULL && id->ulValueLen > sizeof key->id))
        return rk_fail(err, RK_E_USAGE, "key URI: object or id is too long: at most %s and %s",
                       RK_COUNTED(sizeof key->label - 1, "byte"),
                       RK_COUNTED(sizeof key->id, "byte"));
    if (type != NULL && *(CK_OBJECT_CLASS *)type->pValue != key->type)
        return rk_fail(err, RK_E_USAGE, "key URI: type= asks for a %s, a %s is needed",
                       rk_token_class_name(*(CK_OBJECT_CLASS *)type->pValue),
                       rk_token_class_name(key->type));
    if (label != NULL)
        memcpy(key->label, label->pValue, label->ulValueLen);
    if (id != NULL)
        memcpy(key->id, id->pValue, id->ulValueLen);
    key->id_len = id == NULL ? 0 : id->ulValueLen;
    key->by_label = label != NULL;
    key->by_id = id != NULL;
    return RK_OK;
}

enum rk_rc rk_token_key_open(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                             CK_OBJECT_CLASS type, struct rk_token_key **ret, struct rk_err *err)
{
    RK_AUTO(rk_token_uri_done) struct rk_token_uri parsed = { .uri = NULL };
    RK_AUTO(rk_token_key_done) struct rk_token_key *key = rk_alloc(1, sizeof *key);
    struct search search = { .key = key };
    const struct request request = { .key = key, .run = search_key, .arg = &search };
    struct rk_pin source;

    if (key == NULL || pthread_mutex_init(&key->lock, NULL) != 0)
        return rk_fail_nomem(err);
    key->type = type;
    if (rk_token_uri_parse(uri, &parsed, err) || read_names(parsed.uri, key, err) ||
        rk_token_open(ctx, &parsed, &key->token, err))
        return err->rc;
    source = rk_token_pin(&parsed, pin);
    if (rk_token_login(key->token, &source, err) ||
        run(&request, false, "cannot look for it", err) || judge(&search, err))
        return err->rc;
    *ret = key;
    key = NULL;
    return RK_OK;
}
