/* SPDX-License-Identifier: Apache-2.0 */
/* What U-Boot asks of a FIT beside its format: how configurations are signed, and what they boot.
 */
#include "image/fit.h"

#include <libfdt.h>

#include <stdio.h>
#include <string.h>

/* U-Boot 2023.01: boot/image-sig.c, boot/image-fit.c, lib/rsa; doc/uImage.FIT/signature.txt. */
/* clang-format off */
const struct rk_demand rk_fit_demands[] = {
    { "u-boot", "signature key", "rsa2048 rsa3072 rsa4096",
      "it verifies by RSA of 2048, 3072 or 4096 bits", "ECDSA_VERIFY" },
    { "u-boot", "signature hash", "sha1 sha256 sha512",
      "it knows SHA-384 only where that is built in", "SHA384" },
    { "u-boot", "signature hash", "sha1 sha256 sha384",
      "it knows SHA-512 only where that is built in", "SHA512" },
    { "u-boot", "signature padding", "pkcs-1.5",
      "it verifies PSS only where that is built in; sign with --set padding=pkcs-1.5", "FIT_RSASSA_PSS" },
    { "u-boot", "configuration", "with-device-tree",
      "a kernel is given no device tree and does not start", NULL },
    { "u-boot", "device tree", "plain",
      "it reads the ciphertext as a device tree and crashes", NULL },
    { "u-boot", "image", "plain", "it decrypts images only where that is built in", "FIT_CIPHER" },
    { .firmware = NULL },
};
/* clang-format on */

/* "sha256,rsa2048": hash and key, each a fact; nothing more follows from a text of another form. */
static enum rk_rc algorithm_facts(const char *algo, uint64_t at, uint64_t len, struct rk_map *map,
                                  struct rk_err *err)
{
    const char *comma = strchr(algo, ',');
    char hash[16] = "";

    if (comma == NULL)
        return RK_OK;
    (void)snprintf(hash, sizeof hash, "%.*s", (int)(comma - algo), algo);
    return rk_map_fact(map, at, len, "signature hash", hash, err) ||
                   rk_map_fact(map, at, len, "signature key", comma + 1, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc signature_facts(const uint8_t *fdt, int node, struct rk_map *map,
                                  struct rk_err *err)
{
    int len = 0;
    const char *algo = rk_fit_text(fdt, node, "algo"), *padding = rk_fit_text(fdt, node, "padding");
    const uint8_t *value = fdt_getprop(fdt, node, "value", &len);
    uint64_t at = value == NULL ? 0 : (uint64_t)(value - fdt);

    if (value == NULL || algo == NULL)
        return RK_OK;
    return algorithm_facts(algo, at, (uint64_t)len, map, err) ||
                   rk_map_fact(map, at, (uint64_t)len, "signature padding",
                               padding == NULL ? "pkcs-1.5" : padding, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc configuration_facts(const uint8_t *fdt, int conf, struct rk_map *map,
                                      struct rk_err *err)
{
    bool kernel = fdt_getprop(fdt, conf, "kernel", NULL) != NULL;
    int node;

    if (kernel && rk_map_fact(map, 0, 1, "configuration",
                              fdt_getprop(fdt, conf, "fdt", NULL) != NULL ? "with-device-tree"
                                                                          : "without-device-tree",
                              err))
        return err->rc;
    fdt_for_each_subnode(node, fdt, conf)
    {
        if (rk_fit_is_named(fdt, node, "signature") && signature_facts(fdt, node, map, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_fit_facts(const struct rk_request *request, const uint8_t *fdt, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    (void)request;
    (void)len;
    for (int node = rk_fit_first(fdt, "configurations"); node >= 0;
         node = fdt_next_subnode(fdt, node)) {
        if (configuration_facts(fdt, node, map, err))
            return err->rc;
    }
    for (int node = rk_fit_first(fdt, "images"); node >= 0; node = fdt_next_subnode(fdt, node)) {
        const char *type = rk_fit_text(fdt, node, "type");
        bool tree = type != NULL && strcmp(type, "flat_dt") == 0;

        if (rk_map_fact(map, 0, 1, tree ? "device tree" : "image",
                        fdt_subnode_offset(fdt, node, "cipher") >= 0 ? "encrypted" : "plain", err))
            return err->rc;
    }
    return RK_OK;
}
