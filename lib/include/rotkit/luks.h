/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passphrase of an encrypted disk, as a Jetson board makes it (luks TA) from the disk key of
 * its key blob (tag 2). Source: formats/jetson-factory.md 8; proven by
 * tests/data/vectors/ekb/luks.json.
 */
#pragma once

#include "rotkit/ctx.h"
#include "rotkit/mac.h"

enum {
    RK_LUKS_KEY = 16,         /* bytes of the disk key */
    RK_LUKS_CONTEXT_MAX = 40, /* bytes of the context: NVIDIA's scripts give the disk's UUID */
    RK_LUKS_ECID = 32,        /* digits */
    RK_LUKS_PASSPHRASE = 32,  /* digits */
};

/*
 * RK_E_USAGE for a platform whose board makes it in another way: Thor's HMAC form is not settled.
 * NULL: the default.
 */
enum rk_rc rk_luks_platform(const rk_ctx *ctx, const char *name, struct rk_err *err) RK_MUST_CHECK;
/*
 * A board's ECID as the TA takes it: the low 100 bits in 32 lower-case digits, zeros on the left.
 * text: 1 to 32 hex digits, behind 0x or not.
 */
enum rk_rc rk_luks_ecid(const char *text, char ret[RK_LUKS_ECID + 1],
                        struct rk_err *err) RK_MUST_CHECK;
/*
 * disk_key: of RK_LUKS_KEY bytes. ecid: as rk_luks_ecid writes it; NULL: the passphrase of all
 * boards with this disk key, which a board makes when it is asked for that one. context: without
 * its NUL. ret: the digits, without a NUL. RK_E_USAGE for a longer context or a key of another
 * length.
 */
enum rk_rc rk_luks_passphrase(const rk_mac *disk_key, const char *ecid, const char *context,
                              struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
