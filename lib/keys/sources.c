/* SPDX-License-Identifier: Apache-2.0 */
/* Which key sources there are. Adding one is its file and a row here. */
#include "keys/source.h"

const struct rk_key_source *const rk_key_sources[] = {
    &rk_key_source_file,
    &rk_key_source_public,
    &rk_key_source_token,
    &rk_key_source_helper,
    &rk_key_source_env,
    &rk_key_source_path, /* last: it takes anything */
    NULL,
};
