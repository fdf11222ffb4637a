#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls that the house style bans, OpenSSL ENGINE, OpenSSL's errors and names of certificates in other than words.
set -eu
cd "$SOURCE"
calls='strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|strtol|gmtime|localtime|rand|time|getenv|system|popen'
if grep -nHE "(^|[^a-zA-Z_0-9>.\"])($calls)\(" $(find lib cli -name "*.c") | grep -v '^[^:]*:[0-9]*: *\(/\)\{0,1\}\*'; then
    echo "banned, see CONTRIBUTING.md" >&2
    exit 1
fi
if grep -nHE '\bENGINE_|openssl/engine\.h' $(find lib cli -name "*.[ch]"); then
    exit 1
fi
# One place turns OpenSSL's errors into words (rk_ossl_reason), one the names of certificates (rk_x509_name).
if grep -nHE 'ERR_(reason|lib|func)?_?error_string|ERR_print_errors' $(find lib cli -name "*.[ch]" ! -path lib/base/ossl_reason.c); then
    echo "OpenSSL's errors are told by rk_fail_ossl" >&2
    exit 1
fi
if grep -nHE 'X509_NAME_(oneline|print)|ASN1_STRING_print' $(find lib cli -name "*.[ch]" ! -path lib/pki/x509.c); then
    echo "names of certificates are shown by rk_x509_name" >&2
    exit 1
fi
