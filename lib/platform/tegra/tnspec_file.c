/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board's own words: nv_boot_control.conf, "NAME VALUE" a line with blanks around, as meta-tegra
 * and the BSP write it; and efivars, whose text edk2-nvidia's FmpDeviceLib reads as ASCII.
 */
#include "rotkit/tnspec.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/lines.h"
#include "base/rd.h"

#include <string.h>

enum { ATTRIBUTES = 4, ATTRIBUTES_KNOWN = 0x7f };

static enum rk_rc check_spec(const char *text, size_t len, struct rk_err *err)
{
    if (len == 0 || len > RK_TNSPEC_MAX)
        return rk_fail(err, RK_E_FORMAT, "a TNSPEC of %s, expected 1 to %d",
                       RK_COUNTED(len, "character"), RK_TNSPEC_MAX);
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] > 0x7e)
            return rk_fail(err, RK_E_FORMAT, "byte 0x%02x in a TNSPEC, expected ASCII",
                           (unsigned)(uint8_t)text[i]);
    }
    return memchr(text, '-', len) != NULL
               ? RK_OK
               : rk_fail(err, RK_E_FORMAT, "\"%.*s\" is no TNSPEC: expected fields between dashes",
                         (int)len, text);
}

/* ---- an efivar ---- */

static bool is_variable(const uint8_t *file, size_t len)
{
    struct rk_rd rd = { .buf = file, .len = len };

    return len > ATTRIBUTES && rk_rd_le(&rd, ATTRIBUTES) <= ATTRIBUTES_KNOWN;
}

static enum rk_rc read_variable(const uint8_t *file, size_t len, struct rk_tnspec_file *ret,
                                struct rk_err *err)
{
    const char *text = (const char *)file + ATTRIBUTES;
    size_t text_len = strnlen(text, len - ATTRIBUTES);

    for (size_t i = ATTRIBUTES + text_len; i < len; i++) {
        if (file[i] != 0 && text_len == 1)
            return rk_fail(
                err, RK_E_FORMAT,
                "the variable holds UCS-2: UEFI reads it as ASCII, and so \"%.1s\" alone", text);
        if (file[i] != 0)
            return rk_fail(err, RK_E_FORMAT, "byte 0x%02x at 0x%zx behind the end of the text",
                           (unsigned)file[i], i);
    }
    if (check_spec(text, text_len, err))
        return err->rc;
    memcpy(ret->spec, text, text_len);
    return RK_OK;
}

/* ---- nv_boot_control.conf ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* "NAME VALUE" of a line, without the blanks around; a length of 0 for what is not there. */
static void split(const struct rk_line *line, const char **name, size_t *name_len,
                  const char **value, size_t *value_len)
{
    const char *at = line->p, *end = line->p + line->len;

    while (at < end && is_blank(*at))
        at++;
    *name = at;
    while (at < end && !is_blank(*at))
        at++;
    *name_len = (size_t)(at - *name);
    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    *value = at;
    *value_len = (size_t)(end - at);
}

static bool is_name(const char *name, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

static enum rk_rc take_spec(const char *value, size_t len, char to[RK_TNSPEC_MAX + 1],
                            struct rk_err *err)
{
    if (to[0] != '\0')
        return rk_fail(err, RK_E_FORMAT, "the line is there twice");
    if (check_spec(value, len, err))
        return err->rc;
    memcpy(to, value, len);
    return RK_OK;
}

static enum rk_rc take_chip(const char *value, size_t len, struct rk_tnspec_file *ret,
                            struct rk_err *err)
{
    char text[24] = "";

    if (len >= sizeof text)
        return rk_fail(err, RK_E_FORMAT, "expected a number such as 0x23");
    memcpy(text, value, len);
    return rk_parse_u64(text, UINT32_MAX, &ret->chip, err);
}

static enum rk_rc read_line(const struct rk_line *line, struct rk_tnspec_file *ret,
                            struct rk_err *err)
{
    const char *name, *value;
    size_t name_len, len;
    enum rk_rc rc = RK_OK;

    split(line, &name, &name_len, &value, &len);
    if (is_name(name, name_len, "TNSPEC"))
        rc = take_spec(value, len, ret->spec, err);
    else if (is_name(name, name_len, "COMPATIBLE_SPEC") && len != 0)
        rc = take_spec(value, len, ret->compat, err);
    else if (is_name(name, name_len, "TEGRA_CHIPID"))
        rc = take_chip(value, len, ret, err);
    return rc == RK_OK ? RK_OK
                       : rk_wrap(err, "line %llu: %.*s", (unsigned long long)line->number,
                                 (int)name_len, name);
}

enum rk_rc rk_tnspec_file_read(const uint8_t *file, size_t len, struct rk_tnspec_file *ret,
                               struct rk_err *err)
{
    struct rk_line_cursor cursor = { .p = file, .left = len };
    struct rk_tnspec_file found = { .chip = 0 };
    struct rk_line line;

    if (is_variable(file, len)) {
        if (read_variable(file, len, &found, err))
            return err->rc;
        *ret = found;
        return RK_OK;
    }
    while (rk_line_next(&cursor, &line)) {
        if (read_line(&line, &found, err))
            return err->rc;
    }
    if (found.spec[0] == '\0') {
        (void)rk_fail(err, RK_E_FORMAT, "no line TNSPEC, and no copy of an efivar");
        return rk_note(err, "expected nv_boot_control.conf, or TegraPlatformSpec-* or "
                            "TegraPlatformCompatSpec-* of /sys/firmware/efi/efivars");
    }
    *ret = found;
    return RK_OK;
}

const char *rk_tnspec_platform(uint64_t chip)
{
    static const struct {
        uint64_t chip;
        const char *platform;
    } chips[] = { { 0x19, "t194" }, { RK_TNSPEC_CHIP, "t234" }, { 0x26, "t264" } };

    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        if (chips[i].chip == chip)
            return chips[i].platform;
    }
    return NULL;
}
