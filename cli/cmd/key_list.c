/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit key list: tokens and the objects in them, with the URI of each. */
#include "cli/cmd/key.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/key.h"

struct listing {
    const struct app *app;
    rk_json *doc;
    struct rk_jv tokens, objects; /* the latter of the token at hand */
    size_t token_count;
};

static void show_token(void *arg, const struct rk_token_info *token)
{
    struct listing *listing = arg;
    struct rk_jv at;

    listing->token_count++;
    if (!listing->app->json) {
        (void)fprintf(listing->app->out, "token \"%s\", serial %s, %s %s%s\n", token->label,
                      token->serial, token->maker, token->model,
                      token->needs_login ? ", login needed" : "");
        return;
    }
    at = rk_json_put_object(listing->tokens, NULL);
    rk_json_put_str(at, "label", token->label);
    rk_json_put_str(at, "serial", token->serial);
    rk_json_put_str(at, "manufacturer", token->maker);
    rk_json_put_str(at, "model", token->model);
    rk_json_put_bool(at, "login_needed", token->needs_login);
    listing->objects = rk_json_put_array(at, "objects");
}

static void show_object(void *arg, const struct rk_token_object *object)
{
    const struct listing *listing = arg;
    struct rk_jv at;

    if (!listing->app->json) {
        (void)fprintf(listing->app->out, "    %s%s%s \"%s\", id %s\n", object->type,
                      object->key_type[0] == '\0' ? "" : ", ", object->key_type, object->label,
                      object->id_hex[0] == '\0' ? "none" : object->id_hex);
        if (object->uri[0] != '\0')
            (void)fprintf(listing->app->out, "        %s\n", object->uri);
        return;
    }
    at = rk_json_put_object(listing->objects, NULL);
    rk_json_put_str(at, "type", object->type);
    rk_json_put_str(at, "key_type", object->key_type);
    rk_json_put_str(at, "label", object->label);
    rk_json_put_str(at, "id", object->id_hex);
    rk_json_put_str(at, "uri", object->uri);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct listing listing = { .app = app, .doc = doc };
    const struct rk_token_visitor visitor = { show_token, show_object, &listing };
    struct rk_pin pin = RK_PIN_INIT(NULL);
    const struct opt rows[] = { OPT_PASSPHRASE(pin.source), OPT_JSON(app), OPT_END };
    struct operands operands;

    if (opt_parse(app, rows, argc, argv, 0, 1, &operands, err))
        return err->rc;
    listing.tokens = rk_json_put_array(rk_json_root(doc), "tokens");
    if (rk_token_list(app->ctx, operands.count == 0 ? NULL : operands.v[0], &pin, &visitor, err))
        return err->rc;
    if (listing.token_count == 0)
        out_note(app, "%s",
                 operands.count == 0 ? "no token with keys is there: name a module as "
                                       "'pkcs11:?module-path=/PATH', or 'pkcs11:' for all tokens"
                                     : "no token is there");
    return app->json ? out_json(app, doc, err) : RK_OK;
}

const struct cmd cmd_key_list = {
    .name = "list",
    .args = "[URI]",
    .summary = "tokens and what is in them",
    .about =
        "Shows the tokens that the PKCS #11 URI matches, and the objects in them that it matches.\n"
        "Without a URI, those of all modules that p11-kit is configured with, but for tokens that\n"
        "need no login and hold no key (the system's trust store is one): 'pkcs11:' shows these "
        "too.\n"
        "Private objects are seen after a login only: name a PIN by --passphrase or by the URI's\n"
        "pin-source.",
    .run = run,
};
