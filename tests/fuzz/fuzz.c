/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/folder.h"
#include "rotkit/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

void fuzz_broken(const char *claim, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

void fuzz_stuck(const struct rk_err *err, const char *call, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: %s\n%s\n", file, line, call, err->msg);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_one(data, size);
    return 0;
}

rk_ctx *fuzz_ctx(void)
{
    static rk_ctx *ctx;
    struct rk_err err;

    if (ctx == NULL)
        FUZZ_DO(rk_ctx_new(&ctx, &err));
    return ctx;
}

rk_signer *fuzz_key(void)
{
    static const uint8_t seed[32] = "fuzz: no key but of fuzz targets";
    static rk_signer *key;
    struct rk_err err;
    EVP_PKEY *pair;

    if (key != NULL)
        return key;
    pair = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, sizeof seed);
    FUZZ_HOLDS(pair != NULL);
    FUZZ_DO(rk_signer_from_pkey(fuzz_ctx(), pair, &key, &err));
    EVP_PKEY_free(pair);
    return key;
}

static char folder[256];

static void remove_folder(void)
{
    struct rk_err err;

    (void)!rk_tree_remove(folder, &err);
}

const char *fuzz_folder(void)
{
    const char *above = getenv("TMPDIR");

    if (folder[0] != '\0')
        return folder;
    (void)snprintf(folder, sizeof folder, "%s/rotkit-fuzz-XXXXXX", above == NULL ? "/tmp" : above);
    FUZZ_HOLDS(mkdtemp(folder) != NULL);
    (void)atexit(remove_folder);
    return folder;
}

const char *fuzz_path(const char *name)
{
    static char paths[4][RK_PATH_MAX];
    static unsigned at;
    char *path = paths[at++ % 4];
    struct rk_err err;

    FUZZ_DO(rk_path_join(fuzz_folder(), name, path, RK_PATH_MAX, &err));
    return path;
}

static void write_whole(FILE *file, const void *bytes, size_t len)
{
    FUZZ_HOLDS(file != NULL);
    FUZZ_HOLDS(fwrite(bytes, 1, len, file) == len);
    FUZZ_HOLDS(fclose(file) == 0);
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[32];
    static int fd = -1;
    size_t done = 0;

    if (fd < 0) {
        fd = memfd_create("input", MFD_CLOEXEC);
        FUZZ_HOLDS(fd >= 0 && fchmod(fd, 0600) == 0);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    FUZZ_HOLDS(ftruncate(fd, 0) == 0);
    while (done < size) {
        ssize_t n = pwrite(fd, data + done, size - done, (off_t)done);

        FUZZ_HOLDS(n > 0);
        done += (size_t)n;
    }
    return path;
}

void fuzz_put(const char *name, const void *bytes, size_t len)
{
    const char *path = fuzz_path(name);
    char above[RK_PATH_MAX];
    FILE *file = fopen(path, "wb");
    struct rk_err err;

    if (file == NULL) {
        (void)snprintf(above, sizeof above, "%s", path);
        *strrchr(above, '/') = '\0';
        FUZZ_DO(rk_file_make_dirs(above, &err));
        file = fopen(path, "wb");
    }
    write_whole(file, bytes, len);
}

void fuzz_copy(const char *from, const char *name)
{
    struct rk_names names = { .name = NULL };
    struct rk_err err;

    FUZZ_DO(rk_names_list(from, 4096, &names, &err));
    for (size_t i = 0; i < names.count; i++) {
        struct rk_bytes bytes = RK_BYTES_NONE;
        char below[RK_PATH_MAX], path[RK_PATH_MAX];

        FUZZ_DO(rk_path_join(name, names.name[i], below, sizeof below, &err));
        FUZZ_DO(rk_path_join(from, names.name[i], path, sizeof path, &err));
        if (rk_tree_is_folder(path)) {
            fuzz_copy(path, below);
            continue;
        }
        FUZZ_DO(rk_file_read(path, 1 << 24, &bytes, &err));
        fuzz_put(below, bytes.p, bytes.len);
        rk_bytes_done(&bytes);
    }
    rk_names_done(&names);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text;

    if (memchr(data, '\0', size) != NULL)
        return NULL;
    text = malloc(size + 1);
    FUZZ_HOLDS(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}
