/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ek_json.h"

#include "rotkit/pem.h"
#include "rotkit/file.h"

#include <string.h>

void ek_choice_done(struct ek_choice *choice)
{
    for (size_t i = 0; i < choice->own_count; i++)
        rk_ek_template_free(choice->own[i]);
    *choice = (struct ek_choice)EK_CHOICE_NONE;
}

static enum rk_rc read_template(struct ek_choice *choice, const char *path, struct rk_err *err)
{
    enum { TPMT_MAX = 4096 };
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    struct rk_ek_template *tpl;

    if (rk_file_read(path, TPMT_MAX, &file, err))
        return err->rc;
    if (rk_ek_template_parse(file.p, file.len, &tpl, err))
        return rk_wrap(err, "\"%s\"", path);
    choice->own[choice->own_count++] = tpl;
    choice->tpl[choice->count++] = tpl;
    return RK_OK;
}

/* " NAME NAME ...", of all templates. */
static void name_templates(char *ret, size_t size)
{
    ret[0] = '\0';
    for (size_t i = 0; rk_ek_template_at(i) != NULL; i++) {
        size_t used = strlen(ret);

        (void)snprintf(ret + used, size - used, " %s", rk_ek_template_name(rk_ek_template_at(i)));
    }
}

static enum rk_rc no_template(const char *name, struct rk_err *err)
{
    char known[256];

    name_templates(known, sizeof known);
    (void)rk_fail(err, RK_E_USAGE, "unknown template \"%s\"", name);
    return rk_note(err, "known:%s, file:PATH, all", known);
}

static enum rk_rc add_template(struct ek_choice *choice, const char *name, struct rk_err *err)
{
    const struct rk_ek_template *tpl;

    if (choice->count == EK_TEMPLATES_MAX)
        return rk_fail(err, RK_E_USAGE, "more than %d templates", EK_TEMPLATES_MAX);
    if (strncmp(name, "file:", 5) == 0)
        return read_template(choice, name + 5, err);
    tpl = rk_ek_template_find(name);
    if (tpl == NULL)
        return no_template(name, err);
    for (size_t i = 0; i < choice->count; i++)
        if (choice->tpl[i] == tpl)
            return rk_fail(err, RK_E_USAGE, "template \"%s\" named twice", name);
    choice->tpl[choice->count++] = tpl;
    return RK_OK;
}

static enum rk_rc find_profile(const char *name, struct ek_choice *choice, struct rk_err *err)
{
    char known[256] = "";

    choice->profile = name == NULL ? rk_ek_profile_at(0) : rk_ek_profile_find(name);
    if (choice->profile != NULL)
        return RK_OK;
    for (size_t i = 0; rk_ek_profile_at(i) != NULL; i++) {
        size_t used = strlen(known);

        (void)snprintf(known + used, sizeof known - used, " %s",
                       rk_ek_profile_name(rk_ek_profile_at(i)));
    }
    (void)rk_fail(err, RK_E_USAGE, "unknown profile \"%s\"", name);
    return rk_note(err, "known:%s", known);
}

/* Names with commas between them. */
static enum rk_rc add_list(struct ek_choice *choice, const char *at, struct rk_err *err)
{
    char name[RK_PATH_MAX];

    for (;; at++) {
        size_t len = strcspn(at, ",");

        if (len >= sizeof name)
            return rk_fail(err, RK_E_USAGE, "template name too long");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, at);
        if (add_template(choice, name, err))
            return err->rc;
        at += len;
        if (*at == '\0')
            return RK_OK;
    }
}

/* Each template that the walk of a table gives. */
static void add_walk(struct ek_choice *choice, const struct rk_ek_template *(*at)(size_t i))
{
    for (size_t i = 0; at(i) != NULL && i < EK_TEMPLATES_MAX; i++)
        choice->tpl[choice->count++] = at(i);
}

enum rk_rc ek_choose(const char *profile, const char *templates, struct ek_choice *ret,
                     struct rk_err *err)
{
    RK_AUTO(ek_choice_done) struct ek_choice choice = EK_CHOICE_NONE;

    if (find_profile(profile, &choice, err))
        return err->rc;
    if (templates == NULL)
        add_walk(&choice, rk_ek_template_in_blob);
    else if (strcmp(templates, "all") == 0)
        add_walk(&choice, rk_ek_template_at);
    else if (add_list(&choice, templates, err))
        return err->rc;
    *ret = choice;
    choice = (struct ek_choice)EK_CHOICE_NONE;
    return RK_OK;
}

enum rk_rc ek_open_eps(const char *path, struct rk_line_reader *ret, struct rk_err *err)
{
    enum { LINE = 512 };

    return rk_line_reader_open(strcmp(path, "-") == 0 ? NULL : path, LINE, ret, err);
}

enum rk_rc ek_put(struct rk_jv at, const struct rk_ek *ek, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (rk_pem_encode(RK_PEM_PUBLIC_KEY, &ek->spki, &pem, err))
        return err->rc;
    rk_json_put_str(at, "template", rk_ek_template_name(ek->tpl));
    rk_json_put_str(at, "profile", rk_ek_profile_name(ek->profile));
    rk_json_put_hex(at, "name", ek->name, ek->name_len);
    rk_json_put_hex(at, "public_tpm2b", ek->public_tpm2b.p, ek->public_tpm2b.len);
    rk_json_put_str(at, "public_pem", (const char *)pem.p);
    return RK_OK;
}

const char *ek_template_help(char text[EK_TEMPLATE_HELP_MAX])
{
    char known[EK_TEMPLATE_HELP_MAX / 2];

    name_templates(known, sizeof known);
    (void)snprintf(text, EK_TEMPLATE_HELP_MAX,
                   "templates, with commas:%s, file:TPMT_PUBLIC, or all (default L-1,L-2)", known);
    return text;
}
