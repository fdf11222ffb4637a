/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a signing round, in a folder whose signatures hold. */
#include "fuzz.h"

#include "rotkit/file.h"
#include "rotkit/key.h"
#include "rotkit/pem.h"
#include "rotkit/sigbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rk_sigbook_owner owner = { .kind = "build", .sha256 = { 0x44 } };
static const struct rk_bytes message[2] = { { (uint8_t *)(uintptr_t) "first", 5 },
                                            { (uint8_t *)(uintptr_t) "second", 6 } };

/* The public half alone, as one who asks for signatures has it. */
static rk_signer *open_public(const rk_signer *key, const char *name)
{
    struct rk_bytes pem = RK_BYTES_NONE;
    rk_signer *made = NULL;
    char uri[600];
    struct rk_err err;

    FUZZ_DO(rk_pem_encode(RK_PEM_PUBLIC_KEY, rk_signer_spki(key), &pem, &err));
    fuzz_put(name, pem.p, pem.len);
    rk_bytes_done(&pem);
    (void)snprintf(uri, sizeof uri, "pub:%s", fuzz_path(name));
    FUZZ_DO(rk_signer_open(fuzz_ctx(), uri, NULL, &made, &err));
    return made;
}

/* A folder with two wants, of a key that signs messages and of one that signs digests; signed. */
static void make_round(void)
{
    const struct rk_sigbook_end end = { .dry = false };
    struct rk_sigbook_round round = { .round = 0 };
    struct rk_wants wants = { .item = NULL };
    struct rk_bytes none = RK_BYTES_NONE, signature = RK_BYTES_NONE;
    rk_signer *key[2] = { fuzz_key(), NULL };
    rk_sigbook *book = NULL;
    struct rk_err err;

    FUZZ_DO(rk_signer_open(fuzz_ctx(), FUZZ_KEYS "/rsa2048.pem", NULL, &key[1], &err));
    FUZZ_DO(rk_sigbook_new(fuzz_ctx(), fuzz_path("round"), &owner, &book, &err));
    for (size_t i = 0; i < 2; i++) {
        rk_signer *public = open_public(key[i], "public.pem");

        FUZZ_DO(rk_sigbook_sign(book, public, rk_signer_default_scheme(key[i]), "a thing",
                                &message[i], &wants, &none, &err));
        rk_signer_free(public);
    }
    FUZZ_DO(rk_sigbook_merge_wants(book, &wants, &err));
    FUZZ_DO(rk_sigbook_close_round(book, &end, &round, &err));
    rk_sigbook_free(book);
    for (size_t i = 0; i < 2; i++) {
        FUZZ_DO(rk_signer_sign(key[i], rk_signer_default_scheme(key[i]), message[i].p,
                               message[i].len, &signature, &err));
        fuzz_put(i == 0 ? "round/000001.sig" : "round/000002.sig", signature.p, signature.len);
        rk_bytes_done(&signature);
    }
    rk_signer_free(key[1]);
}

static void begin(void)
{
    static bool begun;

    if (begun)
        return;
    FUZZ_HOLDS(setenv("SOURCE_DATE_EPOCH", "1800000000", 1) == 0);
    make_round();
    begun = true;
}

void fuzz_example(struct rk_bytes *ret)
{
    struct rk_err err;

    begin();
    FUZZ_DO(rk_file_read(fuzz_path("round/index.json"), 1 << 20, ret, &err));
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_bytes found = RK_BYTES_NONE;
    rk_sigbook *book = NULL;
    struct rk_err err;

    begin();
    fuzz_put("round/index.json", data, size);
    if (rk_sigbook_open(fuzz_ctx(), fuzz_path("round"), &owner, &book, &err)) {
        FUZZ_HOLDS(book == NULL);
        return false;
    }
    FUZZ_DO(rk_sigbook_find(book, fuzz_key(), RK_SCHEME_ED25519, &message[0], &found, &err));
    if (found.len != 0)
        FUZZ_DO(rk_signature_check(fuzz_ctx(), rk_signer_pkey(fuzz_key()), RK_SCHEME_ED25519,
                                   message[0].p, message[0].len, found.p, found.len, &err));
    rk_bytes_done(&found);
    rk_sigbook_free(book);
    return true;
}
