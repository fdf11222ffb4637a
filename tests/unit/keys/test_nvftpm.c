/* SPDX-License-Identifier: Apache-2.0 */
/* NVFTPM containers: the vectors byte for byte, every cut, every flipped byte, every broken set. */
#include "ftpmprov/file.h"
#include "ftpmprov/nvftpm.h"

#include "fault.h"
#include "suite.h"

#include <string.h>

#define ODM TEST_DATA "/vectors/ekb/odm/"
#define IN  TEST_DATA "/vectors/ekb/eks/in/"

static struct rk_err err;
static const char *const files[] = { ODM "odm_v1.0_offline.bin", ODM "odm_v1.1_offline.img",
                                     ODM "odm_v1.1_online.img" };

static void file_is(const char *path, const struct rk_bytes *got)
{
    struct rk_bytes want = RK_BYTES_NONE;

    ck_assert_int_eq(rk_file_read(path, 65536, &want, &err), RK_OK);
    ck_assert_uint_eq(got->len, want.len);
    ck_assert_mem_eq(got->p, want.p, want.len);
    rk_bytes_done(&want);
}

START_TEST(a_vector_reads_to_its_inputs_and_writes_back_to_its_bytes)
{
    struct rk_bytes image = RK_BYTES_NONE, again = RK_BYTES_NONE;
    struct rk_secret seed = RK_SECRET_NONE;
    struct rk_nvftpm c;

    ck_assert_int_eq(rk_file_read(files[_i], 65536, &image, &err), RK_OK);
    ck_assert_msg(rk_nvftpm_read(image.p, image.len, &c, &err) == RK_OK, "%s", err.msg);
    ck_assert_uint_eq(c.minor, _i == 0 ? 0 : 1);
    ck_assert_mem_eq(c.sn.b, "\x01\x02\x00\x00\x00\x01\x00\x00\x00\x02", 10);
    ck_assert_int_eq(rk_file_read_key(IN "eps_seed.key", 32, &seed, &err), RK_OK);
    ck_assert(rk_secret_equal(&seed, &c.eps_seed));
    if (_i < 2) {
        file_is(IN "ek_cert_rsa.der", &c.ek_cert_rsa);
        file_is(IN "ek_cert_ec.der", &c.ek_cert_ecc);
    } else {
        file_is(IN "sid_cert_standin.der", &c.sid_cert);
        file_is(IN "ek_csr_rsa.der", &c.ek_csr_rsa);
        file_is(IN "ek_csr_ec.der", &c.ek_csr_ecc);
    }
    ck_assert_int_eq(rk_nvftpm_write(&c, &again, &err), RK_OK);
    file_is(files[_i], &again);
    rk_nvftpm_done(&c);
    rk_secret_done(&seed);
    rk_bytes_done(&image);
    rk_bytes_done(&again);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct rk_bytes image = RK_BYTES_NONE;
    struct rk_nvftpm c = { .minor = 77 };

    ck_assert_int_eq(rk_file_read(files[_i], 65536, &image, &err), RK_OK);
    for (size_t len = 0; len < image.len; len++) {
        uint8_t *cut = malloc(len + 1);

        memcpy(cut, image.p, len);
        ck_assert_int_eq(rk_nvftpm_read(cut, len, &c, &err), RK_E_FORMAT);
        ck_assert_uint_eq(c.minor, 77);
        free(cut);
    }
    rk_bytes_done(&image);
}
END_TEST

/* The format has no MAC: a flip in a value is not found. What is accepted must read as exactly
 * these bytes. */
START_TEST(a_flipped_byte_is_refused_or_part_of_a_value)
{
    struct rk_bytes image = RK_BYTES_NONE;
    size_t refused = 0;

    ck_assert_int_eq(rk_file_read(files[_i], 65536, &image, &err), RK_OK);
    for (size_t i = 0; i < image.len; i++) {
        struct rk_bytes again = RK_BYTES_NONE;
        struct rk_nvftpm c = { .minor = 0 };

        image.p[i] ^= 0x40;
        if (rk_nvftpm_read(image.p, image.len, &c, &err) == RK_OK) {
            ck_assert_int_eq(rk_nvftpm_write(&c, &again, &err), RK_OK);
            ck_assert_uint_eq(again.len, image.len);
            ck_assert_mem_eq(again.p, image.p, image.len);
            rk_bytes_done(&again);
        } else {
            ck_assert_int_eq(err.rc, RK_E_FORMAT);
            refused++;
        }
        rk_nvftpm_done(&c);
        image.p[i] ^= 0x40;
    }
    ck_assert_uint_ge(refused, 16 + 8 + 8 * 4); /* header, end mark, every tag and length */
    rk_bytes_done(&image);
}
END_TEST

START_TEST(an_incomplete_set_is_refused_both_ways)
{
    struct rk_bytes image = RK_BYTES_NONE, out = RK_BYTES_NONE;
    struct rk_nvftpm c;

    ck_assert_int_eq(rk_file_read(files[0], 65536, &image, &err), RK_OK);
    ck_assert_int_eq(rk_nvftpm_read(image.p, image.len, &c, &err), RK_OK);
    rk_bytes_done(&c.ek_cert_ecc);
    ck_assert_int_eq(rk_nvftpm_write(&c, &out, &err), RK_E_USAGE);
    ck_assert_str_eq(
        err.msg, "tag 4 (ECC EK certificate) is missing: a container holds tags 1 to 4 (offline) "
                 "or 1, 2, 5, 6, 7 (online)");
    rk_bytes_done(&c.ek_cert_rsa);
    ck_assert_int_eq(rk_nvftpm_write(&c, &out, &err), RK_E_USAGE);
    ck_assert_str_eq(err.msg, "NVFTPM 1.0 needs both EK certificates (tags 3 and 4)");
    rk_nvftpm_done(&c);
    rk_bytes_done(&image);
}
END_TEST

static enum rk_rc read_and_write(void *arg)
{
    struct rk_bytes *image = arg, out = RK_BYTES_NONE;
    struct rk_nvftpm c = { .minor = 0 };
    struct rk_err mine;
    enum rk_rc rc = rk_nvftpm_read(image->p, image->len, &c, &mine);

    if (rc == RK_OK)
        rc = rk_nvftpm_write(&c, &out, &mine);
    if (rc == RK_OK && (out.len != image->len || memcmp(out.p, image->p, out.len) != 0))
        rc = RK_E_IO; /* a wrong answer under a fault */
    rk_bytes_done(&out);
    rk_nvftpm_done(&c);
    return rc;
}

START_TEST(every_failing_allocation_is_survived)
{
    struct rk_bytes image = RK_BYTES_NONE;

    ck_assert_int_eq(rk_file_read(files[2], 65536, &image, &err), RK_OK);
    ck_assert_int_gt(fault_sweep(read_and_write, &image, 200), 4);
    rk_bytes_done(&image);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, a_vector_reads_to_its_inputs_and_writes_back_to_its_bytes, 0, 3);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, 3);
    tcase_add_loop_test(tc, a_flipped_byte_is_refused_or_part_of_a_value, 0, 3);
    tcase_add_test(tc, an_incomplete_set_is_refused_both_ways);
    tcase_add_test(tc, every_failing_allocation_is_survived);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "nvftpm", .add = add });
}
