/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a TPM answers (tests/support/tpm_answers.c) to all that rotkit asks one, in a fixed order.
 * An answer that is an error ends that question alone.
 */
#include "fuzz.h"

#include "rotkit/tpm.h"

#include <dlfcn.h>
#include <stdlib.h>

static void see_public(enum rk_rc rc, struct rk_tpm_public *object)
{
    FUZZ_HOLDS(rc != RK_OK || object->name_len <= sizeof object->name);
    rk_tpm_public_done(object);
}

static bool ask_keys(rk_tpm *tpm)
{
    struct rk_tpm_public object = RK_TPM_PUBLIC_NONE;
    const struct rk_ek_template *tpl = rk_ek_template_find("L-2");
    bool found = false;
    struct rk_err err;
    enum rk_rc rc;

    rc = rk_tpm_make_ek(tpm, tpl, &object, &err);
    see_public(rc, &object);
    if (rc != RK_OK)
        return false;
    rc = rk_tpm_read_persistent(tpm, rk_tpm_ek_handle(tpl), &object, &found, &err);
    see_public(rc, &object);
    if (rc != RK_OK)
        return false;
    rc = rk_tpm_key_public(tpm, RK_TPM_SRK, &object, &err);
    see_public(rc, &object);
    return rc == RK_OK;
}

static bool ask_nv(rk_tpm *tpm)
{
    struct rk_tpm_nv nv = { .state = RK_TPM_NV_ABSENT };
    struct rk_err err;
    uint32_t limit;
    enum rk_rc rc = rk_tpm_nv_read(tpm, 0x01c0000a, &nv, &err);

    if (rc == RK_OK)
        FUZZ_HOLDS(rk_tpm_nv_cert_len(&nv.bytes) <= nv.bytes.len);
    rk_tpm_nv_done(&nv);
    return rk_tpm_nv_limit(tpm, &limit, &err) == RK_OK && rc == RK_OK;
}

static bool ask_quote(rk_tpm *tpm)
{
    static const uint8_t nonce[20] = { 0x77 };
    struct rk_quote quote = { .attest = RK_BYTES_NONE };
    struct rk_tpm_public ak = RK_TPM_PUBLIC_NONE;
    struct rk_pcrs pcrs = { .mask = 0 };
    struct rk_quote_facts facts;
    struct rk_err err;
    bool right =
        rk_tpm_key_public(tpm, RK_TPM_AK_ECC, &ak, &err) == RK_OK &&
        rk_tpm_pcr_read(tpm, rk_pcr_bank_default(), 0x7, &pcrs, &err) == RK_OK &&
        rk_tpm_quote(tpm, RK_TPM_AK_ECC, &pcrs, nonce, sizeof nonce, &quote, &err) == RK_OK;

    if (right)
        right = rk_quote_verify(fuzz_ctx(), &ak.public_tpm2b, &quote, nonce, sizeof nonce, &pcrs,
                                &facts, &err) == RK_OK;
    rk_tpm_public_done(&ak);
    rk_quote_done(&quote);
    return right;
}

static bool ask_all(rk_tpm *tpm)
{
    bool set, right = true;
    struct rk_err err;

    right = rk_tpm_has_auth(tpm, RK_TPM_OWNER, &set, &err) == RK_OK;
    right = ask_nv(tpm) && right;
    right = ask_keys(tpm) && right;
    return ask_quote(tpm) && right;
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static void (*feed)(const uint8_t *bytes, size_t len);
    const struct rk_tpm_options options = { .tcti = FUZZ_MODULE };
    rk_tpm *tpm = NULL;
    struct rk_err err;
    bool taken;

    if (feed == NULL) {
        void *module = dlopen(FUZZ_MODULE, RTLD_NOW);

        FUZZ_HOLDS(module != NULL);
        *(void **)&feed = dlsym(module, "fuzz_feed");
        FUZZ_HOLDS(feed != NULL);
        FUZZ_HOLDS(setenv("TSS2_LOG", "all+NONE", 1) == 0);
    }
    feed(data, size);
    if (rk_tpm_open(fuzz_ctx(), &options, &tpm, &err))
        return false;
    taken = ask_all(tpm);
    rk_tpm_free(tpm);
    return taken;
}
