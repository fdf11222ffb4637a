/* SPDX-License-Identifier: Apache-2.0 */
/* TF-A firmware image packages: their table, certificates and encrypted payloads. Source:
 * boot-images.md 5.1. */
#pragma once

#include "rotkit/format_row.h"

#define RK_FIP_SERIAL UINT32_C(0x12345678) /* that fiptool gives each package */
enum { RK_FIP_HEADER_WIRE = 16, RK_FIP_ENTRY_WIRE = 40 };
enum { RK_FIP_ENTRIES_MAX = 64, RK_FIP_MAX = 256 << 20, RK_ENCFW_HEAD = 44, RK_ENCFW_FLAGS = 6 };

/* The images that fiptool names, in its order. */
struct rk_fip_row {
    const char *name; /* fiptool's option */
    uint8_t uuid[16];
};
const struct rk_fip_row *rk_fip_row(const uint8_t uuid[16]); /* NULL: not named */
const struct rk_fip_row *rk_fip_row_named(const char *name); /* NULL: unknown */

struct rk_fip_entry {
    uint8_t uuid[16];
    uint64_t flags;
    const uint8_t *p; /* borrowed */
    size_t len;
    uint64_t offset;
};
struct rk_fip {
    uint32_t serial;
    uint64_t flags;
    struct rk_fip_entry entry[RK_FIP_ENTRIES_MAX];
    size_t count;
    size_t end; /* of the package in the file */
};
/* RK_E_FORMAT unless the table ends and its payloads lie behind it, none over another. */
enum rk_rc rk_fip_read(const uint8_t *file, size_t len, struct rk_fip *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* Adds or replaces an entry by name; the bytes are borrowed. */
enum rk_rc rk_fip_put(struct rk_fip *fip, const char *name, const uint8_t *p, size_t len,
                      struct rk_err *err) RK_MUST_CHECK;
const struct rk_fip_entry *rk_fip_find(const struct rk_fip *fip, const char *name);
/* Entries in fiptool's order, each start rounded up to align. */
enum rk_rc rk_fip_write(const struct rk_fip *fip, uint64_t align, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* Takes the entry of this name out, where it is there. */
void rk_fip_drop(struct rk_fip *fip, const char *name);

/* ---- tbbr_make.c, tbbr_check.c: the certificate chain ---- */

/* One request a certificate. */
enum rk_rc rk_tbbr_to_sign(const struct rk_request *request, const struct rk_format *format,
                           const struct rk_fip *fip, struct rk_sign_requests *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* The certificates with their signatures, owned by the caller, put into the package. */
struct rk_tbbr_certs {
    struct rk_bytes der[RK_SIGN_REQUESTS_MAX];
};
void rk_tbbr_certs_done(struct rk_tbbr_certs *certs);
enum rk_rc rk_tbbr_attach(const struct rk_request *request, const struct rk_format *format,
                          const struct rk_bytes *signatures, struct rk_fip *fip,
                          struct rk_tbbr_certs *certs, struct rk_err *err) RK_MUST_CHECK;
/* Whether a certificate that the root of trust signs is in the package. */
bool rk_tbbr_is_signed(const struct rk_fip *fip);
/* From the root of trust down to each image's hash; request->part: images that stand elsewhere. */
enum rk_rc rk_tbbr_check(const struct rk_request *request, const struct rk_fip *fip,
                         struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;
/* The NV counter of a certificate as a ratchet; a region that is no certificate stays as it is. */
void rk_tbbr_describe(const struct rk_fip_entry *entry, struct rk_region *region);

/* ---- fip_facts.c: what TF-A takes ---- */

extern const struct rk_demand rk_fip_demands[];
enum rk_rc rk_fip_facts(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err) RK_MUST_CHECK;

/* ---- encfw.c: one encrypted payload ---- */

bool rk_encfw_is(const uint8_t *p, size_t len);
/* flags bit 0: 0 for the SoC-wide SSK, 1 for the board's own BSSK. iv NULL: by the request. */
enum rk_rc rk_encfw_seal(const struct rk_request *request, uint16_t flags, const uint8_t *iv,
                         const uint8_t *p, size_t len, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY when the tag does not hold. */
enum rk_rc rk_encfw_open(const struct rk_request *request, const uint8_t *p, size_t len,
                         struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
