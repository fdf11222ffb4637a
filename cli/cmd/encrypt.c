/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit encrypt: encrypts an image under a symmetric key. */
#include "cli/commands.h"

#include "cli/out.h"
#include "cli/request.h"

#include <string.h>

enum { NAMES_MAX = 400 };

/* The images that are encrypted, or those that are not, between commas. */
static void list(const struct rk_map *map, bool encrypted, char names[NAMES_MAX])
{
    size_t used = 0;

    names[0] = '\0';
    for (const struct rk_region *at = map->root->child; at != NULL; at = at->next) {
        int n =
            at->loaded && at->encrypted == encrypted
                ? snprintf(names + used, NAMES_MAX - used, "%s%s", used == 0 ? "" : ", ", at->name)
                : 0;

        if (n < 0 || (size_t)n >= NAMES_MAX - used)
            return;
        used += (size_t)n;
    }
}

/* Where a file has several images, not all of them need be encrypted. */
static enum rk_rc tell(const struct request *request, const struct rk_bytes *made,
                       struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    char sealed[NAMES_MAX], clear[NAMES_MAX];

    if (rk_format_inspect(request->core.ctx, made->p, made->len, &map, err))
        return err->rc;
    list(&map, true, sealed);
    list(&map, false, clear);
    if (sealed[0] != '\0')
        out_note(request->app, "encrypted: %s%s%s", sealed,
                 clear[0] == '\0' ? "" : "; in the clear: ", clear);
    return RK_OK;
}

static enum rk_rc encrypt(const char *format, struct request *request, const struct rk_bytes *file,
                          struct rk_bytes *ret, struct rk_err *err)
{
    return rk_format_encrypt(format, &request->core, file->p, file->len, ret, err) ||
                   tell(request, ret, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    struct opt_list firmware = { .count = 0 }, with = firmware;
    struct request_args args = { .firmware = &firmware };
    const char *out = NULL;
    struct operands operands;
    /* clang-format off */
    const struct opt rows[] = {
        { "key", 0, OPT_STR, &args.secret, "URI", "the symmetric key: PATH, file:PATH or env:NAME (hex)", true },
        { "reproducible", 0, OPT_FLAG, &args.reproducible, NULL, "derive the IV from key and content instead of drawing it", false },
        { "with", 0, OPT_LIST, &with, "NAME=FILE", "a further file that the format takes", false },
        { "set", 0, OPT_LIST, &args.set, "NAME=VALUE", "a setting of the format", false },
        { "for", 0, OPT_LIST, &firmware, "FIRMWARE[+OPTION]", "refuse what this firmware does not take, see 'rotkit help firmware'", false },
        { "output", 'o', OPT_STR, &out, "FILE", "where the encrypted image goes (- for standard output)", true },
        OPT_DRY_RUN(app),
        OPT_JSON(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 2, 2, &operands, err))
        return err->rc;
    args.parts = (char *const *)(const void *)with.v;
    args.part_count = with.count;
    return request_change(app, &args, &operands, out, encrypt, err);
}

const struct cmd cmd_encrypt = {
    .name = "encrypt",
    .args = "FORMAT IN",
    .summary = "encrypt an image",
    .about =
        "FORMAT is one of 'rotkit pack --formats'. What comes first is the format's own rule:\n"
        "fit and optee-ta are encrypted, then signed; fip and kernel-encrypted are signed, then\n"
        "encrypted. What is signed must be signed again where that order is not kept.",
    .run = run,
};
