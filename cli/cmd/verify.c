/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit verify: a yes or a no for any file or release, from public material. */
#include "cli/commands.h"

#include "cli/exits.h"
#include "cli/out.h"
#include "cli/request.h"

#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/format.h"
#include "rotkit/policy.h"
#include "rotkit/release.h"
#include "rotkit/update.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { UNSIGNED_TEXT = 400, MAP_TEXT = 192 };

struct verify_options {
    struct request_args args;
    const char *format;    /* NULL: by content */
    const char *not_older; /* a release or a file */
    const char *page;      /* of one file: where its map goes as HTML */
    bool keyed;            /* a key or a CA is named */
};

/* Options that may be given several times. */
struct verify_lists {
    struct opt_list with, ca, anchor, crl, db, dbx, allow_weak, firmware;
};

/* What one operand came to. */
struct operand {
    const char *path;
    const char *format; /* NULL: not known */
    char detail[MAP_TEXT + UNSIGNED_TEXT + 32];
    const char *signer;       /* NULL: nobody to name */
    const char *sealed;       /* images of a release that are encrypted; NULL: none */
    const struct rk_map *map; /* NULL: none */
    unsigned needs;           /* of a release: bit n for enum rk_need n */
    char weak[RK_WEAK_TEXT];  /* what was weak and was allowed */
};

static enum rk_rc put_map(const struct operand *o, struct rk_jv at, struct rk_err *err)
{
    rk_needs_json(rk_map_needs(o->map), at);
    if (o->map->asks_signer && rk_map_json_open(o->map, at, "open", err))
        return err->rc;
    rk_map_json_nodes(o->map, at, "map");
    return RK_OK;
}

/* One line of JSON an operand, whatever it came to; why: the error that goes to stderr too. */
static enum rk_rc tell_json(const struct app *app, const struct operand *o, enum rk_rc rc,
                            const char *why, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv root = rk_json_root(doc);

    rk_json_put_words(root, "path", o->path);
    if (o->format != NULL)
        rk_json_put_str(root, "format", o->format);
    rk_json_put_str(root, "outcome", rk_outcome_name(rk_outcome_of(rc)));
    if (o->detail[0] != '\0')
        rk_json_put_words(root, "integrity", o->detail);
    if (rc == RK_OK)
        rk_json_put_words(root, "signer", o->signer);
    if (o->sealed != NULL)
        rk_json_put_words(root, "not_looked_into", o->sealed);
    if (o->map != NULL && o->map->remark[0] != '\0')
        rk_json_put_words(root, "remark", o->map->remark);
    if (o->weak[0] != '\0')
        rk_json_put_words(root, "weak", o->weak);
    if (why != NULL)
        rk_json_put_words(root, "message", why);
    rk_needs_json(o->needs, root);
    if (o->map != NULL && put_map(o, root, err))
        return err->rc;
    return out_json_line(app, doc, err);
}

static enum rk_rc tell(const struct app *app, struct operand *o, struct rk_err *err)
{
    const char *remark = o->map == NULL ? "" : o->map->remark;

    rk_policy_take_weak(app->ctx, o->weak);
    if (app->json)
        return tell_json(app, o, RK_OK, NULL, err);
    (void)fprintf(app->out, "%s: %s: %s%s%s%s%s; signer: %s%s%s\n", o->path, o->format, o->detail,
                  remark[0] == '\0' ? "" : "; ", remark,
                  o->weak[0] == '\0' ? "" : "; weak, and allowed: ", o->weak, o->signer,
                  o->sealed == NULL ? "" : "; encrypted, not looked into: ",
                  o->sealed == NULL ? "" : o->sealed);
    return RK_OK;
}

/* The error of an operand; *err stays as it is. */
static void tell_error(const struct app *app, struct operand *o, const struct rk_err *err)
{
    struct rk_err ignored;

    rk_policy_take_weak(app->ctx, o->weak);
    if (app->json)
        (void)tell_json(app, o, err->rc, err->msg, &ignored);
    out_error(app, err, exit_code_of(err->rc));
}

/* A value that falls is told first; then none is believed that nobody has signed. */
static enum rk_rc compare_releases(const struct app *app, const struct rk_release_report *newer,
                                   const char *path, const char *older, struct rk_err *err)
{
    if (rk_release_not_older(app->ctx, path, older, err))
        return err->rc;
    return newer->is_signed ? RK_OK
                            : rk_fail(err, RK_E_UNKNOWN,
                                      "could not be checked: that the anti-rollback values are "
                                      "signed: the release is not");
}

/* What is for files is not for a release or an update, whose own files say what they need.
 * has_dates: it holds certificates that are judged without --ca too. */
static enum rk_rc refuse_of_files(const struct app *app, const struct verify_options *options,
                                  const struct request *request, const struct operand *o,
                                  const char *what, bool has_dates, struct rk_err *err)
{
    const struct rk_request *core = &request->core;
    const struct {
        bool given;
        const char *option;
    } rows[] = {
        { core->secret != NULL, "--key" },
        { request_names(options->args.db), "--db" },
        { request_names(options->args.dbx), "--dbx" },
        { options->args.part_count != 0, "--with" },
        { core->setting_count != 0, "--set" },
        { options->args.scheme != NULL, "--scheme" },
        { core->firmware_count != 0, "--for" },
        { options->format != NULL, "--format" },
        { options->page != NULL, "--html" },
        { core->now_given && core->trust == NULL && !has_dates, "--at without --ca" },
    };

    if (core->heeded != NULL && options->page == NULL) /* it may be for another operand */
        return RK_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].given)
            return opt_fail(app, err, "%s is for files, \"%s\" is %s", rows[i].option, o->path,
                            what);
    }
    return RK_OK;
}

static enum rk_rc verify_release(const struct app *app, const struct verify_options *options,
                                 const struct request *request, struct operand *o,
                                 struct rk_err *err)
{
    const struct rk_release_asked asked = {
        .pub = request->core.key_count == 0 ? NULL : request->key[0].pub,
        .trust = request->core.trust,
        .when = request->core.now,
    };
    struct rk_release_report report;
    char images[48] = "", left_out[96] = "";

    o->format = "release";
    if (refuse_of_files(app, options, request, o, "a release", true, err))
        return err->rc;
    if (rk_release_verify(app->ctx, o->path, &asked, &report, err) ||
        (options->not_older != NULL &&
         compare_releases(app, &report, o->path, options->not_older, err)))
        return rk_wrap(err, "%s", o->path);
    o->needs = report.needs;
    if (report.unchecked[0] != '\0')
        return rk_fail(err, RK_E_UNKNOWN, "%s: %s", o->path, report.unchecked);
    if (report.images != 0)
        (void)snprintf(images, sizeof images, ", %s", RK_COUNTED(report.images, "image"));
    if (report.left_out[0] != '\0')
        (void)snprintf(left_out, sizeof left_out, "; not here: %s", report.left_out);
    (void)snprintf(o->detail, sizeof o->detail, "holds: %s, %s, %s%s%s%s",
                   RK_COUNTED(report.devices, "device"), RK_COUNTED(report.files, "file"),
                   RK_COUNTED(report.certificates, "EK certificate"),
                   request->core.trust == NULL ? "" : " of the CA named", images, left_out);
    o->signer = report.signer;
    o->sealed = report.sealed[0] == '\0' ? NULL : report.sealed;
    return tell(app, o, err);
}

static enum rk_rc verify_update(const struct app *app, const struct verify_options *options,
                                const struct request *request, struct operand *o,
                                struct rk_err *err)
{
    EVP_PKEY *pub = request->core.key_count == 0 ? NULL : request->key[0].pub;
    struct rk_update_report report;

    o->format = "update";
    if (refuse_of_files(app, options, request, o, "an update", false, err))
        return err->rc;
    if (options->not_older != NULL)
        return opt_fail(app, err, "--not-older-than is not for an update: it says what it follows");
    if (request->core.trust != NULL)
        return opt_fail(app, err, "--ca is not for an update: --pub is the key that signs it");
    if (rk_update_verify(app->ctx, o->path, pub, &report, err))
        return rk_wrap(err, "%s", o->path);
    if (report.unchecked[0] != '\0')
        return rk_fail(err, RK_E_UNKNOWN, "%s: %s", o->path, report.unchecked);
    (void)snprintf(o->detail, sizeof o->detail, "holds: %s to %s, %s", report.from, report.to,
                   RK_COUNTED(report.payloads, "payload"));
    o->signer = report.signer;
    return tell(app, o, err);
}

/* What would show who signed a file of this format. */
static enum rk_need signer_need(const struct app *app, const char *format)
{
    struct rk_format_info info;
    struct rk_err ignored;

    if (rk_format_find(app->ctx, format, &info, &ignored))
        return RK_NEED_PUB;
    return info.payload_key ? RK_NEED_KEY : info.needs_cert ? RK_NEED_CA : RK_NEED_PUB;
}

/* A value that falls is told first; then none is believed that is not signed. */
static enum rk_rc compare_with_older(const struct app *app, const char *older_path,
                                     struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_map_done) struct rk_map older = { .format = NULL };

    if (rk_file_read(older_path, REQUEST_FILE_MAX, &file, err))
        return err->rc;
    if (rk_format_inspect(app->ctx, file.p, file.len, &older, err))
        return rk_wrap(err, "%s", older_path);
    if (strcmp(older.format, map->format) != 0)
        return rk_fail(err, RK_E_USAGE, "--not-older-than: \"%s\" is %s, this is %s", older_path,
                       older.format, map->format);
    if (rk_map_not_older(map, &older, err))
        return err->rc;
    return rk_map_believe_ratchets(map, signer_need(app, map->format), err);
}

static enum rk_rc verify_file(const struct app *app, const struct verify_options *options,
                              const struct request *request, struct operand *o, struct rk_map *map,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    char open[UNSIGNED_TEXT];
    enum rk_rc rc;

    if (rk_file_read(o->path, REQUEST_FILE_MAX, &file, err))
        return err->rc;
    rc = rk_format_verify(options->format, &request->core, file.p, file.len, map, err);
    if (rc == RK_OK && options->not_older != NULL)
        rc = compare_with_older(app, options->not_older, map, err);
    if (rc != RK_OK)
        (void)rk_wrap(err, "%s", o->path);
    if (map->format == NULL)
        return rc;
    o->format = map->format;
    o->map = map;
    /* What the signature does not cover is said, since a flipped bit there goes unseen. */
    rk_map_unsigned(map, open, sizeof open);
    (void)snprintf(o->detail, sizeof o->detail, "%s%s%s", map->integrity,
                   options->keyed && map->guard_count != 0 ? "; not signed: " : "",
                   options->keyed && map->guard_count != 0 ? open : "");
    o->signer = options->keyed ? map->signer : "not checked";
    return rc == RK_OK ? tell(app, o, err) : rc;
}

/* Beside whatever the file came to; the page says it in its head. */
static enum rk_rc draw(const struct app *app, const struct verify_options *options,
                       const struct operand *o, enum rk_rc rc, struct rk_err *err)
{
    char title[sizeof err->msg + 512];

    if (options->page == NULL || o->map == NULL)
        return RK_OK;
    (void)snprintf(title, sizeof title, "%.256s: %s%s%s", o->path,
                   rk_outcome_name(rk_outcome_of(rc)), rc == RK_OK ? "" : ": ",
                   rc == RK_OK ? "" : err->msg);
    return request_write_page(app, o->map, title, options->page, err);
}

/* Each operand is told on its own, whatever the others came to. */
static enum rk_rc verify_path(const struct app *app, const struct verify_options *options,
                              const struct request *request, const char *path, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = NULL };
    struct operand o = { .path = path };
    enum rk_rc rc = rk_release_is(path)  ? verify_release(app, options, request, &o, err)
                    : rk_update_is(path) ? verify_update(app, options, request, &o, err)
                                         : verify_file(app, options, request, &o, &map, err);

    if (rc == RK_OK && draw(app, options, &o, rc, err) == RK_OK)
        return RK_OK;
    tell_error(app, &o, err);
    if (rc != RK_OK && draw(app, options, &o, rc, err))
        out_error(app, err, exit_code_of(err->rc));
    return rc != RK_OK ? rc : err->rc;
}

/* Of several operands an option is for those that heed it; that none does is a wrong call. */
static enum rk_rc none_heeds(const struct app *app, const struct request *request,
                             struct rk_err *err)
{
    const struct rk_request *core = &request->core;
    const char *option = NULL;

    if (core->secret != NULL && !core->heeded->secret)
        option = "--key";
    else if (core->key_count != 0 && core->key[0].scheme != RK_SCHEME_NONE && !core->heeded->scheme)
        option = "--scheme";
    else if (core->now_given && !core->heeded->time && core->trust == NULL)
        option = "--at";
    return option == NULL ? RK_OK : opt_fail(app, err, "no operand heeds %s", option);
}

static enum rk_rc verify_paths(struct app *app, const struct verify_options *options,
                               const struct operands *operands, struct rk_err *err)
{
    RK_AUTO(request_done) struct request *request = NULL;
    struct rk_heeded heeded = { .secret = false };
    enum rk_rc rc = RK_OK;

    if (options->page != NULL && operands->count != 1)
        return opt_fail(app, err, "--html is for one file");
    if (request_open(app, &options->args, &request, err))
        return err->rc;
    if (operands->count > 1)
        request->core.heeded = &heeded;
    for (size_t i = 0; i < operands->count; i++)
        rc = exit_graver(rc, verify_path(app, options, request, operands->v[i], err));
    app->told = true;
    if (operands->count > 1 && none_heeds(app, request, err)) {
        rc = exit_graver(rc, err->rc);
        out_error(app, err, exit_code_of(err->rc));
    }
    return rc;
}

static enum rk_rc run_with(struct app *app, int argc, char **argv, struct verify_lists *lists,
                           struct rk_err *err)
{
    struct verify_options options = { .args = { .ca = &lists->ca,
                                                .anchor = &lists->anchor,
                                                .crl = &lists->crl,
                                                .db = &lists->db,
                                                .dbx = &lists->dbx,
                                                .allow_weak = &lists->allow_weak,
                                                .firmware = &lists->firmware } };
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "pub", 0, OPT_STR, &options.args.pub, "FILE", "the public key that must have signed", false },
        { "ca", 0, OPT_LIST, &lists->ca, "FILE", "certificates: self-signed ones are trusted, others help on the way", false },
        { "anchor", 0, OPT_LIST, &lists->anchor, "FILE", "certificates that are trusted, self-signed or not", false },
        { "crl", 0, OPT_LIST, &lists->crl, "FILE", "revocation lists, PEM or DER: what one of them names fails", false },
        { "db", 0, OPT_LIST, &lists->db, "FILE", "uefi-pe: who is allowed, as firmware has it: .esl, .auth, efivar", false },
        { "dbx", 0, OPT_LIST, &lists->dbx, "FILE", "uefi-pe: who and what is forbidden", false },
        { "key", 0, OPT_STR, &options.args.secret, "URI", "symmetric key, to look into what is encrypted", false },
        { "with", 0, OPT_LIST, &lists->with, "NAME=FILE", "a further file that the format takes, e.g. content=FILE", false },
        { "set", 0, OPT_LIST, &options.args.set, "NAME=VALUE", "a setting of the format", false },
        { "scheme", 0, OPT_STR, &options.args.scheme, "NAME", "signature scheme of a raw signature", false },
        { "at", 0, OPT_STR, &options.args.at, "TIME", "the time that certificates are judged by (default: now)", false },
        { "allow-weak", 0, OPT_LIST, &lists->allow_weak, "NAME", "take what is too weak, see 'rotkit help keys'", false },
        { "for", 0, OPT_LIST, &lists->firmware, "FIRMWARE[+OPTION]", "refuse what this firmware does not take, see 'rotkit help firmware'", false },
        { "format", 0, OPT_STR, &options.format, "NAME", "the format, where content does not tell", false },
        { "html", 0, OPT_STR, &options.page, "FILE", "of one file: write a page, green what holds, red what does not, grey the rest", false },
        { "not-older-than", 0, OPT_STR, &options.not_older, "PATH", "a release or file whose anti-rollback values may not fall", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 1, OPT_LIST_MAX, &operands, err))
        return err->rc;
    options.args.parts = (char *const *)(const void *)lists->with.v;
    options.args.part_count = lists->with.count;
    options.keyed = options.args.pub != NULL || request_names(&lists->ca) ||
                    request_names(&lists->anchor) || request_names(&lists->db) ||
                    request_names(&lists->dbx) || options.args.secret != NULL;
    return verify_paths(app, &options, &operands, err);
}

/* The lists are large for a stack. */
static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct verify_lists *lists = calloc(1, sizeof *lists);
    enum rk_rc rc = lists == NULL ? rk_fail(err, RK_E_NOMEM, "out of memory")
                                  : run_with(app, argc, argv, lists, err);

    free(lists);
    return rc;
}

const struct cmd cmd_verify = {
    .name = "verify",
    .args = "PATH...",
    .summary = "verify files, releases and updates from public material",
    .about =
        "The format is found by content. Without --pub or --ca only integrity is checked, and\n"
        "the answer says \"signer: not checked\". With one of them, unsigned content, another\n"
        "signer, or content that is loaded and that no checked signature covers is a failure.\n"
        "Of a release, --pub is the release key, and --ca is what its own EK CA and each EK\n"
        "certificate must come from: --ca without --pub is 8, since it is not known who signed\n"
        "the release; of an update, --pub is the update key. Anchors are the\n"
        "self-signed certificates of --ca, and all of --anchor; chains are built from what is\n"
        "there. --crl: what a list revokes fails; where none in date is of the certificate's own\n"
        "issuer it is 8; the lists of CAs above are asked where they are given.\n"
        "Firmware has no "
        "clock: what has expired holds there, and it is said. --db and\n"
        "--dbx decide as EDK2 does: what is allowed, minus what is forbidden. Exit code 0: all "
        "that was asked was\n"
        "checked and holds; 3: something does not hold; 2: malformed, or of an unknown\n"
        "format; 8: nothing is wrong so far, but something that was asked could not be\n"
        "checked, and it is said what is needed. Of several operands each is told, and the\n"
        "gravest counts: 3, 7, 2, 8, 0. With --json each is a line with \"outcome\": holds,\n"
        "fails, unknown or unreadable, and \"needs\" of what is unknown; so has each node of\n"
        "its map. --not-older-than believes no value of a file that is not signed: with one\n"
        "that is not checked it is 8.",
    .run = run,
};
