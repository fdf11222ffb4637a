/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/variable.h"

#include "rotkit/counted.h"
#include "rotkit/guid.h"
#include "rotkit/pkcs7.h"

#include <stdio.h>
#include <string.h>

enum { TIME_WIRE = RK_EFI_TIME_WIRE, CERT_HEAD = RK_VARIABLE_CERT_HEAD };

/* clang-format off */
const struct rk_variable_name rk_variable_names[RK_VARIABLES] = {
    { "PK",  "8be4df61-93ca-11d2-aa0d-00e098032b8c" },
    { "KEK", "8be4df61-93ca-11d2-aa0d-00e098032b8c" },
    { "db",  "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
    { "dbx", "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
    { "dbt", "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
    { "dbr", "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
};
/* clang-format on */

const struct rk_variable_name *rk_variable_find(const char *name)
{
    for (size_t i = 0; i < RK_VARIABLES; i++) {
        if (strcmp(rk_variable_names[i].name, name) == 0)
            return &rk_variable_names[i];
    }
    return NULL;
}

static enum rk_rc read_signature(const uint8_t *file, size_t len, struct rk_variable *ret,
                                 struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len, .pos = ret->time_at };
    uint32_t length;
    size_t size, room = len - ret->time_at - TIME_WIRE;

    rk_efi_time_read(&rd, &ret->time);
    length = (uint32_t)rk_rd_le(&rd, 4);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (length <= CERT_HEAD || length > room)
        return rk_fail(err, RK_E_FORMAT, "dwLength is %u, %s follow", length,
                       RK_COUNTED(room, "byte"));
    ret->der_at = ret->time_at + TIME_WIRE + CERT_HEAD;
    ret->der_len = length - CERT_HEAD;
    if (rk_pkcs7_size(file + ret->der_at, ret->der_len, &size, err) || size != ret->der_len)
        return rk_fail(err, RK_E_FORMAT, "the SignedData does not fill its %s",
                       RK_COUNTED(ret->der_len, "byte"));
    ret->esl_at = ret->der_at + ret->der_len;
    ret->esl_len = len - ret->esl_at;
    return RK_OK;
}

enum rk_rc rk_variable_read(const uint8_t *file, size_t len, struct rk_variable *ret,
                            struct rk_err *err)
{
    struct rk_esl_place place = { .attributes_len = 0 };
    struct rk_rd rd = { .buf = file, .len = len };

    if (len != 0 && !rk_esl_find(file, len, &place))
        return rk_fail(err, RK_E_FORMAT, "neither a signature list nor a signed one");
    *ret = (struct rk_variable) { .attributes_len = place.attributes_len,
                                  .time_at = place.attributes_len,
                                  .esl_at = place.lists,
                                  .is_signed = place.is_signed };
    ret->attributes = ret->attributes_len == 0 ? 0 : (uint32_t)rk_rd_le(&rd, 4);
    if (ret->is_signed)
        return read_signature(file, len, ret, err);
    ret->esl_len = len - ret->esl_at;
    return RK_OK;
}

/* Of a dump of an efivar: efivarfs puts them in front. UEFI 2.10, 8.2. */
static enum rk_rc add_attributes(const struct rk_variable *v, uint64_t base, struct rk_map *map,
                                 struct rk_region *parent, struct rk_err *err)
{
    static const char *const bits[] = { "NON_VOLATILE",
                                        "BOOTSERVICE_ACCESS",
                                        "RUNTIME_ACCESS",
                                        "HARDWARE_ERROR_RECORD",
                                        "AUTHENTICATED_WRITE_ACCESS",
                                        "TIME_BASED_AUTHENTICATED_WRITE_ACCESS",
                                        "APPEND_WRITE",
                                        "ENHANCED_AUTHENTICATED_ACCESS" };
    struct rk_region *region;

    if (rk_region_add(map, parent, base, v->attributes_len, "attributes", &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "0x%08x", v->attributes);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        size_t at = strlen(region->note);

        if ((v->attributes & 1U << i) != 0)
            (void)snprintf(region->note + at, sizeof region->note - at, " %s", bits[i]);
    }
    return RK_OK;
}

static enum rk_rc add_signature(const struct rk_variable *v, uint64_t base, struct rk_map *map,
                                struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    if (rk_region_add(map, parent, base + v->time_at, TIME_WIRE, "EFI_TIME", &region, err))
        return err->rc;
    rk_efi_time_text(&v->time, region->note, sizeof region->note);
    if (rk_region_add(map, parent, base + v->time_at + TIME_WIRE, CERT_HEAD,
                      "WIN_CERTIFICATE_UEFI_GUID", &region, err))
        return err->rc;
    return rk_region_add(map, parent, base + v->der_at, v->der_len, "SignedData", &region, err);
}

enum rk_rc rk_variable_map(const struct rk_variable *v, const uint8_t *file, uint64_t base,
                           struct rk_map *map, struct rk_region *parent, struct rk_err *err)
{
    struct rk_region *region;

    if ((v->attributes_len != 0 && add_attributes(v, base, map, parent, err)) ||
        (v->is_signed && add_signature(v, base, map, parent, err)) ||
        rk_region_add(map, parent, base + v->esl_at, v->esl_len, "signature lists", &region, err) ||
        rk_esl_map(file + v->esl_at, v->esl_len, base + v->esl_at, map, region, err))
        return err->rc;
    if (v->esl_len == 0)
        (void)snprintf(region->note, sizeof region->note, "none: takes the variable away");
    region->loaded = true;
    return RK_OK;
}

enum rk_rc rk_variable_content(const struct rk_variable_name *name, uint32_t attributes,
                               const struct rk_efi_time *when, const uint8_t *esl, size_t len,
                               struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_ESL_MAX + 256);
    uint8_t vendor[16];

    if (rk_guid_parse(name->vendor, vendor, err))
        return err->rc;
    for (const char *c = name->name; *c != '\0'; c++)
        rk_wr_le(&wr, (uint8_t)*c, 2);
    rk_wr_bytes(&wr, vendor, sizeof vendor);
    rk_wr_le(&wr, attributes, 4);
    rk_efi_time_write(when, &wr);
    rk_wr_bytes(&wr, esl, len);
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_variable_hold(const struct rk_request *request, const struct rk_variable *v,
                            const uint8_t *file, uint64_t base, const struct rk_variable_name *name,
                            uint32_t attributes, struct rk_map *map, bool *mismatch,
                            struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes content = RK_BYTES_NONE;
    /* EDK2 asks no certificate what it is for: a platform key is a CA as often as not. */
    struct rk_pkcs7_check who = { .ctx = request->ctx,
                                  .trust = request->trust,
                                  .any_use = true,
                                  .now = request->now,
                                  .remark = map->remark,
                                  .mismatch = mismatch,
                                  .own = request->own_signer };

    who.pub = request->key_count == 0 ? NULL : request->key[0].pub;
    if (rk_variable_content(name, attributes, &v->time, file + v->esl_at, v->esl_len, &content,
                            err) ||
        rk_pkcs7_verify(&who, file + v->der_at, v->der_len, content.p, content.len, map->signer,
                        err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "signature holds for %s %s",
                   attributes == RK_VARIABLE_APPEND ? "appending to"
                   : v->esl_len == 0                ? "taking away variable"
                                                    : "variable",
                   name->name);
    if (rk_map_checked(map, base + v->der_at, v->der_len, err) ||
        rk_map_guard(map, base, v->time_at + TIME_WIRE, RK_GUARD_SIGNATURE, "PKCS #7 signature",
                     err))
        return err->rc;
    return rk_map_guard(map, base + v->esl_at, v->esl_len, RK_GUARD_SIGNATURE, "PKCS #7 signature",
                        err);
}
