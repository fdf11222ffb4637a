# SPDX-License-Identifier: Apache-2.0
# Overlays of UEFI variables: what sets no key is not called one of keys; an update's signed variables are shown and held
# as UEFI takes them, which appends; dtc and fdtget make and read the same; dbx in the default keys.
. "$(dirname "$0")/lib.sh"
need dtc fdtget xxd sign-efi-sig-list perl

boot=$DATA/vectors/boot
variables=/fragment@0/__overlay__/firmware/uefi/variables
nvidia=$variables/gNVIDIAPublicVariableGuid

# bytes FILE NODE PROPERTY: the value, as fdtget reads it
bytes() {
    fdtget -t bx "$1" "$2" "$3" | tr ' ' '\n' | sed 's/^.$/0&/' | xxd -r -p
}
# auth VARIABLE SIGNER OUT [FLAG]: efitools' own, -a for appending
auth() {
    TZ=UTC sign-efi-sig-list ${4:-} -t "2026-02-03 04:05:06" -k "$boot/keys/$2.key" -c "$boot/uefi/$2.crt" "$1" \
        "$boot/uefi/db.esl" "$3" >/dev/null
}
# overlay FILE NAME=AUTH...: NVIDIA's shape by dtc, a .auth file's bytes in data
overlay() {
    overlay_file=$1
    shift
    for pair; do
        printf '%s { data = [%s]; };\n' "${pair%%=*}" "$(xxd -p "${pair#*=}" | tr -d '\n')"
    done >nodes
    perl -0777 -pe 'BEGIN { open F, "nodes"; local $/; $n = <F> } s/dbSigned_0 \{.*?\};/$n/' \
        "$DATA/image/uefi-update-keys.dts" | dtc -q -O dtb -o "$overlay_file" -
}

# ---- no key in it ----
dtc -q -O dtb -o other.dtbo "$DATA/image/uefi-overlay-not-keys.dts"
run 0 verify other.dtbo
stdout_is "other.dtbo: uefi-variables-dtbo: no keys; structure holds, not signed (the image that carries it is); signer: not checked"
run 0 inspect other.dtbo
grep -q '1      QuickBootEnabled  gNVIDIAPublicVariableGuid$' "$out" || fail "$(cat "$out")"
run 3 verify --ca "$boot/uefi/KEK.crt" other.dtbo

# ---- an update ----
auth db KEK db.auth -a
auth dbx KEK dbx.auth -a
auth KEK PK KEK.auth -a
overlay one.dtbo dbSigned_0=db.auth
run 0 verify one.dtbo
stdout_is "one.dtbo: uefi-update-dtbo: structure holds, signatures not checked: needs the certificates; signer: not checked"
run 0 inspect one.dtbo
for line in 'dbSigned_0$' 'EFI_TIME  2026-02-03 04:05:06$' 'certificate list$' 'entry  owner .* CN=rotkit test db$' \
    'EnrollDefaultSecurityKeys  another variable$'; do
    grep -q "$line" "$out" || fail "$line: $(cat "$out")"
done
run 0 verify --ca "$boot/uefi/KEK.crt" one.dtbo
grep -q '^one.dtbo: uefi-update-dtbo: 1 signature holds; ' "$out" || fail "$(cat "$out")"
run 3 verify --ca "$boot/uefi/PK.crt" one.dtbo
flip one.dtbo "$(($(grep -obUa 'rotkit test db' one.dtbo | tail -n 1 | cut -d: -f1)))"
run 3 verify one.dtbo
# ours has the same bytes in the same places, by fdtget; three kinds, each counted from 0
run 0 pack uefi-update-dtbo -o update.dtbo db=db.auth KEK=KEK.auth dbx=dbx.auth db=db.auth
for pair in kekSigned_0=KEK dbSigned_0=db dbSigned_1=db dbxSigned_0=dbx; do
    bytes update.dtbo "$nvidia/${pair%=*}" data >found
    cmp found "${pair#*=}.auth" || fail "$pair"
done
[ "$(fdtget -l update.dtbo $nvidia | sort | tr '\n' ' ')" = \
    "EnrollDefaultSecurityKeys dbSigned_0 dbSigned_1 dbxSigned_0 kekSigned_0 " ] || fail "other variables"
[ "$(fdtget -t bx update.dtbo $nvidia/EnrollDefaultSecurityKeys data)" = 1 ] || fail "enrol"
[ "$(fdtget update.dtbo /fragment@0/board_config sw-modules)" = uefi ] || fail "sw-modules"
cat "$boot/uefi/PK.crt" "$boot/uefi/KEK.crt" >both.crt
run 0 verify --ca both.crt update.dtbo
grep -q ': 4 signatures hold; ' "$out" || fail "$(cat "$out")"
run 3 verify --ca "$boot/uefi/KEK.crt" update.dtbo

# What UEFI would refuse is refused: it appends, each variable has its own name, and it counts without gaps.
auth db KEK replaces.auth
overlay bad.dtbo dbSigned_0=replaces.auth
refuse 3 'rotkit: bad.dtbo: uefi-update-dtbo: dbSigned_0: is signed for replacing db, and UEFI appends
  sign uefi-auth --set variable=db --set append=yes' verify --ca "$boot/uefi/KEK.crt" bad.dtbo
run 3 verify bad.dtbo
refuse 2 'rotkit: pack uefi-update-dtbo: part "db": is signed for replacing db, and UEFI appends
  sign uefi-auth --set variable=db --set append=yes' pack uefi-update-dtbo -o no.dtbo db=replaces.auth
run 2 pack uefi-update-dtbo -o no.dtbo db=dbx.auth
grep -q '^rotkit: pack uefi-update-dtbo: part "db": appending to db: ' "$err" || fail "$(cat "$err")"
refuse 2 'rotkit: pack uefi-update-dtbo: part "db": is not signed' pack uefi-update-dtbo -o no.dtbo db="$boot/uefi/db.esl"
refuse 2 'rotkit: pack uefi-update-dtbo: nothing to write: needs a part "KEK", "db" or "dbx"' pack uefi-update-dtbo -o no.dtbo
overlay bad.dtbo dbSigned_0=db.auth dbSigned_2=db.auth
run 3 verify bad.dtbo
grep -q 'uefi-update-dtbo: dbSigned_2 is not read: UEFI stops where dbSigned_1 is missing$' "$err" || fail "$(cat "$err")"
overlay bad.dtbo dbxSigned_0="$boot/uefi/db.esl"
run 0 inspect bad.dtbo
grep -q 'dbxSigned_0  not signed: UEFI takes it in Setup Mode alone$' "$out" || fail "$(cat "$out")"
refuse 3 'rotkit: bad.dtbo: uefi-update-dtbo: dbxSigned_0: is not signed' verify --ca "$boot/uefi/KEK.crt" bad.dtbo
dtc -q -O dtb -o placeholder.dtbo "$DATA/image/uefi-update-keys.dts"
refuse 2 'rotkit: placeholder.dtbo: uefi-update-dtbo: dbSigned_0: neither a signature list nor a signed one' verify placeholder.dtbo

# Nothing rides along that nobody signed: another variable, another fragment.
overlay bad.dtbo dbSigned_0=db.auth BootOrder=db.auth
run 0 verify bad.dtbo
run 3 verify --ca "$boot/uefi/KEK.crt" bad.dtbo
grep -q '"BootOrder" at 0x[0-9a-f]* is loaded, and no signature that was checked covers it$' "$err" || fail "$(cat "$err")"
overlay good.dtbo dbSigned_0=db.auth
{ dtc -q -I dtb -O dts good.dtbo && echo '/ { fragment@1 { target-path = "/firmware"; __overlay__ { uefi { }; }; }; };'; } >two.dts
dtc -q -O dtb -o two.dtbo two.dts
refuse 2 'rotkit: two.dtbo: uefi-update-dtbo: a second fragment, "fragment@1"' verify --ca "$boot/uefi/KEK.crt" two.dtbo

# ---- dbx among the default keys ----
run 0 pack uefi-auth program="$boot/uefi/min_aarch64.efi" -o hash.esl
run 0 pack uefi-keys-dtbo -o keys.dtbo PK="$boot/uefi/PK.esl" KEK="$boot/uefi/KEK.esl" db="$boot/uefi/db.esl" dbx=hash.esl \
    dbx="$boot/uefi/KEK.esl"
bytes keys.dtbo $variables/gEfiGlobalVariableGuid/dbxDefault data >found
cat hash.esl "$boot/uefi/KEK.esl" >wanted
cmp found wanted || fail "dbxDefault"
fdtget -p keys.dtbo $variables/gEfiGlobalVariableGuid/dbxDefault | grep -qx non-volatile || fail "dbx is volatile"
run 0 inspect keys.dtbo
grep -q 'dbxDefault$' "$out" || fail "$(cat "$out")"
