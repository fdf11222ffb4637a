#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What README.md, CONTRIBUTING.md and .ci/run call: each make target stands in the Makefile, each preset in
# CMakePresets.json, each package of packages.txt once, and what the demo needs is not among the test's packages.
set -eu
cd "$SOURCE"
bad=0

# The words behind `make` at the start of a line or of `code`; "make rotkit-build" is the BSP tree's.
targets=$(sed -nE 's/^(.*`)?make ([a-z-]+).*/\2/p' README.md CONTRIBUTING.md .ci/run bench/README.md docs/performance.md |
    grep -v '^rotkit-' | sort -u)
[ "$(echo "$targets" | wc -l)" -ge 3 ] || bad=1 # the pattern still finds them
for target in $targets; do
    grep -q "^$target:" Makefile || {
        echo "make $target is written of, and the Makefile has no such target"
        bad=1
    }
done
for preset in $(grep -ohE -e '--preset [a-z-]+' README.md CONTRIBUTING.md Makefile scripts/*.sh | cut -d ' ' -f 2 | sort -u); do
    grep -q "\"name\": \"$preset\"" CMakePresets.json || {
        echo "--preset $preset is written of, and CMakePresets.json has no such preset"
        bad=1
    }
done
twice=$(grep -v -e '^#' -e '^\[' scripts/packages.txt | sort | uniq -d)
[ -z "$twice" ] || {
    echo "packages.txt names twice:" $twice
    bad=1
}
exit $bad
