/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of PKCS #11's return codes, as the headers of two other projects have them (p11-kit's,
 * and NSS's of version 3.0 where it is installed): each #define CKR_... is asked for.
 */
#include "keys/token/errors.h"

#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rk_err err;

/* `#define CKR_NAME (0x1UL)`: the name, and the number behind it; false for any other line. */
static bool read_define(char *line, const char **ret_name, unsigned long *ret_value)
{
    char *at = line + strspn(line, "# \t"), *end;

    if (line[0] != '#' || strncmp(at, "define", 6) != 0)
        return false;
    at += 6 + strspn(at + 6, " \t");
    *ret_name = at;
    at += strcspn(at, " \t\n");
    if (*at == '\0' || strncmp(*ret_name, "CKR_", 4) != 0)
        return false;
    *at++ = '\0';
    at += strspn(at, " \t(");
    *ret_value = strtoul(at, &end, 0);
    return end != at && strcmp(*ret_name, "CKR_VENDOR_DEFINED") != 0;
}

static size_t ask_each(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512], wanted[RK_TOKEN_CODE], code[RK_TOKEN_CODE];
    const char *name;
    unsigned long value;
    size_t count = 0;

    ck_assert_msg(file != NULL, "%s", path);
    while (fgets(line, sizeof line, file) != NULL) {
        if (!read_define(line, &name, &value))
            continue;
        (void)snprintf(wanted, sizeof wanted, "%s (0x%lx)", name, value);
        ck_assert_str_eq(rk_token_code(value, code), wanted);
        count++;
    }
    (void)fclose(file);
    return count;
}

START_TEST(every_code_of_p11_kit_has_its_name)
{
    ck_assert_uint_ge(ask_each(TEST_P11_KIT_HEADER), 90);
}
END_TEST

#ifdef TEST_NSS_HEADER
START_TEST(every_code_of_nss_has_its_name)
{
    ck_assert_uint_ge(ask_each(TEST_NSS_HEADER), 90);
}
END_TEST
#endif

START_TEST(a_code_without_a_name_is_told_with_whose_it_is)
{
    ck_assert_int_eq(rk_token_fail(&err, CKR_VENDOR_DEFINED | 0x4e534351, "it"), RK_E_KEY);
    ck_assert_str_eq(err.msg, "it: a code of the maker's own (CKR_VENDOR_DEFINED, 0xce534351): see "
                              "the documents of the token's maker");
    ck_assert_int_eq(rk_token_fail(&err, 0x7fff, "it"), RK_E_KEY);
    ck_assert_str_eq(err.msg, "it: a code that PKCS #11 does not have (0x7fff): see the documents "
                              "of the token's maker");
    ck_assert_int_eq(rk_token_fail(&err, CKR_NEXT_OTP, "it"), RK_E_KEY);
    ck_assert_str_eq(err.msg, "it: CKR_NEXT_OTP (0x1b1): see the documents of the token's maker");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, every_code_of_p11_kit_has_its_name);
#ifdef TEST_NSS_HEADER
    tcase_add_test(tc, every_code_of_nss_has_its_name);
#endif
    tcase_add_test(tc, a_code_without_a_name_is_told_with_whose_it_is);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "token_codes", .add = add });
}
