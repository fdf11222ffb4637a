# SPDX-License-Identifier: Apache-2.0
# An image that is no file of its format, U-Boot's device tree with the key of its FITs: the release has it, and holds.
. "$(dirname "$0")/lib.sh"
need fdtget

run 0 key new --type rsa2048 --public fit.pub fit.key
run 0 key new --type p256 --public release.pub release.key
cat >product.yaml <<'YAML'
rotkit: 1
product: bare
platform: t234
components: { key: fit.pub }
images:
  control.dtb:
    format: fit
    parts: { pub: key }
release: { path: release, key: release.key }
YAML
run 0 build product.yaml
fdtget release/images/control.dtb /signature/key-dev required >required || fail "no key in the device tree"
is required conf
run 0 verify --pub release.pub release
run 0 build product.yaml
grep -q 'unchanged' "$err" || fail "a repeat makes it anew: $(cat "$err")"
run 0 verify --pub release.pub --not-older-than release release
flip release/images/control.dtb 40
run 3 verify --pub release.pub release
