/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/request.h"

#include "cli/out.h"
#include "cli/time_option.h"

#include "rotkit/component.h"
#include "rotkit/counted.h"
#include "rotkit/key.h"
#include "rotkit/publish.h"
#include "rotkit/mac.h"
#include "rotkit/policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CERT_MAX = 1 << 20, TRUST_FILE_MAX = 64 << 20 };

void request_done(struct request **at)
{
    struct request *request = *at;

    if (request == NULL)
        return;
    for (size_t i = 0; i < REQUEST_PARTS_MAX; i++) {
        rk_bytes_done(&request->file[i]);
        free(request->name[i]);
    }
    for (size_t i = 0; i < OPT_LIST_MAX; i++)
        free(request->setting_name[i]);
    for (size_t i = 0; i < REQUEST_KEYS_MAX; i++) {
        rk_signer_free(request->signer[i]);
        free(request->role[i]);
    }
    rk_bytes_done(&request->cert);
    rk_trust_free(request->trust);
    rk_secret_done(&request->secret);
    rk_wants_done(&request->wants);
    rk_sigbook_free(request->book);
    free(request);
}

/* "NAME=REST": the name on its own, and where the rest starts. */
static enum rk_rc split(const struct app *app, const char *text, const char *shape, char **ret_name,
                        const char **ret_rest, struct rk_err *err)
{
    const char *sign = strchr(text, '=');

    if (sign == NULL || sign == text || sign[1] == '\0')
        return opt_fail(app, err, "expected %s, found \"%s\"", shape, text);
    *ret_name = strndup(text, (size_t)(sign - text));
    *ret_rest = sign + 1;
    return *ret_name == NULL ? rk_fail(err, RK_E_NOMEM, "out of memory") : RK_OK;
}

/* A file, or archive!path/inside; a file whose own name has a "!" wins. */
static enum rk_rc read_component(const char *path, struct rk_bytes *ret, struct rk_err *err)
{
    struct rk_component component = { .path = path };

    if (strchr(path, '!') == NULL || access(path, F_OK) == 0)
        return rk_file_read(path, REQUEST_FILE_MAX, ret, err);
    if (rk_components_read(&component, 1, REQUEST_FILE_MAX, err))
        return err->rc;
    *ret = component.bytes;
    return RK_OK;
}

/* Each file of the list as a part of this name. */
static enum rk_rc read_lists(const struct app *app, const struct opt_list *files, const char *name,
                             struct request *request, struct rk_err *err)
{
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        size_t at = request->core.part_count;

        if (at == REQUEST_PARTS_MAX)
            return opt_fail(app, err, "more than %s", RK_COUNTED(REQUEST_PARTS_MAX, "part"));
        request->name[at] = strdup(name);
        if (request->name[at] == NULL)
            return rk_fail(err, RK_E_NOMEM, "out of memory");
        if (rk_file_read(files->v[i], TRUST_FILE_MAX, &request->file[at], err))
            return err->rc;
        request->part[at] =
            (struct rk_input) { request->name[at], request->file[at].p, request->file[at].len };
        request->core.part_count++;
    }
    return RK_OK;
}

static enum rk_rc read_parts(const struct app *app, const struct request_args *args,
                             struct request *request, struct rk_err *err)
{
    if (args->part_count > REQUEST_PARTS_MAX)
        return opt_fail(app, err, "%s, at most %d", RK_COUNTED(args->part_count, "part"),
                        REQUEST_PARTS_MAX);
    for (size_t i = 0; i < args->part_count; i++) {
        const char *path = NULL;

        if (split(app, args->parts[i], "NAME=FILE", &request->name[i], &path, err))
            return err->rc;
        if (read_component(path, &request->file[i], err))
            return rk_wrap(err, "part \"%s\"", request->name[i]);
        request->part[i] =
            (struct rk_input) { request->name[i], request->file[i].p, request->file[i].len };
    }
    request->core.part = request->part;
    request->core.part_count = args->part_count;
    return read_lists(app, args->db, "uefi-db", request, err) ||
                   read_lists(app, args->dbx, "uefi-dbx", request, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc parse_settings(const struct app *app, const struct opt_list *set,
                                 struct request *request, struct rk_err *err)
{
    for (size_t i = 0; i < set->count; i++) {
        if (split(app, set->v[i], "--set NAME=VALUE", &request->setting_name[i],
                  &request->setting[i].value, err))
            return err->rc;
        request->setting[i].name = request->setting_name[i];
    }
    request->core.setting = request->setting;
    request->core.setting_count = set->count;
    return RK_OK;
}

static enum rk_rc too_many_keys(const struct app *app, struct rk_err *err)
{
    return opt_fail(app, err, "more than %s", RK_COUNTED(REQUEST_KEYS_MAX, "key"));
}

/* The signer that was opened last, under its role. */
static void add_key(struct request *request, const char *role)
{
    size_t i = request->core.key_count++;

    request->key[i] =
        (struct rk_request_key) { .role = role, .pub = rk_signer_pkey(request->signer[i]) };
}

static enum rk_rc open_key(const struct app *app, const struct request_args *args, const char *role,
                           const char *uri, struct request *request, struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(args->passphrase);
    size_t i = request->core.key_count;

    if (i == REQUEST_KEYS_MAX)
        return too_many_keys(app, err);
    if (rk_signer_open(app->ctx, uri, &pin, &request->signer[i], err))
        return role[0] == '\0' ? rk_wrap(err, "--key") : rk_wrap(err, "key for \"%s\"", role);
    add_key(request, role);
    return RK_OK;
}

static enum rk_rc open_public(const struct app *app, const struct request_args *args,
                              struct request *request, struct rk_err *err)
{
    if (request->core.key_count == REQUEST_KEYS_MAX)
        return too_many_keys(app, err);
    if (rk_signer_open_public(app->ctx, args->pub, &request->signer[request->core.key_count], err))
        return rk_wrap(err, "--pub");
    add_key(request, "");
    return RK_OK;
}

static enum rk_rc open_keys(const struct app *app, const struct request_args *args,
                            struct request *request, struct rk_err *err)
{
    request->core.key = request->key;
    if (args->key != NULL && open_key(app, args, "", args->key, request, err))
        return err->rc;
    if (args->pub != NULL && open_public(app, args, request, err))
        return err->rc;
    for (size_t i = 0; i < args->key_for.count; i++) {
        const char *uri = NULL;

        if (i + 1 >= REQUEST_KEYS_MAX)
            return too_many_keys(app, err);
        if (split(app, args->key_for.v[i], "--key-for ROLE=URI", &request->role[i], &uri, err) ||
            open_key(app, args, request->role[i], uri, request, err))
            return err->rc;
    }
    if (args->scheme == NULL)
        return RK_OK;
    if (request->core.key_count == 0)
        return opt_fail(app, err, "--scheme is of a key: --pub names it");
    request->key[0].scheme = rk_scheme_find(args->scheme);
    if (request->key[0].scheme == RK_SCHEME_NONE)
        return opt_fail(app, err, "--scheme: unknown scheme \"%s\"", args->scheme);
    return RK_OK;
}

bool request_names(const struct opt_list *list)
{
    return list != NULL && list->count != 0;
}

/* Each file of the list by `add`; the option and the file stand in front of what is wrong. */
static enum rk_rc add_files(const struct opt_list *files, const char *option,
                            enum rk_rc (*add)(rk_trust *trust, const struct rk_bytes *file,
                                              struct rk_err *err),
                            rk_trust *trust, struct rk_err *err)
{
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

        if (rk_file_read(files->v[i], TRUST_FILE_MAX, &file, err))
            return err->rc;
        if (add(trust, &file, err)) {
            if (err->rc ==
                RK_E_FORMAT) /* of what it is held to, not of the file that is verified */
                err->rc = RK_E_USAGE;
            return rk_wrap(err, "%s: \"%s\"", option, files->v[i]);
        }
    }
    return RK_OK;
}

static enum rk_rc open_trust(const struct app *app, const struct request_args *args,
                             struct request *request, struct rk_err *err)
{
    const struct opt_list *named = request_names(args->ca) ? args->ca : args->anchor;

    if (!request_names(named))
        return request_names(args->crl)
                   ? opt_fail(app, err, "--crl is for certificates: --ca names whom to trust")
                   : RK_OK;
    if (rk_trust_new(app->ctx, &request->trust, err) ||
        add_files(args->ca, "--ca", rk_trust_add, request->trust, err) ||
        add_files(args->anchor, "--anchor", rk_trust_add_anchors, request->trust, err) ||
        add_files(args->crl, "--crl", rk_trust_add_crl, request->trust, err))
        return err->rc;
    if (rk_trust_ready(request->trust, err))
        return rk_wrap(err, "--ca: \"%s\"", named->v[named->count - 1]);
    request->core.trust = request->trust;
    return RK_OK;
}

static enum rk_rc open_certificates(const struct app *app, const struct request_args *args,
                                    struct request *request, struct rk_err *err)
{
    if (args->cert != NULL) {
        if (rk_file_read(args->cert, CERT_MAX, &request->cert, err))
            return rk_wrap(err, "--cert");
        request->core.cert = &request->cert;
    }
    return open_trust(app, args, request, err);
}

enum rk_rc request_allow_weak(const struct app *app, const struct opt_list *names,
                              struct rk_err *err)
{
    rk_policy_offer(app->ctx);
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        if (rk_policy_allow(app->ctx, names->v[i], err))
            return rk_wrap(err, "--allow-weak");
    }
    return RK_OK;
}

void request_tell_weak(const struct app *app)
{
    char weak[RK_WEAK_TEXT];

    rk_policy_take_weak(app->ctx, weak);
    if (weak[0] != '\0')
        out_note(app, "weak, and allowed: %s", weak);
}

static enum rk_rc fill(const struct app *app, const struct request_args *args,
                       struct request *request, struct rk_err *err)
{
    request->app = app;
    request->core.ctx = app->ctx;
    request->core.reproducible = args->reproducible;
    request->core.now_given = args->at != NULL;
    if (args->firmware != NULL) {
        request->core.firmware = args->firmware->v;
        request->core.firmware_count = args->firmware->count;
    }
    if (request_allow_weak(app, args->allow_weak, err) ||
        time_option(app, "at", args->at, &request->core.now, err))
        return err->rc;
    if (parse_settings(app, &args->set, request, err) || read_parts(app, args, request, err) ||
        open_keys(app, args, request, err) || open_certificates(app, args, request, err))
        return err->rc;
    if (args->secret == NULL)
        return RK_OK;
    if (rk_secret_read(args->secret, 0, &request->secret, err))
        return rk_wrap(err, "--key");
    request->core.secret = &request->secret;
    return RK_OK;
}

enum rk_rc request_open(const struct app *app, const struct request_args *args,
                        struct request **ret, struct rk_err *err)
{
    RK_AUTO(request_done) struct request *request = calloc(1, sizeof *request);

    if (request == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    if (fill(app, args, request, err))
        return err->rc;
    *ret = request;
    request = NULL;
    return RK_OK;
}

enum rk_rc request_write(const struct app *app, const char *out, const struct rk_bytes *made,
                         struct rk_err *err)
{
    return app->dry_run ? RK_OK : rk_file_write(out, RK_FILE_PUBLIC, made->p, made->len, err);
}

enum rk_rc request_write_secret(const struct app *app, const char *out, const struct rk_bytes *made,
                                struct rk_err *err)
{
    return app->dry_run ? RK_OK : rk_file_write(out, RK_FILE_PRIVATE, made->p, made->len, err);
}

enum rk_rc request_tell_made(const struct app *app, const char *format, const char *out,
                             const struct rk_bytes *made, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv at = rk_json_root(doc);

    if (!app->json)
        return RK_OK;
    rk_json_put_words(at, "file", out);
    rk_json_put_str(at, "format", format);
    rk_json_put_u64(at, "size", made->len);
    rk_json_put_bool(at, "written", !app->dry_run);
    return out_json(app, doc, err);
}

enum rk_rc request_check_output(const struct app *app, const char *out, struct rk_err *err)
{
    return app->json && out != NULL && strcmp(out, "-") == 0
               ? opt_fail(app, err,
                          "--json and \"-o -\" exclude each other: both are for standard "
                          "output")
               : RK_OK;
}

enum rk_rc request_write_page(const struct app *app, const struct rk_map *map, const char *title,
                              const char *path, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes page = RK_BYTES_NONE;

    if (rk_map_html(map, title, &page, err))
        return err->rc;
    return request_write(app, path, &page, err);
}

/* ---- signatures from elsewhere ---- */

enum rk_rc request_open_book(const struct app *app, const struct request_args *args,
                             const struct rk_bytes *file, struct request *request,
                             struct rk_err *err)
{
    struct rk_sigbook_owner owner;

    if (args->to_sign == NULL && args->attach == NULL)
        return RK_OK;
    if (rk_sigbook_owner_of("sign", file, &owner, err) ||
        (args->to_sign != NULL
             ? rk_sigbook_new(app->ctx, args->to_sign, &owner, &request->book, err)
             : rk_sigbook_open(app->ctx, args->attach, &owner, &request->book, err)))
        return err->rc;
    request->core.now = rk_sigbook_time(request->book);
    return RK_OK;
}

enum rk_rc request_end_round(const struct app *app, const struct request_args *args,
                             struct request *request, struct rk_err *err)
{
    const struct rk_sigbook_end end = { .dry = app->dry_run };
    struct rk_sigbook_round round;

    if (request->book == NULL)
        return RK_OK;
    if (rk_sigbook_merge_wants(request->book, &request->wants, err) ||
        rk_sigbook_close_round(request->book, &end, &round, err))
        return err->rc;
    if (round.wanted != 0) {
        out_note(app, "\"%s\": %s wanted", args->to_sign != NULL ? args->to_sign : args->attach,
                 RK_COUNTED(round.wanted, "signature"));
        return RK_OK;
    }
    return args->to_sign == NULL
               ? RK_OK
               : rk_fail(err, RK_E_USAGE,
                         "--to-sign: nothing is to be signed elsewhere: the keys here can sign");
}

enum rk_rc request_change(const struct app *app, const struct request_args *args,
                          const struct operands *operands, const char *out,
                          enum rk_rc (*change)(const char *format, struct request *request,
                                               const struct rk_bytes *file, struct rk_bytes *ret,
                                               struct rk_err *err),
                          struct rk_err *err)
{
    RK_AUTO(request_done) struct request *request = NULL;
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;

    if (request_check_output(app, out, err) || request_open(app, args, &request, err) ||
        rk_file_read(operands->v[1], REQUEST_FILE_MAX, &file, err) ||
        request_open_book(app, args, &file, request, err))
        return err->rc;
    if (change(operands->v[0], request, &file, &made, err))
        return rk_wrap(err, "\"%s\"", operands->v[1]);
    if (request_end_round(app, args, request, err))
        return err->rc;
    request_tell_weak(app);
    if (made.p == NULL)
        return RK_OK;
    return request_write(app, out, &made, err) ||
                   request_tell_made(app, operands->v[0], out, &made, err)
               ? err->rc
               : RK_OK;
}

/* ---- what formats and targets take ---- */

void request_json_rows(struct rk_jv at, const struct rk_part_row *parts,
                       const struct rk_setting_row *settings)
{
    struct rk_jv list = rk_json_put_array(at, "parts");

    for (const struct rk_part_row *row = parts; row != NULL && row->name != NULL; row++) {
        struct rk_jv part = rk_json_put_object(list, NULL);

        rk_json_put_str(part, "name", row->name);
        rk_json_put_bool(part, "required", row->required);
        rk_json_put_str(part, "help", row->help);
    }
    list = rk_json_put_array(at, "settings");
    for (const struct rk_setting_row *row = settings; row != NULL && row->name != NULL; row++) {
        struct rk_jv setting = rk_json_put_object(list, NULL);

        rk_json_put_str(setting, "name", row->name);
        if (row->def != NULL)
            rk_json_put_str(setting, "default", row->def);
        rk_json_put_str(setting, "help", row->help);
    }
}

void request_text_rows(FILE *to, const struct rk_part_row *parts,
                       const struct rk_setting_row *settings)
{
    for (const struct rk_part_row *row = parts; row != NULL && row->name != NULL; row++)
        (void)fprintf(to, "    %s=FILE%s  %s\n", strcmp(row->name, "*") == 0 ? "NAME" : row->name,
                      row->required ? " (required)" : "", row->help);
    for (const struct rk_setting_row *row = settings; row != NULL && row->name != NULL; row++)
        (void)fprintf(to, "    --set %s=%s  %s\n", row->name, row->def == NULL ? "..." : row->def,
                      row->help);
}

static void json_format(const struct rk_format_info *info, struct rk_jv formats)
{
    struct rk_jv o = rk_json_put_object(formats, NULL);

    rk_json_put_str(o, "name", info->name);
    rk_json_put_str(o, "title", info->title);
    rk_json_put_bool(o, "pack", info->builds);
    rk_json_put_bool(o, "sign", info->signs);
    rk_json_put_bool(o, "encrypt", info->encrypts);
    request_json_rows(o, info->parts, info->settings);
}

static void text_format(FILE *to, const struct rk_format_info *info)
{
    (void)fprintf(to, "%s: %s%s%s%s\n", info->name, info->title, info->builds ? "; pack" : "",
                  info->signs ? "; sign" : "", info->encrypts ? "; encrypt" : "");
    request_text_rows(to, info->parts, info->settings);
    for (const char *const *role = info->roles; role != NULL && *role != NULL; role++)
        (void)fprintf(to, "    --key-for %s=URI\n", *role);
}

enum rk_rc request_print_formats(const struct app *app, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv formats = rk_json_put_array(rk_json_root(doc), "formats");
    struct rk_format_info info;

    for (size_t i = 0; rk_format_at(app->ctx, i, &info); i++) {
        if (app->json)
            json_format(&info, formats);
        else
            text_format(app->out, &info);
    }
    return app->json ? out_json(app, doc, err) : RK_OK;
}
