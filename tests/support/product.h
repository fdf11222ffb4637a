/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small product for tests of the pipeline, in a folder of its own: keys, a CA, a manifest of a
 * few devices by master key (role both, L-1 and L-2, blob 2.0, no fuse files). Failures end the
 * test.
 */
#pragma once

#include "rotkit/ctx.h"
#include "rotkit/ledger.h"
#include "rotkit/signer.h"

#include <stddef.h>

struct product {
    rk_ctx *ctx;
    char folder[256];
    char manifest[300]; /* path; the release stands at <folder>/release, the ledger at units.db */
    rk_signer *issuer;  /* of licences; its public key is issuer.pem */
};
enum { PRODUCT_DEVICES = 12, PRODUCT_NOW = 1767225600 /* 2026-01-01, by SOURCE_DATE_EPOCH */ };

/* name: of a new folder below TEST_SCRATCH; the process's id is added. */
void product_make(struct product *product, const char *scratch, const char *name);
void product_done(struct product *product);

/* Writes the manifest with changes: pairs of a text that stands in it once and what it becomes;
 * "" with a text: at its end. NULL ends the list. */
void product_manifest(const struct product *product, const char *const *changes);
/* Section licence, for the end of the manifest; with the licence, without one. */
extern const char product_licensed[], product_counted[];
/* licence.json: so many units of the product, SNs 1 to 1000. */
void product_licence(const struct product *product, uint64_t units);

/* A file of the product; any folder above it is there. */
void product_put(const struct product *product, const char *name, const char *text);
void product_path(const struct product *product, const char *name, char *ret, size_t size);
/* units.db as it stands; NULL when there is none. The caller closes it. */
rk_ledger *product_ledger(const struct product *product);
