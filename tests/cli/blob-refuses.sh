# SPDX-License-Identifier: Apache-2.0
# The key blobs that pack does not make, and those that open does not take.
. "$(dirname "$0")/lib.sh"

eks=$DATA/vectors/ekb/eks
cp "$eks"/in/* .
pack="blob pack --platform t234 --version 1.0 --root-key oem_k1.key --fv fv.key -o x.img"
ftpm="--uefi-auth-key auth.key --ftpm-sn 01020000000100000002 --eps-seed eps_seed.key"
head -c 2049 /dev/zero >big.der
head -c 131072 /dev/zero >max.der
head -c 131073 /dev/zero >huge.der
: >nothing.key
echo 00112233445566778899aabbccddee >short.key
echo 00112233445566778899aabbccddeexx >digit.key
mkdir folder

# A set that a fused device cannot use.
refuse 2 "rotkit: tag 4 (UEFI variable authentication key) is missing
  a fused device halts at boot without it: give a UEFI variable authentication key of 16 bytes" \
    $pack
refuse 2 "rotkit: tag 4 (UEFI variable authentication key) is missing
  a fused device halts at boot without it: give a UEFI variable authentication key of 16 bytes" \
    $pack --uefi-payload-key sym32.key --disk-key sym2.key
refuse 2 "rotkit: tag 92 (EPS_Seed) is missing
  the fTPM needs the whole set: 91 to 94 (offline mode) or 91, 92, 95, 96, 97 (online mode)" \
    $pack --uefi-auth-key auth.key --ftpm-sn 01020000000100000002
refuse 2 "rotkit: tag 94 (ECC EK certificate) is missing
  the fTPM needs the whole set: 91 to 94 (offline mode) or 91, 92, 95, 96, 97 (online mode)" \
    $pack $ftpm --ek-cert-rsa ek_cert_rsa.der
refuse 2 "rotkit: tag 93 (RSA EK certificate) is missing
  the fTPM needs the whole set: 91 to 94 (offline mode) or 91, 92, 95, 96, 97 (online mode)" \
    $pack $ftpm --ek-cert-ecc ek_cert_ec.der
refuse 2 "rotkit: tag 97 (ECC EK CSR) is missing
  the fTPM needs the whole set: 91 to 94 (offline mode) or 91, 92, 95, 96, 97 (online mode)" \
    $pack $ftpm --sid-cert sid_cert_standin.der --ek-csr-rsa ek_csr_rsa.der
refuse 2 "rotkit: tag 93 (RSA EK certificate): 2049 bytes, the fTPM takes at most 2048" \
    $pack $ftpm --ek-cert-rsa big.der --ek-cert-ecc ek_cert_ec.der
refuse 2 "rotkit: tag 4 (UEFI variable authentication key): 32 bytes, expected 16" \
    $pack --uefi-auth-key sym32.key
refuse 2 "rotkit: tag 1 (kernel and UEFI payload key): 16 bytes, expected 32" \
    $pack --uefi-auth-key auth.key --uefi-payload-key sym16.key
refuse 2 "rotkit: tag 2 (disk encryption key): 32 bytes, expected 16" \
    $pack --uefi-auth-key auth.key --disk-key sym32.key

# Items that are none.
refuse 7 "rotkit: --uefi-auth-key: cannot open \"absent.key\": No such file or directory" \
    $pack --uefi-auth-key absent.key
refuse 2 "rotkit: --uefi-auth-key: \"folder\" is a folder, expected a file" \
    $pack --uefi-auth-key folder
refuse 2 "rotkit: --uefi-auth-key: key file \"short.key\": 15 bytes, expected 16 or 32" \
    $pack --uefi-auth-key short.key
refuse 2 "rotkit: --uefi-auth-key: key file \"digit.key\": character 31 is no hex digit" \
    $pack --uefi-auth-key digit.key
refuse 2 "rotkit: --uefi-auth-key: key file \"nothing.key\": 0 hex digits, expected 64" \
    $pack --uefi-auth-key nothing.key
refuse 4 "rotkit: --uefi-auth-key: environment variable \"ROTKIT_TEST_UNSET\" is not set" \
    $pack --uefi-auth-key env:ROTKIT_TEST_UNSET
refuse 2 "rotkit: --uefi-auth-key: a key in a token (\"pkcs11:\") cannot serve here: its bytes are needed" \
    $pack --uefi-auth-key pkcs11:token=x
refuse 2 "rotkit: --ftpm-sn: Device SN \"0102\": expected 20 hex digits, as in 01020000000100000002 or 0102-0000000100000002" \
    $pack --uefi-auth-key auth.key --ftpm-sn 0102
refuse 2 "rotkit: --ftpm-sn: Device SN \"0102000000010000000g\": character 20 is no hex digit" \
    $pack --uefi-auth-key auth.key --ftpm-sn 0102000000010000000g
refuse 2 "rotkit: --eps-seed: key file \"auth.key\": 16 bytes, expected 32" \
    $pack --uefi-auth-key auth.key --eps-seed auth.key
refuse 7 "rotkit: --ek-cert-rsa: cannot open \"absent.der\": No such file or directory" \
    $pack --uefi-auth-key auth.key --ek-cert-rsa absent.der
refuse 2 "rotkit: --tag: \"3\" is not N=FILE
  see 'rotkit help blob pack'" \
    $pack --uefi-auth-key auth.key --tag 3
refuse 2 "rotkit: --tag: \"=big.der\" is not N=FILE
  see 'rotkit help blob pack'" \
    $pack --uefi-auth-key auth.key --tag =big.der
refuse 2 "rotkit: --tag: \"x\" is no number" \
    $pack --uefi-auth-key auth.key --tag x=big.der
refuse 2 "rotkit: --tag: 0 is the end marker, no tag
  see 'rotkit help blob pack'" \
    $pack --uefi-auth-key auth.key --tag 0=big.der
refuse 2 "rotkit: --tag: \"big.der\": tag 4 (UEFI variable authentication key) is there already" \
    $pack --uefi-auth-key auth.key --tag 4=big.der
refuse 2 "rotkit: --tag: \"4294967296\" is above 4294967295" \
    $pack --uefi-auth-key auth.key --tag 4294967296=big.der
refuse 2 "rotkit: --tag: \"huge.der\" is too large: 131073 bytes, at most 131072" \
    $pack --uefi-auth-key auth.key --tag 200=huge.der
refuse 2 "rotkit: the image would be larger than 131072 bytes" \
    $pack --uefi-auth-key auth.key --tag 200=max.der

# Platform, version, keys around it.
refuse 2 "rotkit: platform \"t264\" (Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not public" \
    blob pack --platform t264 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: --platform: optee has no key blob
  see 'rotkit help blob pack'" \
    blob pack --platform optee --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: unknown platform \"t186\" (known: t234, t194, optee)" \
    blob pack --platform t186 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: key blob version 2.1 (t264) is refused: NVIDIA has published neither its key derivation nor an image of it" \
    blob pack --platform t234 --version 2.1 --root-key oem_k1.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: unknown key blob version \"3\" (known: legacy, 1.0, 2.0)
  see 'rotkit help blob pack'" \
    blob pack --platform t234 --version 3 --root-key oem_k1.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: --fv FILE is missing: version 1.0 takes the FV of the device's OP-TEE
  see 'rotkit help blob pack'" \
    blob pack --platform t234 --version 1.0 --root-key oem_k1.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: --root-key: key file \"auth.key\": 16 bytes, expected 32" \
    blob pack --platform t234 --version 2.0 --root-key auth.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: --root-key: key file \"oem_k1.key\": 64 hex digits, expected 32" \
    blob pack --platform t194 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: --root-key: key URI: names no key: object= or id= is missing" \
    blob pack --platform t234 --version 2.0 --root-key pkcs11:token=x --uefi-auth-key auth.key -o x.img
refuse 2 "rotkit: --iv: key file \"oem_k1.key\": 64 hex digits, expected 32" \
    blob pack --platform t234 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key --iv oem_k1.key -o x.img
refuse 2 "rotkit: the legacy form holds tags 1 and 2 of 16 bytes each and nothing else" \
    blob pack --platform t234 --version legacy --root-key oem_k1.key --fv fv.key --uefi-auth-key auth.key -o x.img
refuse 7 "rotkit: cannot create \"absent/x.img\": No such file or directory" \
    blob pack --platform t234 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key -o absent/x.img
refuse 2 "rotkit: --output FILE is missing
  see 'rotkit help blob pack'" \
    blob pack --platform t234 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key
refuse 7 "rotkit: cannot rename to \"folder\": Is a directory" \
    blob pack --platform t234 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key -o folder

# Blobs that are not opened.
cp "$eks"/v1_t234_k1_sym_sym2_auth.img v1.img
cp "$eks"/v2_t234_k1_sym_sym2_auth.img v2.img
head -c 100 v1.img >cut.img
refuse 3 "rotkit: \"v2.img\": the key blob's MAC does not hold: wrong root key, wrong FV, or changed content
  the device would report \"EKB signature mismatch\"" \
    blob open --root-key oem_k2.key v2.img
refuse 3 "rotkit: \"v1.img\": the key blob's MAC does not hold: wrong root key, wrong FV, or changed content
  the device would report \"EKB signature mismatch\"" \
    blob open --root-key oem_k1.key --fv auth.key v1.img
refuse 2 "rotkit: \"v1.img\": a key blob of version 1.0 needs the FV: give --fv FILE" \
    blob open --root-key oem_k1.key v1.img
refuse 2 "rotkit: --fv: the key blob is of version 2.0, which holds its FV
  see 'rotkit help blob open'" \
    blob open --root-key oem_k1.key --fv fv.key v2.img
refuse 2 "rotkit: \"cut.img\": size word says 1024 bytes, the file has 96" \
    blob open --root-key oem_k1.key --fv fv.key cut.img
refuse 2 "rotkit: \"nothing.key\": cut short at offset 0x0: 4 wanted, 0 left" \
    blob open --root-key oem_k1.key --fv fv.key nothing.key
refuse 2 "rotkit: \"huge.der\": no key blob inside" \
    blob open --root-key oem_k1.key --fv fv.key huge.der
refuse 2 "rotkit: \"folder\" is a folder, expected a file" \
    blob open --root-key oem_k1.key --fv fv.key folder
refuse 7 "rotkit: cannot open \"absent.img\": No such file or directory" \
    blob open --root-key oem_k1.key absent.img
refuse 2 "rotkit: an operand is missing: rotkit blob open EKS.IMG
  see 'rotkit help blob open'" \
    blob open --root-key oem_k1.key
refuse 2 "rotkit: --root-key KEY is missing
  see 'rotkit help blob open'" \
    blob open v2.img
refuse 2 "rotkit: unexpected operand \"v1.img\"
  see 'rotkit help blob open'" \
    blob open --root-key oem_k1.key v2.img v1.img

# --dry-run checks all and writes nothing.
run 0 $pack --uefi-auth-key auth.key --dry-run
[ ! -e x.img ] || fail "--dry-run wrote"
