/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret outputs of a command: sealed to --recipient, or plain with --plaintext-secrets (mode 0600,
 * and said so). Files are new: one that exists is never touched.
 */
#pragma once

#include "cli/app.h"

#include "ftpmprov/bytes.h"
#include "ftpmprov/secret.h"

struct seal {
    const char *recipient; /* path of the certificate, or NULL */
    bool plaintext;
    struct rk_bytes certificate;
};
#define SEAL_NONE                                                                                  \
    {                                                                                              \
        .recipient = NULL                                                                          \
    }
#define OPT_SEAL(seal)                                                                             \
    { "recipient", 0,                                                                              \
      OPT_STR,     &(seal).recipient,                                                              \
      "CERT",      "certificate that secret outputs are sealed to (CMS)",                          \
      false },                                                                                     \
    {                                                                                              \
        "plaintext-secrets", 0, OPT_FLAG, &(seal).plaintext, NULL,                                 \
            "write secret outputs in the clear, mode 0600", false                                  \
    }
void seal_done(struct seal *seal);

/* One of the two must be given; reads and checks the certificate before any work is done. */
enum rk_rc seal_open(const struct app *app, struct seal *seal, struct rk_err *err) RK_MUST_CHECK;
/* What a file shall hold: one of the two. */
struct sealed {
    struct rk_secret plain;
    struct rk_bytes cms;
};
void sealed_done(struct sealed *sealed);
/* Takes the content: *content is empty afterwards. */
enum rk_rc seal_close(const struct app *app, const struct seal *seal, struct rk_secret *content,
                      struct sealed *ret, struct rk_err *err) RK_MUST_CHECK;

/* A set of files that come into being together or not at all. */
enum { NEW_FILES_MAX = 4 };
struct new_file {
    const char *path;
    bool private, program; /* mode 0600, 0755; 0644 else */
    const uint8_t *bytes;
    size_t len;
};
/* The row of a sealed content; borrows it. Mode 0600 when plain. */
struct new_file new_file_sealed(const char *path, const struct sealed *content);
/* RK_E_USAGE when path exists (a dangling link counts). */
enum rk_rc new_file_check(const char *path, struct rk_err *err) RK_MUST_CHECK;
/* Writes all; after a failure none is left. Nothing with --dry-run. */
enum rk_rc new_files_write(const struct app *app, const struct new_file *files, size_t count,
                           struct rk_err *err) RK_MUST_CHECK;
