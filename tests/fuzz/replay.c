/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of a folder, without libFuzzer: whole, cut, and with flipped
 * bytes. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX = 1 << 17, STEPS = 256 };

/* A copy of exactly len bytes, so that a read behind it is seen. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    if (copy == NULL)
        abort();
    memcpy(copy, data, len);
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void replay(uint8_t *data, size_t len)
{
    size_t step = len / STEPS + 1;

    run(data, len);
    for (size_t i = 0; i < len; i += step) {
        run(data, i);
        data[i] ^= 0x80;
        run(data, len);
        data[i] ^= 0x81;
        run(data, len);
        data[i] ^= 0x01;
    }
}

int main(int argc, char **argv)
{
    static uint8_t data[FILE_MAX];
    char path[4096];
    unsigned files = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;

    if (dir == NULL)
        return EXIT_FAILURE;
    while ((entry = readdir(dir)) != NULL) {
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        f = entry->d_type == DT_REG ? fopen(path, "rb") : NULL;
        if (f == NULL)
            continue;
        replay(data, fread(data, 1, sizeof data, f));
        fclose(f);
        files++;
    }
    closedir(dir);
    printf("%u files\n", files);
    return files == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
