/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit enroll: make a release's devices known to those who attest them. */
#include "cli/commands.h"

#include "cli/request.h"
#include "cli/from.h"
#include "cli/out.h"
#include "cli/staging.h"

#include "rotkit/counted.h"
#include "rotkit/enroll.h"
#include "rotkit/identity.h"

#include <string.h>

struct args {
    struct request_args request;
    const char *output, *verify;
    struct opt_list devices;
    struct from from;
    bool targets;
};

static enum rk_rc print_targets(const struct app *app, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv targets = rk_json_put_array(rk_json_root(doc), "targets");
    struct rk_enroll_target_info info;

    for (size_t i = 0; rk_enroll_target_at(app->ctx, i, &info); i++) {
        struct rk_jv o = rk_json_put_object(targets, NULL);

        rk_json_put_str(o, "name", info.name);
        rk_json_put_str(o, "title", info.title);
        rk_json_put_bool(o, "sign", info.signs);
        rk_json_put_bool(o, "verify", info.checks);
        request_json_rows(o, info.parts, info.settings);
        if (app->json)
            continue;
        (void)fprintf(app->out, "%s: %s%s%s\n", info.name, info.title, info.signs ? "; --key" : "",
                      info.checks ? "; --verify" : "");
        request_text_rows(app->out, info.parts, info.settings);
    }
    return app->json ? out_json(app, doc, err) : RK_OK;
}

static enum rk_rc keep(void *arg, const char *name, const struct rk_bytes *bytes,
                       struct rk_err *err)
{
    const struct new_file file = {
        .path = name,
        .program = bytes->len > 2 && memcmp(bytes->p, "#!", 2) == 0, /* the service runs it */
        .bytes = bytes->p,
        .len = bytes->len,
    };

    return staging_write(arg, &file, err);
}

static enum rk_rc answer(const struct app *app, const char *what,
                         const struct rk_enroll_report *report, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    char devices[40] = ""; /* none of a target that states images and CAs alone */

    if (app->json) {
        rk_json_put_u64(rk_json_root(doc), "devices", report->devices);
        rk_json_put_u64(rk_json_root(doc), "files", report->files);
        return out_json(app, doc, err);
    }
    if (report->devices != 0)
        (void)snprintf(devices, sizeof devices, "%s in ", RK_COUNTED(report->devices, "device"));
    out_note(app, "%s%s%s", what, devices, RK_COUNTED(report->files, "file"));
    return RK_OK;
}

static enum rk_rc make(const struct app *app, const struct args *args,
                       const struct rk_enroll_options *options, struct request *request,
                       struct rk_err *err)
{
    RK_AUTO(staging_done) struct staging staging = STAGING_NONE;
    struct rk_enroll_report report;

    if (args->output != NULL && staging_open(app, args->output, &staging, err))
        return err->rc;
    staging.dry_run = staging.dry_run || args->output == NULL;
    if (rk_enroll(options, keep, &staging, &report, err))
        return err->rc;
    if (request->book != NULL && request->wants.count != 0)
        return request_end_round(app, &args->request, request, err);
    if (staging_publish(&staging, err) || request_end_round(app, &args->request, request, err))
        return err->rc;
    return answer(app, "", &report, err);
}

/* In the order of a release, whatever the order they are named in; *ret is of OPT_LIST_MAX. */
static enum rk_rc read_devices(const struct args *args, struct rk_unit_id *ret, struct rk_err *err)
{
    for (size_t i = 0; i < args->devices.count; i++) {
        struct rk_unit_id sn;
        size_t at = i;

        if (rk_unit_parse(args->devices.v[i], &sn, err))
            return rk_wrap(err, "--device");
        for (; at > 0 && memcmp(ret[at - 1].b, sn.b, sizeof sn.b) > 0; at--)
            ret[at] = ret[at - 1];
        if (at > 0 && memcmp(ret[at - 1].b, sn.b, sizeof sn.b) == 0)
            return rk_fail(err, RK_E_USAGE, "--device: \"%s\" is named twice", args->devices.v[i]);
        ret[at] = sn;
    }
    return RK_OK;
}

static enum rk_rc run_target(const struct app *app, struct args *args,
                             const struct operands *operands, struct rk_err *err)
{
    RK_AUTO(request_done) struct request *request = NULL;
    struct rk_unit_id sn[OPT_LIST_MAX];
    struct rk_enroll_options options = { .target = operands->v[0], .release = operands->v[1] };
    RK_AUTO(rk_release_view_close) rk_release_view *release = NULL;
    struct rk_enroll_report report;

    if (read_devices(args, sn, err))
        return err->rc;
    args->request.parts = operands->v + 2;
    args->request.part_count = operands->count - 2;
    if (!rk_release_is(options.release))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json",
                       options.release);
    if (request_open(app, &args->request, &request, err) ||
        from_open(app, &args->from, options.release,
                  args->verify == NULL ? request->signer[0] : NULL, &release, err) ||
        request_open_book(app, &args->request, rk_release_view_text(release), request, err))
        return err->rc;
    options.view = release;
    const struct rk_signing by = { .signer = request->signer,
                                   .book = request->book,
                                   .wants = &request->wants };
    options.device = sn;
    options.device_count = args->devices.count;
    options.request = &request->core;
    options.by = &by;
    if (args->verify == NULL)
        return make(app, args, &options, request, err);
    if (rk_enroll_check(&options, args->verify, &report, err))
        return err->rc;
    return answer(app, "holds: ", &report, err);
}

static enum rk_rc check_args(const struct app *app, const struct args *args,
                             const struct operands *operands, struct rk_err *err)
{
    if (operands->count < 2)
        return opt_fail(app, err, "an operand is missing: rotkit enroll TARGET RELEASE");
    if (args->request.to_sign != NULL && args->request.attach != NULL)
        return opt_fail(app, err, "--to-sign and --attach exclude each other");
    if ((args->request.to_sign != NULL || args->request.attach != NULL) &&
        args->request.key == NULL)
        return opt_fail(app, err, "--to-sign and --attach want --key pub:FILE");
    if ((args->output != NULL) + (args->verify != NULL) + (args->request.to_sign != NULL) != 1)
        return opt_fail(app, err, "one of --output, --verify and --to-sign is wanted");
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct args args = { .output = NULL };
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "output",     'o', OPT_STR,  &args.output,         "DIR",        "new folder for the files", false },
        { "verify",      0,  OPT_STR,  &args.verify,         "DIR",        "hold such files against the target's rules and the release", false },
        { "set",         0,  OPT_LIST, &args.request.set,        "NAME=VALUE", "a setting of the target", false },
        { "device",      0,  OPT_LIST, &args.devices,        "SN",         "this device alone; may be repeated", false },
        { "key",         0,  OPT_STR,  &args.request.key,        "URI",        "the key that signs, where the target takes one", false },
        { "passphrase",  0,  OPT_STR,  &args.request.passphrase, "SOURCE",     "of the key: fd:N, file:PATH or env:NAME (default: ask)", false },
        { "scheme",      0,  OPT_STR,  &args.request.scheme,     "NAME",       "signature scheme (default: the key's)", false },
        { "cert",        0,  OPT_STR,  &args.request.cert,       "FILE",       "the signer's certificate (PEM or DER), then its chain", false },
        { "to-sign",     0,  OPT_STR,  &args.request.to_sign,    "DIR",        "sign nothing: write what is to be signed elsewhere", false },
        { "attach",      0,  OPT_STR,  &args.request.attach,     "DIR",        "take the signatures of a folder that --to-sign wrote", false },
        { "targets",     0,  OPT_FLAG, &args.targets,        NULL,         "list the targets, the files and settings each takes", false },
        FROM_PUB(&args.from),
        FROM_UNSIGNED(&args.from),
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 2 + REQUEST_PARTS_MAX, &operands, err))
        return err->rc;
    if (args.targets)
        return print_targets(app, err);
    if (check_args(app, &args, &operands, err))
        return err->rc;
    return run_target(app, &args, &operands, err);
}

const struct cmd cmd_enroll = {
    .name = "enroll",
    .args = "TARGET RELEASE [NAME=FILE...]",
    .summary = "enrolment files for the services that attest devices",
    .about =
        "'rotkit enroll --targets' lists the targets, and the files and settings each takes.\n"
        "Verifies the release first: --pub is the release key; without it, --key must have "
        "signed the\n"
        "release too, and a release of unknown origin wants --unsigned. Then writes a folder\n"
        "that appears whole or not at all. --verify holds such a folder, whoever wrote it, "
        "against\n"
        "the service's rules and the release: unknown members, ids, keys of other devices, a\n"
        "device twice or none. It wants the settings and parts that made the files: exit code 8 "
        "where\n"
        "one that is not named is needed.",
    .run = run,
};
