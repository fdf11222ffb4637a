/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made appears whole or not at all, and stays: it is written beside its place (the
 * sibling), synced, renamed, and the folder that it stands in is synced behind the rename, for
 * until then a power cut takes the name back.
 */
#pragma once

#include "rotkit/file.h"

enum rk_file_mode {
    RK_FILE_PUBLIC,  /* 0644 less umask; folders on the way 0755 less umask */
    RK_FILE_PRIVATE, /* 0600 */
    RK_FILE_KEY,     /* 0600, and where a folder is made for it, that is 0700 whatever the umask */
    RK_FILE_PROGRAM, /* 0755 less umask */
};

/*
 * Writes path whole. On failure the old file is as it was and no sibling is left. "-" is standard
 * output; a device or a pipe is written to, and stays.
 */
enum rk_rc rk_file_write(const char *path, enum rk_file_mode mode, const void *bytes, size_t len,
                         struct rk_err *err) RK_MUST_CHECK;

/* ---- a file that somebody else's writer fills ---- */

struct rk_new_file {
    const char *path; /* borrowed */
    char sibling[RK_PATH_MAX];
    int fd; /* of the sibling, to write and to read back */
};
#define RK_NEW_FILE_NONE                                                                           \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
enum rk_rc rk_new_file_open(const char *path, enum rk_file_mode mode, struct rk_new_file *ret,
                            struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_new_file_publish(struct rk_new_file *file, struct rk_err *err) RK_MUST_CHECK;
/* Removes a sibling that was not published. For RK_AUTO. */
void rk_new_file_done(struct rk_new_file *file);

/* ---- a folder of files ---- */

struct rk_new_folder {
    char path[RK_PATH_MAX], sibling[RK_PATH_MAX]; /* sibling "": nothing to clear away */
    int lock;                                     /* of the sibling: its maker lives */
};
#define RK_NEW_FOLDER_NONE                                                                         \
    {                                                                                              \
        .lock = -1                                                                                 \
    }
/* Sets both paths and makes nothing; path may end in slashes. RK_E_USAGE when it is too long. */
enum rk_rc rk_new_folder_name(const char *path, struct rk_new_folder *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/*
 * The sibling is PATH.staging, and ours until done: a stale one is emptied; RK_E_USAGE '"PATH" is
 * in use: WHY' when somebody else fills it.
 */
enum rk_rc rk_new_folder_claim(const char *path, const char *why, struct rk_new_folder *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/*
 * The sibling is new, under a name that nobody has (PATH.tmp-PID-N). Nothing that stands there is
 * touched, but for such siblings of processes that were killed, which are removed; rk_new_file_open
 * does the same.
 */
enum rk_rc rk_new_folder_open(const char *path, struct rk_new_folder *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* A new file in the folder, or below it: folders are made on the way. Synced with the whole. */
enum rk_rc rk_new_folder_add(const struct rk_new_folder *folder, const char *name,
                             enum rk_file_mode mode, const void *bytes, size_t len,
                             struct rk_err *err) RK_MUST_CHECK;
/* Onto an empty folder rename succeeds: who minds asks before. */
enum rk_rc rk_new_folder_publish(struct rk_new_folder *folder, struct rk_err *err) RK_MUST_CHECK;
/* Clears away what was not published. For RK_AUTO. */
void rk_new_folder_done(struct rk_new_folder *folder);

/* ---- the steps, for who has a sibling of its own ---- */

/* A new file below root, unsynced. RK_E_IO when it exists already. */
enum rk_rc rk_staged_create(const char *root, const char *name, enum rk_file_mode mode,
                            const void *bytes, size_t len, struct rk_err *err) RK_MUST_CHECK;
/* A folder into its place, where nothing stands. */
enum rk_rc rk_publish_folder(const char *sibling, const char *path,
                             struct rk_err *err) RK_MUST_CHECK;
/* A folder that was filled where it stands. */
enum rk_rc rk_publish_in_place(const char *path, struct rk_err *err) RK_MUST_CHECK;
/* A name alone: what it names is synced already. */
enum rk_rc rk_publish_name(const char *sibling, const char *path, struct rk_err *err) RK_MUST_CHECK;
/*
 * The same where something stands: the new one in, the old one out, with no moment at which
 * neither stands there. The old one is the sibling then.
 */
enum rk_rc rk_publish_exchange(const char *sibling, const char *path,
                               struct rk_err *err) RK_MUST_CHECK;
