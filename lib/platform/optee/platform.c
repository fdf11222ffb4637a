/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/optee/plan.h"

const struct rk_platform rk_platform_optee = {
    .name = "optee",
    .title = "any board with OP-TEE and the reference fTPM",
    .ek_profile = "ms-159",
    .update_formats = { "capsule", "fip", "optee-ta" },
    .device_files = rk_optee_device_files,
    .source = &rk_optee_source,
    .from_master = rk_optee_from_master,
    .complete = rk_optee_complete,
    .derive = rk_optee_derive,
    .init_files = rk_optee_init_files,
    .sections = rk_optee_sections,
    .settings_size = sizeof(struct rk_optee_settings),
    .check_devices = rk_optee_check_devices,
    .check = rk_optee_check_settings,
    .unit_svn = rk_optee_unit_svn,
    .secrets = rk_optee_secrets,
    .prepare = rk_optee_prepare,
    .plan_free = rk_optee_plan_free,
    .put_inputs = rk_optee_put_inputs,
    .put_run_inputs = rk_optee_put_run_inputs,
    .makers = rk_optee_makers,
    .page = rk_optee_page,
    .random_eps = "the TA was built without the property com.microsoft.ta.endorsementSeed or "
                  "without USE_PLATFORM_EPS, or the TPM was manufactured by another TA before",
};
