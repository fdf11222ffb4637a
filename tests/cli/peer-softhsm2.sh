#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys in SoftHSM2, which pkcs11-tool made, by the name that the help gives its module.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
. "$SOURCE/tests/support/token.sh"

token_make prod
token_pair prod rsa:2048 rsa 01
token_pair prod EC:prime256v1 p256 02
token_pair prod EC:secp384r1 p384 03
token_pair prod EC:secp521r1 p521 04
token_pair prod EC:edwards25519 ed25519 05
token_secret prod generic:32 generic 06
token_secret prod AES:32 aes 07
echo 9999 >"$scratch/wrong"

token=prod
family SoftHSM2
can_do RSA P-256 P-384 P-521 Ed25519 HMAC-SHA-256 AES-CMAC AES-ECB
token_lists rsa p256 p384 p521 ed25519
for key in rsa p256 p384 p521 ed25519; do
    token_checks $key
    token_certifies $key
done
token_signs rsa rsa-pkcs1-sha256 rsa-pss-sha256 rsa-pss-max-sha256
token_signs p256 ecdsa-sha256
token_signs p384 ecdsa-sha384
token_signs p521 ecdsa-sha512
token_signs ed25519 ed25519
token_derives generic HMAC-SHA-256
token_derives aes AES-CMAC AES-ECB

token_refuses_pin p256
# What pkcs11-tool sees of the tries: SoftHSM2 counts them, and tells of the first.
pkcs11-tool --module "$softhsm" -L | sed -n '/label *: prod/,/serial/p' >flags
grep -q 'user PIN count low' flags || fail "$(cat flags)"
grep -q 'final user PIN try\|user PIN locked' flags && fail "a wrong PIN was tried twice: $(cat flags)"
token_signs p256 ecdsa-sha256
