# SPDX-License-Identifier: Apache-2.0
# A disk key that stays in its token makes the passphrase of the vector, and one of another length is refused.
. "$(dirname "$0")/lib.sh"
need jq
. "$(dirname "$0")/softhsm.sh"

vector=$(jq -r '.cases[0] | [.disk_key, .ecid, .context, .unique, .generic] | join(" ")' "$DATA/vectors/ekb/luks.json")
# shellcheck disable=SC2086
set -- $vector
echo "$1" >disk.key
echo "$1$1" >long.key
token_make prod
token_import_secret prod disk.key aes disk
token_import_secret prod long.key aes long
run 0 blob luks --disk-key "$(uri prod disk)" --context "$3" --ecid "$2"
stdout_is "$4"
run 0 blob luks --disk-key "$(uri prod disk)" --context "$3"
stdout_is "$5"
refuse 2 "rotkit: --disk-key: token \"prod\", key \"long\": 32 bytes, expected 16" \
    blob luks --disk-key "$(uri prod long)" --context "$3"
