/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit match --status: what a board says of its last capsule, in words. */
#include "cli/cmd/match.h"

#include "cli/out.h"

#include "rotkit/esrt.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

static void tell(const struct app *app, struct rk_jv list, const struct rk_esrt_status *status)
{
    struct rk_jv at;

    if (!app->json) {
        (void)fprintf(app->out, "%" PRIu32 " (0x%" PRIx32 ")  %s: %s\n", status->code, status->code,
                      status->name, status->meaning);
        return;
    }
    at = rk_json_put_object(list, NULL);
    rk_json_put_u64(at, "status", status->code);
    rk_json_put_str(at, "name", status->name);
    rk_json_put_str(at, "meaning", status->meaning);
}

/* Nothing public says what it is; a version that was mistaken for one can be told. */
static enum rk_rc unknown(uint64_t code, struct rk_err *err)
{
    char version[RK_ESRT_VERSION_TEXT];

    (void)rk_fail(err, RK_E_UNKNOWN, "status %" PRIu64 " (0x%" PRIx64 ") is not known", code, code);
    if (code >= 0x10000 && code <= UINT32_MAX) {
        rk_esrt_version((uint32_t)code, version);
        return rk_note(err, "as a version (fw_version, last_attempt_version) it is %s", version);
    }
    return rk_note(err, "rotkit match --status all lists those that are");
}

enum rk_rc match_status(const struct app *app, const char *text, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv list = rk_json_put_array(rk_json_root(doc), "statuses");
    const struct rk_esrt_status *status;
    uint64_t code;

    if (strcmp(text, "all") == 0) {
        for (size_t i = 0; (status = rk_esrt_at(i)) != NULL; i++)
            tell(app, list, status);
        return app->json ? out_json(app, doc, err) : RK_OK;
    }
    if (rk_parse_u64(text, UINT32_MAX, &code, err)) {
        (void)rk_wrap(err, "--status");
        return rk_note(err, "decimal as in /sys/firmware/efi/esrt/entries/entry0/"
                            "last_attempt_status, or 0x; \"all\" lists them");
    }
    status = rk_esrt_find(code);
    if (status == NULL)
        return unknown(code, err);
    tell(app, list, status);
    return app->json ? out_json(app, doc, err) : RK_OK;
}
