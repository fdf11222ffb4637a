/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk faults in a unit test. Every call of ours that changes or syncs the disk (open to write,
 * mkdir, write, pwrite, fsync, syncfs, rename, renameat2, unlink, remove) is counted, by the
 * linker's --wrap: a test links rk_test_disk. Not reached: what libraries (SQLite) write.
 */
#pragma once

#include <stdbool.h>

/* The n-th call from now on fails with ENOSPC; a write puts half of its bytes there first. */
void disk_fail_at(long n);
/* The process ends without a word before the n-th call: for a forked child. */
void disk_kill_at(long n);
/* Whether a call was made to fail since disk_fail_at; from now on none is. */
bool disk_failed(void);

enum { DISK_KILLED = 99 }; /* exit code */

/*
 * The calls since disk_watch, one character each: o(pen) m(kdir) w(rite) f(sync) s(yncfs)
 * r(ename) u(nlink, remove). At most 4095 are kept.
 */
void disk_watch(void);
const char *disk_calls(void);
