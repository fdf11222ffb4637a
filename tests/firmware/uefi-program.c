/* SPDX-License-Identifier: Apache-2.0 */
/* What the UEFI judges sign and start: it gives back what tells uefi-judge.c that it ran. */
#include <efi.h>

enum { STARTED = 0x5354 };

#ifdef BALLAST
const unsigned char ballast[BALLAST] = { 1 };
#endif

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    (void)image;
    table->ConOut->OutputString(table->ConOut, (CHAR16 *)L"the program runs\r\n");
    return STARTED;
}
