/* SPDX-License-Identifier: Apache-2.0 */
/* Which key sources there are. Adding one is its file and a row here. */
#include "base/rows.h"
#include "keys/source.h"

/* clang-format off */
#define KEY_SOURCES(ROW)                                                                           \
    ROW(rk_key_source_file)                                                                        \
    ROW(rk_key_source_public)                                                                      \
    ROW(rk_key_source_token)                                                                       \
    ROW(rk_key_source_helper)                                                                      \
    ROW(rk_key_source_env)                                                                         \
    RK_TEST_ROW(ROW, rk_key_source_zero)                                                           \
    ROW(rk_key_source_path) /* last: it takes anything */

#define DECLARE(row) extern const struct rk_key_source row;
KEY_SOURCES(DECLARE)

const struct rk_key_source *const rk_key_sources[] = { KEY_SOURCES(RK_ROW_ADDRESS) NULL };
/* clang-format on */
