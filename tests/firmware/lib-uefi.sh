# SPDX-License-Identifier: Apache-2.0
# EDK2 as the judge of what rotkit makes for UEFI Secure Boot: our hand in the firmware (uefi-judge.c, built here with
# gnu-efi) is given files and a script; each line of the script is a case, and has the answer that it must get. The
# script that sources this says which firmware: $arch (x86_64 or aarch64), $firmware and $variables, its two flashes.
. "$SOURCE/tests/firmware/lib.sh"
need openssl mkfs.vfat mcopy mmd perl

global=8be4df61-93ca-11d2-aa0d-00e098032b8c
image_security=d719b2cb-3d3a-4596-a3bc-dad00e67656f

# What differs by architecture: tools, where gnu-efi is, flags, how an ELF object is made into a PE program.
case $arch in
    x86_64)
        need gcc ld objcopy qemu-system-x86_64
        tool='' efi=/usr boot_name=BOOTX64.EFI letters=x64
        cflags='-mno-red-zone -maccumulate-outgoing-args -DGNU_EFI_USE_MS_ABI' ldflags=''
        copy='--target efi-app-x86_64 --subsystem 10' uki_target=pei-x86-64
        machine='qemu-system-x86_64 -machine q35,smm=on -cpu qemu64 -global ICH9-LPC.disable_s3=1
            -global driver=cfi.pflash01,property=secure,value=on'
        ;;
    aarch64)
        need aarch64-linux-gnu-gcc aarch64-linux-gnu-objcopy qemu-system-aarch64 apt-get dpkg-deb
        efi=$SOURCE/build/judges/arm64
        sh "$SOURCE/scripts/debian-foreign.sh" arm64 "$efi" gnu-efi systemd-boot-efi
        tool=aarch64-linux-gnu- boot_name=BOOTAA64.EFI letters=aa64 efi=$efi/usr
        cflags=-mgeneral-regs-only ldflags='--defsym=EFI_SUBSYSTEM=10 --no-warn-rwx-segments'
        copy='-O binary' uki_target=pei-aarch64-little
        machine='qemu-system-aarch64 -machine virt -cpu cortex-a57'
        ;;
esac
for file in "$firmware" "$variables" "$efi/lib/crt0-efi-$arch.o" "$efi/lib/systemd/boot/efi/linux$letters.efi.stub"; do
    [ -f "$file" ] || fail "$file is absent"
done
cp "$variables" flash

# efi_program NAME SOURCE FLAG...: an EFI program from tests/firmware
efi_program() {
    efi_name=$1 efi_source=$2
    shift 2
    # shellcheck disable=SC2086
    "${tool}gcc" -std=c11 -Wall -Wextra -Werror -Os -fpic -ffreestanding -fno-stack-protector -fshort-wchar \
        -Wno-pointer-sign $cflags "$@" -isystem "$efi/include/efi" -isystem "$efi/include/efi/$arch" \
        -c "$SOURCE/tests/firmware/$efi_source" -o "$efi_name.o" || fail "$efi_source is not built"
    # shellcheck disable=SC2086
    "${tool}ld" -nostdlib -znocombreloc -shared -Bsymbolic -T "$efi/lib/elf_${arch}_efi.lds" $ldflags \
        "$efi/lib/crt0-efi-$arch.o" "$efi_name.o" -o "$efi_name.so" -L "$efi/lib" -lefi -lgnuefi ||
        fail "$efi_source is not linked"
    # shellcheck disable=SC2086
    "${tool}objcopy" -j .text -j .sdata -j .data -j .dynamic -j .dynsym -j '.rel*' -j .rela -j .reloc -j .rodata $copy \
        "$efi_name.so" "$efi_name" || fail "$efi_source is no EFI program"
}

# ---- a session: one boot of the firmware, which does what the lines say; the variables stay for the next

# line ANSWER CASE COMMAND...
line() {
    printf '%s\t%s\n' "$1" "$2" >>answers
    shift 2
    echo "$*" >>script
}

vendor_of() {
    case $1 in
        db | dbx | dbt | dbr) echo $image_security ;;
        *) echo $global ;;
    esac
}

# put ANSWER CASE VARIABLE FILE [ATTRIBUTES]: SetVariable
put() {
    line "$1" "$2" set "$3" "$(vendor_of "$3")" "${5:-27}" "$4"
}

# takes CASE VARIABLE FILE [ATTRIBUTES] / refuses CASE VARIABLE FILE: a signed variable, for its signature; and what
# `rotkit verify` says of it, where those who may sign the variable are the certificates of the file $authority
takes() {
    put Success "$1: taken" "$2" "$3" "${4:-27}"
    agrees "$1" 0 --for edk2 --ca "$authority" --set variable="$2" "$3"
}
refuses() {
    put "Security Policy Violation" "$1: refused" "$2" "$3"
    agrees "$1" 3 --ca "$authority" --set variable="$2" "$3"
}
# bars CASE VARIABLE FILE: for what the file says, not for who says it; `rotkit verify --for edk2` knows
bars() {
    put "${4:-Invalid Parameter}" "$1: refused" "$2" "$3"
    agrees "$1" 0 --ca "$authority" --set variable="$2" "$3"
    agrees "$1" 3 --for edk2 --ca "$authority" --set variable="$2" "$3"
}

# holds CASE VARIABLE FILE: the variable is the file, byte for byte
holds() {
    line same "$1: the firmware has it byte for byte" same "$2" "$(vendor_of "$2")" "$3"
}

# mode SETUP SECURE CASE: whether the firmware is in setup mode and Secure Boot is on
mode() {
    line "$1" "$3: SetupMode is $1" byte SetupMode $global
    line "$2" "$3: SecureBoot is $2" byte SecureBoot $global
}

# starts CASE FILE / denied CASE FILE: what the firmware does with a program, and what `rotkit verify` says of it under
# the same db and dbx: the options $lists
starts() {
    line started "$1: starts" start "$2"
    # shellcheck disable=SC2086
    agrees "$1" 0 --for edk2 $lists "$2"
}
denied() {
    line "Access Denied" "$1: denied" start "$2"
    # shellcheck disable=SC2086
    agrees "$1" 3 --for edk2 $lists "$2"
}

# agrees CASE CODE ARGUMENT...: what `rotkit verify` says is what the firmware must do
agrees() {
    agrees_name=$1 agrees_code=$2
    shift 2
    verdict=0
    "$ROTKIT" verify "$@" >verdict 2>&1 || verdict=$?
    [ $verdict = "$agrees_code" ] ||
        echo "$agrees_name: rotkit verify $*: exit $verdict, expected $agrees_code: $(cat verdict)" >>differing
}

# emulate CONSOLE END: one boot of the firmware with the volume "volume", when all certificates have expired long since:
# firmware does not ask
emulate() {
    # shellcheck disable=SC2086
    boot "$1" "$2" $machine -accel tcg -m 256 -nodefaults -display none -serial stdio -net none \
        -boot menu=on,splash-time=0 -rtc base=2045-06-01 \
        -drive "if=pflash,format=raw,unit=0,readonly=on,file=$firmware" \
        -drive if=pflash,format=raw,unit=1,file=flash -drive if=virtio,format=raw,file=volume
}

# make_volume JUDGE: the judge where the firmware looks for it, its script, and the files of the folder
make_volume() {
    rm -f volume
    mkfs.vfat -C volume 32768 >/dev/null
    mmd -i volume ::EFI ::EFI/BOOT
    mcopy -i volume "$1" "::EFI/BOOT/$boot_name"
    # shellcheck disable=SC2046
    mcopy -i volume script $(sed -n 's/^\(set\|same\|start\) .* \([^ -][^ ]*\)$/\2/p; s/^start //p' script | sort -u) ::
}

# session JUDGE: boots, and holds each line's answer against the one that it must get
session() {
    make_volume "$1"
    emulate console '^judge ends'
    perl -ne 's/\r|\e\[[0-9;=]*[A-Za-z]//g; print if s/^judge (\d+) (.*)/$2/' console >found
    paste found answers >told
    wrong=0
    while IFS='	' read -r found wanted name; do
        if [ "$found" = "$wanted" ]; then
            passed "$name"
        else
            echo "$name: the firmware says \"$found\", expected \"$wanted\"" >&2
            wrong=1
        fi
    done <told
    [ "$(wc -l <found)" = "$(wc -l <answers)" ] || fail "$(wc -l <answers) cases, $(wc -l <found) answers"
    [ ! -s differing ] || fail "$(cat differing)"
    [ $wrong = 0 ] || fail "the firmware's answers"
    rm -f script answers
}
