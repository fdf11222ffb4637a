/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit fuse check: what is wrong with a fuse file, of whoever made it, before it is burnt. */
#include "cli/cmd/fuse.h"

#include "cli/opt.h"
#include "cli/out.h"
#include "cli/pubkey.h"

#include "rotkit/counted.h"
#include "rotkit/ekb.h"
#include "rotkit/file.h"
#include "rotkit/format.h"
#include "rotkit/fuse_file.h"
#include "rotkit/hex.h"

struct check_options {
    const char *platform, *blob, *fv, *burnt;
    struct opt_list pubkeys;
    struct opt_u64 preset;
    bool already_burnt;
};

struct check { /* all that is known, and what was found */
    const struct rk_fuse_soc *soc;
    rk_signer *key[RK_FUSE_KEYS_MAX];
    struct rk_fuse_set set, burnt;
    bool has_burnt;
    enum rk_fuse_fate fate[RK_FUSES_MAX];
    struct rk_fuse_findings findings;
};

static void check_done(struct check *check)
{
    for (size_t i = 0; i < RK_FUSE_KEYS_MAX; i++)
        rk_signer_free(check->key[i]);
    rk_fuse_set_done(&check->set);
    rk_fuse_set_done(&check->burnt);
    rk_fuse_findings_done(&check->findings);
}

/* ---- what is asked ---- */

static enum rk_rc read_file(struct check *check, const char *path, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;

    if (rk_file_read_secret(path, RK_FUSE_FILE_MAX, &text, err))
        return err->rc;
    if (rk_fuse_file_read(text.p, text.len, check->soc, &check->set, &check->findings, err))
        return rk_wrap(err, "\"%s\"", path);
    return RK_OK;
}

static enum rk_rc read_burnt(struct check *check, const char *path, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (path == NULL)
        return RK_OK;
    if (rk_file_read(path, RK_FUSE_READING_MAX, &text, err))
        return rk_wrap(err, "--burnt");
    if (rk_fuse_reading(text.p, text.len, check->soc, &check->burnt, err))
        return rk_wrap(err, "--burnt: \"%s\"", path);
    check->has_burnt = true;
    return RK_OK;
}

static enum rk_rc open_keys(const struct app *app, const struct opt_list *names,
                            struct check *check, struct rk_err *err)
{
    if (names->count > RK_FUSE_KEYS_MAX)
        return opt_fail(app, err, "--pub given more than %d times", RK_FUSE_KEYS_MAX);
    for (size_t i = 0; i < names->count; i++) {
        if (pubkey_open(app, names->v[i], NULL, &check->key[i], err))
            return rk_wrap(err, "--pub");
    }
    return RK_OK;
}

static enum rk_rc check_blob(const struct app *app, const struct check_options *in,
                             struct check *check, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret fv = RK_SECRET_NONE;

    if (in->fv != NULL && in->blob == NULL)
        return opt_fail(app, err, "--fv goes with --blob");
    if (in->blob == NULL)
        return RK_OK;
    if (in->fv != NULL && rk_file_read_key(in->fv, 16, &fv, err))
        return rk_wrap(err, "--fv");
    if (rk_file_read(in->blob, RK_EKB_SLOT_MAX, &file, err))
        return rk_wrap(err, "--blob");
    const struct rk_fuse_blob blob = { file.p, file.len, fv.p };
    if (rk_fuse_against_blob(app->ctx, &check->set, &blob, &check->findings, err))
        return rk_wrap(err, "--blob: \"%s\"", in->blob);
    return RK_OK;
}

static enum rk_rc judge(const struct app *app, const struct check_options *in, struct check *check,
                        struct rk_err *err)
{
    struct rk_fuse_known known = { .has_preset = in->preset.set,
                                   .preset = (uint32_t)in->preset.v,
                                   .burnt = check->has_burnt ? &check->burnt : NULL,
                                   .already_burnt = in->already_burnt };

    for (size_t i = 0; i < in->pubkeys.count; i++)
        known.key[i] = rk_signer_pkey(check->key[i]);
    rk_fuse_rules(&check->set, &known, &check->findings);
    for (size_t i = 0; i < in->pubkeys.count; i++)
        rk_fuse_against_key(&check->set, known.key[i], &check->findings);
    if (check->has_burnt)
        rk_fuse_against_burnt(&check->set, &check->burnt, check->fate, &check->findings);
    return check_blob(app, in, check, err);
}

/* ---- what is told ---- */

/* "hidden" for a secret, whose bytes no message shows. */
static void value_text(const struct check *check, const struct rk_fuse *fuse,
                       char ret[2 * RK_FUSE_VALUE_MAX + 3])
{
    if (fuse->value.p == NULL || fuse->row->secret) {
        (void)snprintf(ret, 2 * RK_FUSE_VALUE_MAX + 3, "%s",
                       fuse->value.p != NULL ? "hidden"
                       : check->set.is_list  ? "no value"
                                             : "not read");
        return;
    }
    ret[0] = '0';
    ret[1] = 'x';
    rk_hex_write(fuse->value.p, fuse->value.len, ret + 2);
}

static void print_text(const struct app *app, const struct check *check)
{
    char value[2 * RK_FUSE_VALUE_MAX + 3];

    for (size_t i = 0; i < check->set.count; i++) {
        const struct rk_fuse *fuse = &check->set.fuse[i];

        value_text(check, fuse, value);
        (void)fprintf(app->out, "%-17s %-8s  %s%s%s\n", fuse->row->name,
                      RK_COUNTED(fuse->row->size, "byte"), value, check->has_burnt ? ": " : "",
                      check->has_burnt ? rk_fuse_fate_name(check->fate[i]) : "");
    }
    for (size_t i = 0; i < check->findings.count; i++) {
        const struct rk_fuse_finding *f = &check->findings.item[i];

        (void)fprintf(app->out, "%-8s ", rk_fuse_weight_name(f->weight));
        if (f->line != 0)
            (void)fprintf(app->out, "line %u: ", f->line);
        (void)fprintf(app->out, "%s%s%s\n", f->fuse, f->fuse[0] == '\0' ? "" : ": ", f->text);
        if (f->hint[0] != '\0')
            (void)fprintf(app->out, "         %s\n", f->hint);
    }
}

static enum rk_rc print_json(const struct app *app, const struct check *check, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc), list, o;
    char value[2 * RK_FUSE_VALUE_MAX + 3];
    struct rk_err verdict;

    rk_json_put_str(root, "platform", check->soc->name);
    rk_json_put_str(
        root, "outcome",
        rk_outcome_name(rk_outcome_of(rk_fuse_verdict(&check->findings, RK_E_VERIFY, &verdict))));
    list = rk_json_put_array(root, "fuses");
    for (size_t i = 0; i < check->set.count; i++) {
        const struct rk_fuse *fuse = &check->set.fuse[i];

        o = rk_json_put_object(list, NULL);
        rk_json_put_str(o, "name", fuse->row->name);
        rk_json_put_u64(o, "line", fuse->line);
        rk_json_put_u64(o, "size", fuse->row->size);
        rk_json_put_bool(o, "secret", fuse->row->secret);
        if (fuse->value.p != NULL && !fuse->row->secret) {
            value_text(check, fuse, value);
            rk_json_put_str(o, "value", value);
        }
        if (check->has_burnt)
            rk_json_put_str(o, "burnt", rk_fuse_fate_name(check->fate[i]));
    }
    list = rk_json_put_array(root, "findings");
    for (size_t i = 0; i < check->findings.count; i++) {
        const struct rk_fuse_finding *f = &check->findings.item[i];

        o = rk_json_put_object(list, NULL);
        rk_json_put_str(o, "weight", rk_fuse_weight_name(f->weight));
        rk_json_put_u64(o, "line", f->line);
        rk_json_put_str(o, "fuse", f->fuse);
        rk_json_put_str(o, "text", f->text);
        if (f->hint[0] != '\0')
            rk_json_put_str(o, "hint", f->hint);
    }
    return out_json(app, doc, err);
}

static enum rk_rc run_with(struct app *app, const struct check_options *in, const char *path,
                           struct check *check, struct rk_err *err)
{
    if (in->preset.v > UINT32_MAX)
        return opt_fail(app, err, "--preset: 0x%llx is above 32 bits",
                        (unsigned long long)in->preset.v);
    if (rk_fuse_soc_find(in->platform, &check->soc, err))
        return rk_wrap(err, "--platform");
    if (read_file(check, path, err) || read_burnt(check, in->burnt, err) ||
        open_keys(app, &in->pubkeys, check, err) || judge(app, in, check, err))
        return err->rc;
    if (!app->json)
        print_text(app, check);
    else if (print_json(app, check, err))
        return err->rc;
    return rk_fuse_verdict(&check->findings, RK_E_VERIFY, err) ? rk_wrap(err, "\"%s\"", path)
                                                               : RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(check_done) struct check check = { .soc = NULL };
    struct check_options in = { .platform = NULL };
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "platform", 0, OPT_STR,  &in.platform, "NAME", "whose fuses they are: a Jetson by its name in manifests", true },
        { "pub",      0, OPT_LIST, &in.pubkeys,  "FILE", "PKC key that boot files are signed with, up to three", false },
        { "blob",     0, OPT_STR,  &in.blob,     "FILE", "key blob (eks.img) that a key of the file must open", false },
        { "fv",       0, OPT_STR,  &in.fv,       "FILE", "FV of a key blob 1.0 or older, 16 bytes", false },
        { "preset",   0, OPT_U64,  &in.preset,   "N",    "BootSecurityInfo the module came with (often 0x1e0)", false },
        { "burnt",    0, OPT_STR,  &in.burnt,    "FILE", "what the module has burnt: fuse_info.txt of odmfuseread.sh, or what nv_fuse_read.sh printed", false },
        { "already-burnt", 0, OPT_FLAG, &in.already_burnt, NULL, "what the fuses build on and do not hold (PublicKeyHash, OemK1) is in the module", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, 1, &operands, err))
        return err->rc;
    return run_with(app, &in, operands.v[0], &check, err);
}

const struct cmd cmd_fuse_check = {
    .name = "check",
    .args = "FILE.XML",
    .summary = "hold a fuse file of anybody's to the rules, a key, a key blob, a module",
    .about =
        "Names, sizes, values and order of the SoC's fuses, and the rules between them, which are\n"
        "those of 'fuse xml' and 'build'. What is wrong is listed, common mistakes by their name; "
        "no\n"
        "secret is shown. --pub: its PublicKeyHash is in the file (by a rule that no vendor value "
        "has\n"
        "confirmed) and BootSecurityInfo has its scheme. --blob: OemK1 or OemK2 of the file opens "
        "it,\n"
        "and it is of this device. --burnt: what would change from 1 to 0, what is burnt with "
        "another\n"
        "value, what is skipped since it is equal. Exit code 0: it holds; 3: something does not; "
        "2: it\n"
        "is no fuse file; 8: nothing is wrong so far, but something that was asked is not public, "
        "or\n"
        "cannot be read. Of t264 how PublicKeyHash and the key blob 2.1 are made is not public, of "
        "t194\n"
        "what the bits of BootSecurityInfo mean and which further fuses there are.",
    .run = run,
};
