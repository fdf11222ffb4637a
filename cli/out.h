/* SPDX-License-Identifier: Apache-2.0 */
/* Text and JSON on the way out. */
#pragma once

#include "cli/app.h"

#include "rotkit/json.h"

/*
 * Whether app->out is a pipe that nobody reads any more (`rotkit inspect X | head -1`). What asked
 * for less is no fault: nothing is said of it, and the exit code is a shell's for SIGPIPE.
 */
bool out_is_cut(const struct app *app);
enum { OUT_CUT_EXIT = 128 + 13 };
/* app->out could not be written: RK_E_IO. */
enum rk_rc out_lost(struct rk_err *err);
/* Whether that is what *err is. */
bool out_was_lost(const struct rk_err *err);

/* The document as one line on app->out. */
enum rk_rc out_json_line(const struct app *app, const rk_json *doc,
                         struct rk_err *err) RK_MUST_CHECK;
/* The document indented, as the whole answer of a command. */
enum rk_rc out_json(const struct app *app, const rk_json *doc, struct rk_err *err) RK_MUST_CHECK;
/* Bytes as they are. */
enum rk_rc out_bytes(const struct app *app, const void *bytes, size_t len,
                     struct rk_err *err) RK_MUST_CHECK;
/* "rotkit: text" for people, on stderr; nothing with -q. */
void out_note(const struct app *app, const char *fmt, ...) RK_PRINTF(2, 3);
/* The error as text, or as JSON with --json. */
void out_error(const struct app *app, const struct rk_err *err, int exit_code);
