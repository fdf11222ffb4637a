#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How these files were made: swtpm 0.7.1 over libtpms 0.9.2, tpm2-tools 5.4. make.sh DIR; $TPM2TOOLS_TCTI is a fresh TPM.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
printf 'a nonce of 21 octets.' >nonce
python3 "$here/../../../support/eventlog.py" log locality=3 0=firmware 4=loader 7=policy 0=more >digests
# PCR 0 of a TPM that was started in locality 0 does not hold the log's value; the quote is over the others.
while read -r pcr digest; do
    tpm2_pcrextend "$pcr:sha256=$digest"
done <digests
tpm2_createek -G ecc -c ek.ctx -u ek.tss
for kind in ecc rsa; do
    scheme=ecdsa
    [ $kind = ecc ] || scheme=rsassa
    tpm2_createak -Q -C ek.ctx -c ak.ctx -G $kind -g sha256 -s $scheme -u $kind.ak -f tss
    tpm2_flushcontext -t
    tpm2_quote -Q -c ak.ctx -l sha256:4,7 -q "$(xxd -p nonce)" -m $kind.attest -s $kind.signature -f tss
    tpm2_flushcontext -t
done
rm -f ./*.ctx digests ek.tss
