/* SPDX-License-Identifier: Apache-2.0 */
/* Bulk operations for Azure's Device Provisioning Service. Source: formats/azure-dps.md 5.1. */
#include "base/digest.h"
#include "base/mem.h"
#include "ftpmprov/enroll.h"
#include "ftpmprov/json.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DIGEST = 32, TPM_ALG_RSA = 1 };

enum rk_rc rk_enroll_registration_id(const struct rk_bytes *public_tpm2b, char ret[53],
                                     struct rk_err *err)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t digest[DIGEST + 1];
    size_t n = 0;

    if (rk_sha256(public_tpm2b->p, public_tpm2b->len, digest, err))
        return err->rc;
    digest[DIGEST] = 0; /* the last digit reads past the 256 bits */
    for (size_t bit = 0; bit < 8 * (size_t)DIGEST; bit += 5) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];

        ret[n++] = digits[pair >> (11 - bit % 8) & 31];
    }
    ret[n] = '\0';
    return RK_OK;
}

struct work {
    const struct rk_enroll_options *options;
    rk_enroll_sink sink;
    void *arg;
    struct rk_enroll_report report;
    rk_json *doc; /* NULL: no file is begun */
    struct rk_jv enrollments;
    char bucket[19];
    size_t count; /* in the file */
};

static void work_done(struct work *w)
{
    rk_json_free(w->doc);
}

static void begin(struct work *w, const char bucket[19])
{
    struct rk_jv root;

    w->doc = rk_json_new();
    root = rk_json_root(w->doc);
    rk_json_put_str(root, "mode", w->options->retire ? "delete" : "create");
    w->enrollments = rk_json_put_array(root, "enrollments");
    w->count = 0;
    memcpy(w->bucket, bucket, sizeof w->bucket);
}

static enum rk_rc flush(struct work *w, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    char name[64];

    if (w->count == 0)
        return RK_OK;
    (void)snprintf(name, sizeof name, "azure-dps%s-%06llu.json",
                   w->options->retire ? "-delete" : "", (unsigned long long)w->report.files + 1);
    if (rk_json_text(w->doc, true, &text, err) || w->sink(w->arg, name, &text, err))
        return err->rc;
    w->report.files++;
    rk_json_free(w->doc);
    w->doc = NULL;
    w->count = 0;
    return RK_OK;
}

static enum rk_rc put_ek(struct rk_jv at, const struct rk_bytes *ek, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    struct rk_jv attestation = rk_json_put_object(at, "attestation");

    if (rk_bytes_new((ek->len + 2) / 3 * 4, &text, err))
        return err->rc;
    (void)EVP_EncodeBlock(text.p, ek->p, (int)ek->len);
    rk_json_put_str(attestation, "type", "tpm");
    rk_json_put_str(rk_json_put_object(attestation, "tpm"), "endorsementKey", (const char *)text.p);
    return RK_OK;
}

/* A Device SN of 20 hex digits keeps the service's rule for ids as it is. */
static enum rk_rc put(struct work *w, const struct rk_device_sn *sn, const struct rk_bytes *ek,
                      struct rk_err *err)
{
    struct rk_jv at;
    char id[53], text[21], bucket[19];

    rk_device_bucket(sn, bucket);
    rk_device_sn_text(sn, text);
    if (!w->options->id_is_sn && rk_enroll_registration_id(ek, id, err))
        return err->rc;
    if ((w->count == RK_ENROLL_BATCH || strcmp(bucket, w->bucket) != 0) && flush(w, err))
        return err->rc;
    if (w->doc == NULL)
        begin(w, bucket);
    at = rk_json_put_object(w->enrollments, NULL);
    rk_json_put_str(at, "registrationId", w->options->id_is_sn ? text : id);
    rk_json_put_str(at, "deviceId", text);
    if (put_ek(at, ek, err))
        return err->rc;
    if (!w->options->retire)
        rk_json_put_str(at, "provisioningStatus", "enabled");
    w->count++;
    w->report.devices++;
    return RK_OK;
}

static const struct rk_release_ek *find_ek(const struct rk_release_device *device, const char *name)
{
    for (size_t i = 0; i < device->ek_count; i++) {
        if (strcasecmp(device->ek[i].template_name, name) == 0)
            return &device->ek[i];
    }
    return NULL;
}

static enum rk_rc visit(void *arg, const struct rk_device_sn *sn, bool *more, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    struct work *w = arg;
    const char *name = w->options->template_name;
    const struct rk_release_ek *ek;
    char text[21];

    (void)more;
    rk_device_sn_text(sn, text);
    if (rk_release_device_read(w->options->release, sn, &device, err))
        return err->rc;
    ek = find_ek(&device, name);
    if (ek == NULL)
        return rk_fail(err, RK_E_USAGE, "device %s: the release states no EK \"%s\"", text, name);
    /* TPM2B_PUBLIC: BE16 size, then BE16 type. TPM 2.0 Part 2, 12.2.4 */
    if (ek->public_tpm2b.len < 4 || ek->public_tpm2b.p[2] != 0 ||
        ek->public_tpm2b.p[3] != TPM_ALG_RSA)
        return rk_fail(err, RK_E_USAGE,
                       "device %s: EK \"%s\" is not RSA; DPS clients enrol RSA alone", text, name);
    return put(w, sn, &ek->public_tpm2b, err);
}

enum rk_rc rk_enroll_azure_dps(const struct rk_enroll_options *options, rk_enroll_sink sink,
                               void *arg, struct rk_enroll_report *ret, struct rk_err *err)
{
    RK_AUTO(work_done) struct work w = { .options = options, .sink = sink, .arg = arg };
    bool more = true;

    if (options->device != NULL ? visit(&w, options->device, &more, err)
                                : rk_release_each_device(options->release, visit, &w, err))
        return err->rc;
    if (w.report.devices == 0)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" has no device to enrol", options->release);
    if (flush(&w, err))
        return err->rc;
    *ret = w.report;
    return RK_OK;
}
