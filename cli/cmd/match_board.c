/* SPDX-License-Identifier: Apache-2.0 */
/* The board that rotkit match asks for, from options and files. */
#include "cli/cmd/match.h"

#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/file.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 64 << 10, LAYOUT_MAX = 4 << 20 };

static enum rk_rc read_file(const char *path, struct rk_tnspec_file *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

    if (rk_file_read(path, FILE_MAX, &bytes, err))
        return err->rc;
    return rk_tnspec_file_read(bytes.p, bytes.len, ret, err) ? rk_wrap(err, "\"%s\"", path) : RK_OK;
}

/* The two variables hold the same kind of text: a name that says the other one is believed. */
static enum rk_rc check_name(const struct app *app, const char *option, const char *path,
                             const char *other, const char *other_option, struct rk_err *err)
{
    const char *name = strrchr(path, '/');

    name = name == NULL ? path : name + 1;
    if (strncmp(name, other, strlen(other)) != 0)
        return RK_OK;
    return opt_fail(app, err, "%s: \"%s\" is %s, which is for %s", option, path, other,
                    other_option);
}

static enum rk_rc check_spec(const struct app *app, const char *option, const char *spec,
                             struct rk_err *err)
{
    if (spec == NULL)
        return RK_OK;
    if (strlen(spec) > RK_TNSPEC_MAX)
        return opt_fail(app, err, "%s: %s, UEFI has room for %d", option,
                        RK_COUNTED(strlen(spec), "character"), RK_TNSPEC_MAX);
    if (strchr(spec, '-') == NULL)
        return opt_fail(app, err, "%s: \"%s\" is no TNSPEC: expected fields between dashes", option,
                        spec);
    return RK_OK;
}

static enum rk_rc check_options(const struct app *app, const struct match_args *args,
                                struct rk_err *err)
{
    if ((args->board == NULL) == (args->board_file == NULL))
        return opt_fail(app, err, "--board or --board-file is required%s",
                        args->board == NULL ? "" : ", not both");
    if (args->compat != NULL && args->compat_file != NULL)
        return opt_fail(app, err, "--compat or --compat-file, not both");
    if (args->layout_device != NULL && args->layout.count == 0)
        return opt_fail(app, err, "--layout-device needs --layout");
    if (args->board_file != NULL && check_name(app, "--board-file", args->board_file,
                                               "TegraPlatformCompatSpec", "--compat-file", err))
        return err->rc;
    if (args->compat_file != NULL && check_name(app, "--compat-file", args->compat_file,
                                                "TegraPlatformSpec", "--board-file", err))
        return err->rc;
    if (check_spec(app, "--board", args->board, err) ||
        check_spec(app, "--compat", args->compat, err))
        return err->rc;
    return RK_OK;
}

/* What is given beside a file wins over what the file says. */
static enum rk_rc read_specs(const struct match_args *args, struct match_board *ret,
                             struct rk_err *err)
{
    ret->core.spec = args->board;
    ret->core.compat = args->compat;
    if (args->board_file != NULL) {
        if (read_file(args->board_file, &ret->file, err))
            return err->rc;
        ret->core.spec = ret->file.spec;
        if (ret->core.compat == NULL && ret->file.compat[0] != '\0')
            ret->core.compat = ret->file.compat;
    }
    if (args->compat_file == NULL)
        return RK_OK;
    if (read_file(args->compat_file, &ret->compat_file, err))
        return err->rc;
    ret->core.compat =
        ret->compat_file.compat[0] != '\0' ? ret->compat_file.compat : ret->compat_file.spec;
    return RK_OK;
}

static enum rk_rc choose_platform(const struct app *app, const struct match_args *args,
                                  struct match_board *ret, struct rk_err *err)
{
    const char *said = rk_tnspec_platform(ret->file.chip);

    if (ret->file.chip != 0 && said == NULL && args->platform == NULL)
        return opt_fail(app, err, "\"%s\": TEGRA_CHIPID 0x%llx is of no platform that is known",
                        args->board_file, (unsigned long long)ret->file.chip);
    if (said != NULL && args->platform != NULL && strcmp(said, args->platform) != 0)
        return opt_fail(app, err, "--platform: %s, \"%s\" says %s", args->platform,
                        args->board_file, said);
    ret->core.platform = args->platform != NULL ? args->platform
                         : said != NULL         ? said
                                                : rk_tnspec_platform(RK_TNSPEC_CHIP);
    return RK_OK;
}

static enum rk_rc add_slots(const char *path, const struct rk_slot_size *slot, size_t count,
                            struct match_board *ret, struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < ret->core.slot_count; k++) {
            if (strcmp(ret->slot[k].name, slot[i].name) == 0)
                return rk_fail(err, RK_E_USAGE,
                               "\"%s\": slots of \"%s\" stand in another layout already", path,
                               slot[i].name);
        }
    }
    if (count > RK_SLOTS_MAX - ret->core.slot_count)
        return rk_fail(err, RK_E_USAGE, "\"%s\": more than %d pairs of slots in all", path,
                       RK_SLOTS_MAX);
    memcpy(ret->slot + ret->core.slot_count, slot, count * sizeof *slot);
    ret->core.slot_count += count;
    return RK_OK;
}

static enum rk_rc read_layout(const char *path, const char *device, struct match_board *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes xml = RK_BYTES_NONE;
    struct rk_slot_size slot[RK_SLOTS_MAX];
    size_t count;

    if (rk_file_read(path, LAYOUT_MAX, &xml, err))
        return err->rc;
    if (rk_slots_of_layout(&xml, device, slot, &count, err))
        return rk_wrap(err, "\"%s\"", path);
    return add_slots(path, slot, count, ret, err);
}

void match_board_done(struct match_board *board)
{
    free(board->slot);
}

enum rk_rc match_board_read(const struct app *app, const struct match_args *args,
                            struct match_board *ret, struct rk_err *err)
{
    const char *device = args->layout_device == NULL ? "spi" : args->layout_device;

    if (check_options(app, args, err) || read_specs(args, ret, err) ||
        choose_platform(app, args, ret, err))
        return err->rc;
    ret->slot = calloc(RK_SLOTS_MAX, sizeof *ret->slot);
    if (ret->slot == NULL)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    for (size_t i = 0; i < args->layout.count; i++) {
        if (read_layout(args->layout.v[i], device, ret, err))
            return err->rc;
    }
    ret->core.slot = ret->slot;
    ret->core.single_image = args->single_image;
    return RK_OK;
}
