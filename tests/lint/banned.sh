#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls that the house style bans, and OpenSSL ENGINE.
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
