/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/walk.h"

#include <string.h>
#include <strings.h>

struct walk {
    const struct rk_enroll_options *options;
    rk_enroll_visit visit;
    void *arg;
};

static enum rk_rc visit_one(void *arg, const struct rk_device_sn *sn, bool *more,
                            struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    const struct walk *walk = arg;
    char text[21];

    (void)more;
    if (rk_release_device_read(walk->options->release, sn, &device, err))
        return err->rc;
    rk_device_sn_text(sn, text);
    return walk->visit(walk->arg, &device, err) ? rk_wrap(err, "device %s", text) : RK_OK;
}

enum rk_rc rk_enroll_each(const struct rk_enroll_options *options, rk_enroll_visit visit, void *arg,
                          struct rk_err *err)
{
    struct walk walk = { .options = options, .visit = visit, .arg = arg };
    bool more = true;

    if (options->device_count == 0)
        return rk_release_each_device(options->release, visit_one, &walk, err);
    for (size_t i = 0; i < options->device_count; i++) {
        if (visit_one(&walk, &options->device[i], &more, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc count_device(void *arg, const struct rk_device_sn *sn, bool *more,
                               struct rk_err *err)
{
    (void)sn;
    (void)more;
    (void)err;
    ++*(uint64_t *)arg;
    return RK_OK;
}

enum rk_rc rk_enroll_device_count(const struct rk_enroll_options *options, uint64_t *ret,
                                  struct rk_err *err)
{
    uint64_t count = options->device_count;

    if (count == 0 && rk_release_each_device(options->release, count_device, &count, err))
        return err->rc;
    if (count == 0)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" has no device", options->release);
    *ret = count;
    return RK_OK;
}

bool rk_enroll_asks_for(const struct rk_enroll_options *options, const struct rk_device_sn *sn)
{
    for (size_t i = 0; i < options->device_count; i++) {
        if (memcmp(options->device[i].b, sn->b, sizeof sn->b) == 0)
            return true;
    }
    return options->device_count == 0;
}

enum rk_rc rk_enroll_ek(const struct rk_release_device *device, const char *template_name,
                        const struct rk_release_ek **ret, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";

    for (size_t i = 0; i < device->ek_count; i++) {
        if (strcasecmp(device->ek[i].template_name, template_name) == 0) {
            *ret = &device->ek[i];
            return RK_OK;
        }
        rk_known_add(known, device->ek[i].template_name);
    }
    return rk_fail(err, RK_E_USAGE, "the release states no EK \"%s\" (it states: %s)",
                   template_name, known[0] == '\0' ? "none" : known);
}

enum rk_rc rk_enroll_sn(const char *text, struct rk_device_sn *ret, struct rk_err *err)
{
    char wanted[21];

    if (rk_device_sn_parse(text, ret, err))
        return err->rc;
    rk_device_sn_text(ret, wanted);
    return strcmp(text, wanted) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "Device SN \"%s\": the release writes it %s", text,
                         wanted);
}

enum rk_rc rk_enroll_ascends(const struct rk_device_sn *last, const struct rk_device_sn *sn,
                             struct rk_err *err)
{
    char text[21];

    if (memcmp(sn->b, last->b, sizeof sn->b) > 0)
        return RK_OK;
    rk_device_sn_text(last, text);
    return rk_fail(err, RK_E_VERIFY, "stands behind device %s: twice, or out of order", text);
}
