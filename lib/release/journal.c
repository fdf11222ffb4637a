/* SPDX-License-Identifier: Apache-2.0 */
#include "release/journal.h"

#include "base/ossl.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 17 + 64 + 1, LINE = 20 + 1 + 64 + 1 };

static void head_of(const uint8_t inputs[32], char ret[HEAD + 1])
{
    char hex[65];

    rk_hex_write(inputs, 32, hex);
    (void)snprintf(ret, HEAD + 1, "rotkit journal 1 %s\n", hex);
}

static enum rk_rc write_at(int fd, uint64_t at, const char *text, size_t len, struct rk_err *err)
{
    while (len != 0) {
        ssize_t n = pwrite(fd, text, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return rk_fail_errno(err, RK_E_IO, "cannot write the build's journal");
        text += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return RK_OK;
}

static enum rk_rc open_in(const char *folder, int flags, int *ret, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (rk_path_join(folder, RK_JOURNAL_NAME, path, sizeof path, err))
        return err->rc;
    *ret = open(path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*ret < 0 && (errno != ENOENT || (flags & O_CREAT) != 0))
        return rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", path);
    return RK_OK;
}

enum rk_rc rk_journal_start(const char *folder, const uint8_t inputs[32], struct rk_journal *ret,
                            struct rk_err *err)
{
    struct rk_journal journal = RK_JOURNAL_NONE;
    char head[HEAD + 1];

    head_of(inputs, head);
    if (open_in(folder, O_CREAT | O_EXCL, &journal.fd, err) ||
        write_at(journal.fd, 0, head, HEAD, err)) {
        rk_journal_close(&journal);
        return err->rc;
    }
    journal.end = journal.at = HEAD;
    *ret = journal;
    return RK_OK;
}

enum rk_rc rk_journal_open(const char *folder, const uint8_t inputs[32], struct rk_journal *ret,
                           struct rk_err *err)
{
    struct rk_journal journal = RK_JOURNAL_NONE;
    char head[HEAD + 1], found[HEAD];
    struct stat st;

    if (open_in(folder, 0, &journal.fd, err))
        return err->rc;
    head_of(inputs, head);
    if (journal.fd < 0 || fstat(journal.fd, &st) != 0 ||
        pread(journal.fd, found, HEAD, 0) != HEAD || memcmp(head, found, HEAD) != 0) {
        rk_journal_close(&journal);
        return RK_OK;
    }
    journal.at = HEAD;
    journal.end = HEAD + ((uint64_t)st.st_size - HEAD) / LINE * LINE; /* a torn line is none */
    journal.taken_over = true;
    *ret = journal;
    return RK_OK;
}

void rk_journal_close(struct rk_journal *journal)
{
    if (journal->fd >= 0)
        (void)close(journal->fd);
    journal->fd = -1;
}

enum rk_rc rk_journal_remove(struct rk_journal *journal, const char *folder, struct rk_err *err)
{
    char path[RK_PATH_MAX];

    if (journal->fd < 0)
        return RK_OK;
    rk_journal_close(journal);
    if (rk_path_join(folder, RK_JOURNAL_NAME, path, sizeof path, err))
        return err->rc;
    if (unlink(path) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot remove \"%s\"", path);
    return rk_file_sync_folder_of(path, err);
}

bool rk_journal_has_devices(const struct rk_journal *journal)
{
    return journal->fd >= 0 && journal->end > HEAD;
}

bool rk_journal_next(struct rk_journal *journal, const struct rk_unit_id *sn, uint8_t ret[32])
{
    char line[LINE], text[21];
    struct rk_err ignored;

    if (journal->fd < 0 || journal->at == journal->end)
        return false;
    rk_unit_id_text(sn, text);
    if (pread(journal->fd, line, LINE, (off_t)journal->at) == LINE && memcmp(line, text, 20) == 0 &&
        line[20] == ' ' && line[LINE - 1] == '\n' &&
        rk_hex_read(line + 21, 64, ret, 32, &ignored) == RK_OK) {
        journal->at += LINE;
        return true;
    }
    journal->end = journal->at;
    return false;
}

void rk_journal_forget(struct rk_journal *journal)
{
    journal->at -= LINE;
    journal->end = journal->at;
}

enum rk_rc rk_journal_add(struct rk_journal *journal, const struct rk_unit_id *sn,
                          const uint8_t sum[32], struct rk_err *err)
{
    char line[LINE + 1], text[21], hex[65];

    if (journal->fd < 0)
        return RK_OK;
    rk_unit_id_text(sn, text);
    rk_hex_write(sum, 32, hex);
    (void)snprintf(line, sizeof line, "%s %s\n", text, hex);
    if (write_at(journal->fd, journal->end, line, LINE, err))
        return err->rc;
    journal->end += LINE;
    journal->at = journal->end;
    return RK_OK;
}

enum rk_rc rk_journal_sum(uint8_t sum[32], const char *path, const void *bytes, size_t len,
                          struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t digest[32];

    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(md, path, strlen(path) + 1) != 1 ||
        EVP_DigestUpdate(md, bytes, len) != 1 || EVP_DigestFinal_ex(md, digest, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "SHA-256");
    for (size_t i = 0; i < sizeof digest; i++)
        sum[i] ^= digest[i];
    return RK_OK;
}
