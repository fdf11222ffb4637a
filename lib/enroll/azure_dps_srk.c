/* SPDX-License-Identifier: Apache-2.0 */
/* Storage root keys of devices, from a text file that is sorted by Device SN. */
#include "enroll/azure_dps.h"

#include "base/err.h"
#include "enroll/registration_id.h"
#include "rotkit/base64.h"

#include <string.h>

enum { SN_TEXT = 20, KEY_TEXT_MAX = 4096 };

/* The line that starts at `at`, without its end; *ret_next is where the next one starts. */
static size_t line_at(const struct rk_input *file, size_t at, size_t *ret_next)
{
    const uint8_t *end = memchr(file->p + at, '\n', file->len - at);
    size_t len = end == NULL ? file->len - at : (size_t)(end - (file->p + at));

    *ret_next = end == NULL ? file->len : at + len + 1;
    return len;
}

static enum rk_rc read_line(const char *line, size_t len, struct rk_device_sn *ret_sn,
                            struct rk_bytes *ret_key, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
    char sn[SN_TEXT + 1];

    if (len <= SN_TEXT + 1 || len > KEY_TEXT_MAX || line[SN_TEXT] != ' ')
        return rk_fail(err, RK_E_USAGE, "expected a Device SN of %d digits, a blank and base64",
                       SN_TEXT);
    memcpy(sn, line, SN_TEXT);
    sn[SN_TEXT] = '\0';
    if (rk_device_sn_parse(sn, ret_sn, err) ||
        rk_base64_read(line + SN_TEXT + 1, len - SN_TEXT - 1, &key, err))
        return err->rc;
    if (!rk_dps_is_rsa(&key))
        return rk_fail(err, RK_E_USAGE, "%zu bytes that are no TPM2B_PUBLIC of an RSA key",
                       key.len);
    *ret_key = rk_bytes_take(&key);
    return RK_OK;
}

enum rk_rc rk_dps_srk_check(const struct rk_input *file, struct rk_err *err)
{
    struct rk_device_sn sn, last = { .b = { 0 } };
    size_t line = 0, next;

    for (size_t at = 0; at < file->len; at = next) {
        RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
        size_t len = line_at(file, at, &next);

        line++;
        if (read_line((const char *)file->p + at, len, &sn, &key, err)) {
            err->rc = RK_E_USAGE;
            return rk_wrap(err, "line %zu", line);
        }
        if (line > 1 && memcmp(sn.b, last.b, sizeof sn.b) <= 0)
            return rk_fail(err, RK_E_USAGE,
                           "line %zu: a device twice, or not sorted by Device SN (sort -u does it)",
                           line);
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

enum rk_rc rk_dps_srk_find(const struct rk_input *file, const struct rk_device_sn *sn,
                           struct rk_bytes *ret, struct rk_err *err)
{
    size_t low = 0, high = file->len; /* starts of lines */

    while (low < high) {
        size_t middle = line_start(file, low + (high - low) / 2), next;
        size_t len = line_at(file, middle, &next);
        RK_AUTO(rk_bytes_done) struct rk_bytes key = RK_BYTES_NONE;
        struct rk_device_sn found;
        int order;

        if (read_line((const char *)file->p + middle, len, &found, &key, err))
            return err->rc;
        order = memcmp(sn->b, found.b, sizeof sn->b);
        if (order == 0) {
            *ret = rk_bytes_take(&key);
            return RK_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = next;
    }
    return rk_fail(err, RK_E_USAGE, "has no line for this device");
}
