/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fuzz targets share. A target is one file with fuzz_one, and fuzz_repair where lengths,
 * digests or signatures would keep changed bytes out; see README.md.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "rotkit/ctx.h"
#include "rotkit/signer.h"

#include <stdbool.h>

/*
 * One input, of exactly size bytes. True when all that was asked of it holds: then it may have a
 * name that starts with "good" in the corpus, and the replay in `make check` insists on that.
 */
bool fuzz_one(const uint8_t *data, size_t size);
/* Makes what guards the content fit the content again, in place; the new size, at most max. */
size_t fuzz_repair(uint8_t *data, size_t size, size_t max, unsigned seed);

/* A property that must hold whatever the input is. */
#define FUZZ_HOLDS(claim) ((claim) ? (void)0 : fuzz_broken(#claim, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *claim, const char *file, int line);
/* A step of the target's own that must not fail: RK_OK, or the error is told. */
#define FUZZ_DO(call) (((call) == RK_OK) ? (void)0 : fuzz_stuck(&err, #call, __FILE__, __LINE__))
_Noreturn void fuzz_stuck(const struct rk_err *err, const char *call, const char *file, int line);

/* ---- made once a process ---- */

rk_ctx *fuzz_ctx(void);
/* An Ed25519 key, the same in every process, so that files in the corpus can be signed by it. */
rk_signer *fuzz_key(void);
/* A folder of this process, below TMPDIR or /tmp; removed at the end. */
const char *fuzz_folder(void);

/* ---- inputs that a parser wants as a file ---- */

/* The path of a file in memory with this content; until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);
/* A file below fuzz_folder(), with the folders above it; not synced. */
void fuzz_put(const char *name, const void *bytes, size_t len);
/* Copies a tree of folders and files to below fuzz_folder(). */
void fuzz_copy(const char *from, const char *name);
/* The path of a name below fuzz_folder(); as many as four at a time. */
const char *fuzz_path(const char *name);
/* An input that must be taken, for the corpus: `fuzz_X --example`. Where a target has one. */
void fuzz_example(struct rk_bytes *ret);
/* The input as a text with a NUL behind it, or NULL when it holds one itself. Freed by the caller.
 */
char *fuzz_text(const uint8_t *data, size_t size);

/* The replay of a program for several targets: which one. */
extern const char *fuzz_of;

/* ---- what libFuzzer, or the replay in its place, calls and gives ---- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
