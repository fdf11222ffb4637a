/* SPDX-License-Identifier: Apache-2.0 */
/* update.json of a bundle with one capsule, signed anew each time. */
#include "fuzz.h"

#include "base/digest.h"
#include "rotkit/file.h"
#include "rotkit/json.h"
#include "rotkit/update.h"

#include <stdlib.h>
#include <string.h>

static struct rk_bytes capsule;

static void begin(void)
{
    struct rk_err err;

    if (capsule.p != NULL)
        return;
    FUZZ_HOLDS(setenv("SOURCE_DATE_EPOCH", "1800000000", 1) == 0);
    FUZZ_DO(rk_file_read(FUZZ_KEYS "/../capsule/bup_edk2.Cap", 1 << 20, &capsule, &err));
    fuzz_put("update/a.Cap", capsule.p, capsule.len);
}

void fuzz_example(struct rk_bytes *ret)
{
    rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc), payload;
    const struct rk_bytes *spki = rk_signer_spki(fuzz_key());
    uint8_t digest[32];
    struct rk_err err;

    begin();
    FUZZ_DO(rk_sha256(capsule.p, capsule.len, digest, &err));
    rk_json_put_u64(root, "rotkit_update", 1);
    rk_json_put_str(root, "platform", "t234");
    rk_json_put_str(rk_json_put_object(root, "from"), "version", "1.0");
    rk_json_put_str(rk_json_put_object(root, "to"), "version", "1.1");
    payload = rk_json_put_object(rk_json_put_array(root, "payloads"), NULL);
    rk_json_put_str(payload, "path", "a.Cap");
    rk_json_put_str(payload, "format", "capsule");
    rk_json_put_u64(payload, "size", capsule.len);
    rk_json_put_hex(payload, "sha256", digest, sizeof digest);
    rk_json_put_hex(root, "signer", spki->p, spki->len);
    rk_json_put_str(root, "signature_scheme", "ed25519");
    FUZZ_DO(rk_json_text(doc, true, ret, &err));
    rk_json_free(doc);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_update_report report = { .payloads = 0 };
    struct rk_bytes signature = RK_BYTES_NONE;
    struct rk_err err;

    begin();
    fuzz_put("update/update.json", data, size);
    FUZZ_DO(rk_signer_sign(fuzz_key(), RK_SCHEME_ED25519, data, size, &signature, &err));
    fuzz_put("update/update.json.sig", signature.p, signature.len);
    rk_bytes_done(&signature);
    if (rk_update_verify(fuzz_ctx(), fuzz_path("update"), rk_signer_pkey(fuzz_key()), &report,
                         &err))
        return false;
    FUZZ_HOLDS(report.payloads == 1); /* there is no other file */
    FUZZ_HOLDS(memchr(report.from, '\0', sizeof report.from) != NULL);
    FUZZ_HOLDS(memchr(report.to, '\0', sizeof report.to) != NULL);
    return true;
}
