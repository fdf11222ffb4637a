/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/cert.h"

#include "base/layout.h"
#include "base/ossl.h"
#include "rotkit/guid.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>

enum { LIST_HEAD = 28, OWNER = 16, LISTS_MAX = 256, CERTS_MAX = 16 };
static const char x509_guid[] = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
static const char sha256_guid[] = "c1c41626-504c-4092-aca9-41f936934328";

static enum rk_rc
give(X509 *cert, enum rk_rc (*each)(void *arg, const uint8_t *der, size_t len, struct rk_err *err),
     void *arg, struct rk_err *err)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    enum rk_rc rc;

    if (len <= 0)
        return rk_fail_ossl(err, RK_E_USAGE, "certificate");
    rc = each(arg, der, (size_t)len, err);
    OPENSSL_free(der);
    return rc;
}

enum rk_rc rk_certs_each(const struct rk_input *file,
                         enum rk_rc (*each)(void *arg, const uint8_t *der, size_t len,
                                            struct rk_err *err),
                         void *arg, struct rk_err *err)
{
    RK_AUTO(rk_bio_done) BIO *in = BIO_new_mem_buf(file->p, (int)file->len);
    bool der = file->len > 0 && file->p[0] == 0x30;
    int count = 0;

    if (in == NULL)
        return rk_fail_nomem(err);
    for (; count < CERTS_MAX; count++) {
        RK_AUTO(rk_x509_done)
        X509 *cert = der ? d2i_X509_bio(in, NULL) : PEM_read_bio_X509(in, NULL, NULL, NULL);

        if (cert == NULL)
            break;
        if (give(cert, each, arg, err))
            return err->rc;
    }
    ERR_clear_error();
    if (count == 0)
        return rk_fail(err, RK_E_USAGE, "part \"%s\" holds no certificate, PEM or DER", file->name);
    return RK_OK;
}

struct putting {
    struct rk_wr *wr;
    const uint8_t *owner;
};

static enum rk_rc put_list(void *arg, const uint8_t *der, size_t len, struct rk_err *err)
{
    struct putting *put = arg;
    uint8_t type[16];

    if (rk_guid_parse(x509_guid, type, err))
        return err->rc;
    rk_wr_bytes(put->wr, type, sizeof type);
    rk_wr_le(put->wr, LIST_HEAD + OWNER + len, 4);
    rk_wr_le(put->wr, 0, 4);
    rk_wr_le(put->wr, OWNER + len, 4);
    rk_wr_bytes(put->wr, put->owner, OWNER);
    rk_wr_bytes(put->wr, der, len);
    return RK_OK;
}

enum rk_rc rk_esl_put(const struct rk_input *file, const uint8_t owner[16], struct rk_wr *wr,
                      struct rk_err *err)
{
    struct putting put = { wr, owner };

    if (rk_esl_is(file->p, file->len)) {
        rk_wr_bytes(wr, file->p, file->len);
        return RK_OK;
    }
    return rk_certs_each(file, put_list, &put, err);
}

static bool starts_with(const uint8_t *file, const char *guid)
{
    uint8_t want[16];
    struct rk_err ignored;

    return rk_guid_parse(guid, want, &ignored) == RK_OK && memcmp(file, want, sizeof want) == 0;
}

bool rk_esl_is(const uint8_t *file, size_t len)
{
    return len >= LIST_HEAD + OWNER &&
           (starts_with(file, x509_guid) || starts_with(file, sha256_guid));
}

static void describe(const uint8_t *data, size_t len, bool x509, struct rk_region *region)
{
    const unsigned char *at = data + OWNER;
    RK_AUTO(rk_x509_done) X509 *cert = x509 ? d2i_X509(NULL, &at, (long)(len - OWNER)) : NULL;
    char owner[RK_GUID_TEXT], subject[128] = "";

    ERR_clear_error();
    rk_guid_text(data, owner);
    if (cert != NULL)
        (void)X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof subject);
    (void)snprintf(region->note, sizeof region->note, "owner %s %s", owner, subject);
}

static enum rk_rc add_list(struct rk_rd *rd, struct rk_map *map, struct rk_region *parent,
                           struct rk_err *err)
{
    size_t start = rd->pos;
    const uint8_t *type = rk_rd_take(rd, 16);
    uint32_t list = (uint32_t)rk_rd_le(rd, 4), head = (uint32_t)rk_rd_le(rd, 4),
             size = (uint32_t)rk_rd_le(rd, 4);
    struct rk_region *region, *entry;
    bool x509;

    if (rk_rd_ok(rd, err))
        return err->rc;
    x509 = starts_with(type, x509_guid);
    if (!x509 && !starts_with(type, sha256_guid))
        return rk_fail(err, RK_E_FORMAT, "signature list at 0x%zx is of an unknown type",
                       rd->base + start);
    if (list < LIST_HEAD || head != 0 || size <= OWNER || (list - LIST_HEAD) % size != 0 ||
        list == LIST_HEAD || list - LIST_HEAD > rk_rd_left(rd))
        return rk_fail(err, RK_E_FORMAT,
                       "signature list at 0x%zx: sizes %u, %u, %u do not fit its %zu bytes",
                       rd->base + start, list, head, size, rd->len - start);
    if (rk_region_add(map, parent, rd->base + start, list,
                      x509 ? "certificate list" : "SHA-256 list", &region, err))
        return err->rc;
    for (uint32_t done = LIST_HEAD; done < list; done += size) {
        size_t at = rk_rd_offset(rd);
        const uint8_t *data = rk_rd_take(rd, size);

        if (rk_rd_ok(rd, err) || rk_region_add(map, region, at, size, "entry", &entry, err))
            return err->rc;
        describe(data, size, x509, entry);
    }
    return RK_OK;
}

enum rk_rc rk_esl_map(const uint8_t *esl, size_t len, uint64_t base, struct rk_map *map,
                      struct rk_region *parent, struct rk_err *err)
{
    struct rk_rd rd = { .buf = esl, .len = len, .base = (size_t)base };

    for (int i = 0; rk_rd_left(&rd) != 0; i++) {
        if (i == LISTS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d signature lists", LISTS_MAX);
        if (add_list(&rd, map, parent, err))
            return err->rc;
    }
    return RK_OK;
}
