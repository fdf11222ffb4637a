/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit update check: what an update would break, before it is shipped. */
#include "cli/cmd/update.h"

#include "cli/opt.h"
#include "cli/out.h"
#include "cli/seeds_option.h"

#include "rotkit/counted.h"
#include "rotkit/format.h"
#include "rotkit/hex.h"
#include "rotkit/update.h"

#include <inttypes.h>

enum { MASTER_LEN = 32 };

struct check {
    const struct app *app;
    const char *master, *pub;
    struct opt_u64 jobs;
    struct rk_update_options options;
    struct rk_jv findings;
};

static void report(void *arg, const struct rk_update_finding *finding)
{
    const struct check *in = arg;
    const char *result = rk_update_result_name(finding->result);
    struct rk_jv at;
    char sn[21] = "";

    if (finding->sn != NULL)
        rk_unit_id_text(finding->sn, sn);
    if (!in->app->json) {
        (void)fprintf(in->app->out, "%s: %s%s%s: %s\n", result, finding->rule,
                      finding->sn == NULL ? "" : " ", sn, finding->text);
        return;
    }
    at = rk_json_put_object(in->findings, NULL);
    rk_json_put_str(at, "result", result);
    rk_json_put_str(at, "rule", finding->rule);
    if (finding->sn != NULL)
        rk_json_put_str(at, "device_sn", sn);
    rk_json_put_str(at, "text", finding->text);
}

static enum rk_rc conclude(const struct check *in, rk_json *doc,
                           const struct rk_update_verdict *verdict, struct rk_err *err)
{
    struct rk_jv root = rk_json_root(doc);

    if (in->app->json) {
        rk_json_put_str(root, "from", verdict->from);
        rk_json_put_str(root, "to", verdict->to);
        rk_json_put_str(root, "outcome",
                        rk_outcome_name(verdict->faults != 0    ? RK_FAILS
                                        : verdict->unknown != 0 ? RK_NOT_KNOWN
                                                                : RK_HOLDS));
        rk_json_put_u64(root, "faults", verdict->faults);
        rk_json_put_u64(root, "unknown", verdict->unknown);
        rk_json_put_u64(root, "devices", verdict->devices);
        rk_json_put_u64(root, "devices_broken", verdict->broken);
        rk_json_put_u64(root, "devices_recomputed", verdict->recomputed);
        if (out_json(in->app, doc, err))
            return err->rc;
    }
    if (verdict->faults == 0 && verdict->unknown == 0)
        return RK_OK;
    if (verdict->faults == 0)
        return rk_fail(err, RK_E_UNKNOWN,
                       "whether the update from %s to %s breaks devices could not be checked (%zu "
                       "unknown): %s",
                       verdict->from, verdict->to, verdict->unknown, verdict->first);
    return rk_fail(err, RK_E_VERIFY,
                   "the update from %s to %s breaks %" PRIu64 " of %s (%zu found)", verdict->from,
                   verdict->to, verdict->broken, RK_COUNTED(verdict->devices, "device"),
                   verdict->faults);
}

static enum rk_rc read_options(const struct app *app, struct check *in, const char *sample,
                               rk_mac **master, rk_signer **pub, struct rk_err *err)
{
    struct rk_update_options *to = &in->options;
    bool given;

    if (seeds_option_check(app, &to->seeds, in->master, &given, err))
        return err->rc;
    if (in->jobs.set && !given)
        return opt_fail(app, err, "--jobs needs --kdk-db, --eps-db or --master to recompute from");
    if (opt_jobs(app, &in->jobs, &to->jobs, err))
        return err->rc;
    if (sample != NULL && !given)
        return opt_fail(app, err,
                        "--sample needs --kdk-db, --eps-db or --master to recompute from");
    if (sample != NULL && (rk_parse_u64(sample, UINT32_MAX, &to->sample, err) || to->sample == 0))
        return opt_fail(app, err, "--sample: \"%s\" is no number of devices", sample);
    if (in->master != NULL && rk_mac_open(app->ctx, in->master, MASTER_LEN, master, err))
        return rk_wrap(err, "--master");
    to->master = *master;
    if (in->pub != NULL && rk_signer_open(app->ctx, in->pub, NULL, pub, err))
        return rk_wrap(err, "--key");
    to->pub = in->pub == NULL ? NULL : rk_signer_pkey(*pub);
    return RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct check in = { .app = app, .options = { .report = report, .arg = &in } };
    const char *sample = NULL;
    RK_AUTO(rk_mac_done) rk_mac *master = NULL;
    RK_AUTO(rk_signer_done) rk_signer *pub = NULL;
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_update_verdict verdict;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        OPT_SEEDS(in.options.seeds),
        { "master",    0, OPT_STR, &in.master,            "KEY",  "master key, instead of such files", false },
        { "sample",    0, OPT_STR, &sample,               "N",    "recompute N devices at even distances (default: all)", false },
        { "jobs",    'j', OPT_U64, &in.jobs,              "N",    "threads that recompute, 1 to 64 (default: one a processor)", false },
        { "key",       0, OPT_STR, &in.pub,               "KEY",  "release key that must have signed both, such as pub:FILE", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err) ||
        read_options(app, &in, sample, &master, &pub, err))
        return err->rc;
    in.options.older = operands.v[0];
    in.options.newer = operands.v[1];
    in.findings = rk_json_put_array(rk_json_root(doc), "findings");
    if (rk_update_check(app->ctx, &in.options, &verdict, err))
        return err->rc;
    return conclude(&in, doc, &verdict, err);
}

const struct cmd cmd_update_check = {
    .name = "check",
    .args = "OLD NEW",
    .summary = "say what an update would break, and for which devices",
    .about =
        "Both releases are verified, then NEW is held against OLD: versions, SVNs and the\n"
        "anti-rollback values of images never fall; EK derivation, seed inputs and NV layout are\n"
        "as before or their change is declared (release.update.changes); both slots read the key\n"
        "blob; the parts of capsules fit both slots, and packages have the images that UEFI\n"
        "requires. Every device of OLD keeps the EKs that its certificates are for: by what NEW\n"
        "states, and by recomputation with NEW's derivation where seeds are given; else it says "
        "so.\n"
        "Exit code 3 when something breaks, 8 when nothing does as far as can be told, but a "
        "release does not state what it would\n"
        "take to tell.",
    .run = run,
};
