/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/seal.h"

#include "cli/opt.h"

#include "rotkit/cms.h"
#include "rotkit/publish.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void seal_done(struct seal *seal)
{
    rk_bytes_done(&seal->certificate);
}

enum rk_rc seal_open(const struct app *app, struct seal *seal, struct rk_err *err)
{
    enum { CERTIFICATE_MAX = 65536 };
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;
    int64_t now;

    if (seal->plaintext && seal->recipient != NULL)
        return opt_fail(app, err, "--recipient and --plaintext-secrets exclude each other");
    if (seal->plaintext)
        return RK_OK;
    if (seal->recipient == NULL)
        return opt_fail(app, err, "give --recipient CERT, or --plaintext-secrets");
    if (rk_file_read(seal->recipient, CERTIFICATE_MAX, &pem, err) ||
        rk_clock_now(app->ctx, &now, err))
        return err->rc;
    if (rk_cms_check_recipient(app->ctx, &pem, now, err))
        return rk_wrap(err, "\"%s\"", seal->recipient);
    seal->certificate = rk_bytes_take(&pem);
    return RK_OK;
}

void sealed_done(struct sealed *sealed)
{
    rk_secret_done(&sealed->plain);
    rk_bytes_done(&sealed->cms);
}

enum rk_rc seal_close(const struct app *app, const struct seal *seal, struct rk_secret *content,
                      struct sealed *ret, struct rk_err *err)
{
    if (seal->plaintext) {
        ret->plain = rk_secret_take(content);
        return RK_OK;
    }
    if (rk_cms_seal(app->ctx, &seal->certificate, content, &ret->cms, err))
        return err->rc;
    rk_secret_done(content);
    return RK_OK;
}

struct new_file new_file_sealed(const char *path, const struct sealed *content)
{
    bool plain = content->plain.p != NULL;

    return (struct new_file) { .path = path,
                               .private = plain,
                               .bytes = plain ? content->plain.p : content->cms.p,
                               .len = plain ? content->plain.len : content->cms.len };
}

enum rk_rc new_file_check(const char *path, struct rk_err *err)
{
    struct stat st;

    if (strcmp(path, "-") == 0)
        return rk_fail(err, RK_E_USAGE, "standard output is no place for this file: name one");
    if (lstat(path, &st) == 0)
        return rk_fail(err, RK_E_USAGE, "\"%s\" exists, it is never overwritten", path);
    return RK_OK;
}

enum rk_rc new_files_write(const struct app *app, const struct new_file *files, size_t count,
                           struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (new_file_check(files[i].path, err))
            return err->rc;
        for (size_t j = 0; j < i; j++)
            if (strcmp(files[i].path, files[j].path) == 0)
                return rk_fail(err, RK_E_USAGE, "\"%s\" named for two outputs", files[i].path);
    }
    for (size_t i = 0; !app->dry_run && i < count; i++) {
        if (rk_file_write(files[i].path, files[i].private ? RK_FILE_PRIVATE : RK_FILE_PUBLIC,
                          files[i].bytes, files[i].len, err) == RK_OK)
            continue;
        while (i-- > 0)
            (void)unlink(files[i].path);
        return err->rc;
    }
    return RK_OK;
}
