/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key behind a program of the user's: "helper:PROGRAM?public=FILE". The program gets two
 * arguments, the scheme (as rk_scheme_name spells it) and the path of the public key (FILE, PEM or
 * DER); on standard input the digest that the scheme signs, or for Ed25519 the message; it writes
 * the signature (RSA: big-endian, as long as the modulus; ECDSA: DER; Ed25519: 64 bytes) to
 * standard output and exits with 0. Its standard error is the user's to see. Of the environment it
 * gets what `passed_on` names, of descriptors these three, and of time two minutes, or what
 * "?public=FILE&timeout=SECONDS" says.
 */
#include "keys/source.h"

#include "base/err.h"
#include "base/fd.h"
#include "rotkit/hex.h"
#include "base/mem.h"
#include "keys/key_file.h"
#include "keys/signer.h"
#include "rotkit/ctx.h"
#include "rotkit/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIGNATURE_MAX = 4096 };

enum { TIMEOUT = 120, TIMEOUT_MAX = 86400 };
#define PUBLIC_MARK  "?public="
#define TIMEOUT_MARK "&timeout="

struct helper {
    char program[RK_PATH_MAX];
    char public_key[RK_PATH_MAX];
    uint64_t timeout; /* seconds, for one signature */
};

/* ---- what it is given ---- */

/* A name that ends in "_" stands for all that begin so: that is where a helper's own settings go.
 */
static const char *const passed_on[] = { "PATH",   "HOME", "USER", "LOGNAME", "LANG",
                                         "LC_ALL", "TZ",   "TERM", "TMPDIR",  "ROTKIT_HELPER_" };
enum { ENVIRONMENT_MAX = 64 };

extern char **environ;

static bool is_passed_on(const char *variable)
{
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        size_t len = strlen(passed_on[i]);

        if (strncmp(variable, passed_on[i], len) == 0 &&
            (variable[len] == '=' || passed_on[i][len - 1] == '_'))
            return true;
    }
    return false;
}

static enum rk_rc select_environment(char *ret[ENVIRONMENT_MAX], struct rk_err *err)
{
    size_t n = 0;

    for (char **at = environ; *at != NULL; at++) {
        if (!is_passed_on(*at))
            continue;
        if (n + 1 == ENVIRONMENT_MAX)
            return rk_fail(err, RK_E_USAGE, "more than %d variables ROTKIT_HELPER_*",
                           ENVIRONMENT_MAX / 2);
        ret[n++] = *at;
    }
    ret[n] = NULL;
    return RK_OK;
}

/* The child's end of both streams is one socket, so a helper that reads nothing raises no SIGPIPE
 * here (MSG_NOSIGNAL). */
static enum rk_rc start(const struct helper *helper, const char *scheme, int end, pid_t *ret,
                        struct rk_err *err)
{
    char program[RK_PATH_MAX], name[64], public_key[RK_PATH_MAX];
    char *argv[] = { program, name, public_key, NULL }, *environment[ENVIRONMENT_MAX];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t usual;
    int failed;

    memcpy(program, helper->program, sizeof program);
    memcpy(public_key, helper->public_key, sizeof public_key);
    (void)snprintf(name, sizeof name, "%s", scheme);
    if (select_environment(environment, err))
        return err->rc;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return rk_fail_nomem(err);
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return rk_fail_nomem(err);
    }
    /* Whatever this process has made of its signals, the helper starts with the usual ones. */
    (void)sigemptyset(&usual);
    failed = posix_spawnattr_setsigmask(&attributes, &usual);
    (void)sigaddset(&usual, SIGPIPE);
    if (failed == 0)
        failed = posix_spawnattr_setsigdefault(&attributes, &usual);
    if (failed == 0)
        failed =
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (failed == 0)
        failed = posix_spawn(ret, program, &actions, &attributes, argv, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed == 0 ? RK_OK
                       : rk_fail_errno(err, RK_E_KEY, "cannot run helper \"%s\"", helper->program);
}

/* ---- the talk, until its time is up ---- */

/* False when the time is up first. */
static bool is_ready(int fd, short events, int64_t until)
{
    struct pollfd at = { .fd = fd, .events = events };
    int64_t left;

    while ((left = until - rk_clock_ms()) > 0) {
        int n = poll(&at, 1, left > 60000 ? 60000 : (int)left);

        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
    return false;
}

/* A helper that has closed its end early is judged by its exit and its output, not here. */
static void send_all(int fd, const uint8_t *bytes, size_t len, int64_t until)
{
    for (size_t at = 0; at < len && is_ready(fd, POLLOUT, until);) {
        ssize_t n = send(fd, bytes + at, len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    (void)shutdown(fd, SHUT_WR);
}

/* At most one byte more than a signature may have, so that too much is seen. */
static size_t receive(int fd, uint8_t *room, size_t size, int64_t until)
{
    size_t len = 0;

    while (len < size && is_ready(fd, POLLIN, until)) {
        ssize_t n = read(fd, room + len, size - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return len;
}

static enum rk_rc end_late(const struct helper *helper, pid_t pid, struct rk_err *err)
{
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return rk_fail(err, RK_E_KEY,
                   "helper \"%s\" was ended: no signature within %llu seconds (more: "
                   "?public=FILE" TIMEOUT_MARK "SECONDS)",
                   helper->program, (unsigned long long)helper->timeout);
}

static enum rk_rc wait_for(const struct helper *helper, pid_t pid, int64_t until,
                           struct rk_err *err)
{
    static const struct timespec pause = { .tv_nsec = 2000000 };
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(pid, &status, WNOHANG)) <= 0) {
        if (ended < 0 && errno != EINTR)
            return rk_fail_errno(err, RK_E_KEY, "helper \"%s\"", helper->program);
        if (rk_clock_ms() >= until)
            return end_late(helper, pid, err);
        (void)nanosleep(&pause, NULL);
    }
    if (WIFSIGNALED(status))
        return rk_fail(err, RK_E_KEY, "helper \"%s\" was ended by signal %d", helper->program,
                       WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return rk_fail(err, RK_E_KEY, "helper \"%s\" failed with exit code %d: see what it said",
                       helper->program, WEXITSTATUS(status));
    return RK_OK;
}

static enum rk_rc talk(const struct helper *helper, const char *scheme, const uint8_t *bytes,
                       size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    const int64_t until = rk_clock_ms() + (int64_t)helper->timeout * 1000;
    int ends[2] = { -1, -1 };
    uint8_t room[SIGNATURE_MAX + 1];
    size_t got;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return rk_fail_errno(err, RK_E_INTERNAL, "cannot talk to a helper");
    RK_AUTO(rk_fd_done) int ours = ends[0];
    RK_AUTO(rk_fd_done) int theirs = ends[1];
    if (start(helper, scheme, theirs, &pid, err))
        return err->rc;
    rk_fd_done(&theirs);
    send_all(ours, bytes, len, until);
    got = receive(ours, room, sizeof room, until);
    rk_fd_done(&ours); /* a helper that writes on meets a closed end */
    if (wait_for(helper, pid, until, err))
        return err->rc;
    if (got == 0 || got > SIGNATURE_MAX)
        return rk_fail(err, RK_E_KEY, "helper \"%s\" gave %s, expected a signature",
                       helper->program, got == 0 ? "nothing" : "more than 4096 bytes");
    return rk_bytes_copy(room, got, ret, err);
}

static enum rk_rc sign(void *self, const rk_ctx *ctx, const struct rk_scheme_row *scheme,
                       const uint8_t *msg, size_t msg_len, struct rk_bytes *ret, struct rk_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t digest_len = 0;

    if (scheme->digest == NULL)
        return talk(self, scheme->name, msg, msg_len, ret, err);
    if (rk_scheme_digest(ctx, scheme, msg, msg_len, digest, &digest_len, err))
        return err->rc;
    return talk(self, scheme->name, digest, digest_len, ret, err);
}

static const struct rk_signer_ops ops = { .sign = sign, .free = rk_free, .outside = true };

RK_CLEANUP(helper_done, struct helper, rk_free)

/* Takes "&timeout=SECONDS" off the end of the rest. */
static enum rk_rc read_timeout(char *rest, uint64_t *ret, struct rk_err *err)
{
    char *mark = strstr(rest, TIMEOUT_MARK);

    *ret = TIMEOUT;
    if (mark == NULL)
        return RK_OK;
    *mark = '\0';
    if (rk_parse_u64(mark + strlen(TIMEOUT_MARK), TIMEOUT_MAX, ret, err))
        return rk_wrap(err, "timeout");
    return *ret != 0 ? RK_OK : rk_fail(err, RK_E_USAGE, "timeout: expected a second at least");
}

static enum rk_rc helper_open(const rk_ctx *ctx, const struct rk_key_name *name,
                              const struct rk_pin *pin, rk_signer **ret, struct rk_err *err)
{
    RK_AUTO(helper_done) struct helper *helper = rk_alloc(1, sizeof *helper);
    RK_AUTO(rk_pkey_done) EVP_PKEY *pub = NULL;
    const char *mark = strstr(name->rest, PUBLIC_MARK);

    (void)pin;
    if (helper == NULL)
        return rk_fail_nomem(err);
    if (mark == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "a helper's public key must be known: name it as "
                       "helper:PROGRAM" PUBLIC_MARK "FILE");
    if ((size_t)(mark - name->rest) >= sizeof helper->program ||
        strlen(mark + strlen(PUBLIC_MARK)) >= sizeof helper->public_key)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", name->rest);
    memcpy(helper->program, name->rest, (size_t)(mark - name->rest));
    (void)snprintf(helper->public_key, sizeof helper->public_key, "%s", mark + strlen(PUBLIC_MARK));
    if (read_timeout(helper->public_key, &helper->timeout, err))
        return err->rc;
    if (access(helper->program, X_OK) != 0)
        return rk_fail_errno(err, RK_E_KEY, "cannot run helper \"%s\"", helper->program);
    if (rk_key_file_read_public(ctx, helper->public_key, &pub, err) ||
        rk_signer_new(ctx, pub, &ops, helper, ret, err))
        return err->rc;
    helper = NULL;
    return RK_OK;
}

/* Program and file both. */
static enum rk_rc helper_below(const struct rk_key_name *name, const char *folder, char *ret,
                               size_t size, struct rk_err *err)
{
    const char *mark = strstr(name->rest, PUBLIC_MARK);
    char given[RK_PATH_MAX], program[RK_PATH_MAX], public_key[RK_PATH_MAX];

    if (mark == NULL || (size_t)(mark - name->rest) >= sizeof given)
        return rk_fail(err, RK_E_USAGE, "expected helper:PROGRAM?public=FILE");
    (void)snprintf(given, sizeof given, "%.*s", (int)(mark - name->rest), name->rest);
    if (rk_path_join(folder, given, program, sizeof program, err) ||
        rk_path_join(folder, mark + strlen(PUBLIC_MARK), public_key, sizeof public_key, err))
        return err->rc;
    int n = snprintf(ret, size, "helper:%s" PUBLIC_MARK "%s", program, public_key);
    return n >= 0 && (size_t)n < size ? RK_OK
                                      : rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", program);
}

const struct rk_key_source rk_key_source_helper = { .prefix = "helper:",
                                                    .what = "a key behind a helper",
                                                    .signer = helper_open,
                                                    .below = helper_below };
