/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables whose rows stand each in a file of its own. The table is a list that names each row once,
 * LIST(ROW); from it come the declarations and the addresses, so that a new row touches its table
 * and no header.
 */
#pragma once

#define RK_ROW_ADDRESS(row) &row,

/* A row of tests/rows, for the test that adds one to each table: tests/cli/rows-added.sh. */
#ifdef ROTKIT_TEST_ROWS
#define RK_TEST_ROW(ROW, row) ROW(row)
#else
#define RK_TEST_ROW(ROW, row)
#endif
