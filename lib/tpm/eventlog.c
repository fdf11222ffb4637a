/* SPDX-License-Identifier: Apache-2.0 */
/* Event logs of firmware. Source: TCG PC Client Platform Firmware Profile, 10.2 to 10.4. */
#include "tpm/eventlog.h"

#include "base/ossl.h"
#include "base/rd.h"
#include "rotkit/counted.h"

#include <string.h>

#include <tss2/tss2_tpm2_types.h>

enum { DYNAMIC_FIRST = 17, DYNAMIC_LAST = 22 }; /* set to all ones until a dynamic launch */
enum { ALGS_MAX = 16, SHA1_LEN = 20, SIGNATURE = 16 };
enum { EVENT_HEAD = 12 }; /* PCR, type, number of digests */
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
static enum rk_rc read_head(struct rk_rd *rd, struct algs *algs, struct rk_event *ret,
                            struct rk_err *err)
{
    struct rk_rd event;

    *ret = (struct rk_event) { .at = rd->pos };
    ret->pcr = (uint32_t)rk_rd_le(rd, 4);
    ret->type = (uint32_t)rk_rd_le(rd, 4);
    (void)rk_rd_take(rd, SHA1_LEN);
    ret->data_len = (size_t)rk_rd_le(rd, 4);
    ret->data = rk_rd_take(rd, ret->data_len);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (ret->pcr != 0 || ret->type != RK_EV_NO_ACTION)
        return rk_fail(err, RK_E_USAGE,
                       "no crypto-agile event log: its first event is of PCR %u "
                       "and type 0x%x",
                       ret->pcr, ret->type);
    ret->len = rd->pos;
    event = (struct rk_rd) { .buf = ret->data, .len = ret->data_len };
    return read_spec_id(&event, algs, err);
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
static void no_action(struct rk_pcrs *pcrs, const struct rk_event *e)
{
    if (e->pcr == 0 && pcrs->mask == 0 && e->data_len > SIGNATURE &&
        memcmp(e->data, startup_locality, SIGNATURE) == 0)
        pcrs->value[0][RK_PCR_LEN - 1] = e->data[SIGNATURE];
}

/* TCG_PCR_EVENT2. */
static enum rk_rc read_event(struct rk_rd *rd, const struct algs *algs, struct rk_event *ret,
                             struct rk_err *err)
{
    uint32_t count;

    *ret = (struct rk_event) { .at = rd->pos };
    ret->pcr = (uint32_t)rk_rd_le(rd, 4);
    ret->type = (uint32_t)rk_rd_le(rd, 4);
    count = (uint32_t)rk_rd_le(rd, 4);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (count > algs->count)
        return rk_fail(err, RK_E_FORMAT, "%s, the log's head names %zu",
                       RK_COUNTED(count, "digest"), algs->count);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t id = rk_rd_le(rd, 2);
        size_t size = size_of(algs, id);
        const uint8_t *digest = rk_rd_take(rd, size);

        if (rk_rd_ok(rd, err))
            return err->rc;
        if (size == 0)
            return rk_fail(err, RK_E_FORMAT, "a digest of algorithm 0x%04x, which the head lacks",
                           (unsigned)id);
        if (id == TPM2_ALG_SHA256)
            ret->sha256 = digest;
    }
    ret->data_len = (size_t)rk_rd_le(rd, 4);
    ret->data = rk_rd_take(rd, ret->data_len);
    if (rk_rd_ok(rd, err))
        return err->rc;
    ret->len = rd->pos - ret->at;
    if (ret->type != RK_EV_NO_ACTION && (ret->pcr >= RK_PCRS || ret->sha256 == NULL))
        return rk_fail(err, RK_E_FORMAT, "PCR %u, %s SHA-256 digest", ret->pcr,
                       ret->sha256 == NULL ? "without a" : "with a");
    return RK_OK;
}

/* The area that firmware keeps for a log is larger: where an event would begin stand zeros or ones.
 */
static bool is_end_of_log(const struct rk_rd *rd)
{
    const uint8_t *rest = rd->buf + rd->pos;

    return rk_rd_left(rd) >= EVENT_HEAD && (rest[0] == 0x00 || rest[0] == 0xff) &&
           memcmp(rest, rest + 1, EVENT_HEAD - 1) == 0;
}

enum rk_rc rk_eventlog_walk(const uint8_t *log, size_t len, rk_event_each each, void *arg,
                            size_t *ret_end, struct rk_err *err)
{
    struct rk_rd rd = { .buf = log, .len = len };
    struct algs algs = { .count = 0 };
    struct rk_event e;

    if (read_head(&rd, &algs, &e, err) || each(arg, 1, &e, err))
        return rk_wrap(err, "event 1");
    for (unsigned i = 2; rk_rd_left(&rd) != 0 && !is_end_of_log(&rd); i++) {
        if (read_event(&rd, &algs, &e, err) || each(arg, i, &e, err))
            return rk_wrap(err, "event %u", i);
    }
    *ret_end = rd.pos;
    return RK_OK;
}

static enum rk_rc replay(void *arg, unsigned i, const struct rk_event *e, struct rk_err *err)
{
    (void)i;
    if (e->type == RK_EV_NO_ACTION) {
        no_action(arg, e);
        return RK_OK;
    }
    return extend(arg, e->pcr, e->sha256, err);
}

enum rk_rc rk_eventlog_replay(const uint8_t *log, size_t len, struct rk_pcrs *ret,
                              struct rk_err *err)
{
    struct rk_pcrs pcrs = { .mask = 0 };
    size_t end;

    if (rk_eventlog_walk(log, len, replay, &pcrs, &end, err))
        return err->rc;
    for (size_t i = DYNAMIC_FIRST; i <= DYNAMIC_LAST; i++) {
        if ((pcrs.mask >> i & 1) == 0)
            memset(pcrs.value[i], 0xff, RK_PCR_LEN);
    }
    *ret = pcrs;
    return RK_OK;
}

bool rk_eventlog_is(const uint8_t *log, size_t len)
{
    static const uint8_t head[] = { 0, 0, 0, 0, RK_EV_NO_ACTION, 0, 0, 0 };

    return len >= sizeof head + SHA1_LEN + 4 + SIGNATURE && memcmp(log, head, sizeof head) == 0 &&
           memcmp(log + sizeof head + SHA1_LEN + 4, spec_id, SIGNATURE) == 0;
}
