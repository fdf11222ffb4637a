#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Kubernetes and the Slurm example, each run as its system would run it: the commands and the
# environment out of the files, one process a task, the index from the system's own variable. Both
# give the unsharded release.
. "$(dirname "$0")/lib.sh"
need openssl python3 tar
python3 -c 'import yaml' 2>/dev/null || skip "python3-yaml is absent"

unset SOURCE_DATE_EPOCH # the factory certificate is of today
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
openssl genpkey -algorithm ED25519 -out product/keys/sign.key 2>/dev/null
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1fe\n  count: 6/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' \
    -e 's/^release:$/release:\n  reproducible: true/' -e 's/^  key: keys\/release.key/  key: keys\/sign.key/' product/manifest.yaml
mkdir bin
ln -s "$ROTKIT" bin/rotkit
PATH=$PWD/bin:$PATH
run 0 build -q -o whole product/manifest.yaml

# container FILE: its variables as NAME=VALUE lines, then its script
container() {
    python3 - "$1" <<'PY'
import sys, yaml
job = yaml.safe_load(open(sys.argv[1]))
spec = job["spec"]
[c] = spec["template"]["spec"]["containers"]
assert job["apiVersion"] == "batch/v1" and job["kind"] == "Job"
env = {e["name"]: e["value"] for e in c["env"]}
assert all(isinstance(v, str) for v in env.values())
if "SHARDS" in env:
    assert spec["completionMode"] == "Indexed"
    assert int(env["SHARDS"]) == spec["completions"]
    print(spec["completions"], file=open("completions", "w"))
mounts = {m["mountPath"] for m in c["volumeMounts"]}
assert {env["PRODUCT"], env["RELEASES"]} == mounts
assert {v["name"] for v in spec["template"]["spec"]["volumes"]} == {m["name"] for m in c["volumeMounts"]}
assert c["command"] == ["sh", "-euc"] and len(c["args"]) == 1
assert env["SOURCE_DATE_EPOCH"].isdigit()
open("script", "w").write(c["args"][0])
PY
}
openssl pkey -in product/keys/sign.key -pubout -out sign.pem
export PRODUCT="$PWD/product" RELEASES="$PWD/pods" RELEASE_KEY="$PWD/product/keys/sign.key" RELEASE_PUB="$PWD/sign.pem"
# As in both files, but of today, as the factory certificate is; the archive's times are this.
export SOURCE_DATE_EPOCH="$(date +%s)"
container "$SOURCE/examples/kubernetes/build.yaml" || fail "build.yaml has another shape"
shards=$(cat completions)
i=0
while [ $i -lt "$shards" ]; do
    SHARDS=$shards JOB_COMPLETION_INDEX=$i sh -euc "$(cat script)" 2>"$err" || fail "pod $i: $(cat "$err")"
    i=$((i + 1))
done
container "$SOURCE/examples/kubernetes/merge.yaml" || fail "merge.yaml has another shape"
sh -euc "$(cat script)" 2>"$err" || fail "$(cat "$err")"
diff -rq -x secrets whole pods/release >&2 || fail "the pods' release is not the unsharded build"
tar -tf pods/release.tar.zst >names || fail "tar does not read the archive"
[ "$(tar --full-time -tvf pods/release.tar.zst | awk '{ print $4, $5 }' | sort -u)" = "$(date -ud "@$SOURCE_DATE_EPOCH" '+%F %T')" ] ||
    fail "the archive's entries are of another time than SOURCE_DATE_EPOCH"
SOURCE_DATE_EPOCH=2027-01-01 refuse 2 'rotkit: "pods/release": SOURCE_DATE_EPOCH: "2027-01-01" is no number' \
    release archive --unsigned pods/release -o other.tar
grep -q '^[^/]*/release\.json$' names || fail "no release in the archive"

export RELEASES="$PWD/tasks" SLURM_CPUS_PER_TASK=2
array=$(sed -n 's/^#SBATCH --array=0-//p' "$SOURCE/examples/slurm/build.sbatch")
# As its first lines say: exported, so that both scripts have it.
sed -n 's/^#   \(export .*\)/\1/p' "$SOURCE/examples/slurm/build.sbatch" | grep -q 'SOURCE_DATE_EPOCH=$(date +%s)' ||
    fail "build.sbatch says to export something else"
export SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX="$array" SLURM_ARRAY_TASK_STEP=1
i=0
while [ $i -le "$array" ]; do
    SLURM_ARRAY_TASK_ID=$i sh "$SOURCE/examples/slurm/build.sbatch" 2>"$err" ||
        fail "task $i: $(cat "$err")"
    i=$((i + 1))
done
sh "$SOURCE/examples/slurm/merge.sbatch" 2>"$err" || fail "$(cat "$err")"
diff -rq -x secrets whole tasks/release >&2 || fail "the array's release is not the unsharded build"
rm -rf tasks/release tasks/shard-3
code=0
sh "$SOURCE/examples/slurm/merge.sbatch" 2>"$err" || code=$?
[ $code -eq 2 ] || fail "a missing shard: exit $code"
stderr_is 'rotkit: shard 3 of 8 is missing: name it too'
