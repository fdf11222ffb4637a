/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The place of the seed in the stand-ins of examples/optee, of both machines, and in what an
 * attacker or a careless build makes of them. Where things stand in them was read with binutils'
 * readelf.
 */
#include "platform/optee/ta_elf.h"
#include "rotkit/file.h"

#include "suite.h"

#include <string.h>

#define EXAMPLES TEST_DATA "/../../examples/optee/"
#define PROPERTY "property \"com.microsoft.ta.endorsementSeed\""

static const uint8_t uuid[RK_GUID_LEN] = { 0xbc, 0x50, 0xd9, 0x71, 0xd4, 0xc9, 0x42, 0xc4,
                                           0x82, 0xcb, 0x34, 0x3f, 0xb7, 0xf3, 0x78, 0x96 };

/* Of relocations 0 to 3, 2 and 3 fill in name and value of the seed's row. */
static const struct stand_in {
    const char *file;
    size_t word, relocs, reloc_size; /* where relocations stand, bytes of one */
    size_t phoff, phentsize, p_filesz;
    size_t section, sh_addr, sh_size; /* the header of their section */
    size_t shnum;                     /* of the file's header */
    size_t row, value;                /* addresses of the row and of its value */
    size_t delta;                     /* of the second segment: place less address */
    size_t seed, text;                /* addresses of the placeholder and of another text */
} stand_ins[] = {
    { EXAMPLES "ftpm_ta.elf", 8, 0x11e0, 24, 64, 56, 32, 0x2370, 16, 32, 60, 0x1018, 0x1028, 0x1000,
      0x80, 0x64 },
    { EXAMPLES "ftpm_ta_32.elf", 4, 0x1198, 8, 52, 32, 16, 0x2218, 12, 20, 48, 0x100c, 0x1014,
      0x1000, 0x7c, 0x60 },
};
enum { STAND_INS = 2 };

static struct rk_err err;
static struct rk_bytes elf;
static const struct stand_in *in;

static void load(void)
{
    elf = (struct rk_bytes)RK_BYTES_NONE;
}

static void unload(void)
{
    rk_bytes_done(&elf);
}

static void read_stand_in(int which)
{
    rk_bytes_done(&elf);
    in = &stand_ins[which];
    ck_assert_int_eq(rk_file_read(in->file, 1 << 20, &elf, &err), RK_OK);
}

static void put(size_t at, size_t width, uint64_t value)
{
    ck_assert_uint_le(at + width, elf.len);
    for (size_t i = 0; i < width; i++)
        elf.p[at + i] = (uint8_t)(value >> 8 * i);
}

static size_t reloc(size_t i)
{
    return in->relocs + i * in->reloc_size;
}

/* The text of 64 zeros, by hand, and the NUL behind it. */
static void placeholder(char ret[RK_TA_SEED_TEXT + 1])
{
    memset(ret, 'A', RK_TA_SEED_TEXT - 2);
    memcpy(ret + RK_TA_SEED_TEXT - 2, "==", 3);
}

static bool stands_at(size_t at)
{
    char text[RK_TA_SEED_TEXT + 1];

    placeholder(text);
    return at <= elf.len && elf.len - at >= sizeof text &&
           memcmp(elf.p + at, text, sizeof text) == 0;
}

/* Whatever the file: an error of the class, ret untouched; or the one place of the placeholder. */
static enum rk_rc read_it(struct rk_ta_elf *ret)
{
    struct rk_ta_elf found;
    enum rk_rc rc;

    memset(&found, 0x5a, sizeof found);
    rc = rk_ta_elf_read(elf.p, elf.len, &found, &err);
    if (rc == RK_OK) {
        ck_assert(stands_at(found.seed_at));
    } else {
        ck_assert_int_eq(rc, RK_E_FORMAT);
        for (size_t i = 0; i < sizeof found; i++)
            ck_assert_uint_eq(((const uint8_t *)&found)[i], 0x5a);
    }
    if (ret != NULL)
        *ret = found;
    return rc;
}

static void refused(const char *why)
{
    ck_assert_int_eq(read_it(NULL), RK_E_FORMAT);
    ck_assert_int_eq(strncmp(err.msg, why, strlen(why)), 0);
}

START_TEST(the_seed_of_a_stand_in_is_where_its_text_is)
{
    struct rk_ta_elf found;

    read_stand_in(_i);
    ck_assert_int_eq(read_it(&found), RK_OK);
    ck_assert_uint_eq(found.seed_at, in->seed + 0x1000);
    ck_assert(found.has_uuid);
    ck_assert_mem_eq(found.uuid, uuid, sizeof uuid);
}
END_TEST

START_TEST(a_file_that_is_no_ta_is_refused)
{
    read_stand_in(_i);
    put(5, 1, 2);
    refused("a big-endian ELF file, expected little-endian");
    read_stand_in(_i);
    put(4, 1, 3 - elf.p[4]); /* the other class */
    refused("an ELF file for machine ");
    read_stand_in(_i);
    put(18, 2, 243);
    refused("an ELF file for machine 243, class ");
    read_stand_in(_i);
    put(16, 2, 2);
    refused("an ELF file of type 2, expected 3");
    read_stand_in(_i);
    elf.p[0] = 0;
    refused("no ELF file");
    elf.len = 0;
    refused("no ELF file");
}
END_TEST

START_TEST(segments_lie_in_the_file_one_behind_the_other)
{
    const uint64_t most = UINT64_MAX;

    read_stand_in(_i);
    put(in->phoff + in->p_filesz, in->word, most);
    refused("program header at 0x");
    read_stand_in(_i);
    put(in->phoff + in->phentsize + in->p_filesz, in->word, elf.len);
    refused("program header at 0x");
    /* The same segment as often as a header says. */
    read_stand_in(_i);
    put(in->phoff == 64 ? 54 : 42, 2, 0);
    put(in->phoff == 64 ? 56 : 44, 2, 0xffff);
    refused("program header at 0x");
    ck_assert_ptr_nonnull(strstr(err.msg, "its segment is not behind the one before"));
    /* As many as there can be, each without content. */
    put(in->phoff + in->p_filesz, in->word, 0);
    refused("more than 64 segments");
    /* Headers behind the end. */
    read_stand_in(_i);
    put(in->phoff == 64 ? 32 : 28, in->word, most);
    refused("an ELF file that ends in its header");
    put(in->phoff == 64 ? 32 : 28, in->word, elf.len);
    refused("program header at 0x");
}
END_TEST

START_TEST(relocations_are_those_that_the_loader_goes_by)
{
    /* Without section headers OP-TEE would fill in nothing. */
    read_stand_in(_i);
    put(in->shnum, 2, 0);
    refused("an ELF file without sections of relocations");
    read_stand_in(_i);
    put(in->section + 4, 4, 19); /* SHT_RELR */
    refused("an ELF file without sections of relocations");
    read_stand_in(_i);
    put(in->section + in->sh_addr, in->word, 0x4000);
    refused("section header at 0x");
    read_stand_in(_i);
    put(in->section + in->sh_size, in->word, UINT64_MAX);
    refused("section header at 0x");
    /* Too few of them. */
    read_stand_in(_i);
    put(in->section + in->sh_size, in->word, 3 * in->reloc_size);
    refused(PROPERTY " does not point to the placeholder at 0x");
    put(in->section + in->sh_size, in->word, 2 * in->reloc_size);
    refused("no " PROPERTY ", as a binary block\n  its name is in the file, but no row ");
    /* One section as often as a header says: its work is bound. */
    read_stand_in(_i);
    put(in->shnum - 2, 2, 0);
    put(in->shnum, 2, 0xffff);
    put(in->word == 8 ? 40 : 32, in->word, in->section);
    refused("more than 16 sections of relocations");
}
END_TEST

START_TEST(a_row_has_two_pointers_that_are_written_once)
{
    static const char wrote[] = PROPERTY ": relocations other than of its two pointers write to ";

    /* Another relocation, which the loader works off before or after: its word is another. */
    read_stand_in(_i);
    put(reloc(0), in->word, in->value);
    refused(wrote);
    put(reloc(0), in->word, in->row + in->word); /* the type */
    refused(wrote);
    put(reloc(0), in->word, in->row - 1);
    refused(wrote);
    put(reloc(0), in->word, in->value + in->word - 1);
    refused(wrote);
    put(reloc(0), in->word, in->seed);
    refused(wrote);
    put(reloc(0), in->word, in->seed + RK_TA_SEED_TEXT);
    refused(wrote);
    put(reloc(0), in->word, in->seed - in->word + 1);
    refused(wrote);
    put(reloc(0), in->word, in->seed - in->word);
    ck_assert_int_eq(read_it(NULL), RK_OK);
    /* Two relocations of the value, the last to another text. */
    read_stand_in(_i);
    put(reloc(1), in->word, in->value);
    refused(wrote);
}
END_TEST

START_TEST(a_property_leads_to_the_placeholder)
{
    size_t value;

    read_stand_in(_i);
    value = in->word == 8 ? reloc(3) + 16 : in->value + in->delta; /* addend */
    put(value, in->word, in->text);
    refused(PROPERTY " does not point to the placeholder at 0x");
    put(value, in->word, in->seed + 1);
    refused(PROPERTY " does not point to the placeholder at 0x");
    put(value, in->word, UINT64_MAX - 3);
    refused(PROPERTY " does not point to the placeholder at 0x");
    /* By a symbol that the file does not have, or of none of its sections. */
    read_stand_in(_i);
    put(reloc(3) + in->word, in->word, in->word == 8 ? 0x7fffffff00000101 : 0xffffff02);
    refused(PROPERTY " does not point to the placeholder at 0x");
    /* Symbol 0 is zero: the addend alone. */
    put(reloc(3) + in->word, in->word, in->word == 8 ? 0x101 : 2);
    ck_assert_int_eq(read_it(NULL), RK_OK);
    put(reloc(3) + in->word, in->word, in->word == 8 ? 0x402 : 21); /* GLOB_DAT */
    refused(PROPERTY " does not point to the placeholder at 0x");
    /* A string, not a binary block. */
    read_stand_in(_i);
    put(in->row + in->word + in->delta, 4, 4);
    refused("no " PROPERTY ", as a binary block");
    read_stand_in(_i);
    elf.p[in->seed + 0x1000] = 'B';
    refused("no placeholder");
    read_stand_in(_i);
    elf.p[in->seed + 0x1000 + RK_TA_SEED_TEXT] = 'A';
    refused("no placeholder");
    /* One more, where nothing is. */
    read_stand_in(_i);
    placeholder((char *)elf.p + 0x400);
    refused("more than one placeholder");
}
END_TEST

START_TEST(every_cut_is_refused)
{
    size_t len;

    read_stand_in(_i);
    len = elf.len;
    /* The last section header is that of section names, of which nothing is asked. */
    for (elf.len = 0; elf.len < len - 64; elf.len++)
        ck_assert_int_eq(read_it(NULL), RK_E_FORMAT);
    elf.len = len;
}
END_TEST

START_TEST(no_flip_leads_to_another_place)
{
    static const uint8_t flips[] = { 1, 0x80, 0xff };
    size_t taken = 0;

    read_stand_in(_i);
    for (size_t at = 0; at < elf.len; at++) {
        for (size_t f = 0; f < sizeof flips; f++) {
            elf.p[at] ^= flips[f];
            taken += read_it(NULL) == RK_OK;
            elf.p[at] ^= flips[f];
        }
    }
    /* Padding and code are nobody's concern; headers, row, texts and relocations are. */
    ck_assert_uint_gt(taken, elf.len);
    ck_assert_uint_lt(taken, 3 * elf.len - 3 * (2 * RK_TA_SEED_TEXT));
}
END_TEST

/* Several words at once, out of those that lead to others. */
START_TEST(no_mixture_leads_to_another_place)
{
    uint64_t random = 0x9e3779b97f4a7c15u;

    read_stand_in(_i);
    for (unsigned round = 0; round < 20000; round++) {
        size_t at[3];
        uint64_t kept[3];

        for (size_t i = 0; i < 3; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            at[i] = (i == 0 ? in->relocs : i == 1 ? in->section : 16) + random % 128;
            memcpy(&kept[i], elf.p + at[i], in->word);
            put(at[i], in->word, (random >> 32) % 3 == 0 ? random : (random >> 8) % 0x2400);
        }
        (void)read_it(NULL);
        for (size_t i = 3; i-- > 0;)
            memcpy(elf.p + at[i], &kept[i], in->word);
    }
    ck_assert_int_eq(read_it(NULL), RK_OK);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, the_seed_of_a_stand_in_is_where_its_text_is, 0, STAND_INS);
    tcase_add_loop_test(tc, a_file_that_is_no_ta_is_refused, 0, STAND_INS);
    tcase_add_loop_test(tc, segments_lie_in_the_file_one_behind_the_other, 0, STAND_INS);
    tcase_add_loop_test(tc, relocations_are_those_that_the_loader_goes_by, 0, STAND_INS);
    tcase_add_loop_test(tc, a_row_has_two_pointers_that_are_written_once, 0, STAND_INS);
    tcase_add_loop_test(tc, a_property_leads_to_the_placeholder, 0, STAND_INS);
    tcase_add_loop_test(tc, every_cut_is_refused, 0, STAND_INS);
    tcase_add_loop_test(tc, no_flip_leads_to_another_place, 0, STAND_INS);
    tcase_add_loop_test(tc, no_mixture_leads_to_another_place, 0, STAND_INS);
}

int main(void)
{
    return suite_run(
        &(struct suite_options) { .name = "ta_elf", .add = add, .load = load, .unload = unload });
}
