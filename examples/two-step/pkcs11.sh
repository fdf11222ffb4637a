#!/bin/sh
# The same with pkcs11-tool: the keys are in a token, found by their id (pkcs11-tool signs with the first key it
# meets when it gets a label). Digests alone go to the token, but for Ed25519, which signs messages.
#   pkcs11.sh DIR MODULE TOKEN ID...      ids in hex; the user PIN comes from the variable PIN
set -eu
command -v jq >/dev/null || { echo "pkcs11.sh: jq is missing" >&2; exit 2; }
dir=$1 module=$2 token=$3
shift 3
: "${PIN:?the user PIN}"
input=$(mktemp)
trap 'rm -f "$input"' EXIT
tool() {
    pkcs11-tool --module "$module" --token-label "$token" "$@" 2>/dev/null
}

# The point of an elliptic key as the list of objects has it, without the head of its OCTET STRING; empty for other keys.
# (pkcs11-tool of OpenSC 0.23 reads out no such key.)
point_of() { # ID
    tool --list-objects --type pubkey | awk -v id="$1" '/^Public Key Object/ { point = "" }
        $1 == "EC_POINT:" { point = $2 }
        $1 == "ID:" && $2 == id { print point; exit }' | sed -E 's/^04([0-7].|81..)//'
}

# The id of the key that index.json names; empty when the token has it not.
id_of() { # SHA256 PEM ID...
    wanted=$1
    key=$(openssl pkey -pubin -in "$dir/$2" -outform DER | od -An -v -tx1 | tr -d ' \n')
    [ "$(openssl pkey -pubin -in "$dir/$2" -outform DER | openssl dgst -sha256 -r | cut -c 1-64)" = "$wanted" ] ||
        { echo "pkcs11.sh: \"$dir/$2\" is another key than its name says" >&2; exit 1; }
    shift 2
    for id; do
        found=$(tool --read-object --type pubkey --id "$id" | openssl dgst -sha256 -r | cut -c 1-64)
        point=$(point_of "$id")
        case $found/$key in
        "$wanted"/*) ;;
        */*"${point:-none}") ;;
        *) continue ;;
        esac
        printf '%s\n' "$id"
        return
    done
}

# DigestInfo in front of a SHA-2 digest: RFC 8017, 9.2, note 1.
digest_info() { # BITS
    case $1 in
    256) printf '\060\061\060\015\006\011\140\206\110\001\145\003\004\002\001\005\000\004\040' ;;
    384) printf '\060\101\060\015\006\011\140\206\110\001\145\003\004\002\002\005\000\004\060' ;;
    512) printf '\060\121\060\015\006\011\140\206\110\001\145\003\004\002\003\005\000\004\100' ;;
    esac
}

sign() { # ID FILE SIGNATURE MECHANISM...
    id=$1 file=$2 signature=$3
    shift 3
    tool --login --pin env:PIN --sign --id "$id" -i "$file" -o "$dir/$signature" --mechanism "$@" >/dev/null ||
        {
            echo "pkcs11.sh: the token does not sign $signature" >&2
            exit 1
        }
}

jq -r '.items[] | [.scheme, .key_sha256, .file, .digest // "-", .signature, .key, .what] | @tsv' "$dir/index.json" |
    while IFS="$(printf '\t')" read -r scheme sha256 file digest signature key what; do
        id=$(id_of "$sha256" "$key" "$@")
        [ -n "$id" ] || continue
        bits=${scheme##*-sha}
        case $scheme in
        rsa-pkcs1-*)
            { digest_info "$bits" && cat "$dir/$digest"; } >"$input"
            sign "$id" "$input" "$signature" RSA-PKCS
            ;;
        rsa-pss-sha*)
            sign "$id" "$dir/$digest" "$signature" RSA-PKCS-PSS --hash-algorithm "SHA$bits" --mgf "MGF1-SHA$bits" \
                --salt-len $((bits / 8))
            ;;
        ecdsa-*) sign "$id" "$dir/$digest" "$signature" ECDSA ;;
        ed25519) sign "$id" "$dir/$file" "$signature" EDDSA ;;
        *) echo "pkcs11.sh: no way to sign by $scheme" >&2 && exit 1 ;;
        esac
        echo "$signature: $what"
    done
