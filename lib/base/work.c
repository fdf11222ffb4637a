/* SPDX-License-Identifier: Apache-2.0 */
#include "base/work.h"

#include "rotkit/counted.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/evp.h>

enum { REMEMBERED = 64, MIB = 1 << 20 };

const struct rk_work rk_work_max = {
    .hashed = UINT64_C(64) << 20, .signatures = 256, .nodes = 100000, .guards = 4096
};

struct digest {
    const uint8_t *p;
    size_t len, digest_len;
    char algorithm[16];
    uint8_t digest[64];
};

static _Thread_local struct {
    bool entered, refused;
    const uint8_t *file;
    size_t len;
    struct rk_work spent, max;
    struct digest known[REMEMBERED]; /* the last ones, in a ring */
    size_t known_count;
} account;

struct rk_work_span rk_work_enter(const void *file, size_t len)
{
    const struct rk_work_span span = { .outermost = !account.entered };
    const uint64_t mib = (uint64_t)len / MIB + 1;

    if (!span.outermost)
        return span;
    account.entered = true;
    account.refused = false;
    account.file = file;
    account.len = len;
    account.known_count = 0;
    account.spent = (struct rk_work) { .hashed = 0 };
    account.max = (struct rk_work) { .hashed = mib * rk_work_max.hashed,
                                     .signatures = mib * rk_work_max.signatures,
                                     .nodes = mib * rk_work_max.nodes,
                                     .guards = mib * rk_work_max.guards };
    return span;
}

void rk_work_leave(struct rk_work_span *span)
{
    if (span->outermost)
        account.entered = false;
}

struct rk_work rk_work_last(void)
{
    return account.spent;
}

bool rk_work_refused(void)
{
    return account.entered && account.refused;
}

static enum rk_rc spend(uint64_t *spent, uint64_t max, uint64_t more, const char *what,
                        struct rk_err *err)
{
    if (!account.entered)
        return RK_OK;
    account.refused = account.refused || more > max - *spent;
    if (more > max - *spent)
        return rk_fail(err, RK_E_FORMAT,
                       "more than %" PRIu64 " %s in a file of %s: no tool makes one that "
                       "asks for so much",
                       max, what, RK_COUNTED(account.len, "byte"));
    *spent += more;
    return RK_OK;
}

enum rk_rc rk_work_hash(size_t len, struct rk_err *err)
{
    return spend(&account.spent.hashed, account.max.hashed, len, "bytes to hash", err);
}

enum rk_rc rk_work_signature(struct rk_err *err)
{
    return spend(&account.spent.signatures, account.max.signatures, 1, "signatures to check", err);
}

enum rk_rc rk_work_node(struct rk_err *err)
{
    return spend(&account.spent.nodes, account.max.nodes, 1, "parts", err);
}

enum rk_rc rk_work_guard(struct rk_err *err)
{
    return spend(&account.spent.guards, account.max.guards, 1, "digests and signatures", err);
}

/* ---- once for each range ---- */

/* What lies elsewhere (decrypted, put together) may be other bytes at the next call. */
static bool is_of_file(const uint8_t *p, size_t len)
{
    return account.entered && p >= account.file && p <= account.file + account.len &&
           len <= (size_t)(account.file + account.len - p);
}

static const struct digest *find(const char *algorithm, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < REMEMBERED && i < account.known_count; i++) {
        const struct digest *known = &account.known[i];

        if (known->p == p && known->len == len && strcmp(known->algorithm, algorithm) == 0)
            return known;
    }
    return NULL;
}

static void remember(const char *algorithm, const uint8_t *p, size_t len, const uint8_t *digest,
                     size_t digest_len)
{
    struct digest *known = &account.known[account.known_count % REMEMBERED];

    if (!is_of_file(p, len) || strlen(algorithm) >= sizeof known->algorithm)
        return;
    account.known_count++;
    *known = (struct digest) { .p = p, .len = len, .digest_len = digest_len };
    memcpy(known->algorithm, algorithm, strlen(algorithm));
    memcpy(known->digest, digest, digest_len);
}

enum rk_rc rk_work_digest(const char *algorithm, const void *bytes, size_t len, uint8_t ret[64],
                          size_t *ret_len, struct rk_err *err)
{
    const struct digest *known = is_of_file(bytes, len) ? find(algorithm, bytes, len) : NULL;
    const EVP_MD *md = EVP_get_digestbyname(algorithm);
    unsigned made = 0;

    if (known != NULL) {
        memcpy(ret, known->digest, known->digest_len);
        *ret_len = known->digest_len;
        return RK_OK;
    }
    if (rk_work_hash(len, err))
        return err->rc;
    if (md == NULL || EVP_Digest(bytes, len, ret, &made, md, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", algorithm);
    remember(algorithm, bytes, len, ret, made);
    *ret_len = made;
    return RK_OK;
}
