# SPDX-License-Identifier: Apache-2.0
# FITs with data outside of the tree, and signed by other hashes and curves than rotkit's own: do mkimage, fit_check_sign
# and rotkit say the same of them?
# slow: builds a part of U-Boot
. "$(dirname "$0")/lib.sh"
need mkimage dumpimage openssl dtc fdtget perl make cc bison flex curl xz
V=$DATA/vectors/boot
sh "$SOURCE/scripts/build-fit-check-sign.sh" "$SOURCE/build/judges" >judge.log 2>&1 ||
    skip "fit_check_sign cannot be built: $(tail -n 1 judge.log)"
judge() {
    "$SOURCE/build/judges/fit_check_sign" "$@" >judged 2>&1
}

cp "$V/inputs/kernel.bin" "$V/fit/pub.dts" .
head -c 5001 "$V/inputs/kernel.bin" /dev/zero | head -c 5001 >rd.bin # no multiple of 4
dtc -q -I dts -O dtb -o fdt.dtb pub.dts
mkdir keys
cp "$V/keys/rsa2048.pem" keys/rsa2048.key
cp "$V/keys/rsa3072.pem" keys/rsa3072.key
openssl genrsa -out keys/rsa4096.key 4096 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out keys/ecdsa256.pem
for key in rsa2048 rsa3072 rsa4096; do
    openssl req -x509 -new -key keys/$key.key -subj /CN=$key -days 30 -out keys/$key.crt
    openssl pkey -in keys/$key.key -pubout -out $key.pub
done
openssl pkey -in keys/ecdsa256.pem -pubout -out ecdsa256.pub

# its HASH KEY PADDING
its() {
    cat <<ITS
/dts-v1/;
/ {
    description = "external";
    #address-cells = <1>;
    images {
        kernel {
            data = /incbin/("kernel.bin"); type = "kernel"; arch = "arm64"; os = "linux";
            compression = "none"; load = <0x80080000>; entry = <0x80080000>;
            hash-1 { algo = "$1"; };
        };
        rd {
            data = /incbin/("rd.bin"); type = "ramdisk"; arch = "arm64"; os = "linux"; compression = "none";
            hash-1 { algo = "$1"; };
            hash-2 { algo = "crc32"; };
        };
        fdt {
            data = /incbin/("fdt.dtb"); type = "flat_dt"; arch = "arm64"; compression = "none";
            hash-1 { algo = "$1"; };
        };
    };
    configurations {
        default = "conf";
        conf {
            kernel = "kernel"; fdt = "fdt"; ramdisk = "rd";
            signature { algo = "$1,$2"; $3 key-name-hint = "$2"; sign-images = "kernel", "fdt", "ramdisk"; };
        };
    };
};
ITS
}

# images FIT: each as dumpimage takes it out
images() {
    number=0
    for part in kernel.bin rd.bin fdt.dtb; do
        dumpimage -T flat_dt -p $number -o taken "$1" >/dev/null || fail "$1: dumpimage takes no image $number out"
        cmp $part taken || fail "$1: $part is other bytes"
        number=$((number + 1))
    done
}

# flips FIT PUB: each image's bytes changed, and what the configuration says: 3, and fit_check_sign refuses that too
flips() {
    for part in kernel.bin rd.bin fdt.dtb; do
        PART=$(head -c 40 $part | tail -c 20 | xxd -p) perl -0777 -pe \
            '$w = pack "H*", $ENV{PART}; substr($_, rindex($_, $w), 1) ^= "\x01"' "$1" >flipped.fit
        cmp -s "$1" flipped.fit && fail "nothing was flipped"
        run 3 verify --pub "$2" flipped.fit
        judge -f flipped.fit -k theirs.dtb && fail "fit_check_sign takes a changed $part of $1"
    done
    return 0
}

count=0
for outside in '' -E '-E -p 0x4000' '-E -B 0x200'; do
    for row in sha256,rsa2048 sha384,rsa2048 sha512,rsa2048 sha384,rsa3072 sha512,rsa4096; do
        for padding in '' 'padding = "pss";'; do
            what="$outside $row $padding"
            its "${row%,*}" "${row#*,}" "$padding" >peer.its
            cp fdt.dtb theirs.dtb
            # shellcheck disable=SC2086
            mkimage $outside -f peer.its -k keys -K theirs.dtb -r theirs.fit >mkimage.log 2>&1 || fail "mkimage: $(cat mkimage.log)"
            judge -f theirs.fit -k theirs.dtb || fail "$what: fit_check_sign: $(cat judged)"
            run 0 verify --pub "${row#*,}.pub" theirs.fit
            grep -q 'hashes and 1 signed configuration hold' "$out" || fail "$what: $(cat "$out")"
            case $outside in ?*) run 0 inspect theirs.fit && grep -q 'kernel, outside of the tree' "$out" || fail "$what: $(cat "$out")" ;; esac
            count=$((count + 1))
        done
    done
    images theirs.fit
    flips theirs.fit rsa4096.pub

    # Signed by rotkit: the data stays with it, or goes where the longer tree ends.
    for key in rsa2048 rsa3072; do
        what="$outside, signed anew by $key"
        cp fdt.dtb theirs.dtb
        its sha256 $key '' >peer.its
        # shellcheck disable=SC2086
        mkimage $outside -f peer.its -k keys -K theirs.dtb -r theirs.fit >mkimage.log 2>&1 || fail "mkimage: $(cat mkimage.log)"
        # shellcheck disable=SC2086
        mkimage $outside -f peer.its unsigned.fit >mkimage.log 2>&1 || fail "mkimage: $(cat mkimage.log)"
        for hash in sha256 sha384 sha512; do
            # U-Boot compares the algorithm of the key with that of the signature.
            run 0 pack fit -o key.dtb pub=$key.pub --set key-name=$key --set hash=$hash
            [ "$(fdtget key.dtb /signature/key-$key algo)" = $hash,$key ] || fail "another algorithm"
            for from in unsigned theirs; do
                run 0 sign fit $from.fit -o ours.fit --key keys/$key.key --set key-name=$key --set hash=$hash
                judge -f ours.fit -k key.dtb || fail "$what $hash: fit_check_sign: $(cat judged)"
                grep -q "$hash,$key:$key+" judged || fail "fit_check_sign: $(cat judged)"
                [ $hash != sha256 ] || judge -f ours.fit -k theirs.dtb || fail "$what: fit_check_sign: $(cat judged)"
                run 0 verify --pub $key.pub ours.fit
                images ours.fit
            done
        done
    done
    flips ours.fit rsa3072.pub
    size=$(od -An -tx1 -j 4 -N 4 ours.fit | tr -d ' ')
    case $outside in
    *-B*) [ $((0x$size % 0x200)) -eq 0 ] || fail "the data is not aligned any longer: the tree has 0x$size bytes" ;;
    esac
done
what=
[ $count -eq 40 ] || fail "$count cases"

# A place that data-position fixes, and no room before it.
its sha256 rsa2048 '' >peer.its
mkimage -E -p 0x580 -f peer.its tight.fit >mkimage.log 2>&1 || fail "mkimage: $(cat mkimage.log)"
run 0 verify tight.fit
run 2 sign fit tight.fit -o x --key keys/rsa2048.key
grep -q '^rotkit: "tight.fit": sign fit: its tree of [0-9]* bytes would reach into its data, which data-position puts at 0x580: make it with a larger one (mkimage -p)$' "$err" || fail "$(cat "$err")"

run 2 sign fit tight.fit -o x --key keys/rsa2048.key --set hash=sha1
grep -q 'setting "hash": expected sha256, sha384 or sha512$' "$err" || fail "$(cat "$err")"

# ECDSA: mkimage signs; fit_check_sign has no way to be given such a key.
for outside in '' -E; do
    its sha256 ecdsa256 '' >peer.its
    # shellcheck disable=SC2086
    mkimage $outside -f peer.its -k keys -r ec.fit >mkimage.log 2>&1 || fail "mkimage: $(cat mkimage.log)"
    [ "$(fdtget ec.fit /configurations/conf/signature algo)" = sha256,ecdsa256 ] || fail "mkimage did not sign by ECDSA"
    run 0 verify --pub ecdsa256.pub ec.fit
    grep -q 'hashes and 1 signed configuration hold' "$out" || fail "$(cat "$out")"
    run 3 verify --pub rsa2048.pub ec.fit
    run 3 verify --pub "$V/keys/p256.pub.pem" ec.fit
    grep -q 'signed by another key than the one given, which it calls "ecdsa256", or changed since' "$err" || fail "$(cat "$err")"
done
