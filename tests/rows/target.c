/* SPDX-License-Identifier: Apache-2.0 */
/* A target of enrolment for tests/cli/rows-added.sh: the Device SNs, a line each. */
#include "enroll/files.h"
#include "enroll/walk.h"

static enum rk_rc put_device(void *arg, const struct rk_release_device *device, struct rk_err *err)
{
    struct rk_wr *wr = arg;
    char text[21];

    (void)err;
    rk_unit_id_text(&device->sn, text);
    rk_wr_printf(wr, "%s\n", text);
    return RK_OK;
}

static enum rk_rc make(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                       struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 20);
    RK_AUTO(rk_bytes_done) struct rk_bytes list = RK_BYTES_NONE;

    if (rk_enroll_device_count(options, &out->report.devices, err) ||
        rk_enroll_each(options, put_device, &wr, err) || rk_wr_end(&wr, &list, err))
        return err->rc;
    return rk_enroll_put(out, "devices.txt", &list, err);
}

const struct rk_enroll_target rk_enroll_test = {
    .name = "test-row",
    .title = "row of a test",
    .make = make,
};
