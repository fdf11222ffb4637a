/* SPDX-License-Identifier: Apache-2.0 */
/* Folders: sorted listing, removal, what stands there. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/* The names in a folder, sorted by byte value, without . and ..; more than `max` are refused. */
struct rk_names {
    char **name;
    size_t count;
};
enum rk_rc rk_names_list(const char *folder, size_t max, struct rk_names *ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* Of a folder that is open; the descriptor is closed. */
enum rk_rc rk_names_list_open(int fd, const char *folder, size_t max, struct rk_names *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* A copy of text; RK_E_FORMAT for more than max. */
enum rk_rc rk_names_add(struct rk_names *names, size_t max, const char *text,
                        struct rk_err *err) RK_MUST_CHECK;
void rk_names_sort(struct rk_names *names);
void rk_names_done(struct rk_names *names);

/* A missing folder is fine. Symbolic links are removed, not followed. */
enum rk_rc rk_tree_remove(const char *path, struct rk_err *err) RK_MUST_CHECK;
bool rk_tree_exists(const char *path);
/* The same where "nothing is there" decides: RK_E_IO when it cannot be told. */
enum rk_rc rk_tree_look(const char *path, bool *ret, struct rk_err *err) RK_MUST_CHECK;
bool rk_tree_is_folder(const char *path);
/* A regular file, or a link to one: nothing whose reading waits or has no end. */
bool rk_tree_is_file(const char *path);

/*
 * An empty folder that is ours until the lock is given back. A stale one, whose owner is dead, is
 * emptied; RK_E_USAGE '"path" is in use: WHY' when its owner lives.
 */
enum rk_rc rk_folder_claim(const char *path, const char *why, int *ret_lock,
                           struct rk_err *err) RK_MUST_CHECK;
/* The same for a folder that stands there, whose content stays. *ret_lock -1: there is none. */
enum rk_rc rk_folder_claim_existing(const char *path, const char *why, int *ret_lock,
                                    struct rk_err *err) RK_MUST_CHECK;
void rk_folder_release(int *lock); /* closes it, -1 then; for RK_AUTO */
/* What was written below it is on the disk. */
enum rk_rc rk_folder_sync(const char *path, struct rk_err *err) RK_MUST_CHECK;
