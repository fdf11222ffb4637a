# SPDX-License-Identifier: Apache-2.0
# The verbs, the help and the option reader.
. "$(dirname "$0")/lib.sh"

refuse 2 "rotkit: a verb is missing
  see 'rotkit help'"
refuse 2 "rotkit: unknown verb \"frobnicate\"
  see 'rotkit help'" frobnicate
run 0 --version
stderr_is ""
grep -qx 'rotkit [0-9.]*' "$out" || fail "no version"
run 0 help
stderr_is ""
