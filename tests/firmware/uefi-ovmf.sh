# SPDX-License-Identifier: Apache-2.0
# UEFI Secure Boot by OVMF (EDK2 for x86-64) as Debian built it, with variables behind SMM: does it take what rotkit makes,
# and refuse what it must?
arch=x86_64 firmware=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd variables=/usr/share/OVMF/OVMF_VARS_4M.fd
. "$SOURCE/tests/firmware/lib-uefi.sh"
. "$SOURCE/tests/firmware/lib-uefi-cases.sh"
