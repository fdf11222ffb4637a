# SPDX-License-Identifier: Apache-2.0
# Does U-Boot as Debian builds it (u-boot-qemu, arm64) boot what `pack fit` and `sign fit` make with their defaults,
# under the key that `pack fit pub=` put into its device tree, and nothing else?
. "$(dirname "$0")/lib-u-boot.sh"
need mkimage
firmware=/usr/lib/u-boot/qemu_arm64/u-boot.bin
[ -f $firmware ] || skip "$firmware is absent: Debian package u-boot-qemu"
wrong_signature="Verification failed for .*conf-1.*|Failed to verify required signature 'key-dev'"

program kernel 'the kernel of rotkit runs'
program other 'another kernel of rotkit runs'
board
for bits in 2048 3072 4096; do
    openssl genrsa -out "rsa$bits.pem" "$bits" 2>/dev/null
    openssl pkey -in "rsa$bits.pem" -pubout -out "rsa$bits.pub"
done
openssl genrsa -out foreign.pem 2048 2>/dev/null

run 0 pack fit -o plain.fit kernel=kernel.bin fdt=board.dtb
for bits in 3072 4096 2048; do
    run 0 pack fit -o control.dtb pub="rsa$bits.pub" dtb=board.dtb
    run 0 sign fit plain.fit -o good.fit --key "rsa$bits.pem"
    pub=rsa$bits.pub
    runs "defaults, RSA-$bits" good.fit
done
for hash in sha384 sha512; do
    run 0 sign fit plain.fit -o $hash.fit --key rsa2048.pem --set hash=$hash
    run 0 pack fit -o $hash.dtb pub=rsa2048.pub dtb=board.dtb --set hash=$hash
    runs "$hash" $hash.fit $hash.dtb
    refused "$hash, under a tree that names sha256" "$wrong_signature" $hash.fit control.dtb 0
done
run 0 pack fit -o disk.fit kernel=kernel.bin fdt=board.dtb ramdisk=other.bin
run 0 sign fit disk.fit -o disk.fit --key rsa2048.pem
runs "with a RAM disk" disk.fit
run 0 pack fit -o low.fit kernel=kernel.bin fdt=board.dtb --set load=0x40400000 --set entry=0x40400000
run 0 sign fit low.fit -o low.fit --key rsa2048.pem
runs "another load address" low.fit
run 0 pack fit -o named.dtb pub=rsa2048.pub dtb=board.dtb --set key-name=production
run 0 sign fit plain.fit -o named.fit --key rsa2048.pem --set key-name=production
runs "a key of another name" named.fit named.dtb

# Keys change: the tree has the old and the new one.
run 0 pack fit -o control.dtb pub=rsa2048.pub dtb=board.dtb
run 0 pack fit -o either.dtb pub=rsa3072.pub dtb=control.dtb --set key-name=new --set required-mode=any
run 0 pack fit -o each.dtb pub=rsa3072.pub dtb=control.dtb --set key-name=new --set required-mode=all
run 0 sign fit plain.fit -o new.fit --key rsa3072.pem --set key-name=new
runs "the old of two keys" good.fit either.dtb
pub=rsa3072.pub
runs "the new of two keys" new.fit either.dtb
pub=rsa2048.pub
refused "one key where both are required" "Failed to verify required signature 'key-new'" good.fit each.dtb 0

# What mkimage -E leaves outside of the tree is signed as it stands.
cat >external.its <<'ITS'
/dts-v1/;
/ {
    description = "external";
    #address-cells = <1>;
    images {
        kernel-1 {
            data = /incbin/("kernel.bin"); type = "kernel"; arch = "arm64"; os = "linux"; compression = "none";
            load = <0x80080000>; entry = <0x80080000>;
            hash-1 { algo = "sha256"; };
        };
        fdt-1 {
            data = /incbin/("board.dtb"); type = "flat_dt"; arch = "arm64"; compression = "none";
            hash-1 { algo = "sha256"; };
        };
    };
    configurations { default = "one"; one { kernel = "kernel-1"; fdt = "fdt-1"; }; };
};
ITS
mkimage -E -f external.its external.fit >mkimage.log 2>&1 || fail "mkimage: $(cat mkimage.log)"
run 0 sign fit external.fit -o external.fit --key rsa2048.pem
runs "data outside of the tree" external.fit
cp external.fit flipped.fit
flip flipped.fit "$(at external.fit kernel.bin)"
refused "a flipped bit outside of the tree" 'Bad hash value .*kernel-1' flipped.fit

# changed NAME PROPERTY-OF-FDTPUT...: NAME.fit is good.fit with a property changed
changed() {
    changed_name=$1
    shift
    cp good.fit "$changed_name.fit"
    fdtput "$changed_name.fit" "$@"
}

cp good.fit flipped.fit
flip flipped.fit "$(at good.fit kernel.bin)"
refused "a flipped bit of the kernel" 'Bad hash value .*kernel-1' flipped.fit
cp good.fit flipped.fit
flip flipped.fit "$(($(at good.fit board.dtb) + 100))"
refused "a flipped bit of the device tree" 'Bad hash value .*fdt-1' flipped.fit
refused "unsigned" "No 'signature' subnode found" plain.fit
run 0 sign fit plain.fit -o foreign.fit --key foreign.pem
refused "signed by another key of that name" "$wrong_signature" foreign.fit
refused "signed by a key of another name" "Failed to verify required signature 'key-production'" foreign.fit named.dtb
changed load -t x /images/kernel-1 load 80090000
refused "a changed load address" "$wrong_signature" load.fit
changed entry -t x /images/kernel-1 entry 80080004
refused "a changed entry point" "$wrong_signature" entry.fit
changed value -t x /configurations/conf-1/signature-1 value 1 2 3
refused "a signature of another length" "Failed to verify required signature 'key-dev'" value.fit
changed conf -p -t s /configurations/conf-2 kernel kernel-1
fdtput -t s conf.fit /configurations/conf-2 fdt fdt-1
fdtput -t s conf.fit /configurations default conf-2
refused "another configuration, unsigned, as the default" "No 'signature' subnode found .*conf-2" conf.fit

# Another kernel with its right hash, in the place of the signed one and beside it.
changed swapped -t bx /images/kernel-1 data $(xxd -p -c 1 other.bin)
fdtput -t bx swapped.fit /images/kernel-1/hash-1 value $(openssl dgst -sha256 -binary other.bin | xxd -p -c 1)
refused "another kernel and its hash" "$wrong_signature" swapped.fit
changed beside -c /images/kernel-2 /images/kernel-2/hash-1
for property in data type arch os compression load entry; do
    fdtput -t bx beside.fit /images/kernel-2 $property $(fdtget -t bx swapped.fit /images/kernel-1 $property)
done
for property in algo value; do
    fdtput -t bx beside.fit /images/kernel-2/hash-1 $property $(fdtget -t bx swapped.fit /images/kernel-1/hash-1 $property)
done
fdtput -t s beside.fit /configurations/conf-1 kernel kernel-2
refused "the configuration names another kernel" "$wrong_signature" beside.fit

# What stands behind the default: PSS needs CONFIG_FIT_RSASSA_PSS, which this U-Boot lacks.
run 0 sign fit plain.fit -o pss.fit --key rsa2048.pem --set padding=pss
refused "PSS, by a U-Boot without it" 'Unknown signature algorithm' pss.fit control.dtb 0
run 3 verify --pub rsa2048.pub --for u-boot pss.fit

# What `--for u-boot` says of a kernel alone.
run 0 pack fit -o alone.fit kernel=kernel.bin
run 0 sign fit alone.fit -o alone.fit --key rsa2048.pem
refused "a kernel without a device tree" 'Could not find configuration node' alone.fit control.dtb 0
run 3 verify --pub rsa2048.pub --for u-boot alone.fit
