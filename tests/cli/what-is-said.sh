# SPDX-License-Identifier: Apache-2.0
# What a run says: JSON of what was made, nothing about a pipe that was cut, no option that does nothing.
. "$(dirname "$0")/lib.sh"
need openssl jq python3
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem 2>/dev/null
head -c 3000 /dev/zero >kernel

# ---- --json of what makes an image ----
run 0 pack fit --json -o k.fit kernel=kernel
[ "$(jq -r '[.file, .format, .size, .written] | join(" ")' "$out")" = "k.fit fit $(stat -c %s k.fit) true" ] || fail "$(cat "$out")"
run 0 sign fit --json k.fit -o s.fit --key key.pem
[ "$(jq -r '[.file, .format, .size, .written] | join(" ")' "$out")" = "s.fit fit $(stat -c %s s.fit) true" ] || fail "$(cat "$out")"
openssl rand -hex 32 >sym
chmod 600 sym
run 0 encrypt fit -q --json k.fit -o e.fit --key sym -n
[ "$(jq -r '[.file, .format, .written] | join(" ")' "$out")" = 'e.fit fit false' ] || fail "$(cat "$out")"
[ ! -e e.fit ] || fail "a dry run has written"
refuse 2 "{\"error\":{\"code\":2,\"message\":\"--json and \\\"-o -\\\" exclude each other: both are for standard output\",\"context\":[\"see 'rotkit help pack'\"]}}" \
    pack fit --json -o - kernel=kernel

# ---- a cut pipe is silent, and its exit code is a shell's for SIGPIPE ----
# More than a pipe and stdio hold: the reader is gone before all is written.
cat >cut.py <<'END'
import os, subprocess, sys

for args in (sys.argv[2:],):
    read, write = os.pipe()
    child = subprocess.Popen([sys.argv[1]] + args, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    os.close(read)
    said = child.communicate()[1].decode()
    said = "".join(l for l in said.splitlines(True) if "secrets are wiped but may be swapped" not in l)
    print(child.returncode, said, end="")
END
for args in 'pack --formats' 'pack --formats --json' 'inspect k.fit' 'inspect --json k.fit' 'verify --json k.fit' \
    'verify k.fit' 'help' 'help pack' 'man --schema' 'completion bash'; do
    [ "$(python3 cut.py "$ROTKIT" $args)" = "141 " ] || fail "rotkit $args | true: $(python3 cut.py "$ROTKIT" $args)"
done
# The work is done all the same.
[ "$(python3 cut.py "$ROTKIT" pack fit -q --json -o whole.fit kernel=kernel)" = "141 " ] || fail "pack into a cut pipe: $(python3 cut.py "$ROTKIT" pack fit -q --json -o whole.fit kernel=kernel)"
cmp k.fit whole.fit
# A full disk is no cut pipe.
if [ -w /dev/full ]; then
    code=0
    "$ROTKIT" pack --formats >/dev/full 2>"$err" || code=$?
    [ $code -eq 7 ] || fail "a full disk: $code"
    stderr_is 'rotkit: cannot write standard output'
fi

# ---- an option that would do nothing is no option ----
refuse 2 "rotkit: unknown option \"-v\"
  see 'rotkit help inspect'" inspect -v k.fit

# ---- what a stranger stumbled over ----
uefi=$DATA/vectors/boot/uefi
refuse 2 "rotkit: pack uefi-keys-dtbo: part \"dbx\" is an EFI program, expected a certificate or a signature list
  'rotkit pack uefi-auth program=FILE' lists a program by its SHA-256" \
    pack uefi-keys-dtbo -o x PK="$uefi/PK.crt" KEK="$uefi/PK.crt" db="$uefi/PK.crt" dbx="$uefi/min_aarch64.efi"
openssl req -x509 -key key.pem -subj /CN=own -out own.pem 2>/dev/null
run 0 verify own.pem
stdout_is 'own.pem: x509: self-signed, holds under its own key; who trusts it: --ca; signer: not checked'

# ---- every command that README shows has its help, and so have the topics ----
for topic in 'help keys' 'help firmware' 'help optee'; do
    # shellcheck disable=SC2086 # words
    run 0 $topic
    grep -q "^rotkit $topic: " "$out" || fail "$topic: $(head -n 1 "$out")"
done
grep -oE '`rotkit [a-z]+( [a-z]+(-[a-z]+)*)?' "$SOURCE/README.md" | sed 's/^`rotkit //' | grep -v '^help' | sort -u >shown
[ "$(wc -l <shown)" -gt 25 ] || fail "README shows few commands: $(cat shown)"
while read -r verb; do
    # A second word may be an operand: `rotkit pack capsule`.
    # shellcheck disable=SC2086
    "$ROTKIT" help $verb >"$out" 2>&1 || "$ROTKIT" help ${verb% *} >"$out" 2>&1 || fail "README shows \"rotkit $verb\": $(cat "$out")"
    [ "$(wc -l <"$out")" -gt 3 ] || fail "help $verb: $(cat "$out")"
done <shown
