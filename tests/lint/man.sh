# SPDX-License-Identifier: Apache-2.0
# Every verb has a man page that mandoc takes without a warning, with the very options of its help.
set -eu

: "${ROTKIT:?the binary under test}" "${MAN:?the folder of the pages}"
LC_ALL=C
export LC_ALL
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-man.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
faults=0

fault() {
    echo "FAIL: $*" >&2
    faults=$((faults + 1))
}

# The options of help text or of a rendered page: "--name" at the start of an option's line.
options() {
    sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' "$1" | sort -u
}

"$ROTKIT" help >"$scratch/overview"
sed -n 's/^  \([a-z]*\)  .*/\1/p' "$scratch/overview" >"$scratch/verbs"
[ -s "$scratch/verbs" ] || fault "no verb in the help"
[ -f "$MAN/rotkit.1" ] || fault "no page rotkit.1"
[ -f "$MAN/rotkit-manifest.5" ] || fault "no page rotkit-manifest.5"

while read -r verb; do
    page=$MAN/rotkit-$verb.1
    [ -f "$page" ] || {
        fault "no page rotkit-$verb.1"
        continue
    }
    grep -q "^\.It Xr rotkit-$verb 1\$" "$MAN/rotkit.1" || fault "rotkit.1 does not name $verb"
    "$ROTKIT" help "$verb" >"$scratch/help"
    sed -n "s/^  $verb \([a-z-]*\)  .*/\1/p" "$scratch/help" >"$scratch/subs"
    while read -r sub; do
        "$ROTKIT" help "$verb" "$sub" </dev/null >>"$scratch/help"
        grep -q "^\.Ss rotkit $verb $sub\$" "$page" || fault "rotkit-$verb.1 lacks $verb $sub"
    done <"$scratch/subs"
    options "$scratch/help" >"$scratch/wanted"
    # .It Fl o , Fl -output Ar FILE
    sed -n 's/^\.It .*Fl -\([a-z0-9-]*\).*/--\1/p' "$page" | sort -u >"$scratch/found"
    diff -u "$scratch/wanted" "$scratch/found" >&2 || fault "rotkit-$verb.1: other options than the help"
done <"$scratch/verbs"

for page in "$MAN"/*.1; do
    name=$(basename "$page" .1)
    [ "$name" = rotkit ] || grep -qx "${name#rotkit-}" "$scratch/verbs" || fault "$name.1: no such verb"
done

if command -v mandoc >/dev/null 2>&1; then
    for page in "$MAN"/*.[15]; do
        mandoc -T lint -W warning "$page" >"$scratch/lint" 2>&1 || true
        # A page of this project is not among the system's pages while it is being checked.
        grep -v 'referenced manual not found' "$scratch/lint" >"$scratch/left" || true
        [ ! -s "$scratch/left" ] || {
            cat "$scratch/left" >&2
            fault "$(basename "$page"): mandoc objects"
        }
    done
else
    echo "SKIP: mandoc is absent" >&2
    [ "$faults" -ne 0 ] || exit 77
fi
[ "$faults" -eq 0 ]
