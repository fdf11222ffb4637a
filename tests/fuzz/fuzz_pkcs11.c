/* SPDX-License-Identifier: Apache-2.0 */
/* What a token answers (tests/support/pkcs11_answers.c): listing it, and checking a key that signs
 * or derives. */
#include "fuzz.h"

#include "rotkit/key.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define URI "pkcs11:object=k?module-path=" FUZZ_MODULE "&pin-source=env:FUZZ_PIN"

static void see_token(void *arg, const struct rk_token_info *info)
{
    *(size_t *)arg += strlen(info->label) + strlen(info->serial) + strlen(info->maker);
}

static void see_object(void *arg, const struct rk_token_object *object)
{
    *(size_t *)arg += strlen(object->type) + strlen(object->key_type) + strlen(object->label) +
                      strlen(object->id_hex) + strlen(object->uri);
}

static void see_finding(void *arg, const struct rk_check_finding *finding)
{
    *(size_t *)arg += strlen(finding->what) + strlen(finding->text);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static void (*feed)(const uint8_t *bytes, size_t len);
    size_t seen = 0;
    const struct rk_token_visitor visitor = { see_token, see_object, &seen };
    const struct rk_check_report report = { see_finding, &seen };
    rk_ctx *ctx = NULL;
    struct rk_err err;
    bool taken;

    if (feed == NULL) {
        void *module = dlopen(FUZZ_MODULE, RTLD_NOW);

        FUZZ_HOLDS(module != NULL);
        *(void **)&feed = dlsym(module, "fuzz_feed");
        FUZZ_HOLDS(feed != NULL);
        FUZZ_HOLDS(setenv("FUZZ_PIN", "1234", 1) == 0);
    }
    FUZZ_DO(rk_ctx_new(&ctx, &err));
    feed(data, size);
    switch (size % 3) {
    case 0:
        taken = rk_token_list(ctx, URI, NULL, &visitor, &err) == RK_OK && seen != 0;
        break;
    case 1:
        taken = rk_key_check_signer(ctx, URI, NULL, RK_SCHEME_NONE, &report, &err) == RK_OK;
        break;
    default:
        taken = rk_key_check_mac(ctx, URI, &report, &err) == RK_OK;
        break;
    }
    rk_ctx_free(ctx);
    return taken;
}
