/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the device lane's rows come from: files of the platform's own, or a master key with a range
 * of serial numbers. One row at a time; memory does not grow with the fleet but for a source's own
 * check for repeated rows.
 */
#pragma once

#include "rotkit/platform.h"
#include "rotkit/shard.h"

struct rk_devices_from { /* borrowed */
    const struct rk_platform *platform;
    const void *plan; /* of the platform, that completes units; NULL: nobody does */
    const char *path[RK_DEVICE_FILES_MAX]; /* by the platform's device_files; or */
    struct rk_cms_opener opener;           /* of files that are sealed */
    const rk_mac *master;                  /* with oem_id, first_sn, count */
    uint16_t oem_id;
    uint64_t first_sn, count;
    struct rk_shard shard; /* the devices that are ours */
};
struct rk_devices_count {
    uint64_t all, ours;
};

typedef struct rk_devices rk_devices;
enum rk_rc rk_devices_open(const struct rk_devices_from *from, rk_devices **ret,
                           struct rk_err *err) RK_MUST_CHECK;
void rk_devices_close(rk_devices *devices);
RK_CLEANUP(rk_devices_done, rk_devices, rk_devices_close)
/* The next device of ours; *ret_more false at the end, and ret untouched then. */
enum rk_rc rk_devices_next(rk_devices *devices, struct rk_unit *ret, bool *ret_more,
                           struct rk_err *err) RK_MUST_CHECK;
/* Reads all of them once, so that a fault in row 99,999 stops the build before row 1 is made. */
enum rk_rc rk_devices_check(const struct rk_devices_from *from, struct rk_devices_count *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* SHA-256 over every row, or over what the rows follow from. */
enum rk_rc rk_devices_digest(const struct rk_devices_from *from, uint8_t ret[32],
                             struct rk_err *err) RK_MUST_CHECK;
