/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Closes a descriptor that was opened here, -1 then; the standard ones are everybody's. For
 * RK_AUTO. */
void rk_fd_done(int *fd);
