/* SPDX-License-Identifier: Apache-2.0 */
/* Event logs of firmware. Source: TCG PC Client Platform Firmware Profile, 10.2 to 10.4. */
#include "rotkit/attest.h"

#include "base/ossl.h"
#include "base/rd.h"

#include <string.h>

#include <tss2/tss2_tpm2_types.h>

enum { DYNAMIC_FIRST = 17, DYNAMIC_LAST = 22 }; /* set to all ones until a dynamic launch */
enum { EV_NO_ACTION = 3, ALGS_MAX = 16, SHA1_LEN = 20, SIGNATURE = 16 };
static const char spec_id[SIGNATURE] = "Spec ID Event03";
static const char startup_locality[SIGNATURE] = "StartupLocality";

struct algs { /* digest sizes, by the log's own head */
    uint16_t id[ALGS_MAX], size[ALGS_MAX];
    size_t count;
};

static size_t size_of(const struct algs *algs, uint64_t id)
{
    for (size_t i = 0; i < algs->count; i++) {
        if (algs->id[i] == id)
            return algs->size[i];
    }
    return 0;
}

/* TCG_EfiSpecIDEvent, the content of the first event. */
static enum rk_rc read_spec_id(struct rk_rd *event, struct algs *ret, struct rk_err *err)
{
    const uint8_t *signature = rk_rd_take(event, SIGNATURE);
    uint64_t count;

    if (signature == NULL || memcmp(signature, spec_id, SIGNATURE) != 0)
        return rk_fail(err, RK_E_USAGE,
                       "no crypto-agile event log: it does not start with \"Spec ID Event03\"");
    (void)rk_rd_take(event, 4 + 4); /* platform class; versions, errata, UINTN size */
    count = rk_rd_le(event, 4);
    if (rk_rd_ok(event, err))
        return err->rc;
    if (count == 0 || count > ALGS_MAX)
        return rk_fail(err, RK_E_FORMAT, "%u hash algorithms, expected 1 to %d", (unsigned)count,
                       ALGS_MAX);
    for (ret->count = 0; ret->count < count; ret->count++) {
        ret->id[ret->count] = (uint16_t)rk_rd_le(event, 2);
        ret->size[ret->count] = (uint16_t)rk_rd_le(event, 2);
    }
    if (rk_rd_ok(event, err))
        return err->rc;
    if (size_of(ret, TPM2_ALG_SHA256) != RK_PCR_LEN)
        return rk_fail(err, RK_E_USAGE, "the event log has no SHA-256 digests");
    return RK_OK;
}

/* The first event is in the format of a TPM 1.2. */
static enum rk_rc read_head(struct rk_rd *rd, struct algs *ret, struct rk_err *err)
{
    uint64_t pcr = rk_rd_le(rd, 4), type = rk_rd_le(rd, 4);
    struct rk_rd event;

    (void)rk_rd_take(rd, SHA1_LEN);
    event = rk_rd_sub(rd, (size_t)rk_rd_le(rd, 4));
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (pcr != 0 || type != EV_NO_ACTION)
        return rk_fail(err, RK_E_USAGE,
                       "no crypto-agile event log: its first event is of PCR %u "
                       "and type 0x%x",
                       (unsigned)pcr, (unsigned)type);
    return read_spec_id(&event, ret, err);
}

static enum rk_rc extend(struct rk_pcrs *pcrs, uint64_t pcr, const uint8_t *digest,
                         struct rk_err *err)
{
    uint8_t both[2 * RK_PCR_LEN];

    memcpy(both, pcrs->value[pcr], RK_PCR_LEN);
    memcpy(both + RK_PCR_LEN, digest, RK_PCR_LEN);
    pcrs->mask |= 1u << pcr;
    if (EVP_Digest(both, sizeof both, pcrs->value[pcr], NULL, EVP_sha256(), NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}

/* An event that is not measured may state the locality that PCR 0 starts with (10.4.5.3). */
static void no_action(struct rk_pcrs *pcrs, uint64_t pcr, struct rk_rd *event)
{
    const uint8_t *signature = rk_rd_take(event, SIGNATURE);
    const uint8_t *locality = rk_rd_take(event, 1);

    if (pcr == 0 && pcrs->mask == 0 && locality != NULL &&
        memcmp(signature, startup_locality, SIGNATURE) == 0)
        pcrs->value[0][RK_PCR_LEN - 1] = *locality;
}

/* TCG_PCR_EVENT2. */
static enum rk_rc read_event(struct rk_rd *rd, const struct algs *algs, struct rk_pcrs *pcrs,
                             struct rk_err *err)
{
    uint64_t pcr = rk_rd_le(rd, 4), type = rk_rd_le(rd, 4), count = rk_rd_le(rd, 4);
    const uint8_t *sha256 = NULL;
    struct rk_rd event;

    if (rk_rd_ok(rd, err))
        return err->rc;
    if (count > algs->count)
        return rk_fail(err, RK_E_FORMAT, "%u digests, the log's head names %zu", (unsigned)count,
                       algs->count);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t id = rk_rd_le(rd, 2);
        size_t size = size_of(algs, id);
        const uint8_t *digest = rk_rd_take(rd, size);

        if (rk_rd_ok(rd, err))
            return err->rc;
        if (size == 0)
            return rk_fail(err, RK_E_FORMAT, "a digest of algorithm 0x%04x, which the head lacks",
                           (unsigned)id);
        if (id == TPM2_ALG_SHA256)
            sha256 = digest;
    }
    event = rk_rd_sub(rd, (size_t)rk_rd_le(rd, 4));
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (type == EV_NO_ACTION) {
        no_action(pcrs, pcr, &event);
        return RK_OK;
    }
    if (pcr >= RK_PCRS || sha256 == NULL)
        return rk_fail(err, RK_E_FORMAT, "PCR %u, %s SHA-256 digest", (unsigned)pcr,
                       sha256 == NULL ? "without a" : "with a");
    return extend(pcrs, pcr, sha256, err);
}

enum rk_rc rk_eventlog_replay(const uint8_t *log, size_t len, struct rk_pcrs *ret,
                              struct rk_err *err)
{
    struct rk_rd rd = { .buf = log, .len = len };
    struct rk_pcrs pcrs = { .mask = 0 };
    struct algs algs = { .count = 0 };

    if (read_head(&rd, &algs, err))
        return rk_wrap(err, "event 1");
    for (unsigned i = 2; rk_rd_left(&rd) != 0; i++) {
        if (read_event(&rd, &algs, &pcrs, err))
            return rk_wrap(err, "event %u", i);
    }
    for (size_t i = DYNAMIC_FIRST; i <= DYNAMIC_LAST; i++) {
        if ((pcrs.mask >> i & 1) == 0)
            memset(pcrs.value[i], 0xff, RK_PCR_LEN);
    }
    *ret = pcrs;
    return RK_OK;
}
