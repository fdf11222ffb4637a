/* SPDX-License-Identifier: Apache-2.0 */
/* The TBBR chain's table, and what stands behind its rows in a package. */
#include "image/tbbr.h"

#include "base/work.h"

#include <string.h>

/* clang-format off */
enum { TRUSTED = RK_TBBR_TRUSTED_COUNTER, NON_TRUSTED = RK_TBBR_NON_TRUSTED_COUNTER };
const struct rk_tbbr_cert rk_tbbr_certs[RK_TBBR_CERTS] = {
    { "trusted-key-cert", "Trusted Key Certificate", "", TRUSTED,
      { { 302, "trusted-world" }, { 303, "non-trusted-world" } }, true },
    { "scp-fw-key-cert", "SCP Firmware Key Certificate", "trusted-world", TRUSTED,
      { { 701, "scp-fw" } }, true },
    { "soc-fw-key-cert", "SoC Firmware Key Certificate", "trusted-world", TRUSTED,
      { { 501, "soc-fw" } }, true },
    { "tos-fw-key-cert", "Trusted OS Firmware Key Certificate", "trusted-world", TRUSTED,
      { { 901, "tos-fw" } }, true },
    { "nt-fw-key-cert", "Non-Trusted Firmware Key Certificate", "non-trusted-world", NON_TRUSTED,
      { { 1101, "nt-fw" } }, true },
    { "tb-fw-cert", "Trusted Boot FW Certificate", "", TRUSTED,
      { { 201, "tb-fw" }, { 202, "tb-fw-config" }, { 203, "hw-config" }, { 204, "fw-config" } }, false },
    { "scp-fw-cert", "SCP Firmware Content Certificate", "scp-fw", TRUSTED,
      { { 801, "scp-fw" } }, false },
    { "soc-fw-cert", "SoC Firmware Content Certificate", "soc-fw", TRUSTED,
      { { 603, "soc-fw" }, { 604, "soc-fw-config" } }, false },
    { "tos-fw-cert", "Trusted OS Firmware Content Certificate", "tos-fw", TRUSTED,
      { { 1001, "tos-fw" }, { 1002, "tos-fw-extra1" }, { 1003, "tos-fw-extra2" }, { 1004, "tos-fw-config" } }, false },
    { "nt-fw-cert", "Non-Trusted Firmware Content Certificate", "nt-fw", NON_TRUSTED,
      { { 1201, "nt-fw" }, { 1202, "nt-fw-config" } }, false },
    { "fwu-cert", "Firmware Update Certificate", "", 0,
      { { 102, "scp-fwu-cfg" }, { 101, "ap-fwu-cfg" }, { 103, "fwu" } }, false },
};
static const struct rk_tbbr_digest digests[] = {
    { "SHA256", "SHA-256", 32, 1, RK_SCHEME_RSA_PSS_SHA256, RK_SCHEME_ECDSA_SHA256 },
    { "SHA384", "SHA-384", 48, 2, RK_SCHEME_RSA_PSS_SHA384, RK_SCHEME_ECDSA_SHA384 },
    { "SHA512", "SHA-512", 64, 3, RK_SCHEME_RSA_PSS_SHA512, RK_SCHEME_ECDSA_SHA512 },
};
/* clang-format on */
enum { DIGESTS = sizeof digests / sizeof digests[0] };

static const struct rk_tbbr_digest *find_digest(int nid)
{
    for (size_t i = 0; i < DIGESTS; i++) {
        if (OBJ_sn2nid(digests[i].name) == nid)
            return &digests[i];
    }
    return NULL;
}

enum rk_rc rk_tbbr_digest(const struct rk_request *request, const struct rk_format *format,
                          const struct rk_tbbr_digest **ret, struct rk_err *err)
{
    const char *name = rk_request_text(request, format, "hash");

    for (size_t i = 0; i < DIGESTS; i++) {
        if (strncmp(name, "sha", 3) == 0 && strcmp(name + 3, digests[i].name + 3) == 0) {
            *ret = &digests[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE, "setting \"hash\": expected sha256, sha384 or sha512");
}

const struct rk_tbbr_digest *rk_tbbr_digest_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;

    if (algorithm != NULL)
        X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    return oid == NULL ? NULL : find_digest(OBJ_obj2nid(oid));
}

bool rk_tbbr_image(const struct rk_request *request, const struct rk_fip *fip, const char *name,
                   struct rk_fip_entry *ret)
{
    const struct rk_fip_entry *entry = rk_fip_find(fip, name);
    const struct rk_input *part = rk_request_part(request, name);

    if (entry == NULL && part == NULL)
        return false;
    *ret = entry != NULL ? *entry : (struct rk_fip_entry) { .p = part->p, .len = part->len };
    return true;
}

/* Of a key certificate: what the certificates are wanted by that the certified key signs. */
const char *rk_tbbr_wanted_by(const struct rk_request *request, const struct rk_fip *fip,
                              const struct rk_tbbr_cert *cert)
{
    for (size_t i = 0; i < RK_TBBR_SUBS && cert->sub[i].what != NULL; i++) {
        struct rk_fip_entry image;

        if (!cert->keys && rk_tbbr_image(request, fip, cert->sub[i].what, &image))
            return cert->sub[i].what;
        for (size_t k = 0; cert->keys && k < RK_TBBR_CERTS; k++) {
            const char *by = NULL;

            if (strcmp(rk_tbbr_certs[k].signer, cert->sub[i].what) == 0)
                by = rk_tbbr_wanted_by(request, fip, &rk_tbbr_certs[k]);
            if (by != NULL)
                return by;
        }
    }
    return NULL;
}

bool rk_tbbr_covers(const char *image)
{
    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        const struct rk_tbbr_cert *cert = &rk_tbbr_certs[i];

        for (size_t k = 0; !cert->keys && k < RK_TBBR_SUBS && cert->sub[k].what != NULL; k++) {
            if (strcmp(cert->sub[k].what, image) == 0)
                return true;
        }
    }
    return false;
}

enum rk_rc rk_tbbr_check_parts(const struct rk_request *request, const struct rk_fip *fip,
                               struct rk_err *err)
{
    for (size_t i = 0; i < request->part_count; i++) {
        const struct rk_input *part = &request->part[i];
        const struct rk_fip_entry *entry = rk_fip_find(fip, part->name);

        if (!rk_tbbr_covers(part->name))
            return rk_fail(err, RK_E_USAGE, "no certificate covers an image \"%s\"", part->name);
        if (entry != NULL && (entry->len != part->len || memcmp(entry->p, part->p, part->len) != 0))
            return rk_fail(err, RK_E_USAGE, "image \"%s\" stands in the package, and is another",
                           part->name);
    }
    return RK_OK;
}

enum rk_rc rk_tbbr_hash(const struct rk_request *request, const struct rk_tbbr_digest *digest,
                        const struct rk_fip_entry *image, uint8_t ret[RK_TBBR_DIGEST_MAX],
                        bool *ret_known, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes plain = RK_BYTES_NONE;
    bool sealed = rk_encfw_is(image->p, image->len);
    size_t made;

    *ret_known = !sealed || request->secret != NULL;
    if (!*ret_known)
        return RK_OK;
    if (sealed && rk_encfw_open(request, image->p, image->len, &plain, err))
        return err->rc;
    return rk_work_digest(digest->name, sealed ? plain.p : image->p,
                          sealed ? plain.len : image->len, ret, &made, err);
}
