# SPDX-License-Identifier: Apache-2.0
# Do U-Boot's mkimage, dumpimage and fit_check_sign, and rotkit, hold each other's FIT images?
# slow: builds a part of U-Boot
. "$(dirname "$0")/lib.sh"
need xxd mkimage dumpimage openssl dtc fdtget perl make cc bison flex curl xz
V=$DATA/vectors/boot
K=$V/keys
sh "$SOURCE/scripts/build-fit-check-sign.sh" "$SOURCE/build/judges" >judge.log 2>&1 ||
    skip "fit_check_sign cannot be built: $(tail -n 1 judge.log)"
# U-Boot 2023.01 has a fault of its own: on encrypted images it crashes one run in two, by where its memory
# happens to lie, and says nothing then. A run that ends is its answer.
judge() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        judge_code=0
        "$SOURCE/build/judges/fit_check_sign" "$@" || judge_code=$?
        [ $judge_code -eq 139 ] || return $judge_code
    done
    return $judge_code
}

# flip FILE WORD: the byte behind the first WORD
flip() {
    perl -0777 -pi -e 'BEGIN { $w = pop @ARGV } substr($_, index($_, $w) + length $w, 1) ^= "\x01"' "$1" "$2"
}

cp "$V/inputs/kernel.bin" "$V/inputs/bl31.bin" "$V/fit/pub.dts" .
dtc -I dts -O dtb -o fdt.dtb pub.dts
openssl genrsa -out rsa4096.pem 4096 2>/dev/null
cp "$K/rsa2048.pem" "$K/rsa3072.pem" .
printf 'a key of rotkit: thirty-two byte' >aes.bin
xxd -p -c 64 aes.bin >aes.hex

# its BITS PADDING CIPHER: two configurations, the second with a device tree and a RAM disk
its() {
    cat <<ITS
/dts-v1/;
/ {
    description = "peer";
    #address-cells = <1>;
    images {
        kernel-1 {
            data = /incbin/("kernel.bin"); type = "kernel"; arch = "arm64"; os = "linux";
            compression = "none"; load = <0x80080000>; entry = <0x80080000>;
            hash-1 { algo = "sha256"; };
            hash-2 { algo = "crc32"; };
            $3
        };
        fdt-1 {
            data = /incbin/("fdt.dtb"); type = "flat_dt"; arch = "arm64"; compression = "none";
            hash-1 { algo = "sha512"; };
        };
        rd-1 {
            data = /incbin/("bl31.bin"); type = "ramdisk"; arch = "arm64"; os = "linux"; compression = "none";
            hash-1 { algo = "sha256"; };
        };
    };
    configurations {
        default = "one";
        one {
            kernel = "kernel-1";
            signature { algo = "sha256,rsa$1"; $2 key-name-hint = "dev"; sign-images = "kernel"; };
        };
        two {
            kernel = "kernel-1"; fdt = "fdt-1"; ramdisk = "rd-1";
            signature-9 {
                algo = "sha256,rsa$1"; $2 key-name-hint = "dev"; sign-images = "kernel", "fdt", "ramdisk";
            };
        };
    };
};
ITS
}

for bits in 2048 3072 4096; do
    mkdir "$bits"
    cp "rsa$bits.pem" "$bits/dev.key"
    cp aes.bin "$bits/aes.bin"
    openssl req -x509 -new -key "$bits/dev.key" -subj /CN=dev -days 30 -out "$bits/dev.crt"
    openssl pkey -in "$bits/dev.key" -pubout -out "$bits/pub.pem"
    for padding in 'padding = "pss";' 'padding = "pkcs-1.5";' ''; do
        for cipher in '' 'cipher { algo = "aes256"; key-name-hint = "aes"; };'; do
            # Theirs, held by ours.
            its $bits "$padding" "$cipher" >peer.its
            cp fdt.dtb theirs.dtb
            mkimage -f peer.its -k "$bits" -K theirs.dtb -r theirs.fit >mkimage.log 2>&1 ||
                fail "mkimage: $(cat mkimage.log)"
            what="$bits $padding $cipher"
            run 0 verify --pub "$bits/pub.pem" theirs.fit
            grep -q '2 signed configurations hold' "$out" || fail "$what: $(cat "$out")"
            cp theirs.fit flipped.fit
            flip flipped.fit two # a node's name runs into the next
            run 2 verify --pub "$bits/pub.pem" flipped.fit
            [ -n "$cipher" ] || cp theirs.fit clear.fit
        done
    done
    what=
    cp theirs.dtb "$bits/theirs.dtb"
    # Ours, held by theirs, under the key as they write it and as we do.
    run 0 pack fit -o plain.fit kernel=kernel.bin fdt=fdt.dtb ramdisk=bl31.bin
    run 0 sign fit plain.fit -o key.dtb --key "$bits/dev.key" --set output=key-dtb
    for property in required algo rsa,num-bits rsa,modulus rsa,exponent rsa,r-squared rsa,n0-inverse; do
        [ "$(fdtget theirs.dtb /signature/key-dev $property)" = "$(fdtget key.dtb /signature/key-dev $property)" ] ||
            fail "$bits: another $property"
    done
    # The same from the public half alone, and into a tree that has one already.
    run 0 pack fit -o pub.dtb pub="$bits/pub.pem"
    cmp key.dtb pub.dtb || fail "$bits: another dtb from the public key"
    run 0 pack fit -o key.dtb pub="$bits/pub.pem" dtb=theirs.dtb
    [ "$(fdtget key.dtb / model)" = "$(fdtget theirs.dtb / model)" ] || fail "the rest of the tree"
    [ "$(fdtget -l key.dtb /signature)" = key-dev ] || fail "two keys"
    # And the key of the images.
    run 0 pack fit -o key.dtb pub="$bits/pub.pem" --content-key aes.hex --set content-key-name=aes
    [ "$(fdtget -l theirs.dtb /cipher)" = key-aes256-aes ] || fail "mkimage: $(fdtget -l theirs.dtb /cipher)"
    [ "$(fdtget -p theirs.dtb /cipher/key-aes256-aes | sort)" = "$(fdtget -p key.dtb /cipher/key-aes256-aes | sort)" ] ||
        fail "other properties of the images' key"
    for property in key key-len; do
        [ "$(fdtget theirs.dtb /cipher/key-aes256-aes $property)" = "$(fdtget key.dtb /cipher/key-aes256-aes $property)" ] ||
            fail "another $property of the images' key"
    done
    cp pub.dtb key.dtb
    for padding in pss pkcs-1.5; do
        run 0 sign fit plain.fit -o ours.fit --key "$bits/dev.key" --set padding=$padding
        run 0 sign fit clear.fit -o again.fit --key "$bits/dev.key" --set padding=$padding
        for fit in ours again; do
            for dtb in theirs key; do
                judge -f $fit.fit -k $dtb.dtb >judged 2>&1 || fail "fit_check_sign, $bits $padding $fit $dtb: $(cat judged)"
                grep -q 'Signature check OK' judged || fail "fit_check_sign: $(cat judged)"
            done
            run 0 verify --pub "$bits/pub.pem" $fit.fit
        done
        # One changed byte of the kernel: all say no.
        cp ours.fit flipped.fit
        flip flipped.fit "$(head -c 64 kernel.bin | tail -c 8)" 2>/dev/null
        cmp -s ours.fit flipped.fit && fail "nothing was flipped"
        judge -f flipped.fit -k theirs.dtb >judged 2>&1 && fail "fit_check_sign takes a changed kernel"
        run 3 verify --pub "$bits/pub.pem" flipped.fit
        run 3 verify --pub "$K/p256.pub.pem" ours.fit
    done
done

# The whole is listed and taken apart by dumpimage.
dumpimage -l ours.fit >listed
for line in 'kernel-1' 'fdt-1' 'ramdisk-1' 'Sign algo:    sha256,rsa4096:dev' 'Load Address: 0x80080000'; do
    grep -qF "$line" listed || fail "dumpimage does not tell \"$line\": $(cat listed)"
done
dumpimage -T flat_dt -p 0 -o taken ours.fit >/dev/null
same "the kernel taken out" kernel.bin taken

# Encrypted: the node as mkimage has it, the data by fit_check_sign and openssl. A kernel alone: what
# else is encrypted, fit_check_sign cannot load, not even from mkimage.
run 0 pack fit -o plain.fit kernel=kernel.bin
run 0 encrypt --key aes.hex fit plain.fit -o sealed.fit --set key-name=aes
run 0 sign fit sealed.fit -o ours.fit --key 2048/dev.key
judge -f ours.fit -k 2048/theirs.dtb >judged 2>&1 || fail "fit_check_sign, encrypted: $(cat judged)"
grep -q 'Decrypting Data' judged || fail "fit_check_sign decrypts nothing: $(cat judged)"
for fit in ours theirs; do
    [ "$(fdtget -l $fit.fit /images/kernel-1 | tr '\n' ' ' | grep -o cipher)" = cipher ] || fail "$fit: no cipher node"
    [ "$(fdtget $fit.fit /images/kernel-1/cipher algo)" = aes256 ] || fail "$fit: another cipher"
    [ "$(fdtget $fit.fit /images/kernel-1/cipher key-name-hint)" = aes ] || fail "$fit: another key name"
    [ "$(fdtget $fit.fit /images/kernel-1 data-size-unciphered)" = 4096 ] || fail "$fit: another size"
    iv=$(fdtget -t bx $fit.fit /images/kernel-1/cipher iv | perl -pe 's/(\S+)\s*/sprintf "%02x", hex $1/ge')
    fdtget -t bx $fit.fit /images/kernel-1 data | perl -pe 's/(\S+)\s*/sprintf "%02x", hex $1/ge' | unhex >sealed
    openssl enc -d -aes-256-cbc -K "$(xxd -p -c 64 aes.bin)" -iv "$iv" -in sealed -out opened || fail "$fit: openssl enc"
    same "the kernel of $fit, decrypted" kernel.bin opened
done
run 0 verify --pub 2048/pub.pem ours.fit

# What does not go together, or is no key.
refuse 2 'rotkit: pack fit: part "kernel" does not go with "pub"' pack fit -o x kernel=kernel.bin pub=2048/pub.pem
refuse 2 'rotkit: pack fit: needs a part "kernel", or "pub" and perhaps "dtb"' pack fit -o x fdt=fdt.dtb
refuse 2 'rotkit: pack fit: setting "key-name": expected 1 to 64 characters, no @ and no /' \
    pack fit -o x pub=2048/pub.pem --set key-name=a@b
refuse 4 'rotkit: pack fit: FIT signatures here are by RSA of 2048, 3072 or 4096 bits, this is EC with 256' \
    pack fit -o x pub="$K/p256.pub.pem"
