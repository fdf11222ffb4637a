/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release with one file of its index replaced (FUZZ_FILE); what names that file by its digest is
 * made to fit, and release.json is signed anew: so each level is read as far as it goes.
 */
#include "fuzz.h"

#include "base/digest.h"
#include "rotkit/release.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE "release/devices/" FUZZ_BUCKET "/" FUZZ_SN "/device.json"
#define BUCKET "release/devices/" FUZZ_BUCKET "/index.json"
#define TOP    "release/release.json"

static const char *const levels[] = { DEVICE, BUCKET, TOP };
enum { LEVELS = sizeof levels / sizeof levels[0] };
static struct rk_bytes file[LEVELS]; /* as they are in a release that holds */

static void digest_text(const void *bytes, size_t len, char ret[65])
{
    uint8_t digest[32];
    struct rk_err err;

    FUZZ_DO(rk_sha256(bytes, len, digest, &err));
    rk_hex_write(digest, sizeof digest, ret);
}

static void begin(void)
{
    struct rk_err err;

    if (file[0].p != NULL)
        return;
    FUZZ_HOLDS(setenv("SOURCE_DATE_EPOCH", "1800000000", 1) == 0);
    fuzz_copy(FUZZ_RELEASE, "release");
    for (size_t i = 0; i < LEVELS; i++)
        FUZZ_DO(rk_file_read(fuzz_path(levels[i]), 1 << 20, &file[i], &err));
}

/* The file above, with the digest of what is below it now. */
static void put_above(size_t level, const char *was, const char *is)
{
    struct rk_bytes text = RK_BYTES_NONE;
    struct rk_err err;
    char *at;

    FUZZ_DO(rk_bytes_copy(file[level].p, file[level].len, &text, &err));
    at = strstr((char *)text.p, was);
    FUZZ_HOLDS(at != NULL);
    memcpy(at, is, 64);
    fuzz_put(levels[level], text.p, text.len);
    rk_bytes_done(&text);
}

static void put(const uint8_t *data, size_t size)
{
    struct rk_bytes text = RK_BYTES_NONE, signature = RK_BYTES_NONE;
    char was[65], is[65];
    size_t level = 0;
    struct rk_err err;

    while (strcmp(levels[level], FUZZ_FILE) != 0)
        level++;
    fuzz_put(FUZZ_FILE, data, size);
    digest_text(data, size, is);
    for (; level + 1 < LEVELS; level++) {
        digest_text(file[level].p, file[level].len, was);
        put_above(level + 1, was, is);
        FUZZ_DO(rk_file_read(fuzz_path(levels[level + 1]), 1 << 20, &text, &err));
        digest_text(text.p, text.len, is);
        rk_bytes_done(&text);
    }
    FUZZ_DO(rk_file_read(fuzz_path(TOP), 1 << 20, &text, &err));
    FUZZ_DO(rk_signer_sign(fuzz_key(), RK_SCHEME_ED25519, text.p, text.len, &signature, &err));
    fuzz_put(TOP ".sig", signature.p, signature.len);
    rk_bytes_done(&text);
    rk_bytes_done(&signature);
}

static enum rk_rc see_image(void *arg, const struct rk_release_image_entry *image,
                            struct rk_err *err)
{
    (void)err;
    *(size_t *)arg += strlen(image->path) + strlen(image->format);
    return RK_OK;
}

static void look(const char *release)
{
    static const struct rk_bytes nobodys = { (uint8_t *)(uintptr_t) "nobody's", 8 };
    struct rk_release_device device = { .ek_count = 0 };
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    struct rk_unit_id sn;
    bool found;
    size_t seen = 0;
    struct rk_err err;

    FUZZ_DO(rk_unit_id_parse(FUZZ_SN, &sn, &err));
    if (rk_release_device_read(release, &sn, &device, &err) == RK_OK)
        FUZZ_HOLDS(device.ek_count <= RK_RELEASE_EKS_MAX);
    rk_release_device_done(&device);
    if (rk_release_view_open_devices(fuzz_ctx(), release, NULL, &view, &err) == RK_OK &&
        rk_release_view_find_ek(view, &nobodys, &sn, &found, &err) == RK_OK)
        FUZZ_HOLDS(!found);
    (void)!rk_release_each_image(release, see_image, &seen, &err);
    (void)!rk_release_not_older(fuzz_ctx(), release, release, &err);
}

void fuzz_example(struct rk_bytes *ret)
{
    struct rk_err err;

    begin();
    FUZZ_DO(rk_file_read(fuzz_path(FUZZ_FILE), 1 << 20, ret, &err));
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    const struct rk_release_asked asked = { .pub = rk_signer_pkey(fuzz_key()) };
    struct rk_release_report report;
    struct rk_err err;
    bool holds;
    char path[512];

    begin();
    put(data, size);
    (void)snprintf(path, sizeof path, "%s/release", fuzz_folder());
    holds = rk_release_verify(fuzz_ctx(), path, &asked, &report, &err) == RK_OK;
    look(path);
    return holds;
}
