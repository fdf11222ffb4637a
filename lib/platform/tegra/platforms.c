/* SPDX-License-Identifier: Apache-2.0 */
/* The SoCs of Jetson modules. Source: formats/jetson-ftpm-ekb.md. */
#include "platform/tegra/plan.h"

const struct rk_platform rk_platform_orin = {
    .name = "t234",
    .title = "Jetson Orin",
    .root_key_len = 32,
    .ek_profile = "ms-159",
    .update_formats = { "capsule", "optee-ta" },
    .blob_versions = rk_tegra_blob_versions,
    .device_files = rk_tegra_device_files,
    .source = &rk_tegra_source,
    .from_master = rk_tegra_from_master,
    .derive = rk_tegra_derive,
    .init_files = rk_tegra_init_files,
    .sections = rk_tegra_sections,
    .settings_size = sizeof(struct rk_tegra_settings),
    .check_devices = rk_tegra_check_devices,
    .check = rk_tegra_check_settings,
    .blob_version = rk_tegra_blob_version,
    .secrets = rk_tegra_secrets,
    .prepare = rk_tegra_prepare,
    .plan_free = rk_tegra_plan_free,
    .put_inputs = rk_tegra_put_inputs,
    .put_run_inputs = rk_tegra_put_run_inputs,
    .check_image_signer = rk_tegra_check_image_signer,
    .image_secret_fault = rk_tegra_image_secret_fault,
    .makers = rk_tegra_makers,
    .describe = rk_tegra_describe,
};

/* Key blobs only, of units that were handed over. */
const struct rk_platform rk_platform_xavier = {
    .name = "t194",
    .root_key_len = 16,
    .update_formats = { "capsule" },
    .blob_versions = rk_tegra_blob_versions,
    .device_files = rk_tegra_device_files,
    .source = &rk_tegra_source,
    .sections = rk_tegra_sections,
    .settings_size = sizeof(struct rk_tegra_settings),
    .check_devices = rk_tegra_check_devices,
    .check = rk_tegra_check_settings,
    .blob_version = rk_tegra_blob_version,
    .secrets = rk_tegra_secrets,
    .prepare = rk_tegra_prepare,
    .plan_free = rk_tegra_plan_free,
    .put_inputs = rk_tegra_put_inputs,
    .put_run_inputs = rk_tegra_put_run_inputs,
    .check_image_signer = rk_tegra_check_image_signer,
    .image_secret_fault = rk_tegra_image_secret_fault,
    .makers = rk_tegra_blob_makers,
};

const struct rk_platform rk_platform_thor = {
    .name = "t264",
    .also = "thor",
    .refusal =
        "(Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not "
        "public",
};
