/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ca_folder.h"

#include <string.h>

static enum rk_rc join(const struct rk_ca_files *ca, struct rk_bytes *ret, struct rk_err *err)
{
    if (rk_bytes_new(ca->issuing_cert.len + ca->root_cert.len, ret, err))
        return err->rc;
    memcpy(ret->p, ca->issuing_cert.p, ca->issuing_cert.len);
    memcpy(ret->p + ca->issuing_cert.len, ca->root_cert.p, ca->root_cert.len);
    return RK_OK;
}

enum rk_rc ca_folder_write(const struct staging *staging, const char *prefix,
                           const struct rk_ca_files *ca, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes chain = RK_BYTES_NONE;
    char path[64];

    if (join(ca, &chain, err))
        return err->rc;
    const struct new_file files[] = {
        { .path = "root.pem", .bytes = ca->root_cert.p, .len = ca->root_cert.len },
        { .path = "issuing.pem", .bytes = ca->issuing_cert.p, .len = ca->issuing_cert.len },
        { .path = "chain.pem", .bytes = chain.p, .len = chain.len },
        { .path = "root.key", .private = true, .bytes = ca->root_key.p, .len = ca->root_key.len },
        { .path = "issuing.key",
          .private = true,
          .bytes = ca->issuing_key.p,
          .len = ca->issuing_key.len },
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct new_file file = files[i];

        (void)snprintf(path, sizeof path, "%s%s", prefix, files[i].path);
        file.path = path;
        if (file.bytes == NULL) /* a key that stays where it is */
            continue;
        if (staging_write(staging, &file, err))
            return err->rc;
    }
    return RK_OK;
}
