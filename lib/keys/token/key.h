/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key in a token: found by its URI, used in any session. Its handle is looked up again when the
 * sessions were lost. No value of a private or secret key is ever asked for.
 */
#pragma once

#include "keys/source.h"
#include "keys/token/object.h"

struct rk_token_key {
    rk_token *token;
    CK_OBJECT_CLASS type;
    char label[RK_TOKEN_LABEL]; /* CKA_LABEL, for messages and the search */
    uint8_t id[RK_TOKEN_ID];    /* CKA_ID */
    size_t id_len;
    bool by_label, by_id; /* what it is looked up by; by_id and an id of no bytes: it has none */
    CK_KEY_TYPE key_type; /* CKK_RSA, CKK_EC ...; CK_UNAVAILABLE_INFORMATION: not said */
    bool always_authenticate; /* the PIN at every use */
    pthread_mutex_t lock;     /* for the two below */
    CK_OBJECT_HANDLE handle;
    uint64_t generation; /* of the token, when handle was looked up */
};

/*
 * Opens the token, logs in and finds the one key of this class (CKO_PRIVATE_KEY, CKO_SECRET_KEY).
 * RK_E_KEY: none, several, or something else of that name.
 */
enum rk_rc rk_token_key_open(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                             CK_OBJECT_CLASS type, struct rk_token_key **ret,
                             struct rk_err *err) RK_MUST_CHECK;
void rk_token_key_free(struct rk_token_key *key);
RK_CLEANUP(rk_token_key_done, struct rk_token_key, rk_token_key_free)

enum { RK_TOKEN_KEY_NAME = RK_TOKEN_LABEL };
/* Its label, or "id 0a0b" where the URI names it so; for messages. Returns room. */
const char *rk_token_key_name(const struct rk_token_key *key, char room[RK_TOKEN_KEY_NAME]);

/*
 * Does run(work, arg) in a session, once more in a new one when the first was lost. Any other end
 * than CKR_OK becomes RK_E_KEY: `token "T", key "K": what: CKR_...`.
 */
enum rk_rc rk_token_key_run(struct rk_token_key *key, const char *what,
                            CK_RV (*run)(const struct rk_token_work *work, void *arg), void *arg,
                            struct rk_err *err) RK_MUST_CHECK;

/*
 * public.c: the public half: from the key's own attributes, else from a public key or certificate
 * with its id, its modulus, or, where one of the two has no id and no other private key is called
 * so, its label. RK_E_KEY: there is none, or there are several and they differ.
 */
enum rk_rc rk_token_key_public(struct rk_token_key *key, EVP_PKEY **ret,
                               struct rk_err *err) RK_MUST_CHECK;
/* Does the token have the mechanism for this use (CKF_SIGN, CKF_ENCRYPT)? */
bool rk_token_has(rk_token *token, CK_MECHANISM_TYPE type, CK_FLAGS use);
/* Can the token sign by the scheme? ret_mechanism: the name of the mechanism that it uses or lacks.
 * signer.c */
bool rk_token_signs(rk_token *token, enum rk_scheme scheme, const char **ret_mechanism);
/* signer.c and mac.c: the rows of the key grammar. */
enum rk_rc rk_token_signer_open(const rk_ctx *ctx, const struct rk_key_name *name,
                                const struct rk_pin *pin, rk_signer **ret,
                                struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_token_mac_open(const rk_ctx *ctx, const struct rk_key_name *name, size_t key_len,
                             rk_mac **ret, struct rk_err *err) RK_MUST_CHECK;
