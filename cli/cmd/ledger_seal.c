/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd/ledger_seal.h"

void ledger_seal_done(struct ledger_seal *seal)
{
    rk_signer_free(seal->key);
}

enum rk_rc ledger_seal_open(const struct app *app, struct ledger_seal *seal, struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(seal->passphrase);

    if ((seal->uri == NULL) != (seal->anchor == NULL) ||
        (seal->passphrase != NULL && seal->uri == NULL))
        return opt_fail(app, err, "--checkpoint-key and --anchor go together");
    if (seal->uri == NULL)
        return RK_OK;
    if (rk_signer_open(app->ctx, seal->uri, &pin, &seal->key, err))
        return rk_wrap(err, "--checkpoint-key");
    return rk_signer_can_sign(seal->key)
               ? RK_OK
               : rk_fail(err, RK_E_KEY, "--checkpoint-key: the key is public only and cannot sign");
}

enum rk_rc ledger_seal_before(const struct app *app, const struct ledger_seal *seal,
                              rk_ledger *ledger, struct rk_err *err)
{
    if (seal->key == NULL)
        return RK_OK;
    rk_ledger_use_key(ledger, seal->key);
    return rk_anchor_compare(app->ctx, ledger, seal->key, seal->anchor, err);
}

enum rk_rc ledger_seal_behind(const struct ledger_seal *seal, rk_ledger *ledger, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (seal->key == NULL)
        return RK_OK;
    if (rk_ledger_checkpoint(ledger, seal->key, &file, err) ||
        rk_anchor_write(seal->anchor, &file, err)) {
        (void)rk_wrap(err, "what was asked for stands in the ledger, without a checkpoint");
        return rk_note(err, "the next build makes one; keep a copy of the ledger until then");
    }
    return RK_OK;
}
