/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit match: would this board install this update? */
#include "cli/commands.h"

#include "cli/cmd/match.h"
#include "cli/out.h"
#include "cli/request.h"

#include "rotkit/esrt.h"
#include "rotkit/file.h"

#include <inttypes.h>
#include <string.h>

struct matching {
    const struct app *app;
    struct rk_bytes file;
    struct rk_map map;
    const struct rk_region *package; /* NULL: the file is the package */
    rk_json *doc;
    struct rk_jv entries, findings;
};

static void matching_done(struct matching *m)
{
    rk_bytes_done(&m->file);
    rk_map_done(&m->map);
    rk_json_free(m->doc);
}

/* ---- what is told ---- */

static void tell_entry(void *arg, const struct rk_bup_choice *choice)
{
    const struct matching *m = arg;
    struct rk_jv o;

    if (!m->app->json) {
        (void)fprintf(m->app->out, "%-8s %s%s%s%s%s%s\n", choice->chosen ? "install" : "skip",
                      choice->name, choice->spec[0] == '\0' ? "" : " (", choice->spec,
                      choice->spec[0] == '\0' ? "" : ")", choice->chosen ? "" : ": ", choice->why);
        return;
    }
    o = rk_json_put_object(m->entries, NULL);
    rk_json_put_str(o, "name", choice->name);
    rk_json_put_str(o, "tnspec", choice->spec);
    rk_json_put_u64(o, "op_mode", choice->op_mode);
    rk_json_put_u64(o, "offset", choice->offset + (m->package == NULL ? 0 : m->package->offset));
    rk_json_put_u64(o, "length", choice->len);
    rk_json_put_bool(o, "install", choice->chosen);
    if (!choice->chosen)
        rk_json_put_str(o, "why", choice->why);
}

/* The word in front of a line. */
static const char *word_of(uint32_t status)
{
    return status == 0                        ? "note"
           : status == RK_ESRT_NOT_IN_PACKAGE ? "missing"
           : status == RK_ESRT_TOO_BIG        ? "too big"
                                              : "no place";
}

static void tell_finding(void *arg, const struct rk_bup_finding *finding)
{
    const struct matching *m = arg;
    struct rk_jv o;

    if (!m->app->json) {
        (void)fprintf(m->app->out, "%-8s %s: %s\n", word_of(finding->status), finding->name,
                      finding->why);
        return;
    }
    o = rk_json_put_object(m->findings, NULL);
    rk_json_put_str(o, "name", finding->name);
    rk_json_put_u64(o, "status", finding->status);
    rk_json_put_str(o, "why", finding->why);
}

/* ---- the package and its version ---- */

/* The first package among the files inside, whether it holds or not. */
static const struct rk_region *find_package(const struct matching *m, const struct rk_region *list)
{
    const struct rk_region *found = NULL;

    for (; found == NULL && list != NULL; list = list->next)
        found = list->nested && rk_bup_starts(m->file.p + list->offset, (size_t)list->len)
                    ? list
                    : find_package(m, list->child);
    return found;
}

static const struct rk_region *find_named(const struct rk_region *list, const char *name)
{
    for (; list != NULL && strcmp(list->name, name) != 0; list = list->next)
        ;
    return list;
}

/* A field of the header in front of the package; NULL: it has none. */
static const struct rk_region *version_field(const struct matching *m, const char *name)
{
    const struct rk_region *header =
        m->map.root == NULL ? NULL : find_named(m->map.root->child, "FMP payload header");

    return header == NULL ? NULL : find_named(header->child, name);
}

static void tell_version(const struct matching *m)
{
    const struct rk_region *version = version_field(m, "version");
    const struct rk_region *lowest = version_field(m, "lowest_supported_version");
    char a[RK_ESRT_VERSION_TEXT], b[RK_ESRT_VERSION_TEXT];

    if (version == NULL || lowest == NULL)
        return;
    rk_esrt_version((uint32_t)version->ratchet, a);
    rk_esrt_version((uint32_t)lowest->ratchet, b);
    if (!m->app->json) {
        (void)fprintf(m->app->out, "version  %s, lowest supported %s\n", a, b);
        return;
    }
    rk_json_put_u64(rk_json_root(m->doc), "version", version->ratchet);
    rk_json_put_str(rk_json_root(m->doc), "version_text", a);
    rk_json_put_u64(rk_json_root(m->doc), "lowest_supported_version", lowest->ratchet);
}

/* The board's side: it takes nothing below its own lowest supported version. */
static enum rk_rc hold_version(const struct matching *m, const struct opt_u64 *lsv,
                               struct rk_bup_verdict *verdict, struct rk_err *err)
{
    const struct rk_region *version = version_field(m, "version");
    char a[RK_ESRT_VERSION_TEXT], b[RK_ESRT_VERSION_TEXT];

    if (!lsv->set)
        return RK_OK;
    if (lsv->v > UINT32_MAX)
        return opt_fail(m->app, err, "--lsv: %" PRIu64 " does not fit into 32 bits", lsv->v);
    if (version == NULL)
        return opt_fail(m->app, err, "--lsv: the version stands in the capsule, this is none");
    if (version->ratchet >= lsv->v)
        return RK_OK;
    rk_esrt_version((uint32_t)version->ratchet, a);
    rk_esrt_version((uint32_t)lsv->v, b);
    (void)rk_fail(err, RK_E_VERIFY, "version %s is below the board's lowest supported version %s",
                  a, b);
    verdict->status = RK_ESRT_VERSION_TOO_LOW;
    return rk_note(err, "the board would report %d, %s", RK_ESRT_VERSION_TOO_LOW,
                   rk_esrt_name(RK_ESRT_VERSION_TOO_LOW));
}

static enum rk_rc read_package(const char *path, struct matching *m, struct rk_err *err)
{
    struct rk_err why;

    if (rk_file_read(path, REQUEST_FILE_MAX, &m->file, err))
        return err->rc;
    if (rk_bup_starts(m->file.p, m->file.len))
        return RK_OK;
    if (rk_format_inspect(m->app->ctx, m->file.p, m->file.len, &m->map, &why) == RK_E_NOMEM) {
        *err = why;
        return err->rc;
    }
    m->package = m->map.root == NULL ? NULL : find_package(m, m->map.root->child);
    return m->package != NULL
               ? RK_OK
               : rk_fail(err, RK_E_FORMAT, "no update package (NVIDIA__BLOB__V) inside");
}

/* ---- the verb ---- */

static enum rk_rc hold(struct matching *m, const struct rk_bup_board *board,
                       const struct opt_u64 *lsv, struct rk_bup_verdict *verdict,
                       struct rk_err *err)
{
    const struct rk_bup_told told = { tell_entry, tell_finding, m };
    const uint8_t *p = m->file.p + (m->package == NULL ? 0 : m->package->offset);
    size_t len = m->package == NULL ? m->file.len : (size_t)m->package->len;

    tell_version(m);
    return hold_version(m, lsv, verdict, err) != RK_OK
               ? err->rc
               : rk_bup_match(p, len, board, &told, verdict, err);
}

static enum rk_rc match(const struct app *app, const char *path, const struct rk_bup_board *board,
                        const struct opt_u64 *lsv, struct rk_err *err)
{
    RK_AUTO(matching_done) struct matching m = { .app = app, .doc = rk_json_new() };
    struct rk_jv root = rk_json_root(m.doc);
    struct rk_bup_verdict verdict = { .status = 0 };
    struct rk_err printing;
    enum rk_rc rc;

    m.entries = rk_json_put_array(root, "entries");
    m.findings = rk_json_put_array(root, "findings");
    if (read_package(path, &m, err))
        return err->rc == RK_E_IO ? err->rc : rk_wrap(err, "\"%s\"", path);
    rc = hold(&m, board, lsv, &verdict, err);
    if (rc == RK_OK && !app->json)
        out_note(app, "\"%s\": the board would install it", path);
    if (app->json && (rc == RK_OK || rc == RK_E_VERIFY)) {
        rk_json_put_u64(root, "required", verdict.required);
        rk_json_put_u64(root, "missing", verdict.missing);
        rk_json_put_u64(root, "status", verdict.status);
        rk_json_put_str(root, "status_name", rk_esrt_name(verdict.status));
        rk_json_put_bool(root, "fits", rc == RK_OK);
        if (out_json(app, m.doc, &printing)) {
            *err = printing;
            return err->rc;
        }
    }
    return rc == RK_OK || rc == RK_E_USAGE ? rc : rk_wrap(err, "\"%s\"", path);
}

static bool names_board(const struct match_args *args, const struct opt_u64 *lsv)
{
    return args->board != NULL || args->board_file != NULL || args->compat != NULL ||
           args->compat_file != NULL || args->platform != NULL || args->layout_device != NULL ||
           args->layout.count != 0 || args->single_image || lsv->set;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct match_args args = { .board = NULL };
    RK_AUTO(match_board_done) struct match_board board = { .core = { .spec = NULL } };
    struct opt_u64 lsv = { .set = false };
    const char *status = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "board",         0, OPT_STR,  &args.board,         "TNSPEC",   "the board, as its UEFI variable TegraPlatformSpec has it", false },
        { "board-file",    0, OPT_STR,  &args.board_file,    "FILE",     "nv_boot_control.conf of the board, or a copy of that efivar", false },
        { "compat",        0, OPT_STR,  &args.compat,        "TNSPEC",   "its TegraPlatformCompatSpec", false },
        { "compat-file",   0, OPT_STR,  &args.compat_file,   "FILE",     "a copy of that efivar", false },
        { "layout",        0, OPT_LIST, &args.layout,        "FILE",     "flash layout XML of the board; again for one more", false },
        { "layout-device", 0, OPT_STR,  &args.layout_device, "TYPE",     "device of the layout (default: spi)", false },
        { "platform",      0, OPT_STR,  &args.platform,      "PLATFORM", "a Jetson by its name in manifests (default: of TEGRA_CHIPID in --board-file, else Jetson Orin)", false },
        { "single-image",  0, OPT_FLAG, &args.single_image,  NULL,       "the board's firmware takes packages of one image (PcdFmpSingleImageUpdate)", false },
        { "lsv",           0, OPT_U64,  &lsv,                "VERSION",  "lowest_supported_fw_version of the board's ESRT, decimal or 0x", false },
        { "status",        0, OPT_STR,  &status,             "CODE",     "instead: last_attempt_status of an ESRT in words, decimal or 0x; all: each that is known", false },
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 1, &operands, err))
        return err->rc;
    if (status != NULL && (operands.count != 0 || names_board(&args, &lsv)))
        return opt_fail(app, err, "--status takes neither a package nor a board");
    if (status != NULL)
        return match_status(app, status, err);
    if (operands.count == 0)
        return opt_fail(app, err, "PACKAGE is missing");
    if (match_board_read(app, &args, &board, err))
        return err->rc;
    return match(app, operands.v[0], &board.core, &lsv, err);
}

const struct cmd cmd_match = {
    .name = "match",
    .args = "PACKAGE",
    .summary = "tell whether a board would install an update package or capsule",
    .about =
        "Asks both sides, as edk2-nvidia does. Each entry is held against the board: as many\n"
        "tokens on both sides, an empty one matches anything; of the entries of one name that fit\n"
        "the full spec wins wherever it stands, else the first that fits the compat spec or has\n"
        "none. Then the board's demands: every image that UEFI requires has an entry (status "
        "6151),\n"
        "the package has more than one image (6153), with --layout each fits both slots (6148) "
        "and\n"
        "each required one has slots (6155), with --lsv the version does not fall (4112). Exit "
        "code\n"
        "3 when the board would refuse, with the status that it would report in its ESRT.",
    .run = run,
};
