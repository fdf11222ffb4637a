/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device lane: a pure function from a unit and the plan to a list of artifacts. It opens
 * no file, keeps no state, and may run in any order and on any thread.
 */
#pragma once

#include "base/err.h"
#include "rotkit/artifact.h"
#include "rotkit/ek.h"
#include "rotkit/ekcert.h"
#include "rotkit/platform.h"
#include "rotkit/sigbook.h"

enum { RK_LANE_TEMPLATES_MAX = 16 };
/* Devices that a thread takes at a time: their prime candidates are tested together. */
enum { RK_LANE_BATCH = 8, RK_LANE_BATCHES_A_THREAD = 2 };

/* What is the same for every device. Everything is borrowed. */
struct rk_lane {
    const rk_ctx *ctx;
    const struct rk_platform *platform;
    const struct rk_ek_profile *profile;
    const struct rk_ek_template *templates[RK_LANE_TEMPLATES_MAX];
    size_t template_count;
    rk_ca *ca;
    struct rk_ekcert_profile certificate;
    const rk_trust *trust; /* the CA's own chain */
    rk_sigbook *book;      /* signatures from elsewhere; NULL: the CA's key signs */
    int64_t now;
    bool odm, oem;    /* which half of the work is ours */
    const void *plan; /* the platform's */
};

/* The identity and the EKs of a device: what is computed before anything is signed. */
struct rk_lane_keys {
    struct rk_identity identity;
    struct rk_ek ek[RK_LANE_TEMPLATES_MAX];
    struct rk_err err; /* why there are none */
};
void rk_lane_keys_done(struct rk_lane_keys *keys);

/*
 * The keys of several devices, searched for together; nothing to do for an OEM-only build. A device
 * that has none says why in its err, which rk_lane_run then returns; an error returned is of the
 * machine. ret: empty ones, as many as there are devices.
 */
enum rk_rc rk_lane_derive(const struct rk_lane *lane, const struct rk_unit *units, size_t count,
                          struct rk_lane_keys *ret, struct rk_err *err) RK_MUST_CHECK;

/*
 * A public artifact of the release that stands there now, so that a randomised signature is kept
 * where signer and content are the same; empty when there is none. May be NULL.
 */
struct rk_lane_previous {
    enum rk_rc (*artifact)(void *arg, const struct rk_role_row *role, const struct rk_unit_id *sn,
                           struct rk_bytes *ret, struct rk_err *err);
    void *arg;
};

/* What all units have in common. */
enum rk_rc rk_lane_common(const struct rk_lane *lane, struct rk_artifacts *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/*
 * When signatures are wanted, *ret stays empty and *wants (empty before) gets what is to be signed
 * for this device; a later round makes it.
 */
enum rk_rc rk_lane_run(const struct rk_lane *lane, const struct rk_unit *unit,
                       const struct rk_lane_keys *keys, const struct rk_lane_previous *previous,
                       struct rk_wants *wants, struct rk_artifacts *ret,
                       struct rk_err *err) RK_MUST_CHECK;
