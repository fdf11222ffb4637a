/* SPDX-License-Identifier: Apache-2.0 */
/* Storage root keys of devices, from a text file that is sorted by Device SN. */
#include "enroll/azure_dps.h"

#include "base/err.h"
#include "enroll/registration_id.h"
#include "rotkit/base64.h"
#include "rotkit/counted.h"
#include "rotkit/lines.h"

#include <string.h>

enum { SN_TEXT = 20, KEY_TEXT_MAX = 4096 };

static enum rk_rc read_line(const struct rk_line *line, struct rk_unit_id *ret_sn,
                            struct rk_bytes *ret_key, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
    char sn[SN_TEXT + 1];

    if (line->len <= SN_TEXT + 1 || line->len > KEY_TEXT_MAX || line->p[SN_TEXT] != ' ')
        return rk_fail(err, RK_E_USAGE, "expected a Device SN of %s, a blank and base64",
                       RK_COUNTED(SN_TEXT, "digit"));
    memcpy(sn, line->p, SN_TEXT);
    sn[SN_TEXT] = '\0';
    if (rk_unit_id_parse(sn, ret_sn, err) ||
        rk_base64_read(line->p + SN_TEXT + 1, line->len - SN_TEXT - 1, &key, err))
        return err->rc;
    if (!rk_dps_is_rsa(&key))
        return rk_fail(err, RK_E_USAGE, "%s that are no TPM2B_PUBLIC of an RSA key",
                       RK_COUNTED(key.len, "byte"));
    *ret_key = rk_bytes_take(&key);
    return RK_OK;
}

enum rk_rc rk_dps_srk_check(const struct rk_input *file, struct rk_err *err)
{
    struct rk_unit_id sn, last = { .b = { 0 } };
    struct rk_line_cursor cursor = { .p = file->p, .left = file->len };
    struct rk_line line;

    while (rk_line_next(&cursor, &line)) {
        RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;

        if (read_line(&line, &sn, &key, err)) {
            err->rc = RK_E_USAGE;
            return rk_wrap(err, "line %llu", (unsigned long long)line.number);
        }
        if (line.number > 1 && memcmp(sn.b, last.b, sizeof sn.b) <= 0)
            return rk_fail(
                err, RK_E_USAGE,
                "line %llu: a device twice, or not sorted by Device SN (sort -u does it)",
                (unsigned long long)line.number);
        last = sn;
    }
    return RK_OK;
}

/* The start of the line that `at` is in. */
static size_t line_start(const struct rk_input *file, size_t at)
{
    while (at > 0 && file->p[at - 1] != '\n')
        at--;
    return at;
}

enum rk_rc rk_dps_srk_find(const struct rk_input *file, const struct rk_unit_id *sn,
                           struct rk_bytes *ret, struct rk_err *err)
{
    size_t low = 0, high = file->len; /* starts of lines */

    while (low < high) {
        size_t middle = line_start(file, low + (high - low) / 2);
        struct rk_line_cursor cursor = { .p = file->p + middle, .left = file->len - middle };
        struct rk_line line = { .len = 0 };
        RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
        struct rk_unit_id found;
        int order;

        (void)rk_line_next(&cursor, &line); /* middle is below the end */
        if (read_line(&line, &found, &key, err))
            return err->rc;
        order = memcmp(sn->b, found.b, sizeof sn->b);
        if (order == 0) {
            *ret = rk_bytes_take(&key);
            return RK_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = file->len - cursor.left;
    }
    return rk_fail(err, RK_E_USAGE, "has no line for this device");
}
