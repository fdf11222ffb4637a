# SPDX-License-Identifier: Apache-2.0
# Helpers of the judges that start TF-A on QEMU's arm64 board "virt". Source it first.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2034 # for the judges
K=$DATA/vectors/boot/keys
uboot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
for file in /usr/bin/qemu-system-aarch64 /usr/bin/aarch64-linux-gnu-gcc /usr/bin/fiptool $uboot; do
    [ -e "$file" ] || fail "$file is missing"
done

# firmware NAME ROOT.pub.pem MAKE-VARIABLE=VALUE...: TF-A with that root of trust into $fw
firmware() {
    fw=$SOURCE/build/judges/tf-a-$1 root=$2
    shift 2
    sh "$SOURCE/scripts/build-tf-a.sh" "${fw%/*}" "${fw##*/}" "$root" NEED_BL32=yes "$@" >build.log 2>&1 ||
        fail "TF-A does not build: $(cat build.log)"
}

# tf_a FIP END EMULATOR-OPTION...: TF-A with this package until the file console has a line that matches END. The package
# stands at 256 KiB of the flash whose start is BL1. Files of the folder `beside` are what semihosting finds.
tf_a() {
    { cat "$fw/bl1.bin" && head -c 262144 /dev/zero; } | head -c 262144 >flash
    cat "$1" >>flash
    tf_a_end=$2
    shift 2
    mkdir -p beside
    cd beside
    boot ../console "$tf_a_end" qemu-system-aarch64 -machine virt,secure=on -cpu cortex-a57 -m 2048 -nodefaults -display none \
        -serial stdio -semihosting-config enable=on,target=native -bios ../flash "$@"
    cd ..
}
