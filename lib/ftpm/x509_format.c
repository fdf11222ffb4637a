/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate's row in the table of formats. */
#include "base/format_rows.h"
#include "ftpm/ca.h"

#include <stdio.h>

enum { CERT_MAX = 65536 };

static bool recognise(const uint8_t *file, size_t len)
{
    struct rk_err ignored;
    X509 *cert = NULL;
    bool good = len > 4 && file[0] == 0x30 && rk_x509_parse(file, len, &cert, &ignored) == RK_OK;

    X509_free(cert);
    return good;
}

static const char *const names[] = { "tbsCertificate", "signatureAlgorithm", "signatureValue" };

/* SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }: where the three stand. */
static enum rk_rc add_parts(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    const unsigned char *at = file;
    long size;
    int tag, class;

    if ((ASN1_get_object(&at, &size, &tag, &class, (long)len) & 0x80) != 0)
        return rk_fail_ossl(err, RK_E_FORMAT, "malformed DER");
    for (size_t i = 0; i < 3; i++) {
        const unsigned char *start = at;
        struct rk_region *region;

        if ((ASN1_get_object(&at, &size, &tag, &class, (long)(file + len - at)) & 0x80) != 0)
            return rk_fail_ossl(err, RK_E_FORMAT, "malformed DER");
        at += size;
        if (rk_region_add(map, map->root, (uint64_t)(start - file), (uint64_t)(at - start), names[i],
                          &region, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    char issuer[128] = "";

    if (rk_x509_parse(file, len, &cert, err) || add_parts(file, len, map, err))
        return err->rc;
    (void)X509_NAME_oneline(X509_get_issuer_name(cert), issuer, sizeof issuer);
    (void)snprintf(map->root->note, sizeof map->root->note, "issuer %s", issuer);
    (void)snprintf(map->integrity, sizeof map->integrity, "signature not checked: needs the issuer");
    return RK_OK;
}

const struct rk_format rk_format_x509 = {
    .name = "x509",
    .title = "X.509 certificate",
    .max = CERT_MAX,
    .recognise = recognise,
    .parse = parse,
};
