/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/signer.h"

#include "base/err.h"
#include "rotkit/env.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PASSPHRASE_MAX = 1024 };

/* Up to the first line end or the end of the descriptor. */
static enum rk_rc read_line(int fd, const char *from, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret room = RK_SECRET_NONE;
    size_t len = 0;

    if (rk_secret_new(PASSPHRASE_MAX, &room, err))
        return err->rc;
    while (len < room.len) {
        ssize_t n = read(fd, room.p + len, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rk_fail_errno(err, RK_E_KEY, "cannot read from %s", from);
        if (n == 0 || room.p[len] == '\n')
            break;
        len++;
    }
    if (len != 0 && room.p[len - 1] == '\r')
        len--;
    return rk_secret_copy(room.p, len, ret, err);
}

static enum rk_rc from_fd(const char *rest, const char *word, struct rk_secret *ret,
                          struct rk_err *err)
{
    uint64_t fd;

    (void)word;
    if (rk_parse_u64(rest, 65535, &fd, err))
        return rk_wrap(err, "source fd:");
    return read_line((int)fd, "the descriptor", ret, err);
}

static enum rk_rc from_file(const char *rest, const char *word, struct rk_secret *ret,
                            struct rk_err *err)
{
    int fd = open(rest, O_RDONLY | O_CLOEXEC);
    enum rk_rc rc;

    if (fd < 0)
        return rk_fail_errno(err, RK_E_KEY, "cannot open %s file \"%s\"", word, rest);
    rc = read_line(fd, rest, ret, err);
    (void)close(fd);
    return rc;
}

static enum rk_rc from_env(const char *rest, const char *word, struct rk_secret *ret,
                           struct rk_err *err)
{
    const char *text;

    (void)word;
    if (rk_env_named(rest, RK_E_KEY, &text, err))
        return err->rc;
    return rk_secret_copy(text, strlen(text), ret, err);
}

/* On the terminal, without echo. */
static enum rk_rc from_prompt(const char *word, const char *subject, struct rk_secret *ret,
                              struct rk_err *err)
{
    int fd = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
    struct termios shown, hidden;
    enum rk_rc rc;

    if (fd < 0 || tcgetattr(fd, &shown) != 0) {
        if (fd >= 0)
            (void)close(fd);
        (void)rk_fail(err, RK_E_KEY, "%s needs its %s and there is no terminal to ask for it",
                      subject, word);
        return rk_note(err, "name a source: fd:N, file:PATH or env:NAME");
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fd, TCSAFLUSH, &hidden);
    (void)dprintf(fd, "%s of %s: ", word, subject);
    rc = read_line(fd, "the terminal", ret, err);
    (void)tcsetattr(fd, TCSAFLUSH, &shown);
    (void)dprintf(fd, "\n");
    (void)close(fd);
    return rc;
}

static const struct {
    const char *scheme;
    enum rk_rc (*read)(const char *rest, const char *word, struct rk_secret *ret,
                       struct rk_err *err);
} sources[] = { { "fd:", from_fd }, { "file:", from_file }, { "env:", from_env } };

enum rk_rc rk_passphrase_read(const struct rk_pin *pin, const char *word, const char *subject,
                              struct rk_secret *ret, struct rk_err *err)
{
    if (pin == NULL || pin->source == NULL)
        return from_prompt(word, subject, ret, err);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        size_t len = strlen(sources[i].scheme);

        if (strncmp(pin->source, sources[i].scheme, len) == 0)
            return sources[i].read(pin->source + len, word, ret, err);
    }
    /* not shown: people put the passphrase itself where its source belongs */
    return rk_fail(err, RK_E_USAGE, "%s source is none of fd:N, file:PATH, env:NAME", word);
}
