/* SPDX-License-Identifier: Apache-2.0 */
/* What the manifest may say about EK certificates. Source: formats/ek-certificate.md 4.2. */
#include "rotkit/x509.h"
#include "rotkit/counted.h"

#include <string.h>

enum { TEXT_MAX = 255, FAMILY_MAX = 16, URL_MAX = 1024 };

static bool is_hex_id(const char *text, size_t low, size_t high)
{
    size_t n;

    if (text == NULL || strncmp(text, "id:", 3) != 0)
        return false;
    n = strspn(text + 3, "0123456789abcdefABCDEF");
    return text[3 + n] == '\0' && n >= low && n <= high;
}

/* Well-formed UTF-8 of 1..TEXT_MAX bytes; the shape is checked by OpenSSL's own decoder. */
static bool is_text(const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    const unsigned char *p = (const unsigned char *)text;
    unsigned long value;

    if (len == 0 || len > TEXT_MAX)
        return false;
    for (size_t i = 0; i < len;) {
        int n = UTF8_getc(p + i, (int)(len - i), &value);

        if (n <= 0 || value < 0x20)
            return false;
        i += (size_t)n;
    }
    return true;
}

static bool is_url(const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);

    if (len == 0 || len > URL_MAX || strstr(text, "://") == NULL)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return true;
}

static enum rk_rc check_urls(const char *what, const char *const *urls, size_t count,
                             struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_url(urls[i]))
            return rk_fail(err, RK_E_USAGE, "%s \"%s\" is no URL in ASCII", what,
                           urls[i] != NULL ? urls[i] : "");
    }
    return RK_OK;
}

enum rk_rc rk_ekcert_profile_check(const struct rk_ekcert_profile *profile, struct rk_err *err)
{
    if (!is_hex_id(profile->manufacturer, 8, 8))
        return rk_fail(err, RK_E_USAGE,
                       "manufacturer \"%s\", expected id: and 8 hex digits of the TCG vendor id",
                       profile->manufacturer != NULL ? profile->manufacturer : "");
    if (!is_text(profile->model))
        return rk_fail(err, RK_E_USAGE, "model \"%s\", expected 1 to %s of UTF-8 text",
                       profile->model != NULL ? profile->model : "", RK_COUNTED(TEXT_MAX, "byte"));
    if (!is_hex_id(profile->version, 1, 16))
        return rk_fail(err, RK_E_USAGE,
                       "version \"%s\", expected id: and the firmware version in hex",
                       profile->version != NULL ? profile->version : "");
    if (!is_text(profile->spec_family) || strlen(profile->spec_family) > FAMILY_MAX)
        return rk_fail(err, RK_E_USAGE, "specification family \"%s\", expected \"2.0\"",
                       profile->spec_family != NULL ? profile->spec_family : "");
    if (profile->subject_cn != NULL && !is_text(profile->subject_cn))
        return rk_fail(err, RK_E_USAGE, "subject \"%s\", expected 1 to %s of UTF-8 text",
                       profile->subject_cn, RK_COUNTED(TEXT_MAX, "byte"));
    if (profile->aik && profile->subject_cn != NULL)
        return rk_fail(err, RK_E_USAGE,
                       "subject \"%s\", but an attestation key's certificate has an empty one",
                       profile->subject_cn);
    if (profile->not_after < profile->not_before)
        return rk_fail(err, RK_E_USAGE, "the validity ends before it begins");
    if (check_urls("AIA URL", profile->aia_urls, profile->aia_count, err))
        return err->rc;
    return check_urls("CRL URL", profile->crl_urls, profile->crl_count, err);
}
