# SPDX-License-Identifier: Apache-2.0
# What help texts and comments tell a user to type does what they say: completion, man pages, a licence's terms; a manifest
# with every key explained; prepare.sh of the examples a second time; and nothing of it asks the network.
. "$(dirname "$0")/lib.sh"
need jq openssl strace
unset SOURCE_DATE_EPOCH # certificates are of today

# ---- rotkit completion bash, rotkit man ek ----
if command -v bash >/dev/null; then
    bash -c 'source <("$ROTKIT" completion bash) && complete -p rotkit' >"$out" || fail "source <(rotkit completion bash)"
    grep -q ' rotkit$' "$out" || fail "nothing is completed: $(cat "$out")"
fi
if command -v mandoc >/dev/null; then
    "$ROTKIT" man ek | mandoc -l >page || fail "rotkit man ek | mandoc -l"
    perl -pe 's/.\x08//g' page >"$out" # letters are struck twice
    grep -q 'rotkit ek derive' "$out" || fail "no page: $(head -n 3 "$out")"
fi

# ---- rotkit licence show: the terms, and that nobody checked them ----
openssl genpkey -algorithm ed25519 -out issuer.key
run 0 licence issue l.json --key issuer.key --id L1 --product demo --units 7
run 0 licence show --json l.json
[ "$(jq -r '[.id, .product, .units] | join(" ")' "$out")" = "L1 demo 7" ] || fail "$(cat "$out")"
run 0 licence show l.json
cp "$out" shown
sed 's/"units": *7/"units": 8/' l.json >forged.json
run 0 licence show forged.json
diff shown "$out" >changed && fail "the units are not shown"
[ "$(grep -c '^[<>]' changed)" -eq 2 ] || fail "more than the units is another: $(cat changed)"
grep -q 'signature: holds' "$out" && fail "a signature that nobody checked holds"

# ---- rotkit init: every key of the platform's manifest is in it, with a comment above ----
explained() { # PLATFORM...
    rm -rf product
    run 0 init -q "$@" product
    awk '/^ *#?[a-z][a-z0-9-]*:( |$)/ && before !~ /^ *# / { print; bad = 1 } { before = $0 } END { exit bad }' \
        product/manifest.yaml >unexplained || fail "init $*: no comment above: $(cat unexplained)"
}
explained
for key in $(sed -n 's/^ *\([a-z][a-z0-9-]*\):.*/\1/p' "$SOURCE"/manifests/jetson-*.yaml | sort -u); do
    grep -qE "^ *#?$key:" product/manifest.yaml || fail "init explains no key $key"
done

# ---- no cloud: from nothing to a release that holds, no socket of the network is asked for ----
strace -o trace true 2>/dev/null || skip "strace may trace nothing here"
for step in "build product/manifest.yaml" "verify product/release" "inspect product/release"; do
    # shellcheck disable=SC2086 # words. LeakSanitizer does not work under ptrace.
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -f -o trace -e trace=socket,connect "$ROTKIT" $step \
        >"$out" 2>"$err" </dev/null || fail "$step: $(cat "$err")"
    grep -E 'AF_INET|AF_NETLINK|AF_PACKET' trace && fail "rotkit $step asks the network"
done
explained --platform optee
for key in $(sed -n 's/^ *\([a-z][a-z0-9-]*\):.*/\1/p' "$SOURCE/manifests/optee.yaml" | sort -u); do
    grep -qE "^ *#?$key:" product/manifest.yaml || fail "init --platform optee explains no key $key"
done

# ---- prepare.sh: what is there stays ----
twice() { # EXAMPLE [ARG...]
    example=$1
    shift
    mkdir "$example"
    cd "$example"
    sh "$SOURCE/examples/$example/prepare.sh" "$ROTKIT" . "$@" >"$scratch/log" 2>&1 || fail "$example: $(cat "$scratch/log")"
    snapshot >"$scratch/before"
    sh "$SOURCE/examples/$example/prepare.sh" "$ROTKIT" . "$@" >"$scratch/log" 2>&1 || fail "$example: $(cat "$scratch/log")"
    snapshot >"$scratch/after"
    same "$example after a second prepare.sh" "$scratch/before" "$scratch/after"
    cd ..
}
twice jetson-orin
twice optee
grep -rlai 'stand-in' optee/components >stand-ins || fail "no stand-in says that it is one"
