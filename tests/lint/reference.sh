#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doxygen finds each function, parameter, result, struct and member of the installed headers documented.
set -eu
cd "$SOURCE"
command -v doxygen >/dev/null 2>&1 || exit 77
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-reference.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

ROTKIT_REFERENCE=$scratch doxygen docs/Doxyfile 2>"$scratch/found" >/dev/null
cat "$scratch/found" >&2
[ ! -s "$scratch/found" ]
# It has read them: a function of the first header and of the last stand in its pages.
grep -rqs 'rk_bytes_new' "$scratch/html" && grep -rqs 'rk_signer_sign' "$scratch/html"
