/* SPDX-License-Identifier: Apache-2.0 */
/* Files of others, told by their first bytes, so that "unknown" says what it is when that shows. */
#include "rotkit/format_table.h"

#include <string.h>

#define MAGIC(literal) (literal), sizeof(literal) - 1
/* clang-format off */
static const struct foreign {
    size_t at;
    const char *magic;
    size_t len;
    const char *name;
} foreigners[] = {
    { 0,      MAGIC("\xd0\x0d\xfe\xed"),     "a device tree" },
    { 0,      MAGIC("\177ELF"),              "an ELF file" },
    { 40,     MAGIC("_FVH"),                 "an EDK2 firmware volume" },
    { 0x1028, MAGIC("_FVH"),              "an EDK2 firmware volume" }, /* behind the vector of AAVMF */
    { 0x38,   MAGIC("ARM\x64"),              "a Linux kernel for 64-bit Arm" },
    { 0x24,   MAGIC("\x18\x28\x6f\x01"),     "a Linux kernel for 32-bit Arm" },
    { 0,      MAGIC("\x27\x05\x19\x56"),     "a legacy image of U-Boot" },
    { 0,      MAGIC("ANDROID!"),             "an Android boot image" },
    { 0,      MAGIC("\x3a\xff\x26\xed"),     "an Android sparse image" },
    { 0x438,  MAGIC("\x53\xef"),             "an ext file system" },
    { 0,      MAGIC("hsqs"),                 "a squashfs" },
    { 0x8001, MAGIC("CD001"),                "an ISO 9660 image" },
    { 257,    MAGIC("ustar"),                "a tar archive" },
    { 0,      MAGIC("PK\3\4"),               "a zip archive" },
    { 0,      MAGIC("070701"),               "a cpio archive" },
    { 0,      MAGIC("!<arch>\n"),            "an ar archive or Debian package" },
    { 0,      MAGIC("\x1f\x8b"),             "data compressed by gzip" },
    { 0,      MAGIC("\xfd" "7zXZ"),          "data compressed by xz" },
    { 0,      MAGIC("\x28\xb5\x2f\xfd"),     "data compressed by zstd" },
    { 0,      MAGIC("\x04\x22\x4d\x18"),     "data compressed by lz4" },
    { 0,      MAGIC("\x02\x21\x4c\x18"),     "data compressed by lz4, in its legacy frame" },
    { 0,      MAGIC("BZh"),                  "data compressed by bzip2" },
    { 0,      MAGIC("SQLite format 3"),      "an SQLite database" },
    { 0,      MAGIC("-----BEGIN "),          "PEM text" },
};
/* clang-format on */

static const char *name_of(const uint8_t *file, size_t len)
{
    for (size_t i = 0; i < sizeof foreigners / sizeof foreigners[0]; i++) {
        const struct foreign *f = &foreigners[i];

        if (len >= f->at && len - f->at >= f->len && memcmp(file + f->at, f->magic, f->len) == 0)
            return f->name;
    }
    return NULL;
}

enum rk_rc rk_fail_unknown_format(const uint8_t *file, size_t len, struct rk_err *err)
{
    const char *name = name_of(file, len);

    if (name == NULL)
        (void)rk_fail(err, RK_E_FORMAT, "unknown format");
    else
        (void)rk_fail(err, RK_E_FORMAT, "unknown format: it looks like %s", name);
    return rk_note(err, "'rotkit pack --formats' lists the known ones");
}
