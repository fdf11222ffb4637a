#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs fuzz targets, two at a time and behind all other work: SECONDS each. Says of each how many inputs it ran, how
# many a second, how much it covers, and what it found, which lies in build/fuzz/findings then: exit 1.
#   fuzz.sh SECONDS [TARGET...]      no TARGET: all of them
set -eu
seconds=${1:?usage: fuzz.sh SECONDS [TARGET...]}
shift
cd "$(dirname "$0")/.."
build=$PWD/build/fuzz
list=$build/fuzz-targets.txt
[ -e "$list" ] || {
    echo "fuzz: build first: cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_targets" >&2
    exit 1
}
mkdir -p "$build/findings" "$build/found" "$build/logs"
# Targets that need files write many: best to memory.
work=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/rotkit-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT

# One target; a hang of 20 seconds and 2 GiB of memory are findings.
cat >"$work/one.sh" <<'ONE'
build=$1 seconds=$2 work=$3 row=$4
set -- $row
name=$1
shift
mkdir -p "$build/found/$name" "$work/$name"
TMPDIR=$work/$name nice -n 19 "$build/bin/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
    -max_len=131072 -print_final_stats=1 -artifact_prefix="$build/findings/$name-" "$build/found/$name" "$@" \
    >"$build/logs/$name.log" 2>&1 </dev/null && end=ok || end=FOUND
awk -v name="$name" -v end="$end" '
/^#[0-9]/ { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1) } }
/^stat::number_of_executed_units/ { runs = $2 }
/^stat::average_exec_per_sec/ { rate = $2 }
END { printf "%-24s %10d %8d %7d %8d  %s\n", name, runs, rate, cov, ft, end }' "$build/logs/$name.log" | tee -a "$work/report"
ONE

printf '%-24s %10s %8s %7s %8s  %s\n' target runs runs/s edges features end
if [ $# -eq 0 ]; then
    cat "$list"
else
    for name in "$@"; do
        grep "^$name\( \|\$\)" "$list" || echo "fuzz: no target \"$name\"" >&2
    done
fi | tr '\n' '\0' | xargs -0 -n 1 -P 2 sh "$work/one.sh" "$build" "$seconds" "$work"
[ -s "$work/report" ] || exit 1
if grep -q 'FOUND$' "$work/report"; then
    echo "fuzz: see $build/logs, inputs are in $build/findings" >&2
    exit 1
fi
