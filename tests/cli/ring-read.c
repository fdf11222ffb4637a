/* SPDX-License-Identifier: Apache-2.0 */
/* A program of somebody else's for ring-*.sh, over the installed headers and the shared library
 * alone: it tells what releases, ledgers, checkpoints and keys are. Exit code: enum rk_rc. */
#include <ftpmprov/ftpmprov.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MOST = 1 << 20 };

/* "-": none. */
static enum rk_rc open_public(const rk_ctx *ctx, const char *path, rk_public **ret,
                              struct rk_err *err)
{
    return strcmp(path, "-") == 0 ? RK_OK : rk_public_open(ctx, path, ret, err);
}

static enum rk_rc open_trust(const rk_ctx *ctx, const char *path, rk_trust **ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;

    if (strcmp(path, "-") == 0)
        return RK_OK;
    return rk_file_read(path, FILE_MOST, &file, err) || rk_trust_open(ctx, &file, ret, err)
               ? err->rc
               : RK_OK;
}

static void print_hex(const char *what, const uint8_t *bytes, size_t len)
{
    char text[2 * 64 + 1];

    (void)printf("%s", what);
    for (size_t i = 0; i < len; i += 64) {
        rk_hex_write(bytes + i, len - i < 64 ? len - i : 64, text);
        (void)printf("%s", text);
    }
    (void)printf("\n");
}

RK_CLEANUP(trust_done, rk_trust, rk_trust_free)

/* report KEY TRUST FOLDER */
static enum rk_rc report(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    RK_AUTO(trust_done) rk_trust *trust = NULL;
    struct rk_release_origin origin = RK_RELEASE_ORIGIN_INIT;
    rk_release_report *found;

    if (open_public(ctx, a[0], &key, err) || open_trust(ctx, a[1], &trust, err))
        return err->rc;
    origin.key = key;
    origin.trust = trust;
    if (rk_release_report_new(ctx, a[2], key == NULL && trust == NULL ? NULL : &origin, &found,
                              err))
        return err->rc;
    (void)printf("devices %" PRIu64 "\nfiles %" PRIu64 "\ncertificates %" PRIu64 "\nimages %" PRIu64
                 "\nsigner %s\n",
                 rk_release_report_devices(found), rk_release_report_files(found),
                 rk_release_report_certificates(found), rk_release_report_images(found),
                 rk_release_report_signer(found));
    rk_release_report_free(found);
    rk_release_report_free(NULL);
    return RK_OK;
}

/* newer FOLDER: an origin that asks for what this library does not know */
static enum rk_rc newer(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    struct {
        struct rk_release_origin known;
        const char *asks;
    } origin = { RK_RELEASE_ORIGIN_INIT, "more" };
    rk_release_report *found;

    origin.known.size = sizeof origin;
    if (rk_release_report_new(ctx, a[0], &origin.known, &found, err))
        return err->rc;
    rk_release_report_free(found);
    return RK_OK;
}

/* device FOLDER DEVICE-SN */
static enum rk_rc device(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    rk_release_device *found;

    if (rk_release_device_open(a[0], a[1], &found, err))
        return err->rc;
    for (size_t i = 0; i < rk_release_device_eks(found); i++) {
        const struct rk_bytes *area = rk_release_device_public_area(found, i);
        const struct rk_bytes *cert = rk_release_device_certificate(found, i);
        RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
        RK_AUTO(rk_bytes_done) struct rk_bytes certified = RK_BYTES_NONE;

        (void)printf("%s\n", rk_release_device_template(found, i));
        print_hex("area ", area->p, area->len);
        print_hex("certificate ", cert->p, cert->len);
        if (cert->len == 0)
            continue;
        if (rk_ek_public_spki(ctx, area, &spki, err) ||
            rk_ekcert_spki(cert->p, cert->len, &certified, err)) {
            rk_release_device_free(found);
            return err->rc;
        }
        (void)printf("%s\n", rk_bytes_equal(&spki, &certified) ? "for this key" : "for another");
    }
    rk_release_device_free(found);
    rk_release_device_free(NULL);
    return RK_OK;
}

/* Stops at the Device SN that it is given. */
static enum rk_rc visit(void *arg, const char *device_sn, struct rk_err *err)
{
    (void)printf("%s\n", device_sn);
    return strcmp(arg, device_sn) == 0 ? rk_fail(err, RK_E_PARTIAL, "stopped") : RK_OK;
}

/* list FOLDER STOP */
static enum rk_rc list(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    (void)ctx;
    return rk_release_list(a[0], visit, a[1], err);
}

/* not-older NEWER OLDER */
static enum rk_rc not_older(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    return rk_release_not_older(ctx, a[0], a[1], err);
}

static const char *const counted[] = {
    [RK_LEDGER_ENTRIES] = "entries",         [RK_LEDGER_CHECKPOINTS] = "checkpoints",
    [RK_LEDGER_UNITS_RESERVED] = "reserved", [RK_LEDGER_UNITS_ISSUED] = "issued",
    [RK_LEDGER_UNITS_RETIRED] = "retired",   [RK_LEDGER_UNITS_REISSUE] = "reissue",
};

/* ledger WHERE KEY: counts, then checks */
static enum rk_rc ledger(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    uint64_t count;
    rk_ledger *of;
    enum rk_rc rc;

    if (open_public(ctx, a[1], &key, err) || rk_ledger_open_read(ctx, a[0], &of, err))
        return err->rc;
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        if (rk_ledger_count(of, (enum rk_ledger_count)i, &count, err) == RK_OK)
            (void)printf("%s %" PRIu64 "\n", counted[i], count);
    }
    if (rk_ledger_count(of, (enum rk_ledger_count)99, &count, err) != RK_E_USAGE)
        (void)printf("count 99 is not refused\n");
    rc = rk_ledger_check(of, key, err);
    rk_ledger_close(of);
    rk_ledger_close(NULL);
    return rc;
}

RK_CLEANUP(checkpoint_done, rk_checkpoint, rk_checkpoint_free)

/* checkpoint FILE KEY LEDGER */
static enum rk_rc checkpoint(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    RK_AUTO(checkpoint_done) rk_checkpoint *found = NULL;
    rk_ledger *of;
    enum rk_rc rc;

    if (rk_file_read(a[0], FILE_MOST, &file, err) || rk_public_open(ctx, a[1], &key, err) ||
        rk_checkpoint_open(ctx, file.p, file.len, key, &found, err))
        return err->rc;
    (void)printf("size %" PRIu64 "\n", rk_checkpoint_size(found));
    print_hex("head ", rk_checkpoint_head(found), 32);
    (void)printf("time %" PRId64 "\n", rk_checkpoint_time(found));
    if (strcmp(a[2], "-") == 0)
        return RK_OK;
    if (rk_ledger_open_read(ctx, a[2], &of, err))
        return err->rc;
    rc = rk_ledger_compare(of, found, err);
    rk_ledger_close(of);
    return rc;
}

/* mac KEY LENGTH: of what a blob and an identity ask a symmetric key, in a token too */
static enum rk_rc mac(const rk_ctx *ctx, char **a, struct rk_err *err)
{
    static const uint8_t value[16];
    RK_AUTO(rk_bytes_done) struct rk_bytes image = RK_BYTES_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret kdk0 = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret eps_seed = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret hmac = RK_SECRET_NONE;
    RK_AUTO(rk_mac_done) rk_mac *key = NULL;
    enum rk_rc pack, seeds, sum;
    rk_ekb *ekb;

    if (rk_mac_open(ctx, a[0], 32, &key, err) || rk_ekb_new(RK_EKB_2_0, NULL, &ekb, err))
        return err->rc;
    pack = rk_ekb_add(ekb, RK_EKB_TAG_UEFI_AUTH_KEY, value, sizeof value, err) ||
                   rk_ekb_pack(ekb, key, &image, err)
               ? err->rc
               : RK_OK;
    rk_ekb_free(ekb);
    seeds = rk_identity_seeds(key, "01020000000100000002", &kdk0, &eps_seed, err);
    sum = rk_mac_compute(key, RK_MAC_HMAC_SHA256, "abc", 3, &hmac, err);
    (void)printf("pack %d seeds %d mac %d\n", (int)pack, (int)seeds, (int)sum);
    if (pack != RK_OK || seeds != RK_OK || sum != RK_OK)
        return err->rc;
    print_hex("image ", image.p, image.len);
    print_hex("kdk0 ", kdk0.p, kdk0.len);
    print_hex("eps seed ", eps_seed.p, eps_seed.len);
    print_hex("hmac ", hmac.p, hmac.len);
    return RK_OK;
}

static const struct act {
    const char *name;
    int operands;
    enum rk_rc (*run)(const rk_ctx *ctx, char **a, struct rk_err *err);
} acts[] = {
    { "report", 3, report },         { "newer", 1, newer },
    { "device", 2, device },         { "list", 2, list },
    { "ledger", 2, ledger },         { "not-older", 2, not_older },
    { "checkpoint", 3, checkpoint }, { "mac", 1, mac },
};

int main(int argc, char **argv)
{
    struct rk_err err;
    rk_ctx *ctx;
    enum rk_rc rc = RK_E_INTERNAL;

    if (rk_ctx_new(&ctx, &err) != RK_OK)
        return RK_E_NOMEM;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (argc == acts[i].operands + 2 && strcmp(argv[1], acts[i].name) == 0) {
            err.msg[0] = '\0';
            rc = acts[i].run(ctx, argv + 2, &err);
            if (rc != RK_OK)
                (void)fprintf(stderr, "%s\n", err.msg);
        }
    }
    rk_ctx_free(ctx);
    return (int)rc;
}
