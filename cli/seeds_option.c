/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/seeds_option.h"

enum rk_rc seeds_option_check(const struct app *app, const struct rk_seed_files *files,
                              const char *master, bool *ret_given, struct rk_err *err)
{
    bool given = files->kdk_db != NULL || files->eps_seeds != NULL || files->eps_db != NULL;

    *ret_given = given || master != NULL;
    if ((files->kdk_db == NULL) != (files->eps_seeds == NULL))
        return opt_fail(app, err, "--kdk-db and --eps-seeds go together");
    if (files->kdk_db != NULL && files->eps_db != NULL)
        return opt_fail(app, err, "--kdk-db or --eps-db, not both: they are of other platforms");
    if (given && master != NULL)
        return opt_fail(app, err, "--master or %s, not both",
                        files->kdk_db != NULL ? "--kdk-db" : "--eps-db");
    return RK_OK;
}
