/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit device: the databases of a fleet, and the identity and EKs each device will have. */
#include "cli/commands.h"
#include "cli/cmd/device.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_device_new, &cmd_device_derive, &cmd_device_retire,
                                          &cmd_device_reissue, NULL };

const struct cmd cmd_device = {
    .name = "device",
    .args = "",
    .summary = "make device databases, compute identities, retire and reissue devices",
    .subs = subs,
};
