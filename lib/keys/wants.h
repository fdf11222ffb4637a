/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures that a round wants: what each is known by, and the list of them. */
#pragma once

#include "base/err.h"
#include "rotkit/sigbook.h"

/* SHA-256 of the SubjectPublicKeyInfo, SHA-256 of the message, the scheme. */
enum { RK_WANT_ID = 65, RK_WANTS_MAX = 1000000 };
enum rk_rc rk_want_id(enum rk_scheme scheme, const struct rk_bytes *spki,
                      const struct rk_bytes *message, uint8_t ret[RK_WANT_ID],
                      struct rk_err *err) RK_MUST_CHECK;

/* Makes room for so many more. */
enum rk_rc rk_wants_room(struct rk_wants *wants, size_t more, struct rk_err *err) RK_MUST_CHECK;
/* Copies what it keeps. */
enum rk_rc rk_wants_add(struct rk_wants *wants, const rk_signer *key, enum rk_scheme scheme,
                        const char *what, const struct rk_bytes *message,
                        struct rk_err *err) RK_MUST_CHECK;
