/* SPDX-License-Identifier: Apache-2.0 */
/* NVFTPM containers: the vectors byte for byte, every cut, every flipped byte, every broken set. */
#include "rotkit/file.h"
#include "rotkit/nvftpm.h"

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

/* A file of this version with these tags and lengths, all values zero bytes. */
static size_t make(uint16_t major, uint16_t minor, const uint16_t (*tlvs)[2], uint8_t *ret)
{
    size_t len = 16;

    memset(ret, 0, 4096);
    memcpy(ret + 4, "NVFTPM", 6);
    ret[12] = (uint8_t)major;
    ret[14] = (uint8_t)minor;
    for (size_t i = 0; tlvs[i][0] != 0; i++) {
        ret[len] = (uint8_t)tlvs[i][0];
        ret[len + 4] = (uint8_t)tlvs[i][1];
        ret[len + 5] = (uint8_t)(tlvs[i][1] >> 8);
        len += 8 + (size_t)tlvs[i][1];
    }
    len += 8;
    ret[0] = (uint8_t)(len - 4);
    ret[1] = (uint8_t)((len - 4) >> 8);
    return len;
}

#define SETS ": a container holds tags 1 to 4 (offline) or 1, 2, 5, 6, 7 (online)"

static const struct {
    uint16_t major, minor;
    const char *message; /* NULL: taken */
    uint16_t tlvs[8][2];
} containers[] = {
    { 1, 0, NULL, { { 1, 10 }, { 2, 32 }, { 3, 9 }, { 4, 9 } } },
    { 1, 1, NULL, { { 1, 10 }, { 2, 32 }, { 3, 9 }, { 4, 9 } } },
    { 1, 1, NULL, { { 1, 10 }, { 2, 32 }, { 5, 9 }, { 6, 9 }, { 7, 9 } } },
    { 1, 2, "NVFTPM version 1.2, expected 1.0 or 1.1", { { 1, 10 } } },
    { 2, 0, "NVFTPM version 2.0, expected 1.0 or 1.1", { { 1, 10 } } },
    { 0, 0, "NVFTPM version 0.0, expected 1.0 or 1.1", { { 1, 10 } } },
    { 1, 0, "tag 1 (Device SN) is missing", { { 2, 32 }, { 3, 9 }, { 4, 9 } } },
    { 1, 0, "tag 1 (Device SN) is missing", { { 0, 0 } } },
    { 1, 0, "tag 1 (Device SN): 9 bytes, expected 10", { { 1, 9 } } },
    { 1, 0, "tag 2 (EPS_Seed): 0 bytes, expected 32", { { 1, 10 }, { 3, 9 }, { 4, 9 } } },
    { 1,
      0,
      "tag 2 (EPS_Seed): 31 bytes, expected 32",
      { { 1, 10 }, { 2, 31 }, { 3, 9 }, { 4, 9 } } },
    { 1, 0, "tag 3 (RSA EK certificate) is missing" SETS, { { 1, 10 }, { 2, 32 }, { 4, 9 } } },
    { 1, 0, "tag 4 (ECC EK certificate) is missing" SETS, { { 1, 10 }, { 2, 32 }, { 3, 9 } } },
    { 1, 0, "tag 3 (RSA EK certificate) is empty", { { 1, 10 }, { 2, 32 }, { 3, 0 }, { 4, 9 } } },
    { 1, 1, "tag 7 (ECC EK CSR) is empty", { { 1, 10 }, { 2, 32 }, { 5, 9 }, { 6, 9 }, { 7, 0 } } },
    { 1,
      0,
      "NVFTPM 1.0 needs both EK certificates (tags 3 and 4)",
      { { 1, 10 }, { 2, 32 }, { 5, 9 }, { 6, 9 }, { 7, 9 } } },
    { 1, 1, "tag 5 (Silicon ID certificate) is missing" SETS, { { 1, 10 }, { 2, 32 } } },
    { 1, 1, "tag 6 (RSA EK CSR) is missing" SETS, { { 1, 10 }, { 2, 32 }, { 5, 9 }, { 7, 9 } } },
    { 1,
      1,
      "tag 5 (Silicon ID certificate) does not belong here" SETS,
      { { 1, 10 }, { 2, 32 }, { 3, 9 }, { 4, 9 }, { 5, 9 } } },
    { 1, 0, "tag 2 at offset 0x4a is there twice", { { 1, 10 }, { 2, 32 }, { 2, 32 } } },
    { 1,
      0,
      "tag 3 at offset 0x5b is there twice",
      { { 1, 10 }, { 2, 32 }, { 3, 9 }, { 3, 9 }, { 4, 9 } } },
    { 1, 1, "tag 8 is unknown, expected 1 to 7", { { 1, 10 }, { 8, 4 } } },
    { 1, 1, "tag 91 is unknown, expected 1 to 7", { { 91, 10 } } },
};

START_TEST(a_container_is_taken_or_refused_with_the_reason)
{
    struct rk_nvftpm c = { .minor = 77 };
    struct rk_bytes again = RK_BYTES_NONE;
    uint8_t file[4096];
    size_t len = make(containers[_i].major, containers[_i].minor, containers[_i].tlvs, file);
    enum rk_rc rc = rk_nvftpm_read(file, len, &c, &err);

    if (containers[_i].message != NULL) {
        ck_assert_int_eq(rc, RK_E_FORMAT);
        ck_assert_str_eq(err.msg, containers[_i].message);
        ck_assert_uint_eq(c.minor, 77);
        return;
    }
    ck_assert_msg(rc == RK_OK, "%s", err.msg);
    ck_assert_int_eq(rk_nvftpm_write(&c, &again, &err), RK_OK);
    ck_assert_uint_eq(again.len, len);
    ck_assert_mem_eq(again.p, file, len);
    rk_bytes_done(&again);
    rk_nvftpm_done(&c);
}
END_TEST

/* What a length word or the end says that is not so. */
START_TEST(a_wrong_length_is_refused_with_its_place)
{
    static const uint16_t tlvs[8][2] = { { 1, 10 }, { 2, 32 }, { 3, 9 }, { 4, 9 } };
    struct rk_nvftpm c;
    uint8_t file[4096];
    size_t len = make(1, 0, tlvs, file);

    ck_assert_int_eq(rk_nvftpm_read(file, len + 1, &c, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "size word says 112 bytes, the file has 113");
    file[0]++;
    ck_assert_int_eq(rk_nvftpm_read(file, len + 1, &c, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "trailing data at offset 0x74: 1 left");
    file[0]--;
    memset(file + 16 + 4, 0xff, 4);
    ck_assert_int_eq(rk_nvftpm_read(file, len, &c, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "cut short at offset 0x18: 4294967295 wanted, 92 left");
    file[4] = 'X';
    ck_assert_int_eq(rk_nvftpm_read(file, len, &c, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "magic at offset 0x4 is not NVFTPM");
    ck_assert_int_eq(rk_nvftpm_read(file, 65537, &c, &err), RK_E_FORMAT);
    ck_assert_str_eq(err.msg, "65537 bytes, an NVFTPM container has at most 65536");
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
    tcase_add_loop_test(tc, a_container_is_taken_or_refused_with_the_reason, 0,
                        (int)(sizeof containers / sizeof containers[0]));
    tcase_add_test(tc, a_wrong_length_is_refused_with_its_place);
    tcase_add_test(tc, every_failing_allocation_is_survived);
}

int main(void)
{
    if (!fault_install())
        return EXIT_FAILURE;
    return suite_run(&(struct suite_options) { .name = "nvftpm", .add = add });
}
