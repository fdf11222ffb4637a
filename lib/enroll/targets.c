/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment by a target of the context's table, and what all targets need. */
#include "rotkit/enroll_target.h"

#include "base/ctx.h"
#include "base/folder.h"
#include "rotkit/file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FILES_MAX = 1 << 20 };

bool rk_enroll_target_at(const rk_ctx *ctx, size_t i, struct rk_enroll_target_info *ret)
{
    const struct rk_enroll_target *const *row = ctx->tables->targets;

    for (size_t k = 0; k < i && *row != NULL; k++)
        row++;
    if (*row == NULL)
        return false;
    *ret = (struct rk_enroll_target_info) {
        .name = (*row)->name,
        .title = (*row)->title,
        .parts = (*row)->parts,
        .settings = (*row)->settings,
        .signs = (*row)->signs,
        .checks = (*row)->check != NULL,
    };
    return true;
}

static enum rk_rc find(const rk_ctx *ctx, const char *name, const struct rk_enroll_target **ret,
                       struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (const struct rk_enroll_target *const *row = ctx->tables->targets; *row != NULL; row++) {
        if (strcmp((*row)->name, name) == 0) {
            *ret = *row;
            return RK_OK;
        }
        rk_known_add(known, (*row)->name);
    }
    return rk_fail(err, RK_E_USAGE, "unknown enrolment target \"%s\" (known: %s)", name, known);
}

/* The target by name, with a job that fits it. */
static enum rk_rc open_target(const struct rk_enroll_options *options,
                              const struct rk_enroll_target **ret, struct rk_err *err)
{
    const struct rk_job *job = options->job;

    if (find(job->ctx, options->target, ret, err))
        return err->rc;
    const struct rk_job_rows rows = { (*ret)->name, (*ret)->parts, (*ret)->settings, NULL };
    if (job->key_count != 0 && !(*ret)->signs)
        return rk_fail(err, RK_E_USAGE, "%s signs nothing: a key does not apply", (*ret)->name);
    if (options->device_count != 0 && (*ret)->no_devices != NULL)
        return rk_fail(err, RK_E_USAGE, "%s %s", (*ret)->name, (*ret)->no_devices);
    if (!rk_release_is(options->release))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json",
                       options->release);
    return rk_job_fits(&rows, job, err) || rk_job_whole(&rows, job, err) ? err->rc : RK_OK;
}

enum rk_rc rk_enroll(const struct rk_enroll_options *options, rk_enroll_sink sink, void *arg,
                     struct rk_enroll_report *ret, struct rk_err *err)
{
    struct rk_enroll_out out = { .sink = sink, .arg = arg };
    const struct rk_enroll_target *target = NULL;

    if (open_target(options, &target, err) || target->make(options, &out, err))
        return err->rc;
    *ret = out.report;
    return RK_OK;
}

enum rk_rc rk_enroll_check(const struct rk_enroll_options *options, const char *folder,
                           struct rk_enroll_report *ret, struct rk_err *err)
{
    struct rk_enroll_report report = { .files = 0 };
    const struct rk_enroll_target *target = NULL;

    if (open_target(options, &target, err))
        return err->rc;
    if (target->check == NULL)
        return rk_fail(err, RK_E_USAGE, "%s has no check of its files", target->name);
    if (target->check(options, folder, &report, err))
        return rk_wrap(err, "\"%s\"", folder);
    *ret = report;
    return RK_OK;
}

/* ---- for the targets ---- */

struct walk {
    const struct rk_enroll_options *options;
    rk_enroll_visit visit;
    void *arg;
};

static enum rk_rc visit_one(void *arg, const struct rk_device_sn *sn, bool *more,
                            struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    const struct walk *walk = arg;
    char text[21];

    (void)more;
    if (rk_release_device_read(walk->options->release, sn, &device, err))
        return err->rc;
    rk_device_sn_text(sn, text);
    return walk->visit(walk->arg, &device, err) ? rk_wrap(err, "device %s", text) : RK_OK;
}

enum rk_rc rk_enroll_each(const struct rk_enroll_options *options, rk_enroll_visit visit, void *arg,
                          struct rk_err *err)
{
    struct walk walk = { .options = options, .visit = visit, .arg = arg };
    bool more = true;

    if (options->device_count == 0)
        return rk_release_each_device(options->release, visit_one, &walk, err);
    for (size_t i = 0; i < options->device_count; i++) {
        if (visit_one(&walk, &options->device[i], &more, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc count_device(void *arg, const struct rk_device_sn *sn, bool *more,
                               struct rk_err *err)
{
    (void)sn;
    (void)more;
    (void)err;
    ++*(uint64_t *)arg;
    return RK_OK;
}

enum rk_rc rk_enroll_device_count(const struct rk_enroll_options *options, uint64_t *ret,
                                  struct rk_err *err)
{
    uint64_t count = options->device_count;

    if (count == 0 && rk_release_each_device(options->release, count_device, &count, err))
        return err->rc;
    if (count == 0)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" has no device", options->release);
    *ret = count;
    return RK_OK;
}

bool rk_enroll_asks_for(const struct rk_enroll_options *options, const struct rk_device_sn *sn)
{
    for (size_t i = 0; i < options->device_count; i++) {
        if (memcmp(options->device[i].b, sn->b, sizeof sn->b) == 0)
            return true;
    }
    return options->device_count == 0;
}

enum rk_rc rk_enroll_put(struct rk_enroll_out *out, const char *name, const struct rk_bytes *bytes,
                         struct rk_err *err)
{
    if (out->sink(out->arg, name, bytes, err))
        return err->rc;
    out->report.files++;
    return RK_OK;
}

enum rk_rc rk_enroll_ek(const struct rk_release_device *device, const char *template_name,
                        const struct rk_release_ek **ret, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < device->ek_count; i++) {
        if (strcasecmp(device->ek[i].template_name, template_name) == 0) {
            *ret = &device->ek[i];
            return RK_OK;
        }
        rk_known_add(known, device->ek[i].template_name);
    }
    return rk_fail(err, RK_E_USAGE, "the release states no EK \"%s\" (it states: %s)",
                   template_name, known[0] == '\0' ? "none" : known);
}

enum rk_rc rk_enroll_choice(const struct rk_job *job, const struct rk_setting_row *settings,
                            const char *name, const char *const *values, size_t *ret,
                            struct rk_err *err)
{
    const char *value = rk_job_setting(job, settings, name);
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; values[i] != NULL; i++) {
        if (strcmp(values[i], value) == 0) {
            *ret = i;
            return RK_OK;
        }
        rk_known_add(known, values[i]);
    }
    return rk_fail(err, RK_E_USAGE, "setting \"%s\": unknown value \"%s\" (known: %s)", name, value,
                   known);
}

/* ---- for their checks ---- */

enum rk_rc rk_enroll_each_file(const char *folder, size_t max, rk_enroll_file each, void *arg,
                               uint64_t *files, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };
    char path[RK_PATH_MAX];

    if (rk_names_list(folder, FILES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

        if (rk_path_join(folder, names.name[i], path, sizeof path, err) ||
            rk_file_read(path, max, &bytes, err) || each(arg, &bytes, err))
            return rk_wrap(err, "\"%s\"", names.name[i]);
        ++*files;
    }
    return RK_OK;
}

enum rk_rc rk_enroll_sn(const char *text, struct rk_device_sn *ret, struct rk_err *err)
{
    char wanted[21];

    if (rk_device_sn_parse(text, ret, err))
        return err->rc;
    rk_device_sn_text(ret, wanted);
    return strcmp(text, wanted) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "Device SN \"%s\": the release writes it %s", text,
                         wanted);
}

enum rk_rc rk_enroll_ascends(const struct rk_device_sn *last, const struct rk_device_sn *sn,
                             struct rk_err *err)
{
    char text[21];

    if (memcmp(sn->b, last->b, sizeof sn->b) > 0)
        return RK_OK;
    rk_device_sn_text(last, text);
    return rk_fail(err, RK_E_VERIFY, "stands behind device %s: twice, or out of order", text);
}
