# SPDX-License-Identifier: Apache-2.0
# Does ek lint --verifier keylime say what the library that Keylime reads by says? A certificate with one
# fault is refused by both or by neither.
. "$(dirname "$0")/lib.sh"
need openssl python3
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is absent"

run 0 ca init -q ca --name Acme
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out ek.key
openssl pkey -in ek.key -pubout -out ek.pub
run 0 ca issue --cert ca/chain.pem --key ca/issuing.key --public-key ek.pub --device 01020000000100000002 \
    --manufacturer id:4E564944 --model "demo fTPM" --version id:00010000 -o good.der
mkdir loose
python3 "$SOURCE/tests/support/loose_certs.py" good.der loose
cmp good.der loose/unchanged.der

# Keylime loads the certificate; whoever looks into it reads every extension.
python3 - loose >theirs <<'PY'
import pathlib, sys, warnings
from cryptography import x509
warnings.simplefilter("ignore")
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        cert = x509.load_der_x509_certificate(path.read_bytes())
        cert.issuer, cert.subject, cert.public_key(), cert.serial_number, list(cert.extensions)
        print(path.name, "takes")
    except Exception:
        print(path.name, "refuses")
PY
for cert in loose/*.der; do
    code=0
    "$ROTKIT" ek lint -q --verifier keylime "$cert" >"$out" 2>"$err" || code=$?
    case $code in
    0) verdict=takes ;;
    3) verdict=refuses ;;
    *) fail "$cert: exit $code: $(cat "$err")" ;;
    esac
    echo "$(basename "$cert") $verdict"
done >ours
same "who refuses" theirs ours
[ "$(grep -c refuses ours)" -eq 16 ] || fail "$(grep -c refuses ours) certificates are refused, expected 16"
[ "$(grep -c takes ours)" -eq 19 ] || fail "$(grep -c takes ours) certificates are taken, expected 19"
