# SPDX-License-Identifier: Apache-2.0
# A product for a board with OP-TEE, as init writes it, and what its TAs hold. Source it behind lib.sh.

ta_uuid=bc50d971-d4c9-42c4-82cb-343fb7f37896
known_eps=cc2f0841ce6ee7078e33eed22b1c1fe2752731ddf611f8671656f8d2736a08de5519510a2e2256c79613a070f0893f90049be0cecb3d5023bf743646a12202c8

# optee_product DIR: what init writes, with a signed release
optee_product() {
    run 0 init -q --platform optee "$1"
    (umask 077 && openssl genpkey -algorithm ED25519 -out "$1/keys/release.key" 2>/dev/null)
    openssl pkey -in "$1/keys/release.key" -pubout -out "$1/keys/release.pem"
    openssl pkey -in "$1/keys/ta.key" -pubout -out "$1/keys/ta.pem"
    sed -i '/^release:/,$s/^  #key: $/  key: keys\/release.key/' "$1/manifest.yaml"
}

# by_master DIR FIRST COUNT: units of OEM id 1 by the master key 00..1f in place of the database
by_master() {
    printf '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n' >"$1/keys/master.key"
    chmod 600 "$1/keys/master.key"
    sed -i -e "s/^  eps-db: .*/  master-key: keys\/master.key\n  oem-id: 1\n  first-sn: $2\n  count: $3/" "$1/manifest.yaml"
}

# unit_folder RELEASE UNIT
unit_folder() {
    echo "$1/devices/$(echo "$2" | cut -c 1-18)/$2"
}

# seed_in ELF: the 64 bytes in hex, of what stands where the placeholder of the stand-in is
seed_in() {
    placeholder=$(grep -obUa 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==' \
        "$SOURCE/examples/optee/ftpm_ta.elf" | cut -d : -f 1)
    tail -c +$((placeholder + 1)) "$1" | head -c 88 | base64 -d | od -An -v -tx1 | tr -d ' \n'
}

# open_ta TA PEM huk|class KEYFILE ELF: by python3-cryptography
open_ta() {
    python3 "$SOURCE/tests/support/open_ta.py" "$1" "$2" "$3" "$4" >"$5" 2>"$scratch/open" || fail "$1: $(cat "$scratch/open")"
}
