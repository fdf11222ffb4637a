# SPDX-License-Identifier: Apache-2.0
# init touches nothing that is there.
. "$(dirname "$0")/lib.sh"

mkdir full shut
echo mine >full/manifest.yaml
echo mine >file
ln -s nowhere/at/all link

refuse 2 "rotkit: an operand is missing: rotkit init DIR
  see 'rotkit help init'" init
refuse 2 "rotkit: folder \"full\" is not empty: nothing in it is ever overwritten" init full
refuse 2 "rotkit: \"file\" exists and is no folder" init file
refuse 2 "rotkit: \"link\" exists and is no folder" init link
refuse 2 "rotkit: unexpected operand \"two\"
  see 'rotkit help init'" init one two
