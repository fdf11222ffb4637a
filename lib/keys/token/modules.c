/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/token/modules.h"

#include "base/mem.h"
#include "keys/token/errors.h"
#include "rotkit/counted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *load_message(void)
{
    const char *text = p11_kit_message();

    return text == NULL ? "it cannot be loaded" : text;
}

/* ---- names ---- */

/* "/usr/lib/libsofthsm2.so.1" is called "softhsm2", as RFC 7512, 2.3 has it. */
static void stem_of(const char *path, char *ret, size_t size)
{
    const char *name = strrchr(path, '/');
    const char *end;

    name = name == NULL ? path : name + 1;
    name += strncmp(name, "lib", 3) == 0 ? 3 : 0;
    end = strstr(name, ".so");
    (void)snprintf(ret, size, "%.*s", (int)(end == NULL ? strlen(name) : (size_t)(end - name)),
                   name);
}

static bool is_stem(const char *path, const char *name)
{
    char stem[256];

    stem_of(path, stem, sizeof stem);
    return strcasecmp(stem, name) == 0;
}

/* The name that p11-kit has for a configured module: that of its file of settings. */
static void configured_name(const struct rk_token_module *module, char *ret, size_t size)
{
    char *name = p11_kit_module_get_name(module->fn);

    (void)snprintf(ret, size, "%s", name == NULL ? "" : name);
    free(name);
}

static bool is_called(const struct rk_token_module *module, const char *wanted)
{
    char name[256];
    char *path = p11_kit_module_get_filename(module->fn);
    bool is = path != NULL && is_stem(path, wanted);

    free(path);
    configured_name(module, name, sizeof name);
    return is || strcasecmp(name, wanted) == 0;
}

/* ---- the list ---- */

static enum rk_rc add(struct rk_token_modules *modules, const struct rk_token_module *made,
                      struct rk_token_module **ret, struct rk_err *err)
{
    struct rk_token_module *module = rk_alloc(1, sizeof *module);
    struct rk_token_module **end = &modules->first;

    if (module == NULL)
        return rk_fail_nomem(err);
    *module = *made;
    while (*end != NULL)
        end = &(*end)->next;
    *end = module;
    *ret = module;
    return RK_OK;
}

void rk_token_modules_end(struct rk_token_modules *modules)
{
    while (modules->first != NULL) {
        struct rk_token_module *module = modules->first;

        modules->first = module->next;
        if (module->started)
            (void)module->fn->C_Finalize(NULL);
        if (!module->configured)
            p11_kit_module_release(module->fn);
        rk_free(module);
    }
    if (modules->configured != NULL)
        p11_kit_modules_release(modules->configured);
    modules->configured = NULL;
}

static enum rk_rc load_configured(struct rk_token_modules *modules, struct rk_err *err)
{
    if (modules->configured != NULL)
        return RK_OK;
    modules->configured = p11_kit_modules_load(NULL, 0);
    if (modules->configured == NULL)
        return rk_fail(err, RK_E_KEY, "the PKCS #11 modules of p11-kit's configuration: %s",
                       load_message());
    for (size_t i = 0; modules->configured[i] != NULL; i++) {
        const struct rk_token_module made = { .fn = modules->configured[i], .configured = true };
        struct rk_token_module *module;

        if (add(modules, &made, &module, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- starting ---- */

/* What NSS takes for this structure has one member more at its end. */
struct init_args {
    CK_C_INITIALIZE_ARGS args;
    void *behind;
};

static CK_RV start(struct rk_token_module *module)
{
    struct init_args init = { .args = { .flags = CKF_OS_LOCKING_OK,
                                        .pReserved = module->parameters } };

    if (module->started || module->refused != CKR_OK)
        return module->refused;
    module->refused = module->parameters[0] == '\0' ? p11_kit_module_initialize(module->fn)
                                                    : module->fn->C_Initialize(&init.args);
    module->started = module->refused == CKR_OK;
    return module->refused;
}

static enum rk_rc start_named(struct rk_token_module *module, const char *name, struct rk_err *err)
{
    CK_RV rv = start(module);

    return rv == CKR_OK ? RK_OK
                        : rk_token_fail(err, rv, "PKCS #11 module \"%s\": cannot be started", name);
}

/* path: a file, or its name in p11-kit's folder of modules. */
static enum rk_rc load(struct rk_token_modules *modules, const char *path, const char *parameters,
                       struct rk_token_module **ret, struct rk_err *err)
{
    struct rk_token_module made = { .fn = NULL };

    for (struct rk_token_module *m = modules->first; m != NULL; m = m->next) {
        *ret = m;
        if (!m->configured && strcmp(m->path, path) == 0 && strcmp(m->parameters, parameters) == 0)
            return RK_OK;
    }
    (void)snprintf(made.path, sizeof made.path, "%s", path);
    (void)snprintf(made.parameters, sizeof made.parameters, "%s", parameters);
    /* p11-kit starts what it manages with parameters of its own */
    made.fn = p11_kit_module_load(path, parameters[0] == '\0' ? 0 : P11_KIT_MODULE_UNMANAGED);
    if (made.fn == NULL)
        return rk_fail(err, RK_E_KEY, "PKCS #11 module \"%s\": %s", path, load_message());
    if (add(modules, &made, ret, err)) {
        p11_kit_module_release(made.fn);
        return err->rc;
    }
    return RK_OK;
}

/* ---- what a URI asks for ---- */

struct wanted {
    const char *path, *name; /* NULL: not named */
    const char *parameters;  /* "": none */
};

static enum rk_rc read_wanted(const struct rk_token_uri *uri, struct wanted *ret,
                              struct rk_err *err)
{
    const char *parameters = rk_token_uri_init_reserved(uri);

    ret->path = p11_kit_uri_get_module_path(uri->uri);
    ret->name = p11_kit_uri_get_module_name(uri->uri);
    ret->parameters = parameters == NULL ? "" : parameters;
    if (ret->path != NULL && ret->path[0] != '/')
        return rk_fail(err, RK_E_USAGE, "key URI: module-path \"%s\" is no absolute path",
                       ret->path);
    if (ret->name != NULL && (ret->name[0] == '\0' || strchr(ret->name, '/') != NULL))
        return rk_fail(err, RK_E_USAGE,
                       "key URI: module-name \"%s\" is no name: a file is named "
                       "by module-path",
                       ret->name);
    if (parameters != NULL && ret->path == NULL && ret->name == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "key URI: x-init-reserved is for one module: add module-path or "
                       "module-name");
    if (strlen(ret->parameters) >= RK_TOKEN_PARAMETERS)
        return rk_fail(err, RK_E_USAGE, "key URI: x-init-reserved is longer than %s",
                       RK_COUNTED(RK_TOKEN_PARAMETERS - 1, "byte"));
    return RK_OK;
}

/* In a folder, the module is looked for by its name (RFC 7512, 2.3). */
static enum rk_rc find_in_folder(const struct wanted *wanted, char ret[RK_PATH_MAX],
                                 struct rk_err *err)
{
    static const char *const prefixes[] = { "lib", "" };

    if (wanted->name == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "key URI: module-path \"%s\" is a folder: add module-name, or name the file",
                       wanted->path);
    for (size_t i = 0; i < 2; i++) {
        int n = snprintf(ret, RK_PATH_MAX, "%s/%s%s.so", wanted->path, prefixes[i], wanted->name);

        if (n > 0 && n < RK_PATH_MAX && access(ret, R_OK) == 0)
            return RK_OK;
    }
    return rk_fail(err, RK_E_KEY, "no PKCS #11 module \"%s\" is in \"%s\"", wanted->name,
                   wanted->path);
}

static enum rk_rc load_by_path(struct rk_token_modules *modules, const struct wanted *wanted,
                               struct rk_token_module **ret, struct rk_err *err)
{
    char path[RK_PATH_MAX];
    struct stat info;

    (void)snprintf(path, sizeof path, "%s", wanted->path);
    if (strlen(wanted->path) >= sizeof path)
        return rk_fail(err, RK_E_USAGE, "key URI: module-path is too long");
    if (stat(path, &info) != 0 || access(path, R_OK) != 0)
        return rk_fail_errno(err, RK_E_KEY, "PKCS #11 module \"%s\"", path);
    if (S_ISDIR(info.st_mode) ? find_in_folder(wanted, path, err) != RK_OK : false)
        return err->rc;
    if (wanted->name != NULL && !is_stem(path, wanted->name))
        return rk_fail(err, RK_E_USAGE, "key URI: module-path \"%s\" is not the module \"%s\"",
                       path, wanted->name);
    return load(modules, path, wanted->parameters, ret, err);
}

static enum rk_rc say_no_name(const struct rk_token_modules *modules, const char *name,
                              const struct rk_err *last, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_KEY, "no PKCS #11 module is called \"%s\"", name);
    (void)rk_note(err, "%s", last->msg);
    for (const struct rk_token_module *m = modules->first; m != NULL; m = m->next) {
        char known[256];

        configured_name(m, known, sizeof known);
        if (m->configured)
            (void)rk_note(err, "p11-kit is configured with \"%s\"", known);
    }
    return rk_note(err, "any other is named by its file: module-path=/PATH");
}

/* One that p11-kit is configured with, else one in p11-kit's folder of modules. */
static enum rk_rc load_by_name(struct rk_token_modules *modules, const struct wanted *wanted,
                               struct rk_token_module **ret, struct rk_err *err)
{
    struct rk_token_module *module;
    char file[RK_PATH_MAX];
    struct rk_err last;

    if (load_configured(modules, err))
        return err->rc;
    for (module = modules->first; module != NULL; module = module->next) {
        if (module->configured && is_called(module, wanted->name))
            break;
    }
    if (module != NULL && wanted->parameters[0] == '\0') {
        *ret = module;
        return RK_OK;
    }
    if (module != NULL) { /* the same file, started otherwise */
        char *path = p11_kit_module_get_filename(module->fn);

        (void)snprintf(file, sizeof file, "%s", path == NULL ? "" : path);
        free(path);
        return load(modules, file, wanted->parameters, ret, err);
    }
    (void)snprintf(file, sizeof file, "lib%s.so", wanted->name);
    if (load(modules, file, wanted->parameters, ret, &last) == RK_OK)
        return RK_OK;
    return say_no_name(modules, wanted->name, &last, err);
}

static enum rk_rc each_configured(struct rk_token_modules *modules,
                                  enum rk_rc (*each)(void *arg,
                                                     const struct rk_token_module *module,
                                                     struct rk_err *err),
                                  void *arg, struct rk_err *err)
{
    char name[256];

    if (load_configured(modules, err))
        return err->rc;
    for (struct rk_token_module *m = modules->first; m != NULL; m = m->next) {
        if (!m->configured || start(m) != CKR_OK || each(arg, m, err) == RK_OK)
            continue;
        configured_name(m, name, sizeof name);
        return rk_wrap(err, "PKCS #11 module \"%s\"", name);
    }
    return RK_OK;
}

enum rk_rc rk_token_modules_each(struct rk_token_modules *modules, const struct rk_token_uri *uri,
                                 enum rk_rc (*each)(void *arg, const struct rk_token_module *module,
                                                    struct rk_err *err),
                                 void *arg, struct rk_err *err)
{
    struct rk_token_module *module = NULL;
    struct wanted wanted;
    const char *name;

    if (read_wanted(uri, &wanted, err))
        return err->rc;
    if (wanted.path == NULL && wanted.name == NULL)
        return each_configured(modules, each, arg, err);
    if (wanted.path != NULL ? load_by_path(modules, &wanted, &module, err)
                            : load_by_name(modules, &wanted, &module, err))
        return err->rc;
    name = wanted.path != NULL ? module->path : wanted.name;
    if (start_named(module, name, err))
        return err->rc;
    return each(arg, module, err) == RK_OK ? RK_OK : rk_wrap(err, "PKCS #11 module \"%s\"", name);
}

void rk_token_modules_note(const struct rk_token_modules *modules, struct rk_err *err)
{
    for (const struct rk_token_module *m = modules->first; m != NULL; m = m->next) {
        char name[256], code[RK_TOKEN_CODE];

        configured_name(m, name, sizeof name);
        if (m->configured && m->refused != CKR_OK)
            (void)rk_note(err, "module \"%s\" does not start: %s", name,
                          rk_token_code(m->refused, code));
    }
}
