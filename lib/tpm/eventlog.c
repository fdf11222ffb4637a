/* SPDX-License-Identifier: Apache-2.0 */
/* Event logs of firmware. Source: TCG PC Client Platform Firmware Profile, 10.2 to 10.4. */
#include "tpm/eventlog.h"

#include "base/ossl.h"
#include "base/rd.h"
#include "rotkit/counted.h"
#include "rotkit/request.h"

#include <string.h>

#include <tss2/tss2_tpm2_types.h>

enum { DYNAMIC_FIRST = 17, DYNAMIC_LAST = 22 }; /* set to all ones until a dynamic launch */
enum { SHA1_LEN = 20, SIGNATURE = 16 };
#define EV_EFI_HCRTM_EVENT 0x80000010u
enum { EVENT_HEAD = 12 };    /* PCR, type, number of digests */
enum { HCRTM_LOCALITY = 4 }; /* which a hash sequence before the TPM's start comes from */
static const char spec_id[SIGNATURE] = "Spec ID Event03";
static const char startup_locality[SIGNATURE] = "StartupLocality";

static const struct rk_event_digest *digest_of(const struct rk_event *e, uint16_t alg)
{
    for (size_t i = 0; i < e->digest_count; i++) {
        if (e->digest[i].alg == alg)
            return &e->digest[i];
    }
    return NULL;
}

/* TCG_EfiSpecIDEvent, the content of the first event: which digests the others have. */
static enum rk_rc read_spec_id(struct rk_rd *event, struct rk_event *ret, struct rk_err *err)
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
    if (count == 0 || count > RK_EVENT_DIGESTS_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s, expected 1 to %d",
                       RK_COUNTED(count, "hash algorithm"), RK_EVENT_DIGESTS_MAX);
    for (; ret->digest_count < count; ret->digest_count++) {
        struct rk_event_digest *digest = &ret->digest[ret->digest_count];
        const struct rk_pcr_bank *bank;

        digest->alg = (uint16_t)rk_rd_le(event, 2);
        digest->len = (uint16_t)rk_rd_le(event, 2);
        bank = rk_pcr_bank_of(digest->alg);
        if (rk_rd_ok(event, err))
            return err->rc;
        if (digest->len == 0 || (bank != NULL && bank->len != digest->len))
            return rk_fail(err, RK_E_FORMAT, "digests of algorithm 0x%04x have %u octets",
                           digest->alg, digest->len);
    }
    return RK_OK;
}

/* The first event is in the format of a TPM 1.2. */
static enum rk_rc read_head(struct rk_rd *rd, struct rk_event *ret, struct rk_err *err)
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
    return read_spec_id(&event, ret, err);
}

/* TCG_PCR_EVENT2. */
static enum rk_rc read_event(struct rk_rd *rd, const struct rk_event *head, struct rk_event *ret,
                             struct rk_err *err)
{
    uint32_t count;

    *ret = (struct rk_event) { .at = rd->pos };
    ret->pcr = (uint32_t)rk_rd_le(rd, 4);
    ret->type = (uint32_t)rk_rd_le(rd, 4);
    count = (uint32_t)rk_rd_le(rd, 4);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (count > head->digest_count)
        return rk_fail(err, RK_E_FORMAT, "%s, the log's head names %zu",
                       RK_COUNTED(count, "digest"), head->digest_count);
    for (; ret->digest_count < count; ret->digest_count++) {
        struct rk_event_digest *digest = &ret->digest[ret->digest_count];
        const struct rk_event_digest *named = digest_of(head, (uint16_t)rk_rd_le(rd, 2));

        if (rk_rd_ok(rd, err))
            return err->rc;
        if (named == NULL)
            return rk_fail(err, RK_E_FORMAT,
                           "a digest of algorithm 0x%02x%02x, which the head lacks",
                           rd->buf[rd->pos - 1], rd->buf[rd->pos - 2]);
        *digest = (struct rk_event_digest) { named->alg, named->len, rk_rd_take(rd, named->len) };
        if (rk_rd_ok(rd, err))
            return err->rc;
    }
    ret->data_len = (size_t)rk_rd_le(rd, 4);
    ret->data = rk_rd_take(rd, ret->data_len);
    if (rk_rd_ok(rd, err))
        return err->rc;
    ret->len = rd->pos - ret->at;
    if (ret->type != RK_EV_NO_ACTION && ret->pcr >= RK_PCRS)
        return rk_fail(err, RK_E_FORMAT, "PCR %u, there are %d", ret->pcr, RK_PCRS);
    return RK_OK;
}

/*
 * The area that firmware keeps for a log is larger: where an event would begin stand zeros or ones,
 * the head of one that cannot be, or as many as there is room for.
 */
static bool is_end_of_log(const struct rk_rd *rd)
{
    const uint8_t *rest = rd->buf + rd->pos;
    size_t len = rk_rd_left(rd) < EVENT_HEAD ? rk_rd_left(rd) : EVENT_HEAD;

    return (rest[0] == 0x00 || rest[0] == 0xff) && memcmp(rest, rest + 1, len - 1) == 0;
}

enum rk_rc rk_eventlog_walk(const uint8_t *log, size_t len, rk_event_each each, void *arg,
                            size_t *ret_end, struct rk_err *err)
{
    struct rk_rd rd = { .buf = log, .len = len };
    struct rk_event head, e;

    if (read_head(&rd, &head, err) || each(arg, 1, &head, err))
        return rk_wrap(err, "event 1");
    for (unsigned i = 2; rk_rd_left(&rd) != 0 && !is_end_of_log(&rd); i++) {
        if (read_event(&rd, &head, &e, err) || each(arg, i, &e, err))
            return rk_wrap(err, "event %u", i);
    }
    *ret_end = rd.pos;
    return RK_OK;
}

/* ---- replay ---- */

static enum rk_rc check_bank(const struct rk_event *head, const struct rk_pcr_bank *bank,
                             struct rk_err *err)
{
    char has[RK_KNOWN_MAX] = "";

    if (digest_of(head, bank->alg) != NULL)
        return RK_OK;
    for (size_t i = 0; i < head->digest_count; i++) {
        const struct rk_pcr_bank *other = rk_pcr_bank_of(head->digest[i].alg);

        rk_known_add(has, other == NULL ? "others" : other->name);
    }
    return rk_fail(err, RK_E_USAGE, "the event log has no %s digests (it has: %s)", bank->name,
                   has);
}

/*
 * What PCR 0 starts with: the locality that an event states which is not measured (10.4.5.3), or
 * else that of an H-CRTM event.
 */
struct start {
    const struct rk_pcr_bank *bank;
    bool stated;
    uint8_t locality;
};

static enum rk_rc find_start(void *arg, unsigned i, const struct rk_event *e, struct rk_err *err)
{
    struct start *start = arg;

    if (i == 1)
        return check_bank(e, start->bank, err);
    if (e->pcr != 0 || start->stated)
        return RK_OK;
    if (e->type == RK_EV_NO_ACTION && e->data_len > SIGNATURE &&
        memcmp(e->data, startup_locality, SIGNATURE) == 0)
        *start = (struct start) { start->bank, true, e->data[SIGNATURE] };
    else if (e->type == EV_EFI_HCRTM_EVENT)
        start->locality = HCRTM_LOCALITY;
    return RK_OK;
}

static enum rk_rc extend(void *arg, unsigned i, const struct rk_event *e, struct rk_err *err)
{
    struct rk_pcrs *pcrs = arg;
    const struct rk_event_digest *digest = digest_of(e, pcrs->bank->alg);
    size_t len = pcrs->bank->len;
    uint8_t both[2 * RK_PCR_MAX];

    if (i == 1 || e->type == RK_EV_NO_ACTION)
        return RK_OK;
    if (digest == NULL)
        return rk_fail(err, RK_E_FORMAT, "PCR %u, without a %s digest", e->pcr, pcrs->bank->name);
    memcpy(both, pcrs->value[e->pcr], len);
    memcpy(both + len, digest->p, len);
    pcrs->mask |= 1u << e->pcr;
    return EVP_Q_digest(NULL, pcrs->bank->md, NULL, both, 2 * len, pcrs->value[e->pcr], NULL) == 1
               ? RK_OK
               : rk_fail_ossl(err, RK_E_INTERNAL, "%s", pcrs->bank->md);
}

enum rk_rc rk_eventlog_replay(const uint8_t *log, size_t len, const struct rk_pcr_bank *bank,
                              struct rk_pcrs *ret, struct rk_err *err)
{
    struct rk_pcrs pcrs = { .bank = bank };
    struct start start = { .bank = bank };
    size_t end;

    if (rk_eventlog_walk(log, len, find_start, &start, &end, err))
        return err->rc;
    pcrs.value[0][bank->len - 1] = start.locality;
    if (rk_eventlog_walk(log, len, extend, &pcrs, &end, err))
        return err->rc;
    for (size_t i = DYNAMIC_FIRST; i <= DYNAMIC_LAST; i++) {
        if ((pcrs.mask >> i & 1) == 0)
            memset(pcrs.value[i], 0xff, bank->len);
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
