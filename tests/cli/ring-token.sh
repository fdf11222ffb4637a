# SPDX-License-Identifier: Apache-2.0
# A program over the promised ring computes with a key that stays in its token: what a token computes is what the same
# key in a file does, and what it does not compute is RK_E_KEY (4), as ekb.h, identity.h and mac.h say.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
need cc
. "$SOURCE/tests/support/ring.sh"

openssl rand -hex 32 >key.hex
token_make prod
token_import_secret prod key.hex aes cipher
token_import_secret prod key.hex generic hash

tells 0 mac key.hex
cp "$out" wanted
sed -n 's/^hmac //p' wanted >hmac
is hmac "$(printf abc | openssl mac -digest SHA256 -macopt hexkey:"$(cat key.hex)" HMAC | tr A-F a-f)"

# An AES key has no HMAC, a generic one no CMAC.
tells 4 mac "$(uri prod cipher)"
is "$out" 'pack 0 seeds 4 mac 4'
tells 4 mac "$(uri prod hash)"
is "$out" 'pack 4 seeds 0 mac 0'
tells 4 mac "$(uri prod absent)"
is "$out" ""
tells 2 mac "pkcs11:%"
