# SPDX-License-Identifier: Apache-2.0
# Key files that others may touch: writable by others is refused for each kind of key, readable is said
# once a run; folders that get keys are closed to others whatever the umask.
. "$(dirname "$0")/lib.sh"
need openssl

openssl genpkey -algorithm ED25519 -out ed.key 2>/dev/null
printf '000102030405060708090a0b0c0d0e0f\n' >sym.key
head -c 100 /dev/zero >content

# ---- refused
for mode in 0620 0602 0666; do
    chmod $mode ed.key
    refuse 4 "rotkit: --key: key file \"ed.key\": others may write it (mode $mode), and put a key of theirs there: \"chmod go-w\", or --allow-open-keys" \
        sign --key ed.key --scheme ed25519 raw content -o sig
done
run 0 sign --allow-open-keys --key ed.key --scheme ed25519 raw content -o sig
chmod 0600 ed.key
run 0 sign --key ed.key --scheme ed25519 raw content -o again
same "the signature" sig again
chmod 0622 sym.key
refuse 4 'rotkit: --key: key file "sym.key": others may write it (mode 0622), and put a key of theirs there: "chmod go-w", or --allow-open-keys' \
    encrypt kernel-encrypted content -o enc --key sym.key --set derivation-string=rotkit-test-0001
run 0 init -q product
for open in ca/issuing.key keys/oem_k1.key devices/kdk_db.csv devices/eps_seeds.csv; do
    chmod o+w product/$open
    run 4 build -q product/manifest.yaml
    grep -qF "key file \"product/$open\": others may write it (mode 0602)" "$err" || fail "$open: $(cat "$err")"
    [ ! -e product/release ] || fail "a release from $open"
    chmod o-w product/$open
done

# A folder that others may write: they can put another file there. In /tmp only the file's owner can.
mkdir shared && cp ed.key shared/ && ln -s shared/ed.key link.key
for mode in 0777 0775 0757; do
    chmod $mode shared
    for name in shared/ed.key link.key; do
        folder=shared
        [ $name = shared/ed.key ] || folder=$(pwd -P)/shared
        refuse 4 "rotkit: --key: key file \"$name\": others may write its folder \"$folder\", and put a key of theirs there: \"chmod go-w\", or --allow-open-keys" \
            sign --key $name --scheme ed25519 raw content -o none
    done
done
run 0 sign --allow-open-keys --key shared/ed.key --scheme ed25519 raw content -o again
chmod 1777 shared
run 0 sign --key shared/ed.key --scheme ed25519 raw content -o again
if [ "$(id -u)" = 0 ]; then
    chown 1 shared/ed.key
    run 4 sign --key shared/ed.key --scheme ed25519 raw content -o none
    chown 0 shared/ed.key
    chown 1 shared
    run 4 sign --key shared/ed.key --scheme ed25519 raw content -o none
fi
chmod o+w product/devices
run 4 build -q product/manifest.yaml
grep -qF 'others may write its folder "product/devices"' "$err" || fail "$(cat "$err")"
chmod o-w product/devices

# ---- said, once a run, and not to those who want no notes
chmod 0644 ed.key sym.key product/keys/*.key
"$ROTKIT" build product/manifest.yaml 2>said >/dev/null
[ "$(grep -c 'others may read it: "chmod go-r"$' said)" -eq 1 ] || fail "not once: $(cat said)"
"$ROTKIT" sign --key ed.key --scheme ed25519 raw content -o quiet 2>said
grep -qxF 'rotkit: warning: key file "ed.key": others may read it: "chmod go-r"' said || fail "not said: $(cat said)"
"$ROTKIT" verify --pub ed.pub content 2>said >/dev/null || true
! grep 'others may' said || fail "said of a run without keys"
openssl pkey -in ed.key | "$ROTKIT" sign --key /dev/stdin --scheme ed25519 raw content -o piped 2>said || fail "a key through a pipe: $(cat said)"
! grep 'others may' said || fail "said of a pipe"

# ---- folders with keys
for mask in 000 022 077; do
    rm -rf made authority
    (umask $mask && "$ROTKIT" init -q made && "$ROTKIT" ca init -q --name O authority 2>/dev/null)
    [ $((0$(stat -c %a made) & 022)) = 0 ] || fail "others may write what init makes under umask $mask"
    for folder in made/keys made/ca made/devices made/factory authority; do
        [ -d $folder ] || fail "$folder is not there"
        mode_is 700 $folder
    done
done
(umask 000 && "$ROTKIT" build -q product/manifest.yaml) >/dev/null 2>&1
find product/release/secrets -name '*.cms' | sed 's,/[^/]*$,,' | sort -u >folders
[ -s folders ] || fail "no secrets in the release: $(find product/release)"
while read -r folder; do
    mode_is 700 "$folder"
done <folders
