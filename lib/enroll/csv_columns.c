/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/csv.h"

#include <string.h>

/* clang-format off */
const char *const rk_csv_columns[RK_CSV_COLUMNS] = {
    [RK_CSV_SN] =           "device_sn",
    [RK_CSV_TEMPLATE] =     "template",
    [RK_CSV_PROFILE] =      "profile",
    [RK_CSV_REGISTRATION] = "registration_id",
    [RK_CSV_SPKI] =         "ek_spki_sha256",
    [RK_CSV_PUBLIC] =       "ek_public_tpm2b_base64",
    [RK_CSV_SERIAL] =       "ek_cert_serial",
    [RK_CSV_CERT] =         "ek_cert_sha256",
    [RK_CSV_NOT_BEFORE] =   "not_before",
    [RK_CSV_NOT_AFTER] =    "not_after",
};
const struct rk_setting_row rk_csv_settings[] = {
    { "template", RK_CSV_ALL, "the EK of each device: a template, or all, each in a row of its own" },
    { NULL, NULL, NULL },
};
/* clang-format on */

bool rk_csv_unsafe(const char *text)
{
    if (text[0] != '\0' && strchr("=+-@", text[0]) != NULL)
        return true;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    }
    return false;
}
