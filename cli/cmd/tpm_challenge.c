/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm challenge: the verifier's side of credential activation, far from the TPM. */
#include "cli/cmd/tpm.h"
#include "cli/cmd/tpm_args.h"

#include "cli/from.h"
#include "cli/seal.h"

#include "rotkit/counted.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/ek.h"
#include "rotkit/identity.h"
#include "rotkit/release.h"

#include <string.h>

enum { CHALLENGE = 32, NAME_MAX_LEN = 66 };

struct challenge {
    const char *release, *device, *template_name, *name, *credential, *secret;
    struct from from;
};

static enum rk_rc find_ek(const struct app *app, const struct challenge *in,
                          struct rk_release_device *device, const struct rk_release_ek **ret,
                          struct rk_err *err)
{
    const char *name = in->template_name != NULL ? in->template_name
                                                 : rk_ek_template_name(rk_ek_template_default());
    RK_AUTO(rk_release_view_close) rk_release_view *view = NULL;
    struct rk_unit_id sn;

    if (rk_unit_parse(in->device, &sn, err))
        return rk_wrap(err, "--device");
    if (from_open_devices(app, &in->from, in->release, &view, err) ||
        rk_release_view_device(view, &sn, device, err))
        return err->rc;
    for (size_t i = 0; i < device->ek_count; i++) {
        *ret = &device->ek[i];
        if (strcmp(name, (*ret)->template_name) == 0)
            return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE, "release \"%s\" states no EK %s of device %s", in->release,
                   name, in->device);
}

static enum rk_rc make(const struct app *app, const struct challenge *in,
                       const struct rk_bytes *ek_public, struct rk_err *err)
{
    RK_AUTO(rk_credential_done) struct rk_credential credential = { .id_object = RK_BYTES_NONE };
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret value = RK_SECRET_NONE;
    uint8_t name[NAME_MAX_LEN];
    size_t name_len = strlen(in->name) / 2;

    if (name_len > sizeof name)
        return rk_fail(err, RK_E_USAGE, "--name: %s, at most %d", RK_COUNTED(name_len, "byte"),
                       NAME_MAX_LEN);
    if (rk_hex_read(in->name, strlen(in->name), name, name_len, err))
        return rk_wrap(err, "--name");
    if (rk_random_secret(app->ctx, CHALLENGE, &value, err) ||
        rk_credential_make(app->ctx, ek_public, name, name_len, &value, &credential, err) ||
        rk_credential_write(&credential, &file, err))
        return err->rc;
    const struct new_file files[] = {
        { .path = in->credential, .bytes = file.p, .len = file.len },
        { .path = in->secret, .private = true, .bytes = value.p, .len = value.len },
    };
    return new_files_write(app, files, 2, err);
}

static enum rk_rc run(struct app *app, int argc, char **argv, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device device = { .ek_count = 0 };
    struct challenge in = { .release = NULL };
    const struct rk_release_ek *ek = NULL;
    struct operands none;
    /* clang-format off */
    const struct opt rows[] = {
        { "release",    0, OPT_STR, &in.release,       "DIR",  "the release that states the EK", true },
        { "device",     0, OPT_STR, &in.device,        "SN",   "the device that shall answer", true },
        { "template",   0, OPT_STR, &in.template_name, "NAME", "the EK to wrap to (default: L-1)", false },
        { "name",       0, OPT_STR, &in.name,          "HEX",  "Name of the key that shall live in the same TPM (rotkit tpm key)", true },
        { "credential", 0, OPT_STR, &in.credential,    "FILE", "credential to write, for rotkit tpm activate or tpm2_activatecredential", true },
        { "secret",     0, OPT_STR, &in.secret,        "FILE", "secret to write: what must come back", true },
        FROM_PUB(&in.from),
        FROM_UNSIGNED(&in.from),
        OPT_DRY_RUN(app),
        OPT_END,
    };
    /* clang-format on */

    if (opt_parse(app, rows, argc, argv, 0, 0, &none, err) || new_file_check(in.credential, err) ||
        new_file_check(in.secret, err) || find_ek(app, &in, &device, &ek, err))
        return err->rc;
    return make(app, &in, &ek->public_tpm2b, err);
}

const struct cmd cmd_tpm_challenge = {
    .name = "challenge",
    .args = "",
    .summary = "make a credential that only one device of a release can activate",
    .about =
        "Needs no TPM: the EK comes from the release, of which the index and this device are\n"
        "verified first: whoever could put an EK of theirs there would answer. --pub names the\n"
        "release key. The device answers by `rotkit tpm activate --credential`; the secret that\n"
        "comes back proves it.",
    .run = run,
};
