# SPDX-License-Identifier: Apache-2.0
# fuse check: files of whoever made them, as NVIDIA's documents and forums show them; against a key, a key blob, a preset
# and what the vendor's own readers tell of a module. No secret of the file shows anywhere.
. "$(dirname "$0")/lib.sh"
need jq openssl

pkh=$DATA/vectors/ekb/pkh
eks=$DATA/vectors/ekb/eks
new=$DATA/vectors/ekb/eks-rev1.6
hash() {
    jq -r ".$1.public_key_hash" "$pkh/pkh.json"
}
for key in rsa3k ecp256 ecp521; do
    openssl pkey -in "$pkh/$key.pem" -pubout -out $key.pub
done
sbk=77665544332211ffeeddccbbaa998877665544332211ffeeddccbbaa99887766
k1=$(cat "$eks/in/oem_k1.key")
k2=$(cat "$eks/in/oem_k2.key")
kdk=681a8d62bffb803e9b1068eb4e14af3e440b5a73d0e81d161d2817c24dac41a6

fuse() { # NAME SIZE VALUE
    printf '    <fuse name="%s" size="%s" value="%s"/>\n' "$1" "$2" "$3"
}
file() { # the lines of stdin, in a file without a prolog
    echo '<genericfuse MagicId="0x45535546" version="1.0.0">'
    cat
    echo '</genericfuse>'
}
hides_secrets() {
    for secret in "$sbk" "$k1" "$k2" "$kdk" "$(printf '%s' "$sbk" | tr a-f A-F)"; do
        hides "$secret" "$out" "$err"
        hides "$(printf '%s' "$secret" | cut -c 1-12)" "$out" "$err"
    done
}
# check CODE WEIGHT TEXT ARG...: a finding of this weight is listed, and no secret shows; WEIGHT "": nothing is listed
check() {
    code=$1 weight=$2 text=$3
    shift 3
    run "$code" fuse check "$@"
    hides_secrets
    if [ -z "$weight" ]; then
        grep -qE '^(fails|unknown|note) ' "$out" && { cat "$out" >&2; fail "$*: something was found"; }
        return 0
    fi
    grep -qF "$weight" "$out" && grep -qF -- "$text" "$out" || { cat "$out" >&2; fail "$*: not found: $weight: $text"; }
    run "$code" fuse check --json "$@"
    hides_secrets
    jq -e --arg weight "$weight" --arg text "$text" \
        '.findings | map(select(.weight == $weight) | (if .fuse == "" then "" else .fuse + ": " end) + .text | contains($text)) | any' "$out" >/dev/null ||
        fail "$*: not in the JSON: $text"
}

# ---- whole files hold, and everything about them is asked
{
    fuse OdmId 8 0x0000000100000002
    fuse OdmInfo 4 0x0102
    fuse PublicKeyHash 64 "0x$(hash rsa3k)"
    fuse SecureBootKey 32 "$sbk"
    fuse Kdk0 32 "0x$kdk"
    fuse OemK1 32 "0X$k1"
    fuse BootSecurityInfo 4 0x2be9
    fuse SecurityMode 4 0x1
} | file >unit.xml
check 0 note 'bits 0x1e0 are reserved' unit.xml --platform t234
check 0 '' '' unit.xml --platform t234 --preset 0x1e0
run 0 fuse check unit.xml --platform t234 --preset 0x1e0
stdout_is "OdmId             8 bytes   0x0000000100000002
OdmInfo           4 bytes   0x00000102
PublicKeyHash     64 bytes  0x$(hash rsa3k)
SecureBootKey     32 bytes  hidden
Kdk0              32 bytes  hidden
OemK1             32 bytes  hidden
BootSecurityInfo  4 bytes   0x00002be9
SecurityMode      4 bytes   0x00000001"
stderr_is ""
check 0 note 'PublicKeyHash: of the key that is named: the rule is unconfirmed' unit.xml --platform t234 --pub rsa3k.pub
check 0 note 'OemK1: opens the key blob' unit.xml --platform t234 --blob "$new/t234_k1_ftpm_offline.img"
{ echo '<?xml version="1.0" encoding="UTF-8"?>'; echo '<!-- made by hand: 기기 1 -->'; cat unit.xml; } >prolog.xml
check 0 '' '' prolog.xml --platform orin --preset 0x1e0

# ---- NVIDIA's own samples, with values of ours: Orin, RPMB, Thor
{ fuse PublicKeyHash 64 "0x$(hash ecp256)"; fuse BootSecurityInfo 4 0x2; fuse SecurityMode 4 0x1; } | file >p256.xml
check 0 note unconfirmed p256.xml --platform t234 --pub ecp256.pub
sed -e 's/1.0.0/2.0.0/' -e '/PublicKey/d' -e '/SecurityMode/d' -e 's/"0x2"/"0x200"/' p256.xml >rpmb.xml
sed -i -e "s,    <fuse name=\"Boot,    <fuse name=\"OemK1\" size=\"32\" value=\"0x$k1\"/>\n&," \
    -e 's,</genericfuse>,    <rpmb provisioning="0x1" dev_type="0x2"/>\n&,' rpmb.xml
check 0 '' '' rpmb.xml --platform t234
sed '/OemK1/d' rpmb.xml >rpmb-only.xml
check 3 fails 'rpmb: its key is made of OemK1, which is not there' rpmb-only.xml --platform t234
sed 's/2.0.0/1.0.0/' rpmb.xml >rpmb1.xml
check 3 fails 'version 1.0.0 is for a file without an rpmb element' rpmb1.xml --platform t234
sed '/rpmb/d' rpmb.xml >rpmb2.xml
check 3 fails 'version 2.0.0 is for a file with an rpmb element' rpmb2.xml --platform t234
sed 's/dev_type="0x2"/dev_type="0x3"/' rpmb.xml >rpmb3.xml
check 8 unknown 'other values than provisioning 0x1 and dev_type 0x2 are not public' rpmb3.xml --platform t234
thor() { # BSI
    fuse PublicKeyHash 64 "0x$(hash ecp521)"
    fuse OptInEnable 4 0x00000001
    fuse PscOemKdk0 32 "$kdk"
    fuse PscOemKdk1 32 "$k1"
    for place in Psc Oesp Sb; do fuse ${place}SecureBootKey 32 "0x$sbk"; done
    fuse BootSecurityInfo 4 "$1"
    fuse SecurityMode 4 0x1
}
for bsi in 0x208 0x228 0x2228; do
    thor $bsi | file >thor.xml
    check 0 '' '' thor.xml --platform t264
    check 0 '' '' thor.xml --platform thor
done
for bsi in 0x200 0x220; do
    thor $bsi | grep -v -e SecureBootKey | file >thor-pkc.xml
    check 0 '' '' thor-pkc.xml --platform t264
done
check 8 unknown 'PublicKeyHash of t264 is the hash over a list of 16 keys, and how that is hashed is not public' \
    thor.xml --platform t264 --pub ecp521.pub
check 8 unknown 'key blob 2.1 of t264 is not public' thor.xml --platform t264 --blob "$new/t234_k1_ftpm_offline.img"
sed '/OespSecure/d' thor.xml >places.xml
check 3 fails '2 of the 3 places of the SBK' places.xml --platform t264
sed "/OespSecure/s/$sbk/$k2/" thor.xml >places.xml
check 3 fails 'the places of the SBK hold different values' places.xml --platform t264
sed 's/0x2228/0x222b/' thor.xml >scheme.xml
check 3 fails '0x222b has bits 0x3, which are not defined for t264' scheme.xml --platform t264
check 3 fails 'PscOemKdk0: no fuse of t234: it is one of t264' thor.xml --platform t234
check 3 fails 'SecureBootKey: no fuse of t264: a fuse of t234; t264 has PscSecureBootKey' unit.xml --platform t264

# ---- Xavier: names and sizes of a published file; what no document tells is not known
{
    fuse SecureBootKey 16 "0x$(printf %.32s "$sbk")"
    fuse Kek2 16 "$(printf %.32s "$k2")"
    fuse Kek256 32 "$kdk"
    fuse PublicKeyHash 32 "0x$(printf %.64s "$(hash rsa3k)")"
    fuse SecurityMode 4 0x1
} | file >t194.xml
check 0 '' '' t194.xml --platform t194
sed 's,    <fuse name="SecurityMode",    <fuse name="BootSecurityInfo" size="4" value="0x6"/>\n&,' t194.xml >t194bsi.xml
check 8 unknown 'BootSecurityInfo: what its bits mean on t194 is not in a document at hand' t194bsi.xml --platform t194
sed 's/Kek2"/Kek1"/' t194.xml >t194kek.xml
check 8 unknown 'Kek1: the list of fuses of t194 is not in a document at hand' t194kek.xml --platform t194
check 8 unknown 'how PublicKeyHash of t194 follows from a key is not in a document at hand' t194.xml --platform t194 --pub rsa3k.pub
printf %.32s "$k2" >kek2.key
chmod 600 kek2.key
run 0 blob pack -o t194.img --platform t194 --version 2.0 --root-key kek2.key --uefi-auth-key "$eks/in/auth.key"
check 0 note 'Kek2: opens the key blob' t194.xml --platform t194 --blob t194.img
sed "s/\"$(printf %.32s "$k2")\"/\"$(cat "$eks/in/kek2_ff.key")\"/" t194.xml >t194ff.xml # NVIDIA's generator made this one
check 0 note 'Kek2: opens the key blob' t194ff.xml --platform t194 --blob "$new/t194_sym_sym2_auth.img"
check 3 fails 'key blob: no key of the file opens it' t194.xml --platform t194 --blob "$new/t194_sym_sym2_auth.img"

# ---- the BSP's lists: names alone, and what only readers have
{ for name in PublicKeyHash BootSecurityInfo ArmJtagDisable SecurityMode SwReserved DebugAuthentication OdmId OdmLock ReservedOdm0; do
    printf '    <fuse name="%s"/>\n' $name
done; } | file >list.xml
check 0 '' '' list.xml --platform t234
{ printf '<fuse name="PublicKeyHash"/>\n'; fuse OdmInfo 4 0x1; } | file >half.xml
check 3 fails 'PublicKeyHash: no value: nothing is burnt' half.xml --platform t234
fuse OdmLock 4 0xf | file >lock.xml
check 3 fails "OdmLock: readers tell it, NVIDIA's list of what can be burnt does not" lock.xml --platform t234

# ---- what people paste: each mistake by its name
edit() { # SED-EXPRESSION
    sed "$1" unit.xml >edited.xml
    cmp -s unit.xml edited.xml && fail "no edit: $1"
    return 0
}
mistake() { # SED-EXPRESSION TEXT
    edit "$1"
    check 3 fails "$2" edited.xml --platform t234 --preset 0x1e0
    run 3 verify edited.xml
    hides_secrets
    run 3 inspect edited.xml
    hides_secrets
}
mistake 's/0x45535546/0x45535543/' 'MagicId 0x45535543, a slip of the pen that is copied from file to file: expected 0x45535546'
mistake 's/0x45535546/0x46555345/' 'MagicId 0x46555345, that of Nano, TX1 and TX2: expected 0x45535546'
mistake 's/ MagicId="0x45535546"//' 'MagicId "", expected 0x45535546'
mistake 's/version="1.0.0"/version="1.0"/' 'version "1.0", expected 1.0.0 (2.0.0 with an rpmb element)'
mistake 's/"OemK1"/"Kek0"/' 'Kek0: no fuse of t234: a fuse of older SoCs; keys of t234 are OemK1 and OemK2'
mistake 's/"OemK1"/"Kek2"/' 'Kek2: no fuse of t234: a fuse of t194; keys of t234 are OemK1 and OemK2'
mistake 's/"OemK1"/"Kek256"/' 'Kek256: no fuse of t234: a fuse of t194; keys of t234 are OemK1 and OemK2'
mistake 's/"Kdk0"/"OdmKdk0"/' 'OdmKdk0: no fuse of t234: the root of the fTPM is Kdk0'
mistake 's/"Kdk0"/"Kdk1"/' 'Kdk1: no fuse of t234'
mistake 's/"SecurityMode"/"securitymode"/' 'securitymode: no fuse of t234'
mistake "s/size=\"32\" value=\"$sbk\"/size=\"16\" value=\"$(printf %.32s $sbk)\"/" 'SecureBootKey: size 16 as on t194, expected 32 on t234'
mistake 's/PublicKeyHash" size="64" value="0x.\{64\}/PublicKeyHash" size="32" value="0x/' 'PublicKeyHash: size 32 as on t194, expected 64 on t234'
mistake 's/size="64"/size="65"/' 'PublicKeyHash: size "65", expected 64'
mistake 's/ size="64"//' 'PublicKeyHash: no size, expected 64'
mistake "s/$sbk/$(printf %.62s $sbk)/" 'SecureBootKey: 62 hex digits, expected 64'
mistake "s/$sbk/${sbk}00/" 'SecureBootKey: 66 hex digits, expected 64'
mistake "s/$sbk/$(printf %.62s $sbk)zz/" 'SecureBootKey: the value has other than hex digits'
mistake "s/$sbk/0x77665544 0x332211ff 0xeeddccbb 0xaa998877 0x66554433 0x2211ffee 0xddccbbaa 0x99887766/" \
    'SecureBootKey: a value in several words, as key files have it: a fuse file has one number'
mistake 's/0x2be9/0x12be9000001/' 'BootSecurityInfo: 11 hex digits, expected 8'
mistake 's/"0x0102"/"0x10102"/' 'OdmInfo: 0x10102: only the bits of 0xffff can be burnt'
mistake 's/SecurityMode" size="4" value="0x1"/SecurityMode" size="4" value="0x3"/' 'SecurityMode: 0x3: it is one bit, 0 or 1'
mistake "s/$(hash rsa3k)/$(printf '%0128d' 0)/" 'PublicKeyHash: all zeros: nothing is burnt'
mistake "s/$sbk/$(printf '%064d' 0 | tr 0 F)/" "SecureBootKey: all ones, as the placeholders of NVIDIA's reference file"
mistake '/OdmInfo/{p;}' 'OdmInfo: a second time'
mistake '/SecurityMode/d;s,    <fuse name="OdmInfo",    <fuse name="SecurityMode" size="4" value="1"/>\n&,' \
    'PublicKeyHash: behind SecurityMode, after which nothing can be burnt'
mistake '/BootSecurityInfo/d;s,    <fuse name="OdmInfo",    <fuse name="BootSecurityInfo" size="4" value="2be9"/>\n&,' \
    'PublicKeyHash: behind BootSecurityInfo, which would ask for it before it is there'
mistake 's/0x2be9/0x2be8/' 'has scheme 0 (none), although PublicKeyHash is burnt'
mistake 's/0x2be9/0x2bef/' '0x2bef has scheme 7, which is not defined'
mistake 's/0x2be9/0x29e9/' '0x29e9 lacks bit 9: the OEM keys would not be used'
mistake 's/0x2be9/0x2be1/' '0x2be1 lacks bit 3: the SBK would not be used'
mistake 's,    <fuse name="SecurityMode",    <efuse name="x"/>\n&,' 'element "efuse", expected fuse or rpmb'
mistake '/<fuse/d' 'no fuse is named: nothing is burnt'
# What another file may still set, unless this one closes the module; what is no fault and should be known.
grep -v SecurityMode unit.xml >open.xml
sed 's/0x2be9/0x29e9/' open.xml >nobit.xml
check 0 note '0x29e9 lacks bit 9: the OEM keys would not be used' nobit.xml --platform t234 --preset 0x1e0
check 3 fails 'without bit 9 the module does not use the key of the key blob' nobit.xml --platform t234 \
    --blob "$new/t234_k1_sym_sym2_auth.img"
sed 's/0x2be9/0x2be1/' open.xml >nobit.xml
check 0 note '0x2be1 lacks bit 3: the SBK would not be used' nobit.xml --platform t234 --preset 0x1e0
edit "s/$sbk/123456789abcdef0fedcba987654321000112233445566778899aabbccddeeff/"
check 0 note "SecureBootKey: a value that NVIDIA's documents print as an example" edited.xml --platform t234
edit "s/$(hash rsa3k)/18e984f7d79f7a185039ec413ed2ff86227c8f0be639edde0cf23ab1f7910b759ede8fb0c20d02c68deb04a75226d632f9fe24c71dad4b302acdba13db658130/"
check 0 note "PublicKeyHash: a value that NVIDIA's documents print as an example" edited.xml --platform t234
edit "s/$sbk/$(printf '%064d' 0)/"
check 3 note 'SecureBootKey: all zeros: nothing is burnt' edited.xml --platform t234
check 3 fails 'BootSecurityInfo: bit 3 says that the SBK is used, and there is none' edited.xml --platform t234
edit 's/"OemK1"/"OemK"/'
run 3 fuse check edited.xml --platform t234 --preset 0x1e0
stderr_is 'rotkit: "edited.xml": line 7: OemK: no fuse of t234
  did you mean "OemK1"?'
edit '/OdmId/{h;d;};/OdmInfo/{p;x;}'
check 0 note 'OdmId: not the first' edited.xml --platform t234 --preset 0x1e0
edit 's/0x2be9/0x3e9/'
check 0 '' '' edited.xml --platform t234 --preset 0x1e0
edit 's/0x2be9/0xbe9/'
check 0 note '0xbe9 lacks bits 0x2000: the fTPM needs 9, 11 and 13' edited.xml --platform t234 --preset 0x1e0

# ---- against a key
check 3 fails 'PublicKeyHash: not what the key that is named gives' unit.xml --platform t234 --pub ecp256.pub
check 3 fails '0x2be9 has scheme 1 (RSA-3072), the key is P-521: it needs 3' unit.xml --platform t234 --pub ecp521.pub
openssl genrsa -out rsa2k.pem 2048 2>/dev/null
check 3 fails 'a RSA key of 2048 bits cannot be fused' unit.xml --platform t234 --pub rsa2k.pem
openssl genrsa -out other.pem 3072 2>/dev/null
check 3 fails 'not what the key that is named gives' unit.xml --platform t234 --pub other.pem
run 3 fuse check unit.xml --platform t234 --pub other.pem
stderr_is 'rotkit: "unit.xml": line 4: PublicKeyHash: not what the key that is named gives
  the rule is unconfirmed, no vendor value has been at hand: compare with what tegrasign_v3.py --pubkeyhash prints'
grep -v PublicKeyHash unit.xml >nohash.xml
check 8 unknown 'there is none, so that the key cannot be compared' nohash.xml --platform t234 --already-burnt --pub rsa3k.pub

# ---- against a key blob: 2.0, 1.0 with its FV, in a padded slot, of another key, of another device
check 8 unknown 'of version 1.0 or older, whose FV is not in it' unit.xml --platform t234 --blob "$eks/v1_t234_k1_ftpm_offline.img"
check 0 note 'OemK1: opens the key blob' unit.xml --platform t234 --blob "$eks/v1_t234_k1_ftpm_offline.img" --fv "$eks/in/fv.key"
{ cat "$new/t234_k1_ftpm_offline.img"; head -c 200000 /dev/zero | tr '\0' '\377'; } >slot
check 0 note 'OemK1: opens the key blob' unit.xml --platform t234 --blob slot
cat "$new/t234_k1_ftpm_offline.img" "$new/t234_k1_ftpm_offline.img" >slots
check 0 note 'OemK1: opens the key blob' unit.xml --platform t234 --blob slots
cat "$new/t234_k1_ftpm_offline.img" "$eks/v1_t234_k1_sym_only.img" >slots
check 8 unknown "key blob: there are several, and the one at $(printf '0x%x' "$(stat -c %s "$new/t234_k1_ftpm_offline.img")") differs from the first" \
    unit.xml --platform t234 --blob slots
refuse 2 'rotkit: --blob: "slot": of version 2.0, which holds its FV: --fv is for others' \
    fuse check unit.xml --platform t234 --blob slot --fv "$eks/in/fv.key"
edit "s/$k1/$k2/"
check 3 fails 'key blob: no key of the file opens it' edited.xml --platform t234 --blob "$new/t234_k1_ftpm_offline.img"
sed "s,    <fuse name=\"BootSec,    <fuse name=\"OemK2\" size=\"32\" value=\"$k1\"/>\n&," edited.xml >second.xml
check 0 note 'OemK2: opens the key blob' second.xml --platform t234 --blob "$new/t234_k1_ftpm_offline.img"
edit 's/100000002/100000003/'
check 3 fails 'key blob: of another device: its Device SN is not that of OdmId and OdmInfo' edited.xml --platform t234 \
    --blob "$new/t234_k1_ftpm_offline.img"
edit 's/0x0102/0x0201/'
check 3 fails 'of another device' edited.xml --platform t234 --blob "$new/t234_k1_ftpm_offline.img"
edit 's/0x2be9/0x3e9/'
check 3 fails 'the key blob is for the fTPM, which needs bits 9, 11 and 13' edited.xml --platform t234 \
    --blob "$new/t234_k1_ftpm_offline.img"
check 3 fails 'no UEFI variable key (tag 4)' unit.xml --platform t234 --blob "$eks/v1_t234_k1_sym_only.img" --fv "$eks/in/fv.key"
grep -v OemK unit.xml >nokey.xml
check 8 unknown 'the key that it is encrypted under is not in the file' nokey.xml --platform t234 --already-burnt \
    --blob "$new/t234_k1_ftpm_offline.img"
cp "$new/t234_k1_ftpm_offline.img" flipped
flip flipped 300
check 3 fails 'key blob: no key of the file opens it' unit.xml --platform t234 --blob flipped
echo nothing >text
refuse 2 'rotkit: --blob: "text": cut short at offset 0x4: 8 wanted, 4 left' fuse check unit.xml --platform t234 --blob text

# ---- against a preset: what goes from 1 to 0 stops the burner (forum 325198)
edit 's/0x2be9/0x2a09/'
check 0 '' '' edited.xml --platform t234
check 3 fails '0x2a09 lacks bits 0x1e0, which are burnt: the burner stops at what would go from 1 to 0; 0x2be9 is right' \
    edited.xml --platform t234 --preset 0x1e0
check 3 fails 'preset 0x1e00 has bits 0x1400, which are not defined for t234' unit.xml --platform t234 --preset 0x1e00
check 3 fails 'has scheme 1 (RSA-3072), and scheme 2 (P-256) is burnt' unit.xml --platform t234 --preset 0x1e2

# ---- against what is burnt: as odmfuseread.sh writes it (forum 325198) and nv_fuse_read.sh prints it
info() { # HASH BSI MODE ID
    cat <<I
PublicKeyHash: $1
BootSecurityInfo: $2
ArmJtagDisable: 00000000
SecurityMode: $3
SwReserved: 00000000
DebugAuthentication: 00000000
OdmId: $4
OdmLock: 00000000
ReservedOdm0: 00000000
ReservedOdm7: 00000000
I
}
linux() { # the same in Linux
    cat <<I
odmid: 0x$4
reserved_odm0: 0x00000000
public_key_hash: 0x$1
odminfo: 0x$5
ecid: 0x80012344705DD25D4C00000000000000
BR_CID: 0x8123456789abcdef0123456789
security_mode: 0x$3
boot_security_info: 0x$2
odm_lock: 0x00000000
revoke_pk_h0: 0x00000000
I
}
zero=$(printf '%0128d' 0)
info "$zero" 000001e0 00000000 0000000000000000 >fresh
linux "$zero" 000001e0 00000000 0000000000000000 00000000 >fresh.linux
for burnt in fresh fresh.linux; do
    check 0 '' '' unit.xml --platform t234 --burnt $burnt
    run 0 fuse check unit.xml --platform t234 --burnt $burnt --json
    jq -r '.fuses[] | "\(.name) \(.burnt)"' "$out" | grep -v OdmInfo >found
    is found "OdmId burns
PublicKeyHash burns
SecureBootKey not readable
Kdk0 not readable
OemK1 not readable
BootSecurityInfo adds bits
SecurityMode burns"
done
info "$(hash rsa3k)" 00002be9 00000000 0000000100000002 >partly
linux "$(hash rsa3k)" 00002be9 00000001 0000000100000002 00000102 >closed.linux
check 0 '' '' unit.xml --platform t234 --burnt partly
run 0 fuse check unit.xml --platform t234 --burnt partly
grep -q '^PublicKeyHash .*: equal, skipped$' "$out" || fail "what is equal is skipped"
check 8 unknown 'Kdk0: the module is closed (SecurityMode 1), and no reader tells whether this is burnt' unit.xml --platform t234 \
    --burnt closed.linux
grep -v -e Kdk0 -e OemK -e SecureBoot unit.xml >public.xml
check 0 '' '' public.xml --platform t234 --burnt closed.linux
sed 's,    <fuse name="PublicKeyHash",    <fuse name="OptInEnable" size="4" value="1"/>\n&,' public.xml >late.xml
sed 's/^odm_lock.*/optin_enable: 0x00000000/' closed.linux >closed2
check 3 fails 'OptInEnable: the module is closed (SecurityMode 1): nothing can be burnt any more' late.xml --platform t234 --burnt closed2
info "$(hash ecp256)" 000001e0 00000000 0000000000000000 >foreign
check 3 fails 'PublicKeyHash: another value is burnt, and cannot be changed' unit.xml --platform t234 --burnt foreign
info "$zero" 000001e0 00000000 0000000100000003 >other
check 3 fails 'OdmId: another value is burnt' unit.xml --platform t234 --burnt other
info "$zero" 000003f1 00000000 0000000000000000 >reserved
check 3 fails '0x2be9 lacks bits 0x10, which are burnt' unit.xml --platform t234 --burnt reserved
sed 's/0x2be9/0x2bf9/' unit.xml >with10.xml # what was read is a fact, whatever the bit means
check 0 '' '' with10.xml --platform t234 --burnt reserved
info "$zero" 000001e2 00000000 0000000000000000 >scheme
check 3 fails 'has scheme 1 (RSA-3072), and scheme 2 (P-256) is burnt' unit.xml --platform t234 --burnt scheme
info "$zero" 00000000 00000000 0200000001000000 >turned
check 8 unknown 'OdmId: what was read is the value with its bytes in another order' unit.xml --platform t234 --burnt turned
run 8 fuse check unit.xml --platform t234 --burnt turned
grep -q '^OdmId .*: not clear$' "$out" || fail "what may be another order of bytes does not clash"
# What the bits of t194 mean is not at hand; that a burnt one stays is.
fuse BootSecurityInfo 4 0x1 | file >loses.xml
printf 'boot_security_info: 0x2\n' >two
check 3 fails 'BootSecurityInfo: 0x2 is burnt, 0x1 would change bits from 1 to 0' loses.xml --platform t194 --burnt two
# A second file of a module that the first has been burnt into builds on it.
{ fuse BootSecurityInfo 4 0x2be9; fuse SecurityMode 4 1; } | file >closing.xml
check 3 fails 'there is no PublicKeyHash' closing.xml --platform t234 --preset 0x1e0
check 0 '' '' closing.xml --platform t234 --burnt partly

echo 'Booting...' >none
refuse 2 'rotkit: --burnt: "none": no fuse of t234 is read there
  expected: lines "NAME: HEX", as odmfuseread.sh writes them into fuse_info.txt and nv_fuse_read.sh prints them' \
    fuse check unit.xml --platform t234 --burnt none
echo 'PublicKeyHash: xxxxxxxx(my key hash)' >wild
refuse 2 'rotkit: --burnt: "wild": line 1: PublicKeyHash: 21 hex digits, expected 128' fuse check unit.xml --platform t234 --burnt wild
printf 'OdmId: 00000000000000zz\n' >wild
refuse 2 'rotkit: --burnt: "wild": line 1: OdmId: other than hex digits' fuse check unit.xml --platform t234 --burnt wild
printf 'SecurityMode: 0\nSecurityMode: 1\n' >wild
refuse 2 'rotkit: --burnt: "wild": line 2: SecurityMode a second time, with another value' \
    fuse check unit.xml --platform t234 --burnt wild

# ---- what is no fuse file, and usage
refuse 2 'rotkit: "text": fuse file:1:1: text between tags: a fuse file has none' fuse check text --platform t234
: >empty
refuse 2 'rotkit: "empty": fuse file:1:1: cut short: a tag is expected' fuse check empty --platform t234
refuse 7 'rotkit: cannot open "absent": No such file or directory' fuse check absent --platform t234
refuse 2 "rotkit: --platform NAME is missing
  see 'rotkit help fuse check'" fuse check unit.xml
refuse 2 'rotkit: --platform: unknown platform "t210" (known: t234, t194, t264)' fuse check unit.xml --platform t210
refuse 2 "rotkit: --preset: 0x100000000 is above 32 bits
  see 'rotkit help fuse check'" fuse check unit.xml --platform t234 --preset 0x100000000
refuse 2 "rotkit: --fv goes with --blob
  see 'rotkit help fuse check'" fuse check unit.xml --platform t234 --fv "$eks/in/fv.key"
refuse 2 "rotkit: --pub given more than 3 times
  see 'rotkit help fuse check'" fuse check unit.xml --platform t234 --pub a --pub b --pub c --pub d

# ---- verify and inspect: the SoC is the one that it fits; nothing signs it
run 0 verify unit.xml
stdout_is "unit.xml: fuse-xml: as t234: 8 fuses; names, sizes and rules hold; nothing signs it, fuse check compares it; signer: not checked"
run 0 verify thor.xml list.xml prolog.xml
grep -q '^thor.xml: fuse-xml: as t264: 9 fuses' "$out" || fail "thor.xml"
run 0 verify t194.xml
grep -q 'as t194: 5 fuses' "$out" || fail "t194.xml"
run 8 verify t194bsi.xml
run 3 verify --pub rsa3k.pub unit.xml
run 0 inspect unit.xml
grep -q 'Kdk0  32 bytes, hidden$' "$out" || fail "inspect"
hides_secrets
run 0 inspect --json unit.xml
hides_secrets
run 0 inspect --html page.html unit.xml
hides "$sbk" page.html
hides "$kdk" page.html
# Offsets are those of the elements.
jq -r '.map[0].children[] | "\(.offset) \(.length) \(.name)"' "$out" >offsets 2>/dev/null || :
run 0 inspect --json unit.xml
jq -r '.map[0].children[] | "\(.offset) \(.length) \(.name)"' "$out" >offsets
[ "$(wc -l <offsets)" -eq 8 ] || fail "offsets"
while read -r offset length name; do
    tail -c +$((offset + 1)) unit.xml | head -c "$length" >element
    grep -q "^<fuse name=\"$name\" .*/>$" element || fail "$name at $offset"
done <offsets

# ---- two attributes swapped: the key that stands where a size or a name should be shows nowhere
sed -e 's/name="Kdk0" size="32" value="\(0x[0-9a-f]*\)"/name="Kdk0" size="\1" value="32"/' \
    -e 's/name="SecureBootKey" size="32" value="\([0-9a-f]*\)"/name="\1" size="32" value="SecureBootKey"/' unit.xml >swapped.xml
check 3 fails 'Kdk0: size "(66 letters, not shown)", expected 32' swapped.xml --platform t234
check 3 fails '(64 letters, not shown): no fuse of t234' swapped.xml --platform t234
for form in --json --quiet; do
    run 3 inspect "$form" swapped.xml
    hides_secrets
done
run 3 verify swapped.xml
hides_secrets
