/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hand of libavb, as U-Boot has it: reads partitions from files NAME.img in this folder, trusts
 * the one key of a file, and prints what avb_slot_verify says of partitions. avb-judge KEY LOWEST
 * PARTITION...     LOWEST: the rollback index that the device keeps
 */
#include <libavb.h>

#include <stdlib.h>

static uint8_t key[4096];
static size_t key_len;
static uint64_t lowest;

static FILE *partition_open(const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s.img", name);
    return fopen(path, "rb");
}

static AvbIOResult size_of(AvbOps *ops, const char *name, uint64_t *ret)
{
    FILE *f = partition_open(name);

    (void)ops;
    if (f == NULL)
        return AVB_IO_RESULT_ERROR_NO_SUCH_PARTITION;
    (void)fseek(f, 0, SEEK_END);
    *ret = (uint64_t)ftell(f);
    (void)fclose(f);
    return AVB_IO_RESULT_OK;
}

static AvbIOResult read_from(AvbOps *ops, const char *name, int64_t offset, size_t len,
                             void *buffer, size_t *ret)
{
    FILE *f = partition_open(name);

    (void)ops;
    if (f == NULL)
        return AVB_IO_RESULT_ERROR_NO_SUCH_PARTITION;
    (void)fseek(f, (long)offset, offset < 0 ? SEEK_END : SEEK_SET);
    *ret = fread(buffer, 1, len, f);
    (void)fclose(f);
    return AVB_IO_RESULT_OK;
}

static AvbIOResult validate(AvbOps *ops, const uint8_t *found, size_t len, const uint8_t *metadata,
                            size_t metadata_len, bool *ret)
{
    (void)ops;
    (void)metadata;
    (void)metadata_len;
    *ret = len == key_len && memcmp(found, key, len) == 0;
    return AVB_IO_RESULT_OK;
}

static AvbIOResult rollback(AvbOps *ops, size_t location, uint64_t *ret)
{
    (void)ops;
    *ret = location == 0 ? lowest : 0;
    return AVB_IO_RESULT_OK;
}

static AvbIOResult is_unlocked(AvbOps *ops, bool *ret)
{
    (void)ops;
    *ret = false;
    return AVB_IO_RESULT_OK;
}

static AvbIOResult guid_of(AvbOps *ops, const char *name, char *ret, size_t size)
{
    (void)ops;
    (void)name;
    (void)snprintf(ret, size, "00000000-0000-0000-0000-000000000000");
    return AVB_IO_RESULT_OK;
}

int main(int argc, char **argv)
{
    AvbOps ops = { .read_from_partition = read_from,
                   .validate_vbmeta_public_key = validate,
                   .read_rollback_index = rollback,
                   .read_is_device_unlocked = is_unlocked,
                   .get_unique_guid_for_partition = guid_of,
                   .get_size_of_partition = size_of };
    AvbSlotVerifyData *data = NULL;
    FILE *f = argc < 4 ? NULL : fopen(argv[1], "rb");

    if (f == NULL)
        return 2;
    key_len = fread(key, 1, sizeof key, f);
    (void)fclose(f);
    lowest = strtoull(argv[2], NULL, 0);
    puts(avb_slot_verify_result_to_string(avb_slot_verify(&ops, (const char *const *)(argv + 3), "",
                                                          AVB_SLOT_VERIFY_FLAGS_NONE,
                                                          AVB_HASHTREE_ERROR_MODE_RESTART, &data)));
    return 0;
}
