/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in with a limit, paths, folders on the way; publish.h writes. */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/secret.h"

/* rk_file_read of a descriptor that the caller has opened, and closes; path is for messages. */
enum rk_rc rk_file_read_open(int fd, const char *path, size_t max, struct rk_bytes *ret,
                             struct rk_err *err) RK_MUST_CHECK;
/* The same into secure memory, by read(2) alone. */
enum rk_rc rk_file_read_secret(const char *path, size_t max, struct rk_secret *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/* The same of a private key: RK_E_KEY when others may write the file, see open_keys.h. */
enum rk_rc rk_file_read_private(const char *path, size_t max, struct rk_secret *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* A key file (hex in either spelling, see rk_hex_read_key) of exactly len bytes; len 0 takes 16
 * or 32. Judged as rk_file_read_private does. */
enum rk_rc rk_file_read_key(const char *path, size_t len, struct rk_secret *ret,
                            struct rk_err *err) RK_MUST_CHECK;

/* Longest path rotkit handles, NUL included; longer ones are refused. */
enum { RK_PATH_MAX = 1024 };
/* mkdir -p, and every folder that was made is on the disk. RK_E_IO with the part that failed. */
enum rk_rc rk_file_make_dirs(const char *path, struct rk_err *err) RK_MUST_CHECK;
/* The same where the whole is synced later. */
enum rk_rc rk_file_make_dirs_unsynced(const char *path, struct rk_err *err) RK_MUST_CHECK;
/* The folder that path stands in, so that a new name in it is on the disk. */
enum rk_rc rk_file_sync_folder_of(const char *path, struct rk_err *err) RK_MUST_CHECK;
/* "base/name", or name when it is absolute; RK_E_USAGE when the result exceeds ret_size. */
enum rk_rc rk_path_join(const char *base, const char *name, char *ret, size_t ret_size,
                        struct rk_err *err) RK_MUST_CHECK;
