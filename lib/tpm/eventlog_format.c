/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eventlog: what firmware measured into a TPM, as
 * /sys/kernel/security/tpm0/binary_bios_measurements has it. Source: TCG PC Client Platform
 * Firmware Profile, 10.2 to 10.4. Only a quote vouches for it.
 */
#include "tpm/eventlog.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"

#include "base/rd.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

enum { LOG_MAX = 64 << 20, GUID = 16, TEXT_SHOWN = 60 };

/* clang-format off */
static const struct type {
    uint32_t type;
    const char *name;
    enum { NOTHING, TEXT, VARIABLE } content;
} types[] = {
    { 0x00000000, "EV_PREBOOT_CERT", NOTHING },
    { 0x00000001, "EV_POST_CODE", TEXT },
    { 0x00000003, "EV_NO_ACTION", TEXT },
    { 0x00000004, "EV_SEPARATOR", NOTHING },
    { 0x00000005, "EV_ACTION", TEXT },
    { 0x00000006, "EV_EVENT_TAG", NOTHING },
    { 0x00000007, "EV_S_CRTM_CONTENTS", TEXT },
    { 0x00000008, "EV_S_CRTM_VERSION", NOTHING },
    { 0x00000009, "EV_CPU_MICROCODE", NOTHING },
    { 0x0000000a, "EV_PLATFORM_CONFIG_FLAGS", TEXT },
    { 0x0000000b, "EV_TABLE_OF_DEVICES", NOTHING },
    { 0x0000000c, "EV_COMPACT_HASH", TEXT },
    { 0x0000000d, "EV_IPL", TEXT },
    { 0x00000011, "EV_NONHOST_CODE", NOTHING },
    { 0x00000012, "EV_NONHOST_CONFIG", NOTHING },
    { 0x00000013, "EV_NONHOST_INFO", NOTHING },
    { 0x00000014, "EV_OMIT_BOOT_DEVICE_EVENTS", TEXT },
    { 0x80000001, "EV_EFI_VARIABLE_DRIVER_CONFIG", VARIABLE },
    { 0x80000002, "EV_EFI_VARIABLE_BOOT", VARIABLE },
    { 0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION", NOTHING },
    { 0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER", NOTHING },
    { 0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER", NOTHING },
    { 0x80000006, "EV_EFI_GPT_EVENT", NOTHING },
    { 0x80000007, "EV_EFI_ACTION", TEXT },
    { 0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB", NOTHING },
    { 0x80000009, "EV_EFI_HANDOFF_TABLES", NOTHING },
    { 0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2", NOTHING },
    { 0x8000000b, "EV_EFI_HANDOFF_TABLES2", NOTHING },
    { 0x8000000c, "EV_EFI_VARIABLE_BOOT2", VARIABLE },
    { 0x80000010, "EV_EFI_HCRTM_EVENT", TEXT },
    { 0x800000e0, "EV_EFI_VARIABLE_AUTHORITY", VARIABLE },
    { 0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB", NOTHING },
    { 0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG", NOTHING },
};
/* clang-format on */

static const struct type *find(uint32_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type)
            return &types[i];
    }
    return NULL;
}

/* Text as far as it is printable; "" when it does not begin as text. */
static void read_text(const uint8_t *data, size_t len, size_t step, char ret[TEXT_SHOWN + 1])
{
    size_t n = 0;

    for (size_t i = 0; i + step <= len && n < TEXT_SHOWN; i += step) {
        if (data[i] < 0x20 || data[i] > 0x7e || (step == 2 && data[i + 1] != 0))
            break;
        ret[n++] = (char)data[i];
    }
    ret[n] = '\0';
}

/* UEFI_VARIABLE_DATA: GUID, both lengths in eight bytes, the name in UTF-16. */
static void read_name(const struct rk_event *e, char ret[TEXT_SHOWN + 1])
{
    struct rk_rd rd = { .buf = e->data, .len = e->data_len };
    uint64_t characters;
    const uint8_t *name;

    (void)rk_rd_take(&rd, GUID);
    characters = rk_rd_le(&rd, 8);
    (void)rk_rd_le(&rd, 8);
    name = characters > e->data_len ? NULL : rk_rd_take(&rd, 2 * (size_t)characters);
    ret[0] = '\0';
    if (name != NULL)
        read_text(name, 2 * (size_t)characters, 2, ret);
}

struct drawing {
    const uint8_t *log;
    struct rk_map *map;
    unsigned count;
};

static enum rk_rc add_digests(const struct drawing *d, const struct rk_event *e,
                              struct rk_region *of, struct rk_err *err)
{
    for (size_t i = 0; i < e->digest_count; i++) {
        const struct rk_event_digest *digest = &e->digest[i];
        const struct rk_pcr_bank *bank = rk_pcr_bank_of(digest->alg);
        struct rk_region *region;

        if (digest->p == NULL || bank == NULL)
            continue;
        if (rk_region_add(d->map, of, (uint64_t)(digest->p - d->log), digest->len, bank->name,
                          &region, err))
            return err->rc;
        rk_hex_write(digest->p, digest->len, region->note);
    }
    return RK_OK;
}

static enum rk_rc add_event(void *arg, unsigned i, const struct rk_event *e, struct rk_err *err)
{
    struct drawing *d = arg;
    const struct type *type = find(e->type);
    char name[64], text[TEXT_SHOWN + 1] = "";
    struct rk_region *region;
    size_t used;

    if (type == NULL)
        (void)snprintf(name, sizeof name, "%u: type 0x%x", i, e->type);
    else
        (void)snprintf(name, sizeof name, "%u: %s", i, type->name);
    if (type != NULL && type->content == TEXT)
        read_text(e->data, e->data_len, 1, text);
    else if (type != NULL && type->content == VARIABLE)
        read_name(e, text);
    d->count = i;
    if (rk_region_add(d->map, d->map->root, e->at, e->len, name, &region, err))
        return err->rc;
    if (e->type == RK_EV_NO_ACTION)
        (void)snprintf(region->note, sizeof region->note, "not measured");
    else
        (void)snprintf(region->note, sizeof region->note, "PCR %u", e->pcr);
    used = strlen(region->note);
    if (text[0] != '\0')
        (void)snprintf(region->note + used, sizeof region->note - used, ", %s", text);
    return add_digests(d, e, region, err);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct drawing d = { .log = file, .map = map };
    size_t end;

    if (rk_eventlog_walk(file, len, add_event, &d, &end, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "structure holds, %s; whether the TPM agrees, a quote tells: rotkit tpm "
                   "quote-check",
                   RK_COUNTED(d.count, "event"));
    return rk_map_rest(map, file, end, len, err);
}

const struct rk_format rk_format_eventlog = {
    .name = "eventlog",
    .title = "TCG event log",
    .max = LOG_MAX,
    .recognise = rk_eventlog_is,
    .parse = parse,
    .refusal = "firmware writes it; a quote is what is signed, and 'rotkit tpm quote-check' holds "
               "a log against one",
};
