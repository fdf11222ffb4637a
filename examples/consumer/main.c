/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of your own over libftpmprov: the Name of the RSA EK that an EPS leads to.
 *   cc main.c $(pkg-config --cflags --libs ftpmprov) && ./a.out EPS-FILE
 */
#include <ftpmprov/ftpmprov.h>

#include <stdio.h>

static int fail(const struct rk_err *err)
{
    (void)fprintf(stderr, "consumer: %s\n", err->msg);
    return (int)err->rc;
}

int main(int argc, char **argv)
{
    struct rk_secret text = RK_SECRET_NONE, eps = RK_SECRET_NONE;
    struct rk_ek ek = RK_EK_NONE;
    char name[2 * RK_EK_NAME_MAX + 1];
    struct rk_err err;
    rk_ctx *ctx = NULL;
    enum rk_rc rc;

    if (argc != 2)
        return 2;
    rc = rk_ctx_new(&ctx, &err);
    if (rc == RK_OK)
        rc = rk_file_read_secret(argv[1], 4096, &text, &err);
    if (rc == RK_OK)
        rc = rk_secret_from_hex((const char *)text.p, text.len, 64, &eps, &err);
    if (rc == RK_OK)
        rc = rk_ek_derive(ctx, &eps, rk_ek_profile_find("ms-159"), rk_ek_template_find("L-1"), &ek,
                          &err);
    if (rc == RK_OK) {
        rk_hex_write(ek.name, ek.name_len, name);
        (void)printf("%s\n", name);
    }
    rk_ek_done(&ek);
    rk_secret_done(&eps);
    rk_secret_done(&text);
    rk_ctx_free(ctx);
    return rc == RK_OK ? 0 : fail(&err);
}
