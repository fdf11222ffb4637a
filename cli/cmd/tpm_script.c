/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm script: the shell script that provisions a device on the device. */
#include "cli/cmd/tpm.h"
#include "cli/cmd/tpm_args.h"

#include "rotkit/publish.h"

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes script = RK_BYTES_NONE;
    struct rk_tpm_script_options options = { .tool = "rotkit " ROTKIT_VERSION };
    struct tpm_handles handles = { .args.count = 0 };
    struct operands none;
    const char *release = NULL, *out = NULL;
    struct from from = { .pub = NULL };
    /* clang-format off */
    const struct opt rows[] = {
        { "release",  0, OPT_STR,  &release,         "DIR",  "the release whose devices it is for", true },
        FROM_PUB(&from),
        FROM_UNSIGNED(&from),
        { "handle",   0, OPT_LIST, &handles.args,    "TEMPLATE=HANDLE", "where an EK persists (default: 0x81010001 for L-1, 0x81010002 for L-2); may repeat", false },
        { "output", 'o', OPT_STR,  &out,             "FILE", "script to write, - is standard output", true },
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || tpm_handles_read(&handles, err))
        return err->rc;
    options.handle = handles.handle;
    options.handle_count = handles.args.count;
    for (size_t i = 0; i < options.handle_count; i++) {
        if (options.handle[i].handle == 0)
            return opt_fail(app, err, "--handle \"%s\": the script keeps both EKs",
                            handles.args.v[i]);
    }
    if (from_open_devices(app, &from, release, &view, err))
        return err->rc;
    options.release = view;
    if (rk_tpm_script(&options, &script, err))
        return err->rc;
    if (app->dry_run)
        return RK_OK;
    return rk_file_write(out, RK_FILE_PUBLIC, script.p, script.len, err);
}

const struct cmd cmd_tpm_script = {
    .name = "script",
    .args = "",
    .summary = "write the script that provisions a device on the device",
    .about =
        "POSIX shell and tpm2-tools alone, one script for all devices of a release. It takes the\n"
        "certificates out of the device's key blob by the BSP's helper program (or as files), "
        "makes\n"
        "the EKs, stops unless they are the certified ones, writes certificates and CA chain to "
        "NV,\n"
        "keeps the EKs at their handles, reads all of it back and reports a verdict. It may run\n"
        "again. Templates L-1 and L-2: a key blob carries no other certificates.",
    .run = run,
};
