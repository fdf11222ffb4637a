/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/programs.h"

#include "base/mem.h"
#include "image/uefi/cert.h"
#include "image/uefi/pe.h"

#include <string.h>

enum { DIGEST = 32, PROGRAMS_MAX = 1024, ALIGNMENT = 8 };

/* The digests, each once, in the order of their parts. */
struct digests {
    uint8_t item[2 * PROGRAMS_MAX][DIGEST];
    size_t count;
};

static void add(struct digests *digests, const uint8_t digest[DIGEST])
{
    for (size_t i = 0; i < digests->count; i++) {
        if (memcmp(digests->item[i], digest, DIGEST) == 0)
            return;
    }
    memcpy(digests->item[digests->count++], digest, DIGEST);
}

static enum rk_rc add_digest(const uint8_t *file, size_t len, struct digests *digests,
                             bool *ret_is_signed, struct rk_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct rk_pe pe;

    if (rk_pe_read(file, len, &pe, err) || rk_pe_digest(&pe, file, EVP_sha256(), digest, err))
        return err->rc;
    add(digests, digest);
    *ret_is_signed = pe.certificates != 0;
    return RK_OK;
}

static enum rk_rc add_program(const struct rk_input *part, struct digests *digests,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes padded = RK_BYTES_NONE;
    bool is_signed;

    if (add_digest(part->p, part->len, digests, &is_signed, err))
        return err->rc;
    if (is_signed || part->len % ALIGNMENT == 0)
        return RK_OK;
    if (rk_bytes_new((part->len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, &padded, err))
        return err->rc;
    memcpy(padded.p, part->p, part->len);
    return add_digest(padded.p, padded.len, digests, &is_signed, err);
}

static enum rk_rc collect(const struct rk_request *request, const char *name,
                          struct digests *digests, struct rk_err *err)
{
    size_t programs = 0;

    for (size_t i = 0; i < request->part_count; i++) {
        const struct rk_input *part = &request->part[i];

        if (strcmp(part->name, name) != 0)
            continue;
        if (programs++ == PROGRAMS_MAX)
            return rk_fail(err, RK_E_USAGE, "parts \"%s\": more than %d", name, PROGRAMS_MAX);
        if (add_program(part, digests, err))
            return rk_wrap(err, "part \"%s\"", name);
    }
    return RK_OK;
}

static void digests_done(struct digests **digests)
{
    rk_free(*digests);
}

enum rk_rc rk_esl_put_programs(const struct rk_request *request, const char *name,
                               const uint8_t owner[16], struct rk_wr *wr, struct rk_err *err)
{
    RK_AUTO(digests_done) struct digests *digests = rk_alloc(1, sizeof *digests);

    if (digests == NULL)
        return rk_fail_nomem(err);
    if (collect(request, name, digests, err))
        return err->rc;
    if (digests->count == 0)
        return RK_OK;
    rk_esl_put_head(RK_ESL_SHA256, digests->count, RK_ESL_OWNER + DIGEST, wr);
    for (size_t i = 0; i < digests->count; i++) {
        rk_wr_bytes(wr, owner, RK_ESL_OWNER);
        rk_wr_bytes(wr, digests->item[i], DIGEST);
    }
    return RK_OK;
}
