/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-cms: the signatures that L4TLauncher looks for: DER beside a file (extlinux.conf, initrd,
 * dtb), or behind an image in a partition (boot.img, recovery.img, kernel-dtb). Source:
 * boot-images.md 5.0.
 */
#include "rotkit/format_row.h"
#include "base/rd.h"
#include "base/wr.h"
#include "rotkit/certs.h"
#include "rotkit/counted.h"
#include "rotkit/pkcs7.h"

#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 512 << 20, PAGE = 2048, LARGE_PAGE = 4096 };
#define FDT_MAGIC UINT32_C(0xd00dfeed)
static const struct rk_format *self(void);

/* ---- how long an image says it is ---- */

static uint64_t rounded(uint64_t size, uint64_t page)
{
    return (size + page - 1) / page * page;
}

static bool is_android(const uint8_t *file, size_t len)
{
    return len >= 40 && memcmp(file, "ANDROID!", 8) == 0;
}

static bool is_fdt(const uint8_t *file, size_t len)
{
    struct rk_rd rd = { .buf = file, .len = len };

    return len >= 8 && rk_rd_be(&rd, 4) == FDT_MAGIC;
}

/* Android boot image header, version 0: a page, then kernel, ramdisk and second in whole pages. */
static enum rk_rc android_size(const uint8_t *file, size_t len, uint64_t *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };
    uint64_t kernel, ramdisk, second, page;

    (void)rk_rd_take(&rd, 8);
    kernel = rk_rd_le(&rd, 4);
    (void)rk_rd_le(&rd, 4);
    ramdisk = rk_rd_le(&rd, 4);
    (void)rk_rd_le(&rd, 4);
    second = rk_rd_le(&rd, 4);
    (void)rk_rd_take(&rd, 8);
    page = rk_rd_le(&rd, 4);
    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (page < 512 || page > 65536 || (page & (page - 1)) != 0)
        return rk_fail(err, RK_E_FORMAT, "page size at 0x24 is %llu", (unsigned long long)page);
    *ret = page + rounded(kernel, page) + rounded(ramdisk, page) + rounded(second, page);
    return RK_OK;
}

static enum rk_rc image_size(const uint8_t *file, size_t len, uint64_t *ret, struct rk_err *err)
{
    struct rk_rd rd = { .buf = file, .len = len };

    if (is_android(file, len)) {
        if (android_size(file, len, ret, err))
            return err->rc;
    } else {
        (void)rk_rd_take(&rd, 4);
        *ret = rk_rd_be(&rd, 4);
    }
    if (*ret > len)
        return rk_fail(err, RK_E_FORMAT, "the header says %s, the file has %zu",
                       RK_COUNTED(*ret, "byte"), len);
    return RK_OK;
}

/* ---- where the signature stands ---- */

struct cms {
    bool appended;
    size_t image_len, at, len; /* len 0: none */
};

static bool is_der_at(const uint8_t *file, size_t len, uint64_t at, size_t *ret)
{
    struct rk_err ignored;

    return at < len && file[at] == 0x30 &&
           rk_pkcs7_size(file + at, len - (size_t)at, ret, &ignored) == RK_OK;
}

/* ContentInfo with a SignedData, longer than 255 bytes as all are. */
static bool is_signed_data(const uint8_t *file, size_t len)
{
    static const uint8_t oid[] = {
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02
    };

    return len > 32 && file[0] == 0x30 && file[1] == 0x82 && memcmp(file + 4, oid, sizeof oid) == 0;
}

/* As the launcher looks: 4096 bytes behind the next multiple of 4096 first, then 2048. */
static enum rk_rc find_cms(const uint8_t *file, size_t len, struct cms *ret, struct rk_err *err)
{
    static const size_t pages[] = { LARGE_PAGE, PAGE };
    uint64_t size;

    *ret = (struct cms) { .appended = is_android(file, len) || is_fdt(file, len) };
    if (!ret->appended) {
        if (!is_signed_data(file, len) || rk_pkcs7_size(file, len, &ret->len, err))
            return rk_fail(err, RK_E_FORMAT,
                           "neither an Android boot image nor a device tree nor a CMS signature");
        return RK_OK;
    }
    if (image_size(file, len, &size, err))
        return err->rc;
    ret->image_len = (size_t)size;
    for (size_t i = 0; i < 2; i++) {
        uint64_t at = rounded(size, pages[i]);
        size_t der;

        if (is_der_at(file, len, at, &der) && der <= pages[i]) {
            ret->at = (size_t)at;
            ret->len = der;
            return RK_OK;
        }
    }
    return RK_OK;
}

static bool recognise(const uint8_t *file, size_t len)
{
    struct rk_err ignored;
    struct cms cms;

    if (is_android(file, len))
        return true;
    if (is_fdt(file, len)) /* without a signature it is some other device tree */
        return find_cms(file, len, &cms, &ignored) == RK_OK && cms.len != 0;
    return is_signed_data(file, len);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    struct cms cms;

    if (find_cms(file, len, &cms, err))
        return err->rc;
    if (cms.appended) {
        if (rk_region_add(map, map->root, 0, cms.image_len,
                          is_android(file, len) ? "Android boot image" : "device tree", &region,
                          err))
            return err->rc;
        region->loaded = true;
    }
    if (cms.len != 0 && rk_region_add(map, map->root, cms.at, cms.len, "SignedData", &region, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s",
                   cms.len == 0 ? "structure holds, not signed"
                   : cms.appended
                       ? "structure holds, signature not checked: needs the certificate"
                       : "detached signature, not checked: needs content and certificate");
    return rk_map_rest(map, file, cms.len == 0 ? cms.image_len : cms.at + cms.len, len, err);
}

/* ---- signing ---- */

static const struct rk_part_row part_rows[] = {
    { "content", false, false, "verify: the file that a detached signature is over" },
    { NULL, false, false, NULL },
};
static const struct rk_setting_row setting_rows[] = {
    { "form", "detached", "detached: a .sig beside the file; appended: behind the image" },
    { "page", "2048", "appended: the multiple that the signature starts at, 2048 or 4096" },
    { NULL, NULL, NULL },
};

struct form {
    bool appended;
    size_t page, content_len;
};

static enum rk_rc read_form(const struct rk_request *request, const uint8_t *file, size_t len,
                            struct form *ret, struct rk_err *err)
{
    const char *form = rk_request_text(request, self(), "form");
    uint64_t page, size;

    ret->appended = strcmp(form, "appended") == 0;
    if (!ret->appended && strcmp(form, "detached") != 0)
        return rk_fail(err, RK_E_USAGE, "setting \"form\": expected detached or appended");
    ret->page = PAGE;
    ret->content_len = len;
    if (!ret->appended)
        return RK_OK;
    if (rk_request_u64(request, self(), "page", PAGE, LARGE_PAGE, &page, err))
        return err->rc;
    if (page != PAGE && page != LARGE_PAGE)
        return rk_fail(err, RK_E_USAGE, "setting \"page\": expected 2048 or 4096");
    ret->page = (size_t)page;
    if (!is_android(file, len) && !is_fdt(file, len))
        return rk_fail(err, RK_E_USAGE,
                       "neither an Android boot image nor a device tree: the launcher would not "
                       "find a signature behind it");
    if (image_size(file, len, &size, err))
        return err->rc;
    /* What stands behind the image, an older signature too, is not part of it. */
    ret->content_len = (size_t)size;
    return RK_OK;
}

static struct rk_pkcs7 describe(const struct rk_request *request, const uint8_t *content,
                                size_t len)
{
    return (struct rk_pkcs7) { .ctx = request->ctx,
                               .cert = request->cert,
                               .chain_max = self()->chain_max,
                               .pub = request->key[0].pub,
                               .content = content,
                               .content_len = len,
                               .attributes = true };
}

static enum rk_rc to_sign(const struct rk_request *request, const uint8_t *file, size_t len,
                          struct rk_sign_requests *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    struct rk_pkcs7 what;
    enum rk_scheme scheme;
    struct form form = { .page = 0 };

    if (read_form(request, file, len, &form, err))
        return err->rc;
    what = describe(request, file, form.content_len);
    if (rk_pkcs7_to_sign(&what, &message, &scheme, err))
        return err->rc;
    return rk_sign_requests_add(ret, "", "the whole image", scheme, &message, err);
}

static enum rk_rc append(const uint8_t *file, const struct form *form, const struct rk_bytes *der,
                         struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(IMAGE_MAX);

    if (der->len > form->page)
        return rk_fail(err, RK_E_USAGE,
                       "the signature with its certificates is %s, the launcher reads %zu: "
                       "leave out the chain, or take page=4096",
                       RK_COUNTED(der->len, "byte"), form->page);
    rk_wr_bytes(&wr, file, form->content_len);
    rk_wr_zero(&wr, (size_t)(rounded(form->content_len, form->page) - form->content_len));
    rk_wr_bytes(&wr, der->p, der->len);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc attach(const struct rk_request *request, const uint8_t *file, size_t len,
                         const struct rk_bytes *signatures, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    struct rk_pkcs7 what;
    struct form form = { .page = 0 };

    if (read_form(request, file, len, &form, err))
        return err->rc;
    what = describe(request, file, form.content_len);
    if (rk_pkcs7_finish(&what, &signatures[0], &der, err))
        return err->rc;
    if (form.appended)
        return append(file, &form, &der, ret, err);
    *ret = rk_bytes_take(&der);
    return RK_OK;
}

static enum rk_rc check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    const struct rk_input *beside = rk_request_part(request, "content");
    struct rk_pkcs7_check who = { .ctx = request->ctx,
                                  .trust = request->trust,
                                  .now = request->now,
                                  .remark = map->remark,
                                  .own = request->own_signer };
    struct cms cms;
    bool go;

    who.pub = request->key_count == 0 ? NULL : request->key[0].pub;
    if (find_cms(file, len, &cms, err) ||
        rk_check_begin(request, cms.len != 0, RK_NEED_CA, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    if (!cms.appended && beside == NULL)
        return rk_map_unknown(map, cms.at, cms.len, RK_NEED_CONTENT, "the detached signature", err);
    if (rk_pkcs7_verify(&who, file + cms.at, cms.len, cms.appended ? file : beside->p,
                        cms.appended ? cms.image_len : beside->len, map->signer, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "signature holds");
    if (rk_map_checked(map, cms.at, cms.len, err))
        return err->rc;
    if (!cms.appended)
        return RK_OK;
    return rk_map_guard(map, 0, cms.image_len, RK_GUARD_SIGNATURE, "CMS signature", err);
}

const struct rk_format rk_format_kernel_cms = {
    .name = "kernel-cms",
    .title = "CMS-signed kernel file",
    .max = IMAGE_MAX,
    .recognise = recognise,
    .parse = parse,
    .parts = part_rows,
    .settings = setting_rows,
    .own_signer = true,
    .needs_cert = true,
    .chain_max = RK_CHAIN_MAX,
    .detaches = true,
    .refusal = "boot images are made by mkbootimg, device trees by dtc; encrypt a signed one as "
               "kernel-encrypted",
    .to_sign = to_sign,
    .attach = attach,
    .heeds = RK_CHECK_TRUST_TIME,
    .check = check,
};

static const struct rk_format *self(void)
{
    return &rk_format_kernel_cms;
}
