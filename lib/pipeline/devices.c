/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/devices.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"

#include <string.h>

struct rk_devices {
    struct rk_devices_from from;
    void *source;         /* of the platform; NULL: a range */
    struct rk_unit_id sn; /* master: the next one */
    uint64_t left;
};

void rk_devices_close(rk_devices *devices)
{
    if (devices == NULL)
        return;
    if (devices->source != NULL)
        devices->from.platform->source->close(devices->source);
    rk_free(devices);
}

enum rk_rc rk_devices_open(const struct rk_devices_from *from, rk_devices **ret, struct rk_err *err)
{
    RK_AUTO(rk_devices_done) rk_devices *devices = rk_alloc(1, sizeof *devices);

    if (devices == NULL)
        return rk_fail_nomem(err);
    devices->from = *from;
    devices->left = from->count;
    rk_unit_id_make(from->oem_id, from->first_sn, &devices->sn);
    if (from->master == NULL && from->platform->source == NULL)
        return rk_fail(err, RK_E_USAGE, "platform %s reads its units from no file",
                       rk_platform_name(from->platform));
    if (from->master == NULL &&
        from->platform->source->open(from->path, &from->opener, &devices->source, err))
        return err->rc;
    *ret = devices;
    devices = NULL;
    return RK_OK;
}

static enum rk_rc next_of_range(rk_devices *devices, struct rk_err *err)
{
    devices->left--;
    return devices->left == 0 ? RK_OK : rk_unit_id_next(&devices->sn, err);
}

/* Others' devices are passed over before their secrets are derived. */
static enum rk_rc next_of_master(rk_devices *devices, struct rk_unit *ret, bool *ret_more,
                                 struct rk_err *err)
{
    while (devices->left != 0 && !rk_shard_has(&devices->from.shard, &devices->sn)) {
        if (next_of_range(devices, err))
            return err->rc;
    }
    *ret_more = devices->left != 0;
    if (devices->left == 0)
        return RK_OK;
    if (rk_unit_from_master(devices->from.platform, devices->from.master, &devices->sn, ret, err))
        return err->rc;
    return next_of_range(devices, err);
}

static enum rk_rc next_of_either(rk_devices *devices, struct rk_unit *ret, bool *ret_more,
                                 struct rk_err *err)
{
    return devices->source != NULL
               ? devices->from.platform->source->next(devices->source, ret, ret_more, err)
               : next_of_master(devices, ret, ret_more, err);
}

/* With what the plan adds to a unit; ret NULL: whether it has that. */
static enum rk_rc complete(const struct rk_devices_from *from, const struct rk_unit_id *sn,
                           struct rk_unit *ret, struct rk_err *err)
{
    return from->platform->complete == NULL || from->plan == NULL
               ? RK_OK
               : from->platform->complete(from->plan, sn, ret, err);
}

static enum rk_rc next_row(rk_devices *devices, struct rk_unit *ret, bool *ret_more,
                           struct rk_err *err)
{
    if (next_of_either(devices, ret, ret_more, err))
        return err->rc;
    return *ret_more ? complete(&devices->from, &ret->sn, ret, err) : RK_OK;
}

enum rk_rc rk_devices_next(rk_devices *devices, struct rk_unit *ret, bool *ret_more,
                           struct rk_err *err)
{
    for (;;) {
        if (next_row(devices, ret, ret_more, err))
            return err->rc;
        if (!*ret_more || rk_shard_has(&devices->from.shard, &ret->sn))
            return RK_OK;
        rk_unit_done(ret);
        *ret = (struct rk_unit) { .sn = { { 0 } } };
    }
}

/* A range needs no key to be counted. */
static enum rk_rc count_range(const struct rk_devices_from *from, struct rk_devices_count *ret,
                              struct rk_err *err)
{
    struct rk_devices_count count = { .all = from->count };

    if (from->count == 0 || from->first_sn + (from->count - 1) < from->first_sn)
        return rk_fail(err, RK_E_USAGE, "%s from serial number 0x%llx on are more than there are",
                       RK_COUNTED(from->count, "device"), (unsigned long long)from->first_sn);
    for (uint64_t i = 0; i < from->count; i++) {
        struct rk_unit_id sn;

        rk_unit_id_make(from->oem_id, from->first_sn + i, &sn);
        if (complete(from, &sn, NULL, err))
            return err->rc;
        count.ours += rk_shard_has(&from->shard, &sn);
    }
    *ret = count;
    return RK_OK;
}

enum rk_rc rk_devices_check(const struct rk_devices_from *from, struct rk_devices_count *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_devices_done) rk_devices *devices = NULL;
    struct rk_devices_count count = { .all = 0 };

    if (from->master != NULL)
        return count_range(from, ret, err);
    if (rk_devices_open(from, &devices, err))
        return err->rc;
    for (bool more = true; more;) {
        RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = { { 0 } } };

        if (next_row(devices, &unit, &more, err))
            return err->rc;
        count.all += more;
        count.ours += more && rk_shard_has(&from->shard, &unit.sn);
    }
    *ret = count;
    return RK_OK;
}

static bool digest_unit(const struct rk_unit *unit, EVP_MD_CTX *md)
{
    bool good = EVP_DigestUpdate(md, unit->sn.b, sizeof unit->sn.b) == 1;

    for (size_t i = 0; i < RK_UNIT_SECRETS_MAX; i++)
        good = good && EVP_DigestUpdate(md, unit->secret[i].p, unit->secret[i].len) == 1;
    for (size_t i = 0; i < RK_UNIT_CERTS_MAX; i++)
        good = good && EVP_DigestUpdate(md, unit->cert[i].p, unit->cert[i].len) == 1;
    return good;
}

static enum rk_rc digest_rows(rk_devices *devices, EVP_MD_CTX *md, struct rk_err *err)
{
    for (bool more = true; more;) {
        RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = { { 0 } } };

        if (rk_devices_next(devices, &unit, &more, err))
            return err->rc;
        if (more && !digest_unit(&unit, md))
            return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    }
    return RK_OK;
}

/* All secrets of a range follow from the first one's. */
static enum rk_rc digest_range(const struct rk_devices_from *from, EVP_MD_CTX *md,
                               struct rk_err *err)
{
    RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = { { 0 } } };
    struct rk_unit_id sn;

    rk_unit_id_make(from->oem_id, from->first_sn, &sn);
    if (rk_unit_from_master(from->platform, from->master, &sn, &unit, err))
        return err->rc;
    if (EVP_DigestUpdate(md, sn.b, sizeof sn.b) != 1 || !rk_digest_le(md, from->count, 8) ||
        EVP_DigestUpdate(md, unit.secret[0].p, unit.secret[0].len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}

enum rk_rc rk_devices_digest(const struct rk_devices_from *from, uint8_t ret[32],
                             struct rk_err *err)
{
    RK_AUTO(rk_devices_done) rk_devices *devices = NULL;
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        return rk_fail_nomem(err);
    if (from->master != NULL ? digest_range(from, md, err)
                             : (rk_devices_open(from, &devices, err) != RK_OK ||
                                digest_rows(devices, md, err) != RK_OK))
        return err->rc;
    if (EVP_DigestFinal_ex(md, ret, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}
