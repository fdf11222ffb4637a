# SPDX-License-Identifier: Apache-2.0
# Does openssl hold what rotkit signs of an OP-TEE TA, plain and encrypted, over the bytes that OP-TEE hashes?
. "$(dirname "$0")/lib.sh"
need openssl xxd perl
V=$DATA/vectors/boot
K=$V/keys
uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b
key=b64d239b1f3c7d3b06506229cd8ff7c8af2bb4db2168621ac62c84948468c4f4 # OP-TEE's public default
echo $key >ta.key

# judge FILE BITS SCHEME PLAINTEXT: header ‖ UUID ‖ version [‖ encryption header] ‖ plaintext, by openssl
judge() {
    n=$(($2 / 8))
    body=$((52 + n))
    head -c 20 "$1" >signed
    tail -c +$((body + 1)) "$1" | head -c $(($(stat -c %s "$1") - body - $(stat -c %s "$4"))) >>signed
    cat "$4" >>signed
    tail -c +53 "$1" | head -c $n >sig
    opts=
    [ "$3" = rsa-pss-sha256 ] && opts="-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"
    # shellcheck disable=SC2086
    openssl dgst -sha256 -verify pub.pem $opts -signature sig signed >judged || fail "openssl ($2 $3): $(cat judged)"
    [ "$(openssl dgst -sha256 -r signed | cut -d ' ' -f 1)" = "$(tail -c +21 "$1" | head -c 32 | xxd -p -c 32)" ] ||
        fail "$2 $3: another hash"
}

openssl genrsa -out rsa4096.pem 4096 2>/dev/null
for bits in 2048 3072 4096; do
    cp "$K/rsa$bits.pem" . 2>/dev/null || :
    openssl pkey -in rsa$bits.pem -pubout -out pub.pem
    for scheme in rsa-pss-sha256 rsa-pkcs1-sha256; do
        run 0 pack optee-ta -o plain.ta elf="$V/inputs/ta.elf" --set uuid=$uuid --set version=9
        run 3 verify --pub pub.pem plain.ta
        stderr_is 'rotkit: plain.ta: optee-ta: is not signed'
        run 0 sign optee-ta plain.ta -o signed.ta --key rsa$bits.pem --set algo=$scheme
        judge signed.ta $bits $scheme "$V/inputs/ta.elf"
        run 0 verify --pub pub.pem signed.ta
        run 3 verify --pub "$K/p256.pub.pem" signed.ta

        # Encrypting drops the signature; the key is needed to sign again, and to see the hash.
        run 0 encrypt optee-ta signed.ta -o sealed.ta --key ta.key --set enc-key=class
        run 3 verify --pub pub.pem --key ta.key sealed.ta
        stderr_is 'rotkit: sealed.ta: optee-ta: is not signed'
        run 0 sign optee-ta sealed.ta -o both.ta --key rsa$bits.pem --content-key ta.key --set algo=$scheme
        judge both.ta $bits $scheme "$V/inputs/ta.elf"
        refuse 8 'rotkit: both.ta: optee-ta: could not be checked: hash and GCM tag: needs the encryption key: --key' \
            verify --pub pub.pem both.ta
        run 0 verify --pub pub.pem --key ta.key both.ta
        perl -0777 -pe 'substr($_, -1) ^= "\x01"' both.ta >flipped.ta
        run 3 verify --pub pub.pem --key ta.key flipped.ta
        stderr_is 'rotkit: flipped.ta: optee-ta: the GCM tag does not hold: another key, or changed bytes'
    done
done

# A lower version is an older one.
run 0 pack optee-ta -o older.ta elf="$V/inputs/ta.elf" --set uuid=$uuid --set version=8
run 0 sign optee-ta plain.ta -o newer.ta --key rsa4096.pem
run 0 verify --pub pub.pem --not-older-than older.ta newer.ta
run 3 verify --not-older-than plain.ta older.ta
stderr_is 'rotkit: older.ta: "shdr_bootstrap_ta/ta_version" falls from 9 to 8'
# A version that nobody is known to have signed is not believed.
for ta in plain.ta newer.ta; do
    refuse 8 "rotkit: $ta: could not be checked: that the anti-rollback value of \"ta_version\" is signed: needs the signer's public key: --pub" \
        verify --not-older-than older.ta $ta
done

# The same inputs, the same bytes, when asked.
run 0 encrypt optee-ta plain.ta -o a --key ta.key --reproducible
run 0 encrypt optee-ta plain.ta -o b --key ta.key --reproducible
cmp a b || fail "two encryptions of the same differ"
