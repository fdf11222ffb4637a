/* SPDX-License-Identifier: Apache-2.0 */
/* A licence file: read, printed, and the serial numbers that it speaks of. */
#pragma once

#include "cli/app.h"
#include "cli/opt.h"

#include "rotkit/json.h"
#include "rotkit/licence.h"

/* Reads a licence file, held against its issuer unless that is NULL. */
enum rk_rc licence_read(const struct app *app, const char *path, const rk_signer *issuer,
                        struct rk_licence *ret, struct rk_err *err) RK_MUST_CHECK;
/* The terms as text or JSON; checked says what of the signature is known. */
enum rk_rc licence_print(const struct app *app, const struct rk_licence *licence,
                         const char *checked, struct rk_err *err) RK_MUST_CHECK;
/* A serial number, as 16 hex digits or as rk_parse_u64 takes it. */
enum rk_rc licence_serial(const char *text, uint64_t *ret, struct rk_err *err) RK_MUST_CHECK;

struct licence_files {
    struct rk_licence *v;
    size_t count;
};
void licence_files_done(struct licence_files *files);
/* Reads each file as licence_read does. */
enum rk_rc licence_files_read(const struct app *app, const struct opt_list *paths,
                              const rk_signer *issuer, struct licence_files *ret,
                              struct rk_err *err) RK_MUST_CHECK;
