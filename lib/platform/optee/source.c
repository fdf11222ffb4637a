/* SPDX-License-Identifier: Apache-2.0 */
/* Units out of a database of EPS. */
#include "platform/optee/plan.h"

static enum rk_rc source_open(const char *const path[RK_DEVICE_FILES_MAX],
                              const struct rk_cms_opener *opener, void **ret, struct rk_err *err)
{
    rk_devicedb *db = NULL;

    if (rk_devicedb_open(path[RK_OPTEE_EPS_DB], RK_DB_EPS, opener, &db, err))
        return err->rc;
    *ret = db;
    return RK_OK;
}

static enum rk_rc source_next(void *arg, struct rk_unit *ret, bool *ret_more, struct rk_err *err)
{
    RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row row = { .line = 0 };

    if (rk_devicedb_next(arg, &row, ret_more, err))
        return err->rc;
    if (*ret_more) {
        ret->sn = row.sn;
        ret->secret[RK_OPTEE_EPS] = rk_secret_take(&row.value);
    }
    return RK_OK;
}

static void source_close(void *arg)
{
    rk_devicedb_close(arg);
}

const struct rk_unit_source rk_optee_source = { source_open, source_next, source_close };
