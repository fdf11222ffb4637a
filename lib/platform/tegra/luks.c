/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/luks.h"

#include "base/err.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/identity.h"
#include "rotkit/platform.h"

#include <string.h>

enum { ECID_DIGITS_USED = 25 }; /* the low 100 bits */

/* The labels of both ways, which are not mixed. */
static const struct {
    const char *first, *second;
} unique = { "luks-srv-ecid", "luks-srv-passphrase-unique" },
  generic = { "luks-srv-generic", "luks-srv-passphrase-generic" };
static const char generic_context[] = "generic-key";

enum rk_rc rk_luks_platform(const rk_ctx *ctx, const char *name, struct rk_err *err)
{
    const struct rk_platform *found;

    if (rk_platform_find(ctx, name, &found, err))
        return rk_note(err, "t234 and t194 make disk passphrases by AES-CMAC; the HMAC form of "
                            "newer boards (Thor) is not settled");
    if (rk_platform_root_key_len(found) == 0)
        return rk_fail(err, RK_E_USAGE, "platform %s has no key blob, so no passphrases from one",
                       rk_platform_name(found));
    return RK_OK;
}

enum rk_rc rk_luks_ecid(const char *text, char ret[RK_LUKS_ECID + 1], struct rk_err *err)
{
    const char *digits = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
    size_t len = strlen(digits), used = len < ECID_DIGITS_USED ? len : ECID_DIGITS_USED;
    char padded[RK_LUKS_ECID + 1] = "";
    uint8_t bytes[RK_LUKS_ECID / 2];

    if (len == 0 || len > RK_LUKS_ECID)
        return rk_fail(err, RK_E_USAGE, "ECID \"%s\": %s, expected 1 to %d", text,
                       RK_COUNTED(len, "hex digit"), RK_LUKS_ECID);
    memset(padded, '0', RK_LUKS_ECID);
    memcpy(padded + RK_LUKS_ECID - len, digits, len);
    if (rk_hex_read(padded, RK_LUKS_ECID, bytes, sizeof bytes, err))
        return rk_fail(err, RK_E_USAGE, "ECID \"%s\": not all of it is hex digits", text);
    rk_hex_write(bytes, sizeof bytes, ret);
    memset(ret, '0', RK_LUKS_ECID - used);
    return RK_OK;
}

/* AES-CMAC over 01 | label | 00 | context | BE32(128). */
static enum rk_rc kdf(const rk_mac *key, const char *label, const char *context,
                      struct rk_secret *ret, struct rk_err *err)
{
    const struct rk_kdf108 in = { .alg = RK_MAC_AES_CMAC,
                                  .counter_bits = 8,
                                  .label = label,
                                  .context = (const uint8_t *)context,
                                  .context_len = strlen(context),
                                  .out_len = RK_LUKS_KEY };

    return rk_kdf108(key, &in, ret, err);
}

static enum rk_rc as_digits(const struct rk_secret *bytes, struct rk_secret *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;

    if (rk_secret_new(2 * bytes->len + 1, &text, err))
        return err->rc;
    rk_hex_write(bytes->p, bytes->len, (char *)text.p);
    return rk_secret_copy(text.p, 2 * bytes->len, ret, err);
}

enum rk_rc rk_luks_passphrase(const rk_mac *disk_key, const char *ecid, const char *context,
                              struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret k1 = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret made = RK_SECRET_NONE;
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;

    if (rk_mac_key_len(disk_key) != RK_LUKS_KEY)
        return rk_fail(err, RK_E_USAGE, "disk key of %s, expected %d",
                       RK_COUNTED(rk_mac_key_len(disk_key), "byte"), RK_LUKS_KEY);
    if (strlen(context) > RK_LUKS_CONTEXT_MAX)
        return rk_fail(err, RK_E_USAGE, "context of %s, at most %d",
                       RK_COUNTED(strlen(context), "byte"), RK_LUKS_CONTEXT_MAX);
    if (kdf(disk_key, ecid != NULL ? unique.first : generic.first,
            ecid != NULL ? ecid : generic_context, &k1, err) ||
        rk_mac_from_secret(rk_mac_ctx(disk_key), &k1, &mac, err) ||
        kdf(mac, ecid != NULL ? unique.second : generic.second, context, &made, err))
        return err->rc;
    return as_digits(&made, ret, err);
}
