/* SPDX-License-Identifier: Apache-2.0 */
/* What the devices are made of, as one digest: an interrupted build of the same goes on. */
#include "pipeline/plan.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/ossl.h"
#include "base/wr.h"

#include <string.h>

enum { INPUTS_MAX = 1 << 20 };

/* Length, then content, so that no two lists give the same bytes. */
static int put_len(EVP_MD_CTX *md, size_t len)
{
    uint8_t be[8];

    for (size_t i = 0; i < sizeof be; i++)
        be[i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
    return EVP_DigestUpdate(md, be, sizeof be) == 1;
}

static int put(EVP_MD_CTX *md, const void *bytes, size_t len)
{
    return put_len(md, len) && EVP_DigestUpdate(md, bytes, len) == 1;
}

/* Numbers of `width` octets each, as one content: the lowest octet first, on any machine. */
static int put_pair(EVP_MD_CTX *md, uint64_t a, uint64_t b, size_t width)
{
    return put_len(md, 2 * width) && rk_digest_le(md, a, width) && rk_digest_le(md, b, width);
}

/* What the platform's units are made of beside their own secrets. */
static enum rk_rc put_platform(EVP_MD_CTX *md, const struct rk_plan *plan, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(INPUTS_MAX);
    const struct rk_platform *platform = plan->lane.platform;

    if (platform->put_inputs != NULL)
        platform->put_inputs(plan->of_platform, &wr);
    if (platform->put_run_inputs != NULL && platform->put_run_inputs(plan->of_platform, &wr, err))
        return err->rc;
    if (wr.failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (wr.failed != RK_OK)
        return rk_fail(err, wr.failed, "the platform's inputs are too large");
    return put(md, wr.buf, wr.len) ? RK_OK : rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
}

/* Of the whole fleet: shards of one build agree on it. The rows have 256-bit keys in them. */
static enum rk_rc digest_fleet(struct rk_plan *plan, struct rk_err *err)
{
    struct rk_devices_from whole = plan->from;

    whole.shard = (struct rk_shard) { 0, 0 };
    return rk_devices_digest(&whole, plan->fleet_sha256, err);
}

enum rk_rc rk_plan_inputs(const struct rk_build_options *options, struct rk_plan *plan,
                          struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    const struct rk_ekcert_profile *c = &plan->lane.certificate;
    const uint8_t plain = options->plaintext_secrets;
    uint8_t devices[32];

    if (rk_devices_digest(&plan->from, devices, err) ||
        (plan->from.shard.count != 0 && digest_fleet(plan, err)))
        return err->rc;
    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 ||
        !put(md, options->tool, strlen(options->tool)) ||
        !put(md, plan->manifest->sha256, sizeof plan->manifest->sha256) ||
        !put(md, devices, sizeof devices) ||
        !put_pair(md, plan->from.shard.index, plan->from.shard.count, 4) ||
        !put(md, plan->chain.p, plan->chain.len) ||
        !put(md, plan->recipient.p, plan->recipient.len) || !put(md, &plain, 1) ||
        /* SOURCE_DATE_EPOCH may rule the validity */
        !put_pair(md, (uint64_t)c->not_before, (uint64_t)c->not_after, 8))
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    if (put_platform(md, plan, err))
        return err->rc;
    if (EVP_DigestFinal_ex(md, plan->inputs_sha256, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}
