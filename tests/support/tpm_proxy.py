# SPDX-License-Identifier: Apache-2.0
"""Stands between a TCTI (cmd:) and a swtpm, and spoils answers on purpose.

tpm_proxy.py PORT RULE...
  131=922       every command of this code is answered by this response code (hex)
  131=922*2     the first two are
  131=922@2     the second is
  137=die@3     at the third command of this code the TPM is gone, and the command not executed
  137=cut@3     the same, but it was executed: only its answer is lost
  write=kill@3  before the third command that writes, of whatever code, kill -9 of who asks for it
  write=late@3  the same behind it: it was executed
  147=flip      in each answer but an error, one bit of the first parameter is another
  property:117=600   this TPM property has this value (hex number, hex value)
"""
import os
import signal
import socket
import struct
import sys

# TPM2_EvictControl, NV_UndefineSpace, HierarchyChangeAuth, NV_DefineSpace, NV_Write
WRITES = (0x120, 0x122, 0x129, 0x12A, 0x137)


def read_exact(get, n):
    data = b""
    while len(data) < n:
        part = get(n - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data


def read_message(get):
    head = read_exact(get, 10)
    return head + read_exact(get, struct.unpack(">I", head[2:6])[0] - 10)


def patch_properties(answer, properties):
    """Of TPM2_GetCapability for TPM_CAP_TPM_PROPERTIES: whether more follow, the capability, a list."""
    if len(answer) < 19 or answer[11:15] != bytes([0, 0, 0, 6]):
        return answer
    out = bytearray(answer)
    for at in range(19, len(out) - 7, 8):
        number = struct.unpack(">I", out[at:at + 4])[0]
        if number in properties:
            out[at + 4:at + 8] = struct.pack(">I", properties[number])
    return bytes(out)


def main():
    tpm = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    properties, rules, seen = {}, {}, {}
    for rule in sys.argv[2:]:
        left, right = rule.split("=")
        if left.startswith("property:"):
            properties[int(left[9:], 16)] = int(right, 16)
        elif left == "write":
            rules[left] = right
        else:
            rules[int(left, 16)] = right
    while True:
        command = read_message(sys.stdin.buffer.raw.read)
        code = struct.unpack(">I", command[6:10])[0]
        seen[code] = seen.get(code, 0) + 1
        if code in WRITES:
            seen["write"] = seen.get("write", 0) + 1
            if rules.get("write", "").endswith("@%d" % seen["write"]):
                if rules["write"].startswith("late"):
                    tpm.sendall(command)
                    read_message(tpm.recv)
                os.kill(os.getppid(), signal.SIGKILL)
                sys.exit(0)
        rule = rules.get(code, "")
        what, _, at = rule.partition("@")
        spoiled, _, times = rule.partition("*")
        if at and what in ("die", "cut") and seen[code] == int(at):
            if what == "cut":
                tpm.sendall(command)
                read_message(tpm.recv)
            sys.exit(0)
        if at and what not in ("die", "cut") and seen[code] == int(at):
            answer = struct.pack(">HII", 0x8001, 10, int(what, 16))
        elif rule and rule != "flip" and not at and (not times or seen[code] <= int(times)):
            answer = struct.pack(">HII", 0x8001, 10, int(spoiled, 16))
        else:
            tpm.sendall(command)
            answer = read_message(tpm.recv)
            if code == 0x17A:
                answer = patch_properties(answer, properties)
            if rule == "flip" and len(answer) > 16:
                answer = answer[:16] + bytes([answer[16] ^ 1]) + answer[17:]
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


main()
