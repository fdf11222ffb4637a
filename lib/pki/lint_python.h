/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate as Python cryptography and pyasn1 have it: one table of its parts, read strictly
 * as cryptography's Rust parser does, or loosely as pyasn1 does, which writes it anew by DER's
 * rules.
 */
#pragma once

#include "base/wr.h"
#include "pki/lint_strict.h"

enum rk_py_kind {
    RK_PY_SEQUENCE, /* parts */
    RK_PY_SEQUENCE_OF,
    RK_PY_SET_OF,
    RK_PY_EXPLICIT, /* parts[0] in a tag of its own */
    RK_PY_INTEGER,
    RK_PY_BOOLEAN,
    RK_PY_BITS,
    RK_PY_OCTETS,
    RK_PY_OID,
    RK_PY_TIME, /* UTCTime or GeneralizedTime */
    RK_PY_ANY,
};
struct rk_py_part {
    const char *name;
    enum rk_py_kind kind;
    uint8_t tag; /* as DER has it; 0: any */
    bool optional;
    bool default_zero; /* 0, FALSE: left out */
    const struct rk_py_part *parts;
    size_t count;
};
extern const struct rk_py_part rk_py_certificate;

/* By cryptography's rules; false with the reason in the book. */
bool rk_py_read(const struct rk_strict *s, const struct rk_py_part *part, struct rk_rd *rd);
/* By pyasn1's: the first value of rd anew. RK_E_FORMAT where it gives up, RK_E_NOMEM. */
enum rk_rc rk_py_reencode(const struct rk_py_part *part, struct rk_rd *rd, struct rk_bytes *ret,
                          struct rk_err *err) RK_MUST_CHECK;

/* The issuer: whether cryptography makes strings of its values. */
bool rk_py_check_name(const struct rk_strict *s, const struct rk_tlv *name);
/* Later versions of cryptography look into PrintableStrings. */
void rk_py_note_printable(const struct rk_strict *s, const struct rk_tlv *name, const char *what);
/* Whether two names hold the same sets of the same strings, of whatever type each is. */
enum rk_rc rk_py_names_alike(const struct rk_tlv *a, const struct rk_tlv *b, bool *ret,
                             struct rk_err *err) RK_MUST_CHECK;
