/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who else may touch a key file. One that others may write is refused: who puts a key of theirs in
 * its place signs, or is certified, for you. One that others may read is remembered, for the
 * program to say so once. All of it for the whole process.
 */
#pragma once

#include "rotkit/open_keys.h"

/* RK_E_KEY, naming path and mode, when others may write the open file. No file, no objection. */
enum rk_rc rk_open_keys_check(int fd, const char *path, struct rk_err *err) RK_MUST_CHECK;
