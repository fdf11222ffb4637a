/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/keylime.h"

#include <stddef.h>

const struct rk_setting_row rk_keylime_settings[] = {
    { "template", "l-1",
      "the EK that the agents use; Keylime documents the NV index of l-1 alone" },
    { NULL, NULL, NULL },
};
