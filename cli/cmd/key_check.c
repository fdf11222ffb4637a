/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit key check: would this key do its work, and if not, why? */
#include "cli/cmd/key.h"

#include "cli/opt.h"
#include "cli/out.h"

#include "rotkit/key.h"

static const char *const levels[] = {
    [RK_CHECK_OK] = "ok",
    [RK_CHECK_WARN] = "warning",
    [RK_CHECK_FAILED] = "FAILED",
};

struct checking {
    const struct app *app;
    struct rk_jv findings;
};

static void found(void *arg, const struct rk_check_finding *finding)
{
    const struct checking *checking = arg;
    struct rk_jv at;

    if (!checking->app->json) {
        (void)fprintf(checking->app->out, "%-7s  %s: %s\n", levels[finding->level], finding->what,
                      finding->text);
        return;
    }
    at = rk_json_put_object(checking->findings, NULL);
    rk_json_put_str(at, "level", levels[finding->level]);
    rk_json_put_str(at, "what", finding->what);
    rk_json_put_str(at, "text", finding->text);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct checking checking = { .app = app };
    const struct rk_check_report report = { found, &checking };
    struct rk_pin pin = RK_PIN_INIT(NULL);
    const char *scheme_name = NULL;
    bool symmetric = false;
    /* clang-format off */
    const struct opt rows[] = {
        { "scheme",    0, OPT_STR,  &scheme_name, "NAME", "scheme of the test signature (default: the key's own)", false },
        { "symmetric", 0, OPT_FLAG, &symmetric,   NULL,   "the key derives (HMAC, CMAC, AES) instead of signing", false },
        OPT_PASSPHRASE(pin.source),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */
    struct operands operands;
    enum rk_scheme scheme;
    enum rk_rc rc;

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    scheme = scheme_name == NULL ? RK_SCHEME_NONE : rk_scheme_find(scheme_name);
    if (scheme_name != NULL && scheme == RK_SCHEME_NONE)
        return opt_fail(app, err, "--scheme: unknown scheme \"%s\"", scheme_name);
    if (symmetric && (scheme_name != NULL || pin.source != NULL))
        return opt_fail(app, err, "--symmetric goes with neither --scheme nor --passphrase");
    checking.findings = rk_json_put_array(rk_json_root(doc), "findings");
    rc = symmetric ? rk_key_check_mac(app->ctx, operands.v[0], &report, err)
                   : rk_key_check_signer(app->ctx, operands.v[0], &pin, scheme, &report, err);
    if (app->json) {
        struct rk_err second;

        if (out_json(app, doc, &second) && rc == RK_OK) {
            *err = second;
            rc = second.rc;
        }
    }
    return rc;
}

const struct cmd cmd_key_check = {
    .name = "check",
    .args = "KEY",
    .summary = "self-test of a key: token, permission, mechanisms, one signature",
    .about =
        "Opens the key, looks at its attributes and the token's mechanisms, makes one signature\n"
        "and holds it against the public key. Each finding is one line; a PKCS #11 failure is\n"
        "told with its CKR code and what to do. Exits with 4 when a check failed.",
    .run = run,
};
