/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/der.h"

#include <string.h>

/* RFC 5280 4.2.1: id-ce 2.5.29.n; 4.2.2.1: id-pe-authorityInfoAccess */
const struct rk_oid rk_oid_san = RK_OID("\x55\x1d\x11"), rk_oid_basic = RK_OID("\x55\x1d\x13"),
                    rk_oid_key_usage = RK_OID("\x55\x1d\x0f"), rk_oid_eku = RK_OID("\x55\x1d\x25"),
                    rk_oid_aki = RK_OID("\x55\x1d\x23"), rk_oid_ski = RK_OID("\x55\x1d\x0e"),
                    rk_oid_sda = RK_OID("\x55\x1d\x09"), rk_oid_crl = RK_OID("\x55\x1d\x1f"),
                    rk_oid_policies = RK_OID("\x55\x1d\x20"),
                    rk_oid_aia = RK_OID("\x2b\x06\x01\x05\x05\x07\x01\x01");
/* TCG EK Credential Profile: 2.23.133.2.1, .2, .3, .16; 2.23.133.8.1 tcg-kp-EKCertificate */
const struct rk_oid rk_oid_tpm_manufacturer = RK_OID("\x67\x81\x05\x02\x01"),
                    rk_oid_tpm_model = RK_OID("\x67\x81\x05\x02\x02"),
                    rk_oid_tpm_version = RK_OID("\x67\x81\x05\x02\x03"),
                    rk_oid_tpm_specification = RK_OID("\x67\x81\x05\x02\x10"),
                    rk_oid_eku_ek = RK_OID("\x67\x81\x05\x08\x01");
/* RFC 3279: rsaEncryption, id-ecPublicKey; X.520: commonName, organizationName, countryName */
const struct rk_oid rk_oid_rsa = RK_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
                    rk_oid_ec = RK_OID("\x2a\x86\x48\xce\x3d\x02\x01"),
                    rk_oid_cn = RK_OID("\x55\x04\x03"), rk_oid_org = RK_OID("\x55\x04\x0a"),
                    rk_oid_country = RK_OID("\x55\x04\x06");

enum rk_rc rk_der_next(struct rk_rd *rd, struct rk_tlv *ret, struct rk_err *err)
{
    enum { LENGTH_BYTES_MAX = 4 };
    struct rk_tlv tlv = { .at = rk_rd_offset(rd), .head = rd->buf + rd->pos };
    size_t start = rd->pos;
    uint64_t len;

    tlv.tag = (uint8_t)rk_rd_be(rd, 1);
    len = rk_rd_be(rd, 1);
    if (rk_rd_ok(rd, err))
        return err->rc;
    if ((tlv.tag & 0x1f) == 0x1f || tlv.tag == 0)
        return rk_fail(err, RK_E_FORMAT, "tag 0x%02x at offset 0x%zx is none of DER's", tlv.tag,
                       tlv.at);
    if (len == 0x80 || len > 0x80 + LENGTH_BYTES_MAX)
        return rk_fail(err, RK_E_FORMAT, "length 0x%02x at offset 0x%zx is none of DER's",
                       (unsigned)len, tlv.at + 1);
    if (len > 0x80)
        len = rk_rd_be(rd, (size_t)len - 0x80);
    tlv.len = (size_t)len;
    tlv.p = rk_rd_take(rd, tlv.len);
    if (rk_rd_ok(rd, err))
        return err->rc;
    tlv.size = rd->pos - start;
    *ret = tlv;
    return RK_OK;
}

enum rk_rc rk_der_want(struct rk_rd *rd, uint8_t tag, const char *what, struct rk_tlv *ret,
                       struct rk_err *err)
{
    struct rk_tlv tlv;

    if (rk_der_next(rd, &tlv, err))
        return rk_wrap(err, "%s", what);
    if (tlv.tag != tag)
        return rk_fail(err, RK_E_FORMAT, "%s: tag 0x%02x at offset 0x%zx, expected 0x%02x", what,
                       tlv.tag, tlv.at, tag);
    *ret = tlv;
    return RK_OK;
}

struct rk_rd rk_der_inside(const struct rk_tlv *tlv)
{
    return (
        struct rk_rd) { .buf = tlv->p, .len = tlv->len, .base = tlv->at + (tlv->size - tlv->len) };
}

uint8_t rk_der_peek(const struct rk_rd *rd)
{
    return rd->want == 0 && rk_rd_left(rd) != 0 ? rd->buf[rd->pos] : 0;
}

bool rk_der_is_oid(const struct rk_tlv *tlv, const struct rk_oid *oid)
{
    return tlv->tag == RK_DER_OID && tlv->len == oid->len && memcmp(tlv->p, oid->p, oid->len) == 0;
}
