/* SPDX-License-Identifier: Apache-2.0 */
#include "build/devices.h"

#include "base/mem.h"
#include "ftpmprov/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTAINER_MAX = 65536 };

struct rk_devices {
    const rk_ctx *ctx;
    struct rk_devices_from from;
    rk_devicedb *kdk, *eps;
    struct rk_device_sn sn; /* master: the next one */
    uint64_t left;
    struct dirent **top, **inner; /* handover: names, sorted */
    int top_count, top_at, inner_count, inner_at;
    char folder[RK_PATH_MAX]; /* of the inner names */
};

static void names_free(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

void rk_devices_close(rk_devices *devices)
{
    if (devices == NULL)
        return;
    rk_devicedb_close(devices->kdk);
    rk_devicedb_close(devices->eps);
    names_free(devices->top, devices->top_count);
    names_free(devices->inner, devices->inner_count);
    rk_free(devices);
}

static void close_at_exit(rk_devices **devices)
{
    rk_devices_close(*devices);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "index.json") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum rk_rc list(const char *folder, struct dirent ***ret, int *ret_count, struct rk_err *err)
{
    int count = scandir(folder, ret, is_visible, by_bytes);

    if (count < 0)
        return rk_fail_errno(err, RK_E_IO, "cannot list \"%s\"", folder);
    *ret_count = count;
    return RK_OK;
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
    if (from->handover != NULL && list(from->handover, &devices->top, &devices->top_count, err))
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

static enum rk_rc next_of_master(rk_devices *devices, struct rk_lane_device *ret, bool *ret_more,
                                 struct rk_err *err)
{
    *ret_more = devices->left != 0;
    if (devices->left == 0)
        return RK_OK;
    if (rk_identity_from_master(devices->ctx, devices->from.master, &devices->sn, &ret->kdk0,
                                &ret->eps_seed, err))
        return err->rc;
    ret->sn = devices->sn;
    devices->left--;
    return devices->left == 0 ? RK_OK : rk_device_sn_next(&devices->sn, err);
}

/* The path of the next container, through the buckets; "" at the end. */
static enum rk_rc next_path(rk_devices *devices, char *ret, size_t size, struct rk_err *err)
{
    const char *top = devices->from.handover;

    for (;;) {
        if (devices->inner_at < devices->inner_count)
            return rk_path_join(devices->folder, devices->inner[devices->inner_at++]->d_name, ret,
                                size, err);
        ret[0] = '\0';
        if (devices->top_at == devices->top_count)
            return RK_OK;
        struct dirent *entry = devices->top[devices->top_at++];
        if (rk_path_join(top, entry->d_name, ret, size, err) || entry->d_type != DT_DIR)
            return ret[0] == '\0' ? err->rc : RK_OK;
        memcpy(devices->folder, ret, sizeof devices->folder);
        names_free(devices->inner, devices->inner_count);
        devices->inner = NULL;
        devices->inner_count = devices->inner_at = 0;
        if (list(devices->folder, &devices->inner, &devices->inner_count, err))
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

enum rk_rc rk_devices_next(rk_devices *devices, struct rk_lane_device *ret, bool *ret_more,
                           struct rk_err *err)
{
    if (devices->kdk != NULL)
        return next_of_databases(devices, ret, ret_more, err);
    if (devices->from.handover != NULL)
        return next_of_handover(devices, ret, ret_more, err);
    return next_of_master(devices, ret, ret_more, err);
}

enum rk_rc rk_devices_check(const rk_ctx *ctx, const struct rk_devices_from *from,
                            uint64_t *ret_count, struct rk_err *err)
{
    RK_AUTO(close_at_exit) rk_devices *devices = NULL;
    uint64_t count = 0;

    if (from->master != NULL) {
        if (from->count == 0 || from->first_sn + (from->count - 1) < from->first_sn)
            return rk_fail(err, RK_E_USAGE,
                           "%llu devices from serial number 0x%llx on are more "
                           "than there are",
                           (unsigned long long)from->count, (unsigned long long)from->first_sn);
        *ret_count = from->count;
        return RK_OK;
    }
    if (rk_devices_open(ctx, from, &devices, err))
        return err->rc;
    for (bool more = true; more;) {
        RK_AUTO(rk_lane_device_done) struct rk_lane_device device = { .handed.minor = 0 };

        if (rk_devices_next(devices, &device, &more, err))
            return err->rc;
        count += more;
    }
    *ret_count = count;
    return RK_OK;
}
