/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ctx.h"

#include "base/mem.h"
#include "rotkit/hex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

static int system_random(void *arg, uint8_t *bytes, size_t len)
{
    return RAND_priv_bytes_ex(arg, bytes, len, 0);
}

enum rk_rc rk_ctx_make(const struct rk_tables *tables, rk_ctx **ret, struct rk_err *err)
{
    rk_ctx *ctx = rk_alloc(1, sizeof *ctx);
    struct rk_ctx_state *state = rk_alloc(1, sizeof *state);

    if (ctx == NULL || state == NULL || pthread_mutex_init(&state->lock, NULL) != 0) {
        rk_free(ctx);
        rk_free(state);
        return rk_fail_nomem(err);
    }
    ctx->state = state;
    ctx->tables = tables;
    ctx->random = system_random;
    *ret = ctx;
    return RK_OK;
}

void rk_ctx_free(rk_ctx *ctx)
{
    if (ctx == NULL)
        return;
    if (ctx->state->of_keys != NULL)
        ctx->state->end_keys(ctx->state->of_keys);
    (void)pthread_mutex_destroy(&ctx->state->lock);
    rk_free(ctx->state);
    rk_free(ctx);
}

void rk_ctx_set_warning(rk_ctx *ctx, void (*warn)(void *arg, const char *text), void *arg)
{
    ctx->warn = warn;
    ctx->warn_arg = arg;
}

void rk_ctx_set_further(rk_ctx *ctx, void (*further)(void *arg, const struct rk_err *err),
                        void *arg)
{
    ctx->further = further;
    ctx->further_arg = arg;
}

void rk_further(const rk_ctx *ctx, const struct rk_err *err)
{
    if (ctx->further != NULL)
        ctx->further(ctx->further_arg, err);
}

void rk_ctx_set_random(rk_ctx *ctx, int (*fill)(void *arg, uint8_t *bytes, size_t len), void *arg)
{
    ctx->random = fill;
    ctx->random_arg = arg;
}

void rk_warn(const rk_ctx *ctx, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    if (ctx->warn == NULL)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ctx->warn(ctx->warn_arg, text);
}

void rk_ctx_set_clock(rk_ctx *ctx, int64_t (*now)(void *arg), void *arg)
{
    ctx->clock = now;
    ctx->clock_arg = arg;
}

enum rk_rc rk_clock_wall(const rk_ctx *ctx, int64_t *ret, struct rk_err *err)
{
    struct timespec now;

    if (ctx->clock != NULL) {
        *ret = ctx->clock(ctx->clock_arg);
        return RK_OK;
    }
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot read the clock");
    *ret = now.tv_sec;
    return RK_OK;
}

enum rk_rc rk_clock_stated(int64_t *ret, bool *ret_stated, struct rk_err *err)
{
    const char *epoch = secure_getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;

    *ret_stated = epoch != NULL;
    if (epoch == NULL)
        return RK_OK;
    if (rk_parse_u64(epoch, RK_CLOCK_LAST, &seconds, err))
        return rk_wrap(err, "SOURCE_DATE_EPOCH");
    *ret = (int64_t)seconds;
    return RK_OK;
}

enum rk_rc rk_clock_now(const rk_ctx *ctx, int64_t *ret, struct rk_err *err)
{
    bool stated;

    if (rk_clock_stated(ret, &stated, err))
        return err->rc;
    return stated ? RK_OK : rk_clock_wall(ctx, ret, err);
}

int64_t rk_clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "dd" style numbers of fixed width at text; false unless all digits and within lo..hi. */
static bool fixed_number(const char *text, size_t digits, int lo, int hi, int *ret)
{
    int v = 0;

    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        v = 10 * v + (text[i] - '0');
    }
    *ret = v;
    return v >= lo && v <= hi;
}

/* What stands behind the seconds (RFC 3339, 5.6): a fraction, which is dropped, and Z or +hh:mm. */
static bool parse_zone(const char *text, int *ret_minutes)
{
    int hours, minutes;
    size_t digits = text[0] == '.' ? strspn(text + 1, "0123456789") : 0;

    *ret_minutes = 0;
    if (text[0] == '.' && digits == 0)
        return false;
    text += digits == 0 ? 0 : 1 + digits;
    if (text[0] == 'Z' || text[0] == 'z')
        return text[1] == '\0';
    if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':' ||
        !fixed_number(text + 1, 2, 0, 23, &hours) || !fixed_number(text + 4, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = (text[0] == '-' ? -1 : 1) * (60 * hours + minutes);
    return true;
}

enum rk_rc rk_clock_parse(const char *text, int64_t *ret, struct rk_err *err)
{
    size_t len = strlen(text);
    struct tm tm = { 0 }, again;
    int zone = 0; /* minutes before UTC */
    bool good;
    time_t t;

    good = (len == 10 || (len >= 20 && (text[10] == 'T' || text[10] == 't') && text[13] == ':' &&
                          text[16] == ':' && parse_zone(text + 19, &zone))) &&
           text[4] == '-' && text[7] == '-' && fixed_number(text, 4, 1950, 9999, &tm.tm_year) &&
           fixed_number(text + 5, 2, 1, 12, &tm.tm_mon) &&
           fixed_number(text + 8, 2, 1, 31, &tm.tm_mday);
    if (good && len > 10)
        good = fixed_number(text + 11, 2, 0, 23, &tm.tm_hour) &&
               fixed_number(text + 14, 2, 0, 59, &tm.tm_min) &&
               fixed_number(text + 17, 2, 0, 59, &tm.tm_sec);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    again = tm;
    t = good ? timegm(&again) : 0;
    if (!good || again.tm_mday != tm.tm_mday)
        return rk_fail(err, RK_E_USAGE,
                       "\"%s\" is no date, expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ", text);
    *ret = t - (int64_t)zone * 60;
    return RK_OK;
}

enum rk_rc rk_random(const rk_ctx *ctx, uint8_t *bytes, size_t len, struct rk_err *err)
{
    void *arg = ctx->random == system_random ? (void *)ctx->libctx : ctx->random_arg;

    if (ctx->random(arg, bytes, len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "no randomness to be had");
    return RK_OK;
}

enum rk_rc rk_random_secret(const rk_ctx *ctx, size_t len, struct rk_secret *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret secret = RK_SECRET_NONE;

    if (rk_secret_new(len, &secret, err) || rk_random(ctx, secret.p, secret.len, err))
        return err->rc;
    *ret = rk_secret_take(&secret);
    return RK_OK;
}

OSSL_LIB_CTX *rk_ctx_libctx(const rk_ctx *ctx)
{
    return ctx->libctx;
}

const char *rk_ctx_propq(const rk_ctx *ctx)
{
    return ctx->propq;
}
