/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shard: one machine's part of a fleet. Devices are dealt out by bucket (artifact.h: the Device
 * SN without its last byte, as a number, modulo the number of shards), so a shard is known from the
 * SN alone, and no two shards touch one bucket.
 */
#pragma once

#include "rotkit/unit_id.h"

#include <stdbool.h>

enum { RK_SHARDS_MAX = 4096 };

struct rk_shard {
    uint32_t index, count; /* index below count; both 0: the whole fleet */
};
/*
 * "0/4": the first of four. "auto/4": the index is JOB_COMPLETION_INDEX (Kubernetes Indexed Job) or
 * SLURM_ARRAY_TASK_ID; "auto": index and count from Slurm's SLURM_ARRAY_TASK_ID, _MIN, _MAX and
 * _STEP. RK_E_USAGE when malformed, when a variable is absent, or when both systems' are there.
 */
enum rk_rc rk_shard_parse(const char *text, struct rk_shard *ret, struct rk_err *err) RK_MUST_CHECK;
bool rk_shard_has(const struct rk_shard *shard, const struct rk_unit_id *sn);
