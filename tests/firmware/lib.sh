# SPDX-License-Identifier: Apache-2.0
# Helpers of the firmware judges: those of the command line tests, and an emulator whose console is read until it has
# said what the case waits for. Source it first; it moves to a scratch folder.
. "$SOURCE/tests/cli/lib.sh"

# skip WHY: a judge that is missing fails
skip() {
    fail "$*"
}

# passed CASE: a line for each case, which ends here if it ends well
passed() {
    echo "ok $*"
}

# boot CONSOLE END EMULATOR-COMMAND...: runs the emulator, its console (standard output) into the file CONSOLE and its
# input from the file that $keys names, until a line of the console matches the extended expression END. An emulator
# that ends itself has said all. One that says nothing of the kind for $patience seconds (300) is a failure.
boot() {
    boot_console=$1 boot_end=$2
    shift 2
    : >"$boot_console"
    "$@" <"${keys:-/dev/null}" >"$boot_console" 2>&1 &
    boot_pid=$!
    boot_turns=$((${patience:-300} * 10))
    while ! grep -qaE "$boot_end" "$boot_console"; do
        kill -0 $boot_pid 2>/dev/null || break
        boot_turns=$((boot_turns - 1))
        if [ $boot_turns -eq 0 ]; then
            kill -9 $boot_pid
            tail -n 20 "$boot_console" >&2
            fail "$boot_console: no line that matches \"$boot_end\""
        fi
        sleep 0.1
    done
    kill -9 $boot_pid 2>/dev/null || true
    wait $boot_pid 2>/dev/null || true
    grep -qaE "$boot_end" "$boot_console" || {
        tail -n 20 "$boot_console" >&2
        fail "$boot_console: the emulator ended without a line that matches \"$boot_end\""
    }
}

# program NAME LINE: NAME.bin is a kernel that says LINE on the console and switches the board off
program() {
    cat >"$1.S" <<CODE
    .globl _start
_start:
    adr x1, text
    mov x2, #0x09000000 /* PL011 */
1:  ldrb w0, [x1], #1
    cbz w0, 2f
    str w0, [x2]
    b 1b
2:  ldr w0, =0x84000008 /* PSCI SYSTEM_OFF */
    hvc #0
    b 2b
text: .asciz "$2\r\n"
CODE
    aarch64-linux-gnu-gcc -nostdlib -static -Wl,-Ttext=0,--build-id=none -o "$1.elf" "$1.S"
    aarch64-linux-gnu-objcopy -O binary -j .text "$1.elf" "$1.bin"
}

# device_tree FILE OPTION...: the one that QEMU gives a 64-bit Arm board of these options
device_tree() {
    device_tree_file=$1
    shift
    qemu-system-aarch64 "$@" -machine dumpdtb=dumped.dtb >dumped.log 2>&1 || fail "$(cat dumped.log)"
    dtc -q -I dtb -O dtb -o "$device_tree_file" dumped.dtb
}
