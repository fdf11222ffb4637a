/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/walk.h"
#include "rotkit/identity.h"

#include <string.h>
#include <strings.h>

enum rk_rc rk_enroll_device(const struct rk_enroll_options *options, const struct rk_unit_id *sn,
                            struct rk_release_device *ret, struct rk_err *err)
{
    return options->view != NULL ? rk_release_view_device(options->view, sn, ret, err)
                                 : rk_release_device_read(options->release, sn, ret, err);
}

enum rk_rc rk_enroll_find_file(const struct rk_enroll_options *options, const char *path,
                               size_t max, struct rk_bytes *ret, struct rk_err *err)
{
    return options->view != NULL ? rk_release_view_find(options->view, path, ret, err)
                                 : rk_release_file_find(options->release, path, max, ret, err);
}

enum rk_rc rk_enroll_ca_chain(const struct rk_enroll_options *options, struct rk_enroll_chain *ret,
                              struct rk_err *err)
{
    enum { PEM_MAX = 1 << 20 };
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (rk_enroll_find_file(options, "ca/chain.pem", PEM_MAX, &pem, err))
        return err->rc;
    if (pem.p == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "release \"%s\" has no ca/chain.pem: it certifies no EK (an OEM's does not, "
                       "take the ODM's)",
                       options->release);
    return rk_enroll_chain_read(&pem, ret, err)
               ? rk_wrap(err, "\"%s/ca/chain.pem\"", options->release)
               : RK_OK;
}

enum rk_rc rk_enroll_images(const struct rk_enroll_options *options, rk_release_image_visit visit,
                            void *arg, struct rk_err *err)
{
    return options->view != NULL ? rk_release_view_images(options->view, visit, arg, err)
                                 : rk_release_each_image(options->release, visit, arg, err);
}

enum rk_rc rk_enroll_version(const struct rk_enroll_options *options,
                             struct rk_release_version **ret, struct rk_err *err)
{
    return options->view != NULL ? rk_release_view_version(options->view, ret, err)
                                 : rk_release_version_read(options->release, ret, err);
}

static enum rk_rc each_device(const struct rk_enroll_options *options, rk_release_visit visit,
                              void *arg, struct rk_err *err)
{
    return options->view != NULL ? rk_release_view_each_device(options->view, visit, arg, err)
                                 : rk_release_each_device(options->release, visit, arg, err);
}

struct walk {
    const struct rk_enroll_options *options;
    rk_enroll_visit visit;
    void *arg;
};

static enum rk_rc visit_one(void *arg, const struct rk_unit_id *sn, bool *more, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    const struct walk *walk = arg;
    char text[21];

    (void)more;
    if (rk_enroll_device(walk->options, sn, &device, err))
        return err->rc;
    rk_unit_id_text(sn, text);
    return walk->visit(walk->arg, &device, err) ? rk_wrap(err, "device %s", text) : RK_OK;
}

enum rk_rc rk_enroll_each(const struct rk_enroll_options *options, rk_enroll_visit visit, void *arg,
                          struct rk_err *err)
{
    struct walk walk = { .options = options, .visit = visit, .arg = arg };
    bool more = true;

    if (options->device_count == 0)
        return each_device(options, visit_one, &walk, err);
    for (size_t i = 0; i < options->device_count; i++) {
        if (visit_one(&walk, &options->device[i], &more, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc count_device(void *arg, const struct rk_unit_id *sn, bool *more,
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

    if (count == 0 && each_device(options, count_device, &count, err))
        return err->rc;
    if (count == 0)
        return rk_fail(err, RK_E_USAGE, "release \"%s\" has no device", options->release);
    *ret = count;
    return RK_OK;
}

bool rk_enroll_asks_for(const struct rk_enroll_options *options, const struct rk_unit_id *sn)
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

enum rk_rc rk_enroll_sn(const char *text, struct rk_unit_id *ret, struct rk_err *err)
{
    char wanted[21];

    if (rk_unit_parse(text, ret, err))
        return err->rc;
    rk_unit_id_text(ret, wanted);
    return strcmp(text, wanted) == 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "Device SN \"%s\": the release writes it %s", text,
                         wanted);
}

enum rk_rc rk_enroll_ascends(const struct rk_unit_id *last, const struct rk_unit_id *sn,
                             struct rk_err *err)
{
    char text[21];

    if (memcmp(sn->b, last->b, sizeof sn->b) > 0)
        return RK_OK;
    rk_unit_id_text(last, text);
    return rk_fail(err, RK_E_VERIFY, "stands behind device %s: twice, or out of order", text);
}
