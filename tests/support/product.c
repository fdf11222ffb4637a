/* SPDX-License-Identifier: Apache-2.0 */
#include "product.h"

#include "base/folder.h"
#include "put.h"
#include "rotkit/ekcert.h"
#include "rotkit/file.h"
#include "rotkit/key.h"
#include "rotkit/licence.h"
#include "rotkit/pem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base[] = "rotkit: 1\n"
                           "product: demo\n"
                           "platform: t234\n"
                           "role: both\n"
                           "devices:\n"
                           "  master-key: master.key\n"
                           "  oem-id: 0x0102\n"
                           "  first-sn: 1\n"
                           "  count: 12\n"
                           "ek:\n"
                           "  templates: [L-1, L-2]\n"
                           "  certificate:\n"
                           "    manufacturer: \"id:44454D4F\"\n"
                           "    model: demo fTPM\n"
                           "    version: \"id:00010000\"\n"
                           "    spec-revision: 159\n"
                           "    not-before: 2026-01-01\n"
                           "  ca:\n"
                           "    certificate: ca.pem\n"
                           "    key: ca.key\n"
                           "blob:\n"
                           "  version: \"2.0\"\n"
                           "  root-key: root.key\n"
                           "  payload-key: payload.key\n"
                           "  disk-key: disk.key\n"
                           "  auth-key: auth.key\n"
                           "release:\n"
                           "  path: release\n";

const char product_counted[] = "licence:\n"
                               "  ledger: units.db\n"
                               "  checkpoint-key: checkpoint.key\n";
const char product_licensed[] = "licence:\n"
                                "  ledger: units.db\n"
                                "  checkpoint-key: checkpoint.key\n"
                                "  anchor: anchor\n"
                                "  file: licence.json\n"
                                "  issuer: issuer.pem\n";

/* clang-format off */
static const char *const keys[][2] = {
    { "master.key", "1111111111111111111111111111111111111111111111111111111111111111" },
    { "root.key", "2222222222222222222222222222222222222222222222222222222222222222" },
    { "payload.key", "3333333333333333333333333333333333333333333333333333333333333333" },
    { "disk.key", "44444444444444444444444444444444" },
    { "auth.key", "55555555555555555555555555555555" },
};
/* clang-format on */

static struct rk_err err;

static void ok(enum rk_rc rc)
{
    ck_assert_msg(rc == RK_OK, "%s", err.msg);
}

void product_path(const struct product *product, const char *name, char *ret, size_t size)
{
    ok(rk_path_join(product->folder, name, ret, size, &err));
}

static void put_bytes(const struct product *product, const char *name, const void *bytes,
                      size_t len)
{
    char path[512];

    product_path(product, name, path, sizeof path);
    put_file(path, bytes, len);
}

void product_put(const struct product *product, const char *name, const char *text)
{
    put_bytes(product, name, text, strlen(text));
}

static void put_private(const struct product *product, const char *name, const rk_signer *key)
{
    struct rk_secret pem = RK_SECRET_NONE;

    ok(rk_key_private_pem(key, &pem, &err));
    put_bytes(product, name, pem.p, pem.len);
    rk_secret_done(&pem);
}

static void put_public(const struct product *product, const char *name, const rk_signer *key)
{
    struct rk_bytes pem = RK_BYTES_NONE;

    ok(rk_pem_encode(RK_PEM_PUBLIC_KEY, rk_signer_spki(key), &pem, &err));
    put_bytes(product, name, pem.p, pem.len);
    rk_bytes_done(&pem);
}

static void make_ca(const struct product *product)
{
    const struct rk_ca_init init = { .key_type = "p256",
                                     .organization = "Demo",
                                     .name = "Demo",
                                     .not_before = PRODUCT_NOW,
                                     .not_after_root = RK_EKCERT_NO_EXPIRY,
                                     .not_after_issuing = RK_EKCERT_NO_EXPIRY };
    struct rk_ca_files files = { .root_cert = RK_BYTES_NONE };
    char chain[8192];

    ok(rk_ca_make(product->ctx, &init, &files, &err));
    (void)snprintf(chain, sizeof chain, "%.*s%.*s", (int)files.issuing_cert.len,
                   (const char *)files.issuing_cert.p, (int)files.root_cert.len,
                   (const char *)files.root_cert.p);
    product_put(product, "ca.pem", chain);
    put_bytes(product, "root.pem", files.root_cert.p, files.root_cert.len);
    put_bytes(product, "ca.key", files.issuing_key.p, files.issuing_key.len);
    put_bytes(product, "ca-root.key", files.root_key.p, files.root_key.len);
    rk_ca_files_done(&files);
}

void product_make(struct product *product, const char *scratch, const char *name)
{
    rk_signer *checkpoint = NULL;

    *product = (struct product) { .ctx = NULL };
    (void)setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
    (void)snprintf(product->folder, sizeof product->folder, "%s/%s-%d", scratch, name,
                   (int)getpid());
    ok(rk_tree_remove(product->folder, &err));
    ok(rk_file_make_dirs(product->folder, &err));
    ok(rk_ctx_new(&product->ctx, &err));
    (void)snprintf(product->manifest, sizeof product->manifest, "%s/manifest.yaml",
                   product->folder);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        product_put(product, keys[i][0], keys[i][1]);
    make_ca(product);
    ok(rk_key_new(product->ctx, "p256", &product->issuer, &err));
    ok(rk_key_new(product->ctx, "p256", &checkpoint, &err));
    put_public(product, "issuer.pem", product->issuer);
    put_private(product, "checkpoint.key", checkpoint);
    put_public(product, "checkpoint.pem", checkpoint);
    rk_signer_free(checkpoint);
    product_manifest(product, (const char *const[]) { NULL });
}

void product_done(struct product *product)
{
    rk_signer_free(product->issuer);
    rk_ctx_free(product->ctx);
    ok(rk_tree_remove(product->folder, &err));
}

void product_manifest(const struct product *product, const char *const *changes)
{
    char text[8192], next[8192];

    (void)snprintf(text, sizeof text, "%s", base);
    for (; changes[0] != NULL; changes += 2) {
        size_t len = strlen(changes[0]);
        const char *at = len == 0 ? text + strlen(text) : strstr(text, changes[0]);

        ck_assert_msg(at != NULL, "the manifest has no \"%s\"", changes[0]);
        ck_assert_msg(len == 0 || strstr(at + 1, changes[0]) == NULL, "\"%s\" twice", changes[0]);
        (void)snprintf(next, sizeof next, "%.*s%s%s", (int)(at - text), text, changes[1], at + len);
        memcpy(text, next, sizeof text);
    }
    product_put(product, "manifest.yaml", text);
}

void product_licence(const struct product *product, uint64_t units)
{
    struct rk_licence licence = { .id = "L1",
                                  .product = "demo",
                                  .units = units,
                                  .oem_id = { 0x0102 },
                                  .oem_id_count = 1,
                                  .first_sn = 1,
                                  .last_sn = 1000 };
    struct rk_bytes file = RK_BYTES_NONE;

    ok(rk_licence_sign(product->issuer, &licence, &file, &err));
    put_bytes(product, "licence.json", file.p, file.len);
    rk_bytes_done(&file);
}

rk_ledger *product_ledger(const struct product *product)
{
    rk_ledger *ledger = NULL;
    char path[512];

    product_path(product, "units.db", path, sizeof path);
    if (rk_tree_exists(path))
        ok(rk_ledger_open(product->ctx, path, RK_LEDGER_READ, NULL, &ledger, &err));
    return ledger;
}
