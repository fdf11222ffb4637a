/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over the files of folders, without libFuzzer: whole, cut, with flipped bytes,
 * and with those repaired where the target can. A file whose name starts with "good" must be taken.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 17 };

const char *fuzz_of;

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
    (void)data;
    (void)max;
    return size; /* the byte is flipped already */
}

/* A copy of exactly len bytes, so that a read behind it is seen. */
static bool run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    bool taken;

    FUZZ_HOLDS(copy != NULL);
    memcpy(copy, data, len);
    taken = fuzz_one(copy, len);
    free(copy);
    return taken;
}

static void run_flipped(uint8_t *data, size_t len, size_t at, uint8_t bits)
{
    data[at] ^= bits;
    (void)run(data, len);
#ifdef FUZZ_REPAIRS
    static uint8_t copy[FILE_MAX];
    size_t repaired;

    memcpy(copy, data, len);
    repaired = LLVMFuzzerCustomMutator(copy, len, sizeof copy, 4 * (unsigned)at + 1);
    if (repaired != len || memcmp(copy, data, len) != 0)
        (void)run(copy, repaired);
#endif
    data[at] ^= bits;
}

static bool replay(uint8_t *data, size_t len, size_t steps)
{
    bool taken = run(data, len);

    for (size_t i = 0; i < len; i += len / steps + 1) {
        (void)run(data, i);
        run_flipped(data, len, i, 0x80);
        run_flipped(data, len, i, 0x01);
    }
    return taken;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The files of one folder; 0 when there is none, or one was refused that is good. */
static unsigned replay_folder(const char *folder, size_t steps)
{
    static uint8_t data[FILE_MAX];
    struct dirent **entry;
    int count = scandir(folder, &entry, NULL, by_name);
    unsigned files = 0, refused = 0;

    for (int i = 0; i < count; i++) {
        const char *name = entry[i]->d_name;
        char path[4096];
        FILE *f;

        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        f = entry[i]->d_type == DT_REG ? fopen(path, "rb") : NULL;
        if (f != NULL) {
            bool taken = replay(data, fread(data, 1, sizeof data, f), steps);

            (void)fclose(f);
            files++;
            if (!taken && strncmp(name, "good", 4) == 0) {
                (void)fprintf(stderr, "%s: refused\n", path);
                refused++;
            }
        }
        free(entry[i]);
    }
    if (count >= 0)
        free(entry);
    (void)printf("%s: %u files\n", folder, files);
    return refused == 0 ? files : 0;
}

#ifdef FUZZ_EXAMPLE
static int write_example(void)
{
    struct rk_bytes example = RK_BYTES_NONE;

    fuzz_example(&example);
    return fwrite(example.p, 1, example.len, stdout) == example.len && fflush(stdout) == 0
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
#endif

/* STEPS OF FOLDER...: of each file, STEPS places are cut and flipped. --example: writes one. */
int main(int argc, char **argv)
{
#ifdef FUZZ_EXAMPLE
    if (argc == 2 && strcmp(argv[1], "--example") == 0)
        return write_example();
#endif
    size_t steps = argc < 4 ? 0 : strtoul(argv[1], NULL, 10);
    int status = steps == 0 ? EXIT_FAILURE : EXIT_SUCCESS;

    fuzz_of = argc < 3 ? "" : argv[2];
    for (int i = 3; steps != 0 && i < argc; i++) {
        if (replay_folder(argv[i], steps) == 0)
            status = EXIT_FAILURE;
    }
    return status;
}
