/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of a folder that others may have written to. Below the folder no link is followed, nothing
 * leaves it, and nothing is opened but regular files. The kernel sees to it (openat2); where it
 * cannot, or a container's filter forbids it, each step is taken without following. The folder's
 * own path may be a link.
 */
#pragma once

#include "base/err.h"
#include "base/folder.h"
#include "rotkit/file.h"

#include <stdbool.h>

/*
 * The whole file root/name. RK_E_VERIFY when it is missing, is no regular file, or a link stands on
 * the way; for a name that is not written plainly (an empty part, "." or ".."), too. RK_E_USAGE
 * when it is larger than max, RK_E_IO, RK_E_NOMEM.
 */
enum rk_rc rk_beneath_read(const char *root, const char *name, size_t max, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* The same; one that is missing leaves *ret empty. */
enum rk_rc rk_beneath_find(const char *root, const char *name, size_t max, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;

enum rk_beneath_kind { RK_BENEATH_MISSING, RK_BENEATH_FILE, RK_BENEATH_FOLDER, RK_BENEATH_OTHER };
/* What stands at root/name; a link is RK_BENEATH_OTHER, wherever on the way it is. */
enum rk_rc rk_beneath_kind_of(const char *root, const char *name, enum rk_beneath_kind *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/*
 * The names in the folder root/name, sorted; name "" is the root itself. None when it is missing,
 * RK_E_VERIFY when it is no folder, RK_E_FORMAT for more than max.
 */
enum rk_rc rk_beneath_list(const char *root, const char *name, size_t max, struct rk_names *ret,
                           struct rk_err *err) RK_MUST_CHECK;
