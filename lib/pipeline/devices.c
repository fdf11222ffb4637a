/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/devices.h"

#include "base/digest.h"
#include "base/folder.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/file.h"

#include <stdio.h>
#include <string.h>

enum { CONTAINER_MAX = 65536, NAMES_MAX = 1 << 24 };

struct rk_devices {
    const rk_ctx *ctx;
    struct rk_devices_from from;
    rk_devicedb *kdk, *eps;
    struct rk_device_sn sn; /* master: the next one */
    uint64_t left;
    struct rk_names top, inner; /* handover: names, sorted */
    size_t top_at, inner_at;
    char folder[RK_PATH_MAX]; /* of the inner names */
};

void rk_devices_close(rk_devices *devices)
{
    if (devices == NULL)
        return;
    rk_devicedb_close(devices->kdk);
    rk_devicedb_close(devices->eps);
    rk_names_done(&devices->top);
    rk_names_done(&devices->inner);
    rk_free(devices);
}

static void close_at_exit(rk_devices **devices)
{
    rk_devices_close(*devices);
}

/* Neither hidden files nor the index of a release are containers. */
static bool is_visible(const char *name)
{
    return name[0] != '.' && strcmp(name, "index.json") != 0;
}

enum rk_rc rk_devices_open(const rk_ctx *ctx, const struct rk_devices_from *from, rk_devices **ret,
                           struct rk_err *err)
{
    RK_AUTO(close_at_exit) rk_devices *devices = rk_alloc(1, sizeof *devices);

    if (devices == NULL)
        return rk_fail_nomem(err);
    devices->ctx = ctx;
    devices->from = *from;
    devices->left = from->count;
    rk_device_sn_make(from->oem_id, from->first_sn, &devices->sn);
    if (from->kdk_db != NULL &&
        (rk_devicedb_open(from->kdk_db, RK_DB_KDK, &devices->kdk, err) ||
         rk_devicedb_open(from->eps_seeds, RK_DB_EPS_SEED, &devices->eps, err)))
        return err->rc;
    if (devices->eps != NULL)
        rk_devicedb_is_compared(devices->eps);
    if (from->handover != NULL && rk_names_list(from->handover, NAMES_MAX, &devices->top, err))
        return err->rc;
    *ret = devices;
    devices = NULL;
    return RK_OK;
}

static enum rk_rc rows_differ(const rk_devices *devices, const struct rk_devicedb_row *kdk,
                              const struct rk_devicedb_row *eps, struct rk_err *err)
{
    char a[21], b[21];

    rk_device_sn_text(&kdk->sn, a);
    rk_device_sn_text(&eps->sn, b);
    (void)rk_fail_at(err, RK_E_USAGE, rk_devicedb_path(devices->eps), (unsigned)eps->line, 0,
                     "row is for device %s, expected %s", b, a);
    return rk_note(err, "%s:%llu asks for it: both files need the same devices in the same order",
                   rk_devicedb_path(devices->kdk), (unsigned long long)kdk->line);
}

static enum rk_rc length_differs(const rk_devices *devices, bool kdk_more, struct rk_err *err)
{
    const char *longer = rk_devicedb_path(kdk_more ? devices->kdk : devices->eps);
    const char *shorter = rk_devicedb_path(kdk_more ? devices->eps : devices->kdk);

    return rk_fail(err, RK_E_USAGE, "%s: ends before \"%s\" does: both need the same devices",
                   shorter, longer);
}

static enum rk_rc next_of_databases(rk_devices *devices, struct rk_lane_device *ret, bool *ret_more,
                                    struct rk_err *err)
{
    RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row kdk = { .line = 0 };
    RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row eps = { .line = 0 };
    bool kdk_more, eps_more;

    if (rk_devicedb_next(devices->kdk, &kdk, &kdk_more, err) ||
        rk_devicedb_next(devices->eps, &eps, &eps_more, err))
        return err->rc;
    if (kdk_more != eps_more)
        return length_differs(devices, kdk_more, err);
    if (kdk_more && memcmp(kdk.sn.b, eps.sn.b, RK_DEVICE_SN_LEN) != 0)
        return rows_differ(devices, &kdk, &eps, err);
    *ret_more = kdk_more;
    if (kdk_more) {
        ret->sn = kdk.sn;
        ret->kdk0 = rk_secret_take(&kdk.value);
        ret->eps_seed = rk_secret_take(&eps.value);
    }
    return RK_OK;
}

static enum rk_rc next_of_range(rk_devices *devices, struct rk_err *err)
{
    devices->left--;
    return devices->left == 0 ? RK_OK : rk_device_sn_next(&devices->sn, err);
}

/* Others' devices are passed over before their secrets are derived. */
static enum rk_rc next_of_master(rk_devices *devices, struct rk_lane_device *ret, bool *ret_more,
                                 struct rk_err *err)
{
    while (devices->left != 0 && !rk_shard_has(&devices->from.shard, &devices->sn)) {
        if (next_of_range(devices, err))
            return err->rc;
    }
    *ret_more = devices->left != 0;
    if (devices->left == 0)
        return RK_OK;
    if (rk_identity_from_master(devices->from.master, &devices->sn, &ret->kdk0, &ret->eps_seed,
                                err))
        return err->rc;
    ret->sn = devices->sn;
    return next_of_range(devices, err);
}

/* The next visible name of a folder, or NULL at its end. */
static const char *next_name(const struct rk_names *names, size_t *at)
{
    while (*at < names->count) {
        const char *name = names->name[(*at)++];

        if (is_visible(name))
            return name;
    }
    return NULL;
}

/* The path of the next container, through the buckets; "" at the end. */
static enum rk_rc next_path(rk_devices *devices, char *ret, size_t size, struct rk_err *err)
{
    for (;;) {
        const char *name = next_name(&devices->inner, &devices->inner_at);

        if (name != NULL)
            return rk_path_join(devices->folder, name, ret, size, err);
        name = next_name(&devices->top, &devices->top_at);
        ret[0] = '\0';
        if (name == NULL)
            return RK_OK;
        if (rk_path_join(devices->from.handover, name, ret, size, err))
            return err->rc;
        if (!rk_tree_is_folder(ret))
            return RK_OK;
        (void)snprintf(devices->folder, sizeof devices->folder, "%s", ret);
        rk_names_done(&devices->inner);
        devices->inner_at = 0;
        if (rk_names_list(devices->folder, NAMES_MAX, &devices->inner, err))
            return err->rc;
    }
}

static enum rk_rc next_of_handover(rk_devices *devices, struct rk_lane_device *ret, bool *ret_more,
                                   struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    char path[RK_PATH_MAX];

    if (next_path(devices, path, sizeof path, err))
        return err->rc;
    *ret_more = path[0] != '\0';
    if (!*ret_more)
        return RK_OK;
    if (rk_file_read(path, CONTAINER_MAX, &file, err))
        return err->rc;
    if (rk_nvftpm_read(file.p, file.len, &ret->handed, err))
        return rk_wrap(err, "%s", path);
    if (ret->handed.ek_cert_rsa.p == NULL || ret->handed.ek_cert_ecc.p == NULL) {
        rk_nvftpm_done(&ret->handed);
        return rk_fail(err, RK_E_USAGE,
                       "%s: an online-mode container: it has no EK certificates, "
                       "and the build makes offline-mode blobs only",
                       path);
    }
    ret->sn = ret->handed.sn;
    return RK_OK;
}

static enum rk_rc next_row(rk_devices *devices, struct rk_lane_device *ret, bool *ret_more,
                           struct rk_err *err)
{
    if (devices->kdk != NULL)
        return next_of_databases(devices, ret, ret_more, err);
    if (devices->from.handover != NULL)
        return next_of_handover(devices, ret, ret_more, err);
    return next_of_master(devices, ret, ret_more, err);
}

enum rk_rc rk_devices_next(rk_devices *devices, struct rk_lane_device *ret, bool *ret_more,
                           struct rk_err *err)
{
    for (;;) {
        if (next_row(devices, ret, ret_more, err))
            return err->rc;
        if (!*ret_more || rk_shard_has(&devices->from.shard, &ret->sn))
            return RK_OK;
        rk_lane_device_done(ret);
        *ret = (struct rk_lane_device) { .handed.minor = 0 };
    }
}

/* A range needs no key to be counted. */
static enum rk_rc count_range(const struct rk_devices_from *from, struct rk_devices_count *ret,
                              struct rk_err *err)
{
    struct rk_devices_count count = { .all = from->count };

    if (from->count == 0 || from->first_sn + (from->count - 1) < from->first_sn)
        return rk_fail(err, RK_E_USAGE,
                       "%llu devices from serial number 0x%llx on are more than there are",
                       (unsigned long long)from->count, (unsigned long long)from->first_sn);
    for (uint64_t i = 0; i < from->count; i++) {
        struct rk_device_sn sn;

        rk_device_sn_make(from->oem_id, from->first_sn + i, &sn);
        count.ours += rk_shard_has(&from->shard, &sn);
    }
    *ret = count;
    return RK_OK;
}

enum rk_rc rk_devices_check(const rk_ctx *ctx, const struct rk_devices_from *from,
                            struct rk_devices_count *ret, struct rk_err *err)
{
    RK_AUTO(close_at_exit) rk_devices *devices = NULL;
    struct rk_devices_count count = { .all = 0 };

    if (from->master != NULL)
        return count_range(from, ret, err);
    if (rk_devices_open(ctx, from, &devices, err))
        return err->rc;
    for (bool more = true; more;) {
        RK_AUTO(rk_lane_device_done) struct rk_lane_device device = { .handed.minor = 0 };

        if (next_row(devices, &device, &more, err))
            return err->rc;
        count.all += more;
        count.ours += more && rk_shard_has(&from->shard, &device.sn);
    }
    *ret = count;
    return RK_OK;
}

static enum rk_rc digest_rows(rk_devices *devices, EVP_MD_CTX *md, struct rk_err *err)
{
    for (bool more = true; more;) {
        RK_AUTO(rk_lane_device_done) struct rk_lane_device device = { .handed.minor = 0 };
        const struct rk_nvftpm *handed = &device.handed;

        if (rk_devices_next(devices, &device, &more, err))
            return err->rc;
        if (more && (EVP_DigestUpdate(md, device.sn.b, sizeof device.sn.b) != 1 ||
                     EVP_DigestUpdate(md, device.kdk0.p, device.kdk0.len) != 1 ||
                     EVP_DigestUpdate(md, device.eps_seed.p, device.eps_seed.len) != 1 ||
                     EVP_DigestUpdate(md, handed->eps_seed.p, handed->eps_seed.len) != 1 ||
                     EVP_DigestUpdate(md, handed->ek_cert_rsa.p, handed->ek_cert_rsa.len) != 1 ||
                     EVP_DigestUpdate(md, handed->ek_cert_ecc.p, handed->ek_cert_ecc.len) != 1))
            return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    }
    return RK_OK;
}

/* All secrets of a range follow from the first one's. */
static enum rk_rc digest_range(const struct rk_devices_from *from, EVP_MD_CTX *md,
                               struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret kdk0 = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret seed = RK_SECRET_NONE;
    struct rk_device_sn sn;

    rk_device_sn_make(from->oem_id, from->first_sn, &sn);
    if (rk_identity_from_master(from->master, &sn, &kdk0, &seed, err))
        return err->rc;
    if (EVP_DigestUpdate(md, sn.b, sizeof sn.b) != 1 || !rk_digest_le(md, from->count, 8) ||
        EVP_DigestUpdate(md, kdk0.p, kdk0.len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}

enum rk_rc rk_devices_digest(const rk_ctx *ctx, const struct rk_devices_from *from, uint8_t ret[32],
                             struct rk_err *err)
{
    RK_AUTO(close_at_exit) rk_devices *devices = NULL;
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        return rk_fail_nomem(err);
    if (from->master != NULL ? digest_range(from, md, err)
                             : (rk_devices_open(ctx, from, &devices, err) != RK_OK ||
                                digest_rows(devices, md, err) != RK_OK))
        return err->rc;
    if (EVP_DigestFinal_ex(md, ret, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    return RK_OK;
}
