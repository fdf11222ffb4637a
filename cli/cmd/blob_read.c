/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd/blob_read.h"

#include "cli/request.h"

#include "rotkit/counted.h"
#include "rotkit/file.h"

#include <string.h>

enum { PLACES_SHOWN = 16 };

static enum rk_rc several(const struct rk_bytes *dump, struct rk_err *err)
{
    struct rk_ekb_outline out;
    size_t at = 0;

    (void)rk_fail(err, RK_E_USAGE, "several key blobs, and they differ: --at OFFSET picks one");
    for (int i = 0; i < PLACES_SHOWN && rk_ekb_next(dump->p, dump->len, &at, &out); i++) {
        (void)rk_note(err, "at 0x%zx, %s", at, RK_COUNTED(out.len, "byte"));
        at += out.len;
    }
    return err->rc;
}

/* The one key blob of a dump, or copies of it, as both slots of a flash hold. */
static enum rk_rc search(const struct rk_bytes *dump, struct blob_place *ret, struct rk_err *err)
{
    struct rk_ekb_outline out, other;
    size_t at = 0, next;

    if (!rk_ekb_next(dump->p, dump->len, &at, &out))
        return rk_fail(err, RK_E_FORMAT, "no key blob inside");
    *ret = (struct blob_place) { .at = at, .len = out.len, .copies = 1 };
    for (next = at + out.len; rk_ekb_next(dump->p, dump->len, &next, &other); next += other.len) {
        if (other.len != out.len || memcmp(dump->p + at, dump->p + next, out.len) != 0)
            return several(dump, err);
        ret->copies++;
    }
    return RK_OK;
}

/* A file that begins as a key blob is one, whatever is wrong with it. */
static enum rk_rc find_place(const struct rk_bytes *dump, const struct opt_u64 *at,
                             struct blob_place *ret, struct rk_err *err)
{
    static const char magic[] = "NVEKBP";
    struct rk_ekb_outline out;
    bool begins = dump->len >= 4 + sizeof magic && memcmp(dump->p + 4, magic, sizeof magic) == 0;

    if (!at->set && !begins && dump->len >= 4 + sizeof magic)
        return search(dump, ret, err);
    if (at->v > dump->len)
        return rk_fail(err, RK_E_USAGE, "--at: the file has %s", RK_COUNTED(dump->len, "byte"));
    if (rk_ekb_outline(dump->p + at->v, dump->len - (size_t)at->v, &out, err))
        return err->rc;
    *ret = (struct blob_place) { .at = (size_t)at->v, .len = out.len, .copies = 1 };
    return RK_OK;
}

enum rk_rc blob_read(const struct app *app, const struct blob_source *in, const char *path,
                     struct blob_place *place, struct rk_ekb *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes dump = RK_BYTES_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret fv = RK_SECRET_NONE;
    RK_AUTO(rk_mac_done) rk_mac *root = NULL;

    if (rk_file_read(path, REQUEST_FILE_MAX, &dump, err))
        return err->rc;
    if (rk_mac_open(app->ctx, in->root_key, 0, &root, err))
        return rk_wrap(err, "--root-key");
    if (in->fv != NULL && rk_file_read_key(in->fv, 16, &fv, err))
        return rk_wrap(err, "--fv");
    if (find_place(&dump, &in->at, place, err) ||
        rk_ekb_read(root, fv.p, dump.p + place->at, place->len, ret, err))
        return rk_wrap(err, "\"%s\"", path);
    if (in->fv != NULL && ret->version == RK_EKB_2_0)
        return opt_fail(app, err, "--fv: the key blob is of version 2.0, which holds its FV");
    place->dump_len = dump.len;
    return RK_OK;
}
