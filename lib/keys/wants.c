/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/wants.h"

#include "base/digest.h"
#include "base/mem.h"
#include "keys/scheme.h"
#include "keys/signer.h"
#include "rotkit/grow.h"
#include "rotkit/policy.h"

#include <stdio.h>
#include <string.h>

enum rk_rc rk_want_id(enum rk_scheme scheme, const struct rk_bytes *spki,
                      const struct rk_bytes *message, uint8_t ret[RK_WANT_ID], struct rk_err *err)
{
    ret[64] = (uint8_t)scheme;
    if (rk_sha256(spki->p, spki->len, ret, err))
        return err->rc;
    return rk_sha256(message->p, message->len, ret + 32, err);
}

static void want_done(struct rk_want *want)
{
    rk_bytes_done(&want->spki);
    rk_bytes_done(&want->message);
}

void rk_wants_done(struct rk_wants *wants)
{
    for (size_t i = 0; i < wants->count; i++)
        want_done(&wants->item[i]);
    rk_free(wants->item);
    *wants = (struct rk_wants) { .item = NULL };
}

void rk_wants_prefix(struct rk_wants *wants, size_t from, const char *text)
{
    for (size_t i = from; i < wants->count; i++) {
        char *what = wants->item[i].what;
        char longer[2 * sizeof wants->item[i].what];

        (void)snprintf(longer, sizeof longer, "%.100s: %.150s", text, what);
        (void)snprintf(what, sizeof wants->item[i].what, "%.*s",
                       (int)sizeof wants->item[i].what - 1, longer);
    }
}

enum rk_rc rk_wants_room(struct rk_wants *wants, size_t more, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_want), RK_WANTS_MAX, RK_E_USAGE,
                                             "signatures are wanted in one round" };
    void *items = wants->item;

    if (rk_grow(&growth, &items, wants->count, more, err))
        return err->rc;
    wants->item = items;
    return RK_OK;
}

enum rk_rc rk_wants_add(struct rk_wants *wants, const rk_signer *key, enum rk_scheme scheme,
                        const char *what, const struct rk_bytes *message, struct rk_err *err)
{
    struct rk_want want = { .scheme = scheme };
    const struct rk_bytes *spki = rk_signer_spki(key);

    const struct rk_scheme_row *row;

    (void)snprintf(want.what, sizeof want.what, "%s", what);
    if (rk_scheme_fit(scheme, rk_signer_pkey(key), &row, err) ||
        rk_policy_check_key(rk_signer_ctx(key), rk_signer_pkey(key), RK_E_KEY, err))
        return err->rc;
    if (rk_wants_room(wants, 1, err) || rk_bytes_copy(spki->p, spki->len, &want.spki, err) ||
        rk_bytes_copy(message->p, message->len, &want.message, err)) {
        want_done(&want);
        return err->rc;
    }
    wants->item[wants->count++] = want;
    return RK_OK;
}
