# SPDX-License-Identifier: Apache-2.0
# Helpers of the judges that run U-Boot on QEMU's arm64 board "virt": that board's device tree with rotkit's keys in
# it, and a FIT put into memory and booted from U-Boot's prompt. Source it first.
. "$(dirname "$0")/lib.sh"
need qemu-system-aarch64 aarch64-linux-gnu-gcc aarch64-linux-gnu-objcopy openssl fdtput fdtget dtc perl xxd
# 2 GiB: the default load address of `pack fit`, 0x80080000, is memory then.
machine='-machine virt -cpu cortex-a57 -m 2048 -nographic -net none'

# board: board.dtb is the device tree of QEMU's board
board() {
    # shellcheck disable=SC2086 # options, one a word
    device_tree board.dtb $machine
}

# u_boot CONTROL-DTB END COMMAND [EMULATOR-OPTION...]: $firmware, which is a U-Boot, under that device tree runs
# COMMAND, until the file console has a line that matches END. The device tree carries the command (/config/bootcmd):
# what is typed while U-Boot starts can get lost. $flash: the emulator's options for flash chips that U-Boot can write.
u_boot() {
    u_boot_end=$2
    cp "$1" running.dtb
    fdtput -p running.dtb /config bootdelay -t i 0
    fdtput running.dtb /config bootcmd -t s "$3"
    shift 3
    # shellcheck disable=SC2086 # options, one a word
    patience=60 boot console "$u_boot_end" qemu-system-aarch64 $machine ${flash:--bios $firmware} -dtb running.dtb "$@"
}

# at FILE PART: where the bytes of PART stand in FILE
at() {
    perl -0777 -e 'open F, "<:raw", shift or die; $h = <F>; open G, "<:raw", shift or die; $n = <G>;
        $i = index($h, $n); die if $i < 0; print $i' "$1" "$2"
}

# boot_fit CONTROL-DTB FIT: what comes of `bootm`, "runs" or "refused": a refusal leads back to the prompt, or
# ends in a crash
boot_fit() {
    u_boot "$1" 'kernel of rotkit runs|^ERROR: |^=> |Synchronous Abort' 'bootm 0x50000000' \
        -device "loader,file=$2,addr=0x50000000,force-raw=on"
    if grep -qa 'kernel of rotkit runs' console; then echo runs; else echo refused; fi
}

# runs CASE FIT [CONTROL-DTB]: the FIT is booted by $firmware, and holds under the key $pub
runs() {
    run 0 verify --pub "$pub" "$2"
    [ "$(boot_fit "${3:-control.dtb}" "$2")" = runs ] || fail "$1: $(tail -n 8 console)"
    passed "$1"
}

# refused CASE WHY FIT [CONTROL-DTB [CODE]]: U-Boot does not boot it, and says WHY; nor does it hold (3), or as CODE says:
# what this U-Boot cannot take may hold
refused() {
    run "${5:-3}" verify --pub "$pub" "$3"
    [ "$(boot_fit "${4:-control.dtb}" "$3")" = refused ] || fail "$1: it boots"
    grep -qaE "$2" console || fail "$1: \"$2\" is not what U-Boot says: $(tail -n 8 console)"
    passed "$1"
}
