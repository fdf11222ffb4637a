/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PKCS #11 modules of a context: those that p11-kit is configured with, and those that a URI
 * names by file or by name. One is started when it is first asked, so that a URI that names its
 * module touches no other.
 */
#pragma once

#include "base/err.h"
#include "keys/token/uri.h"

#include <p11-kit/p11-kit.h>
#include <stdbool.h>

enum { RK_TOKEN_PARAMETERS = 1024 };

struct rk_token_module {
    CK_FUNCTION_LIST *fn;
    char path[RK_PATH_MAX];               /* "" for one of p11-kit's configuration */
    char parameters[RK_TOKEN_PARAMETERS]; /* x-init-reserved; "": none */
    bool configured;                      /* released with the whole configuration */
    bool started;
    CK_RV refused; /* why it did not start; it is not asked again */
    struct rk_token_module *next;
};

struct rk_token_modules {
    struct rk_token_module *first;
    CK_FUNCTION_LIST **configured; /* p11-kit's own list */
};

/*
 * Every started module that the URI may mean: by module-path (a file, or with module-name a
 * folder), by module-name (p11-kit's name of it, or its file without "lib" and ".so", in p11-kit's
 * folder of modules too), else all that are configured; of those one that does not start is left
 * out. RK_E_USAGE for a path or parameters that cannot be, RK_E_KEY for a module that is missing,
 * none, or does not start.
 */
enum rk_rc rk_token_modules_each(struct rk_token_modules *modules, const struct rk_token_uri *uri,
                                 enum rk_rc (*each)(void *arg, const struct rk_token_module *module,
                                                    struct rk_err *err),
                                 void *arg, struct rk_err *err) RK_MUST_CHECK;
/* Adds a line for each configured module that was left out. */
void rk_token_modules_note(const struct rk_token_modules *modules, struct rk_err *err);
void rk_token_modules_end(struct rk_token_modules *modules);
