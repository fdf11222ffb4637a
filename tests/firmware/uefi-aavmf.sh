# SPDX-License-Identifier: Apache-2.0
# UEFI Secure Boot by AAVMF (EDK2 for arm64) as Debian built it: does it take what rotkit makes, and refuse what it must?
arch=aarch64 firmware=/usr/share/AAVMF/AAVMF_CODE.fd variables=/usr/share/AAVMF/AAVMF_VARS.fd
. "$SOURCE/tests/firmware/lib-uefi.sh"
. "$SOURCE/tests/firmware/lib-uefi-cases.sh"
