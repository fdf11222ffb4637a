/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment by a target of the context's table. */
#include "rotkit/enroll_target.h"

#include "base/ctx.h"

#include <string.h>

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

/* The target by name, with a request that fits it. */
static enum rk_rc open_target(const struct rk_enroll_options *options,
                              const struct rk_enroll_target **ret, struct rk_err *err)
{
    const struct rk_request *request = options->request;

    if (find(request->ctx, options->target, ret, err))
        return err->rc;
    const struct rk_request_rows rows = { (*ret)->name, (*ret)->parts, (*ret)->settings, NULL };
    if (request->key_count != 0 && !(*ret)->signs)
        return rk_fail(err, RK_E_USAGE, "%s signs nothing: a key does not apply", (*ret)->name);
    if (options->device_count != 0 && (*ret)->no_devices != NULL)
        return rk_fail(err, RK_E_USAGE, "%s %s", (*ret)->name, (*ret)->no_devices);
    if (!rk_release_is(options->release))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json",
                       options->release);
    return rk_request_fits(&rows, request, err) || rk_request_whole(&rows, request, err) ? err->rc
                                                                                         : RK_OK;
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
