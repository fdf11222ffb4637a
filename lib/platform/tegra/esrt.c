/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/esrt.h"

#include <stdio.h>

/* clang-format off */
static const struct rk_esrt_status statuses[] = {
    /* UEFI 2.10, 23.4 */
    { 0, "success", "the last capsule was installed, or none was tried" },
    { 1, "unsuccessful", "it failed, and the firmware does not say why" },
    { 2, "insufficient resources", "memory or room in flash did not suffice" },
    { 3, "incorrect version", "FwVersion is below the lowest that the firmware takes" },
    { 4, "invalid format", "the capsule's structure does not hold" },
    { 5, "authentication error", "no certificate that the firmware trusts has signed the capsule" },
    { 6, "no mains power", "mains power was not connected" },
    { 7, "battery too low", "the battery did not suffice" },
    { 8, "unsatisfied dependencies", "another firmware is not of the version that the capsule wants" },
    /* EDK2, FmpDevicePkg/PrivateInclude/FmpLastAttemptStatus.h */
    { 4096, "payload header not read", "the payload does not begin with its header, MSS1" },
    { 4097, "no progress callback", "the firmware could not report its progress" },
    { 4098, "power not asked", "the power state could not be asked for" },
    { 4099, "temperature not asked", "the thermal state could not be asked for" },
    { 4100, "temperature", "the board is too hot or too cold for an update" },
    { 4101, "environment not asked", "the state of the system could not be asked for" },
    { 4102, "environment", "the state of the system does not allow an update" },
    { 4103, "payload header size", "the size of the payload header does not hold" },
    { 4104, "size of all headers", "the sizes of the headers do not fit into the capsule" },
    { 4105, "payload header version", "the version does not stand in the payload header" },
    { 4106, "no image given", "the firmware was handed no image" },
    { 4107, "image not updatable", "the firmware's own check refused the image without a reason" },
    { 4108, "invalid certificate", "the certificates that the firmware was built with cannot be read" },
    { 4109, "invalid image index", "the capsule is for another image index than 1" },
    { 4110, "invalid key length", "a certificate of the firmware's list has no length" },
    { 4111, "invalid value of a key length", "a certificate of the firmware's list is longer than the list" },
    { RK_ESRT_VERSION_TOO_LOW, "version too low",
      "FwVersion is below the lowest supported version of the board, which only rises" },
    { 4113, "device locked", "the firmware is locked already: deliver the capsule before it boots on" },
    { 4114, "image not authentic", "no certificate of the firmware's list has signed the capsule" },
    { 4115, "argument missing", "a driver called the firmware without what it needs" },
    /* edk2-nvidia, FmpDeviceLib: 6144 and the place in its list */
    { 6144, "no image", "the firmware was handed no image" },
    { RK_ESRT_PACKAGE_HEADER, "package header",
      "the package is no NVIDIA__BLOB__V3 of type update, or too small for its table" },
    { 6146, "package type", "the package is no update" },
    { RK_ESRT_ENTRY_TABLE, "entry table",
      "a name, an op mode, a place or the sum of the sizes in the package does not hold" },
    { RK_ESRT_TOO_BIG, "image too big",
      "an image is larger than its partition: rotkit match --layout names it" },
    { RK_ESRT_PACKAGE_SIZE, "package size", "an image goes beyond the end of the capsule" },
    { 6150, "not updatable", "the firmware says that it cannot be updated" },
    { RK_ESRT_NOT_IN_PACKAGE, "image not in package",
      "a required image has no entry for this board's TNSPEC: rotkit match --board names it" },
    { 6152, "mb1 not invalidated", "mb1 of the other slot could not be overwritten" },
    { RK_ESRT_SINGLE_IMAGE, "single image",
      "a package of one image, which only firmware built with PcdFmpSingleImageUpdate takes" },
    { 6154, "image index missing", "an entry of the package could not be reached" },
    { RK_ESRT_NO_PARTITION, "no partition for an image",
      "the board has no partition for a required image, or older firmware for one of the package" },
    { 6156, "partition attributes", "a partition could not be asked for its size" },
    { 6157, "BCT not updated", "the boot configuration table could not be switched to the new slot" },
    { 6158, "images not written", "writing an image failed" },
    { 6159, "mb1 not written", "writing mb1 failed" },
    { 6160, "images not verified", "what was written reads back differently" },
    { RK_ESRT_SINGLE_NOT_SET, "single image not written",
      "the one image of the package is not for this board, or FmpCapsuleSinglePartitionChain does "
      "not name its slot" },
    { 6162, "library not initialised", "the firmware found no VER partition that it can read" },
    { 6163, "boot-chain update cancelled",
      "slots were switched by hand: BootChainFwNext or BootChainFwStatus is set; delete both and "
      "deliver the capsule again" },
    { 6164, "GPT of the package not taken", "the layout in the package could not be taken over" },
    { 6165, "GPT not verified", "the secondary GPT could not be read back" },
    { 6166, "GPT not invalidated", "the secondary GPT could not be overwritten" },
    { 6167, "GPT not written", "writing the secondary GPT failed" },
};
/* clang-format on */

const struct rk_esrt_status *rk_esrt_at(size_t i)
{
    return i < sizeof statuses / sizeof statuses[0] ? &statuses[i] : NULL;
}

const struct rk_esrt_status *rk_esrt_find(uint64_t code)
{
    const struct rk_esrt_status *row;

    for (size_t i = 0; (row = rk_esrt_at(i)) != NULL; i++) {
        if (row->code == code)
            return row;
    }
    return NULL;
}

const char *rk_esrt_name(uint32_t code)
{
    const struct rk_esrt_status *row = rk_esrt_find(code);

    return row == NULL ? "unknown" : row->name;
}

void rk_esrt_version(uint32_t version, char ret[RK_ESRT_VERSION_TEXT])
{
    (void)snprintf(ret, RK_ESRT_VERSION_TEXT, "0x%08x = %u = %u.%u.%u", version, version,
                   version >> 16, version >> 8 & 0xff, version & 0xff);
}
