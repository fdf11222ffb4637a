/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 URIs. Source: RFC 7512, and p11-kit's pkcs11.conf for x-init-reserved. */
#pragma once

#include "base/err.h"
#include "rotkit/file.h"
#include "rotkit/signer.h"

#include <p11-kit/uri.h>

struct rk_token_uri {
    P11KitUri *uri;
    char
        pin_source[RK_PATH_MAX]; /* in rotkit's words ("file:PATH", "fd:N", "env:NAME"); "": none */
};

/*
 * RK_E_USAGE for what is no such URI, for attributes that nobody here honours, vendors' own among
 * them (RFC 7512, 2.3), or that stand there twice, and for pin-value, which would show a PIN on the
 * command line. No message repeats a value.
 */
enum rk_rc rk_token_uri_parse(const char *text, struct rk_token_uri *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* The string that the module is started with (C_Initialize's pReserved); NULL: none. */
const char *rk_token_uri_init_reserved(const struct rk_token_uri *uri);
/* Where the PIN comes from: pin where it names a source, else the URI's pin-source. Borrows both.
 */
struct rk_pin rk_token_pin(const struct rk_token_uri *uri, const struct rk_pin *pin);
void rk_token_uri_done(struct rk_token_uri *uri);
