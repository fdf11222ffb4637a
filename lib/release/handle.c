/* SPDX-License-Identifier: Apache-2.0 */
/* Releases as the installed header promises them, over what the rooms read with. */
#include "rotkit/release.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/options.h"
#include "rotkit/identity.h"
#include "rotkit/public.h"

enum rk_rc rk_release_report_new(const rk_ctx *ctx, const char *path,
                                 const struct rk_release_origin *origin, rk_release_report **ret,
                                 struct rk_err *err)
{
    struct rk_release_report report;
    struct rk_release_origin known;
    rk_release_report *made;

    if (rk_options_copy(&known, sizeof known, origin, err))
        return err->rc;
    const struct rk_release_asked asked = {
        .pub = rk_public_pkey(known.key),
        .trust = known.trust,
    };
    if (rk_release_verify(ctx, path, &asked, &report, err))
        return err->rc;
    if (report.unchecked[0] != '\0')
        return rk_fail(err, RK_E_UNKNOWN, "%s", report.unchecked);
    made = rk_alloc(1, sizeof *made);
    if (made == NULL)
        return rk_fail_nomem(err);
    *made = report;
    *ret = made;
    return RK_OK;
}

void rk_release_report_free(rk_release_report *report)
{
    rk_free(report);
}

uint64_t rk_release_report_devices(const rk_release_report *report)
{
    return report->devices;
}

uint64_t rk_release_report_files(const rk_release_report *report)
{
    return report->files;
}

uint64_t rk_release_report_certificates(const rk_release_report *report)
{
    return report->certificates;
}

uint64_t rk_release_report_images(const rk_release_report *report)
{
    return report->images;
}

const char *rk_release_report_signer(const rk_release_report *report)
{
    return report->signer;
}

struct listing {
    enum rk_rc (*visit)(void *arg, const char *device_sn, struct rk_err *err);
    void *arg;
};

static enum rk_rc visit_text(void *arg, const struct rk_unit_id *sn, bool *more, struct rk_err *err)
{
    const struct listing *listing = arg;
    char text[21];

    (void)more;
    rk_unit_id_text(sn, text);
    return listing->visit(listing->arg, text, err);
}

enum rk_rc rk_release_list(const char *path,
                           enum rk_rc (*visit)(void *arg, const char *device_sn,
                                               struct rk_err *err),
                           void *arg, struct rk_err *err)
{
    struct listing listing = { visit, arg };

    return rk_release_each_device(path, visit_text, &listing, err);
}

enum rk_rc rk_release_device_open(const char *path, const char *device_sn, rk_release_device **ret,
                                  struct rk_err *err)
{
    rk_release_device *device;
    struct rk_unit_id sn;

    if (rk_unit_parse(device_sn, &sn, err))
        return err->rc;
    device = rk_alloc(1, sizeof *device);
    if (device == NULL)
        return rk_fail_nomem(err);
    if (rk_release_device_read(path, &sn, device, err)) {
        rk_free(device);
        return err->rc;
    }
    *ret = device;
    return RK_OK;
}

void rk_release_device_free(rk_release_device *device)
{
    if (device == NULL)
        return;
    rk_release_device_done(device);
    rk_free(device);
}

size_t rk_release_device_eks(const rk_release_device *device)
{
    return device->ek_count;
}

const char *rk_release_device_template(const rk_release_device *device, size_t i)
{
    return device->ek[i].template_name;
}

const struct rk_bytes *rk_release_device_public_area(const rk_release_device *device, size_t i)
{
    return &device->ek[i].public_tpm2b;
}

const struct rk_bytes *rk_release_device_certificate(const rk_release_device *device, size_t i)
{
    return &device->ek[i].cert;
}
