/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the device-side script that is the same for every product: device_script.sh. */
#pragma once

#include <stddef.h>

extern const unsigned char rk_device_script[]; /* ends with a NUL */
extern const size_t rk_device_script_len;      /* without it */
