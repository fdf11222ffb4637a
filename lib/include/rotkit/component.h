/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that images are made of: a path, or "archive!path/inside" for a member of a tar, cpio
 * or zip archive, plain or compressed once (gzip, bzip2, xz, lzma, zstd, lz4). Members are streamed
 * into memory; nothing is extracted, and no program is started for what an archive asks for.
 */
#pragma once

#include "ftpmprov/bytes.h"

/* One wanted file. */
struct rk_component {
    const char *path;      /* borrowed */
    struct rk_bytes bytes; /* owned; empty until it was read */
};
/*
 * Reads all of them, each archive once. RK_E_IO when a file is missing, RK_E_USAGE when it exceeds
 * max bytes, when an archive has no regular file of that name or unfolds to more than 256 MiB and
 * 200 times its size, or when a name climbs with ".."; RK_E_FORMAT when the archive is damaged or
 * has a wanted member twice. The message names the component's path.
 */
enum rk_rc rk_components_read(struct rk_component *component, size_t count, size_t max,
                              struct rk_err *err) RK_MUST_CHECK;
