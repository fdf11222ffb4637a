/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a TPM's EK is not the one of the release, by recomputing it from seeds. Source:
 * formats/ek-derivation.md 4 and 6, formats/jetson-ftpm-ekb.md 4.3.
 */
#include "tpm/explain.h"

#include "rotkit/counted.h"
#include "rotkit/seeds.h"
#include "rotkit/template.h"

#include <stdio.h>
#include <string.h>

/* Of one file's rows against those of the same file: beyond this many, it takes too long. */
enum { CROSS_MAX = 256 };

static struct rk_seeds_from seeds_of(const struct rk_checking *c)
{
    const struct rk_tpm_check_options *options = c->options;

    return (struct rk_seeds_from) { options->platform, options->seeds, options->master,
                                    options->release };
}

static bool has_seeds(const struct rk_checking *c)
{
    const struct rk_seeds_from from = seeds_of(c);

    return rk_seeds_given(&from);
}

static enum rk_rc each_seeds(const struct rk_checking *c, rk_seeds_visit visit, void *arg,
                             struct rk_err *err)
{
    const struct rk_seeds_from from = seeds_of(c);

    return rk_seeds_each(&from, visit, arg, err);
}

/* ---- does this EPS make that EK? ---- */

static enum rk_rc makes(const struct rk_checking *c, const struct rk_secret *eps,
                        const struct rk_ek_profile *profile, const struct rk_ek_template *tpl,
                        const struct rk_bytes *public_tpm2b, bool *ret, struct rk_err *err)
{
    RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;

    if (rk_ek_derive(c->ctx, eps, profile, tpl, &ek, err))
        return err->rc;
    *ret = rk_bytes_equal(&ek.public_tpm2b, public_tpm2b);
    return RK_OK;
}

/* The first profile by which it does, or NULL. A corner case of one profile is no hit. */
static enum rk_rc which_profile(const struct rk_checking *c, const struct rk_secret *eps,
                                const struct rk_ek_template *tpl,
                                const struct rk_bytes *public_tpm2b,
                                const struct rk_ek_profile **ret, struct rk_err *err)
{
    const struct rk_ek_profile *profile;
    bool hit = false;

    *ret = NULL;
    for (size_t i = 0; !hit && (profile = rk_ek_profile_at(i)) != NULL; i++) {
        if (rk_ek_profile_eps_len(profile) != eps->len)
            continue;
        if (makes(c, eps, profile, tpl, public_tpm2b, &hit, err) && err->rc != RK_E_USAGE)
            return err->rc;
        if (hit)
            *ret = profile;
    }
    return RK_OK;
}

/* ---- the search over all devices ---- */

/*
 * The EK that the search goes by. ECC EKs are the same in every profile with 64-byte seeds but for
 * the DRBG's key size, and cheap: two derivations a device instead of one a profile.
 */
struct search {
    struct rk_checking *c;
    const struct rk_ek_template *tpl;
    const struct rk_bytes *public_tpm2b;
    bool ecc;
    const struct rk_unit *kdk_of; /* cross search: KDK0 of this device with every seed */
    const struct rk_unit_id *only_kdk;
    bool found;
    struct rk_unit_id kdk_sn, seed_sn;
    size_t devices;
};

static const char *const ecc_profiles[] = { "ms-159", "ms-159-aes128" };

static enum rk_rc try_eps(const struct search *search, const struct rk_secret *eps, bool *ret,
                          struct rk_err *err)
{
    const struct rk_ek_profile *profile = NULL;

    *ret = false;
    if (!search->ecc) {
        if (which_profile(search->c, eps, search->tpl, search->public_tpm2b, &profile, err))
            return err->rc;
        *ret = profile != NULL;
        return RK_OK;
    }
    for (size_t i = 0; !*ret && i < sizeof ecc_profiles / sizeof ecc_profiles[0]; i++) {
        if (makes(search->c, eps, rk_ek_profile_find(ecc_profiles[i]), search->tpl,
                  search->public_tpm2b, ret, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc try_pair(struct search *search, const struct rk_unit *kdk,
                           const struct rk_unit *seed, bool *more, struct rk_err *err)
{
    RK_AUTO(rk_identity_done) struct rk_identity identity = { .eps = RK_SECRET_NONE };
    struct rk_unit both = *seed; /* borrowed */

    both.sn = kdk->sn;
    both.secret[0] = kdk->secret[0];
    if (rk_unit_derive(search->c->ctx, search->c->options->platform, &both, &identity, err) ||
        try_eps(search, &identity.eps, &search->found, err))
        return err->rc;
    if (search->found) {
        search->kdk_sn = kdk->sn;
        search->seed_sn = seed->sn;
        *more = false;
    }
    return RK_OK;
}

static enum rk_rc try_own(void *arg, const struct rk_unit *seeds, bool *more, struct rk_err *err)
{
    struct search *search = arg;

    search->devices++;
    return try_pair(search, seeds, seeds, more, err);
}

static enum rk_rc try_seed(void *arg, const struct rk_unit *seeds, bool *more, struct rk_err *err)
{
    struct search *search = arg;

    return try_pair(search, search->kdk_of, seeds, more, err);
}

static enum rk_rc try_kdk(void *arg, const struct rk_unit *seeds, bool *more, struct rk_err *err)
{
    struct search *search = arg;

    if (search->only_kdk != NULL && memcmp(search->only_kdk, &seeds->sn, sizeof seeds->sn) != 0)
        return RK_OK;
    search->kdk_of = seeds;
    if (each_seeds(search->c, try_seed, search, err))
        return err->rc;
    *more = !search->found;
    return RK_OK;
}

/* An EK of this TPM to search by: the cheapest to compute, or the first one it has. */
static enum rk_rc choose_ek(struct rk_checking *c, struct search *ret, struct rk_err *err)
{
    size_t first = rk_checking_template(c, rk_ek_template_for(RK_EK_SEARCHED)->name);
    const struct rk_tpm_public *ek = NULL;

    for (size_t k = 0; ek == NULL && k <= c->seen_count; k++) {
        size_t i = k == 0 ? first : k - 1;

        if (rk_checking_ek(c, i, &ek, err))
            return err->rc;
        ret->tpl = c->seen[i].tpl;
        ret->ecc = k == 0;
    }
    if (ek == NULL)
        return rk_fail(err, RK_E_USAGE, "this TPM %s",
                       c->options->persistent ? "has no persistent EK" : "makes no EK");
    ret->public_tpm2b = &ek->public_tpm2b;
    return RK_OK;
}

static enum rk_rc search_all(struct rk_checking *c, struct search *search, struct rk_err *err)
{
    if (each_seeds(c, try_own, search, err) || search->found)
        return search->found ? RK_OK : err->rc;
    search->only_kdk = c->options->device;
    if (search->only_kdk == NULL && search->devices > CROSS_MAX)
        return RK_OK;
    return each_seeds(c, try_kdk, search, err);
}

struct is_in {
    const struct rk_unit_id *sn;
    bool found;
};

static enum rk_rc is_it(void *arg, const struct rk_unit_id *sn, bool *more, struct rk_err *err)
{
    struct is_in *in = arg;

    (void)err;
    in->found = memcmp(sn, in->sn, sizeof *sn) == 0;
    *more = !in->found;
    return RK_OK;
}

static void report_random(struct rk_checking *c, const struct search *search)
{
    const char *why = c->options->platform->random_eps;

    rk_checking_report(c, RK_TPM_EK, NULL, 0, RK_TPM_EPS_NOT_INJECTED,
                       "no seed of %s makes this EK, so the EPS is random: %s%s",
                       RK_COUNTED(search->devices, "device"),
                       why != NULL ? why : "the TPM draws one when it gets none at its first start",
                       c->options->device == NULL && search->devices > CROSS_MAX
                           ? " (--device would try the blobs of other devices too)"
                           : "");
}

static enum rk_rc report_found(struct rk_checking *c, const struct search *search,
                               struct rk_err *err)
{
    struct is_in in = { .sn = &search->kdk_sn };
    char kdk[21], seed[21];

    rk_unit_id_text(&search->kdk_sn, kdk);
    rk_unit_id_text(&search->seed_sn, seed);
    if (memcmp(&search->kdk_sn, &search->seed_sn, sizeof search->kdk_sn) != 0) {
        rk_checking_report(c, RK_TPM_EK, NULL, 0, RK_TPM_OTHER_BLOB,
                           "made from the KDK0 of device %s and the EPS seed of device %s", kdk,
                           seed);
        return RK_OK;
    }
    if (rk_release_view_each_device(c->options->release, is_it, &in, err))
        return err->rc;
    if (!in.found) {
        rk_checking_report(c, RK_TPM_EK, NULL, 0, RK_TPM_NOT_IN_RELEASE,
                           "this is device %s by its seeds, and the release has no such device",
                           kdk);
        return RK_OK;
    }
    c->verdict.known = true;
    c->verdict.sn = search->kdk_sn;
    rk_release_device_done(&c->device);
    return rk_release_view_device(c->options->release, &search->kdk_sn, &c->device, err);
}

enum rk_rc rk_explain_stranger(struct rk_checking *c, struct rk_err *err)
{
    const struct rk_platform *platform =
        c->options->platform; /* NULL where no seeds can be given */
    const char *may_be = platform == NULL ? NULL : platform->random_eps;
    struct search search = { .c = c };

    if (!has_seeds(c)) {
        rk_checking_report(
            c, RK_TPM_EK, NULL, 0, RK_TPM_UNKNOWN_EK,
            "no device of the release has it; give the devices' files or --master, to "
            "recompute the cause%s%s",
            may_be == NULL ? "" : "; perhaps ", may_be == NULL ? "" : may_be);
        return RK_OK;
    }
    if (choose_ek(c, &search, err) || search_all(c, &search, err))
        return err->rc;
    if (search.found)
        return report_found(c, &search, err);
    report_random(c, &search);
    return RK_OK;
}

/* ---- one template of a known device ---- */

struct one {
    struct rk_checking *c;
    const struct rk_ek_template *tpl;
    const struct rk_bytes *public_tpm2b;
    const struct rk_ek_profile *profile; /* NULL: none makes it */
};

static enum rk_rc try_profiles(void *arg, const struct rk_unit *seeds, bool *more,
                               struct rk_err *err)
{
    RK_AUTO(rk_identity_done) struct rk_identity identity = { .eps = RK_SECRET_NONE };
    struct one *one = arg;

    if (memcmp(&seeds->sn, &one->c->verdict.sn, sizeof seeds->sn) != 0)
        return RK_OK;
    *more = false;
    if (rk_unit_derive(one->c->ctx, one->c->options->platform, seeds, &identity, err))
        return err->rc;
    return which_profile(one->c, &identity.eps, one->tpl, one->public_tpm2b, &one->profile, err);
}

enum rk_rc rk_explain_template(struct rk_checking *c, const struct rk_release_ek *stated, size_t i,
                               struct rk_err *err)
{
    struct one one = { .c = c, .tpl = c->seen[i].tpl, .public_tpm2b = &c->seen[i].ek.public_tpm2b };
    const char *name = stated->template_name, *whose = NULL;

    if (rk_checking_whose(c, &stated->public_tpm2b, NULL, &whose, err) ||
        (whose == NULL && has_seeds(c) && each_seeds(c, try_profiles, &one, err)))
        return err->rc;
    if (whose != NULL)
        rk_checking_report(c, RK_TPM_EK, name, 0, RK_TPM_WRONG_TEMPLATE,
                           "the release states the EK of template %s", whose);
    else if (one.profile != NULL)
        rk_checking_report(c, RK_TPM_EK, name, 0, RK_TPM_OTHER_PROFILE,
                           "the TPM derives by profile %s, the release was made with %s",
                           rk_ek_profile_name(one.profile), stated->profile);
    else
        rk_checking_report(c, RK_TPM_EK, name, 0, RK_TPM_UNKNOWN_EK,
                           "not the release's, though other EKs of this device are%s",
                           has_seeds(c) ? "; no profile makes it from the device's seeds"
                                        : ": perhaps another profile; give the devices' "
                                          "files or --master, to recompute the cause");
    return RK_OK;
}
