# SPDX-License-Identifier: Apache-2.0
# Names in certificates: UTF-8 whatever string type they are written in, in text and in JSON, judged by what openssl
# shows of the same certificate; and nothing in them moves a terminal's cursor or breaks the JSON.
. "$(dirname "$0")/lib.sh"
need openssl jq perl xxd

openssl ecparam -genkey -name prime256v1 -noout -out key

# certificate NAME TAG BYTES: a certificate whose CN is a string of the type with this tag and these bytes (hex)
certificate() {
    openssl pkey -in key -pubout -outform DER -out spki
    perl -e 'use strict; my ($tag, $bytes, $spki) = @ARGV;
        sub tlv { my ($t, @v) = @_; my $v = join "", @v; my $n = length $v;
            return pack("C", $t) . ($n < 128 ? pack("C", $n) : $n < 256 ? pack("CC", 0x81, $n) : pack("Cn", 0x82, $n)) . $v }
        sub name { return tlv(0x30, tlv(0x31, tlv(0x30, pack("H*", "0603550403"), tlv(@_)))) }
        my $alg = pack("H*", "300a06082a8648ce3d040302");
        open my $in, "<", $spki or die; binmode STDOUT; local $/;
        print tlv(0x30, tlv(0x30, pack("H*", "a003020102020101"), $alg, name(0x0c, "Issuer"),
            tlv(0x30, tlv(0x17, "260101000000Z"), tlv(0x18, "20560101000000Z")), name(hex $tag, pack("H*", $bytes)), <$in>),
            $alg, tlv(0x03, "\0\0"))' "$2" "$3" spki >"$1.der"
}

# shown NAME: openssl's UTF-8 of the subject is in the text and in the JSON, which is well-formed
shown() {
    openssl x509 -in "$1.der" -inform DER -noout -subject -nameopt RFC2253,utf8,-esc_msb | sed 's/^subject=//' >judge
    run 0 inspect "$1.der"
    grep -qF "subject  $(cat judge)" "$out" || fail "$1: $(cat judge), found $(cat "$out")"
    run 0 inspect --json "$1.der"
    jq -r '.. | objects | select(.name? == "subject") | .note' "$out" >found
    same "$1 in JSON" judge found
    openssl x509 -in "$1.der" -inform DER -out "$1.pem"
    run 0 inspect "$1.pem"
    grep -qF "subject  $(cat judge)" "$out" || fail "$1.pem: $(cat "$out")"
    run 0 pack uefi-auth -o "$1.esl" cert="$1.pem"
    run 0 inspect "$1.esl"
    grep -qF "$(cat judge)" "$out" || fail "$1.esl: $(cat "$out")"
}

hex() {
    printf '%s' "$1" | iconv -f UTF-8 -t "$2" | xxd -p | tr -d '\n'
}
certificate utf8 0c "$(hex 'Müller 株式会社 😀' UTF-8)"
certificate bmp 1e "$(hex 'Müller 株式会社' UTF-16BE)"
certificate universal 1c "$(hex 'Müller 株式会社 😀' UTF-32BE)"
certificate latin 14 "$(hex 'Müller & Söhne' ISO-8859-1)"
certificate printable 13 "$(hex 'Mueller' ASCII)"
certificate ia5 16 "$(hex 'mueller@example' ASCII)"
for name in utf8 bmp universal latin printable ia5; do
    shown $name
done

# ---- what a terminal would obey: escape sequences, C1 controls, a change of direction, a line of its own
certificate escape 0c "$(printf 'a\033]0;owned\007b\nrotkit: holds' | xxd -p | tr -d '\n')"
certificate c1 14 "$(printf 'a\233\063\061mb' | xxd -p | tr -d '\n')"
certificate turned 0c "$(hex "$(printf 'a\342\200\256b\342\201\246c')" UTF-8)"
certificate bmp-escape 1e 0061001b005b0033003100620085
# ---- and what is no string of its type, which openssl does not read either
certificate broken 0c 41ff42c3
certificate odd 1e 004100
certificate surrogate 1e 0041d8000042
certificate beyond 1c 0011000000000041
for name in broken odd surrogate beyond; do
    ! openssl x509 -in $name.der -inform DER -noout 2>/dev/null || fail "openssl reads $name.der"
    run 2 inspect $name.der
done
for name in escape c1 turned bmp-escape; do
    run 0 inspect "$name.der"
    [ "$(grep -c . "$out")" -eq "$(grep -c '^0x\|^x509$\|^signature not checked' "$out")" ] || fail "$name: a line of its own: $(cat "$out")"
    perl -CS -ne 'exit 1 if /[\x00-\x09\x0b-\x1f\x7f-\x9f\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]/' "$out" ||
        fail "$name: a control character: $(xxd "$out")"
    iconv -f UTF-8 -t UTF-8 "$out" >/dev/null || fail "$name: no UTF-8"
    run 0 inspect --json "$name.der"
    jq -r '.. | objects | select(.name? == "subject") | .note' "$out" >found
    grep -q '^CN=.' found || fail "$name: no name in JSON: $(cat "$out")"
    iconv -f UTF-8 -t UTF-8 "$out" >/dev/null || fail "$name: no UTF-8 in JSON"
done
