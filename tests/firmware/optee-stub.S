/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trusted OS that starts and says so: what OP-TEE's start looks like to TF-A's dispatcher (opteed), and nothing behind
 * it. It writes a line to the secure UART of QEMU's board "virt" and returns by TEESMC_OPTEED_RETURN_ENTRY_DONE with the
 * address of its vectors.
 */
        .section .text
        .global _start
_start:
        mov     x9, #0x09040000         /* secure PL011 */
        adr     x10, line
1:      ldrb    w11, [x10], #1
        cbz     w11, 2f
        str     w11, [x9]
        b       1b
2:      adr     x1, vectors
        mov     x0, #0xbe000000         /* TEESMC_OPTEED_RETURN_ENTRY_DONE */
        smc     #0
        b       .
vectors:                                /* std_smc, fast_smc, cpu_on, cpu_off, resume, suspend, fiq, system_off, system_reset */
        .rept   9
        b       .
        .endr
line:   .asciz  "trusted OS runs\n"
        .balign 8
