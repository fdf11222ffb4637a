# SPDX-License-Identifier: Apache-2.0
# The table of devices: read by Python's csv module, each field computed by hashlib and openssl from the
# release; nothing in it is a formula; --verify finds what was changed.
# slow: openssl starts for each field of each row
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need jq openssl python3
unset SOURCE_DATE_EPOCH
example_product product p384 3
sed -i '/^release:/,$ { /^  key:/d }' product/manifest.yaml # not signed: a test changes it
run 0 build -q product/manifest.yaml
release=product/release
bucket=devices/010200000001000000
first=01020000000100000001
second=01020000000100000002
third=01020000000100000003

# judge RELEASE FOLDER TEMPLATE...: the rows, in order, for these templates of each device
judge() {
    python3 - "$@" <<'PY'
import base64, csv, glob, hashlib, json, subprocess, sys
release, folder, templates = sys.argv[1], sys.argv[2], sys.argv[3:]
def openssl(*args):
    return subprocess.run(("openssl",) + args, stdout=subprocess.PIPE, check=True).stdout
def date(cert, which):
    text = openssl("x509", "-inform", "DER", "-in", cert, "-noout", "-" + which + "date", "-dateopt", "iso_8601")
    return text.decode().strip().split("=")[1].replace(" ", "T")
sha = lambda b: hashlib.sha256(b).hexdigest()
wanted = [["device_sn", "template", "profile", "registration_id", "ek_spki_sha256", "ek_public_tpm2b_base64",
           "ek_cert_serial", "ek_cert_sha256", "not_before", "not_after"]]
for path in sorted(glob.glob(release + "/devices/*/*/device.json")):
    for ek in json.load(open(path))["ek"]:
        if ek["template"] not in templates:
            continue
        area = bytes.fromhex(ek["public_tpm2b"])
        rsa = area[2:4] == b"\0\1"
        cert = path.replace("device.json", "ek-cert-%s.der" % ek["template"].lower())
        pem = openssl("x509", "-inform", "DER", "-in", cert, "-noout", "-pubkey")
        spki = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
        serial = openssl("x509", "-inform", "DER", "-in", cert, "-noout", "-serial").decode().strip().split("=")[1]
        wanted.append([path.split("/")[-2], ek["template"], ek["profile"],
            base64.b32encode(hashlib.sha256(area).digest()).decode().rstrip("=").lower() if rsa else "",
            sha(spki), base64.b64encode(area).decode(), serial.lower(), sha(open(cert, "rb").read()),
            date(cert, "start"), date(cert, "end")])
(name,) = glob.glob(folder + "/*")
assert name == folder + "/devices-000001.csv", name
raw = open(name, "rb").read()
assert raw.endswith(b"\r\n") and raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n") == len(wanted)
found = list(csv.reader(open(name, newline=""), strict=True))
for f, w in zip(found, wanted):
    assert f == w, (f, w)
assert len(found) == len(wanted), len(found)
assert not [c for row in found for c in row if c[:1] in ("=", "+", "-", "@", "\t", "\r")]
print(len(found) - 1)
PY
}
run 0 enroll --unsigned csv $release -o table
stdout_is ""
stderr_is "rotkit: 3 devices in 1 file"
[ "$(judge $release table L-1 L-2 H-3)" = 9 ] || fail "table"
run 0 enroll --unsigned csv $release --verify table
stderr_is "rotkit: holds: 3 devices in 1 file"
run 0 enroll --unsigned csv $release -o again -q
diff -r table again || fail "other bytes the second time"
run 0 enroll --unsigned csv $release -o l2 --set template=l-2
[ "$(judge $release l2 L-2)" = 3 ] || fail "l2"
run 0 enroll --unsigned csv $release --verify l2 --set template=L-2
run 0 enroll --unsigned csv $release -o single --set template=L-1 --device $second
stderr_is "rotkit: 1 device in 1 file"
[ "$(cut -d , -f 1 single/devices-000001.csv | tr '\n' ' ')" = "device_sn $second " ] || fail "single"
run 0 enroll --unsigned csv $release --verify single --set template=L-1 --device $second

run 0 enroll --unsigned csv $release -o pair --device $third --device $second
[ "$(cut -d , -f 1 pair/devices-000001.csv | uniq | tr '\n' ' ')" = "device_sn $second $third " ] || fail "pair"
run 0 enroll --unsigned csv $release --verify pair --device $third --device $second
refuse 2 "rotkit: --device: \"$second\" is named twice" enroll --unsigned csv $release -o x --device $second --device $second

# ---- --verify: changed COMMAND TEXT, of a copy whose table the command changes
changed() {
    rm -rf copy
    cp -r table copy
    (cd copy && eval "$1")
    refuse 3 "rotkit: \"copy\": $2" enroll --unsigned csv $release --verify copy
}
table=devices-000001.csv
# field ROW COLUMN VALUE: rows and columns from 1; no field of the table is quoted
field() {
    awk -F , -v OFS=, -v row="$1" -v column="$2" -v value="$3" 'NR == row { $column = value } { print }' $table >new
    mv new $table
}
value() {
    sed -n "$1p" table/$table | tr -d '\r' | cut -d , -f "$2"
}
at="\"$table\": row 2: device $first"
changed "field 2 1 $second" "\"$table\": row 2: device $second: EK \"L-1\": ek_public_tpm2b_base64 is not the EK of the release"
changed "field 2 1 0102-0000000100000001" "\"$table\": row 2: device_sn is \"0102-0000000100000001\", the release has \"$first\""
changed "field 2 1 99990000000100000001" "\"$table\": row 2: device 99990000000100000001: release \"$release\" has no device 99990000000100000001"
changed "field 2 2 L-2" "$at: EK \"L-2\": ek_public_tpm2b_base64 is not the EK of the release"
changed "field 2 2 l-1" "$at: template is \"l-1\", the release has \"L-1\""
changed "field 2 3 ms-138" "$at: profile is \"ms-138\", the release has \"ms-159\""
changed "field 2 4 abc" "$at: EK \"L-1\": registration_id is \"abc\", the release has \"$(value 2 4)\""
changed "field 3 4 abc" "\"$table\": row 3: device $first: EK \"L-2\": registration_id is \"abc\", the release has \"\""
changed "field 2 5 abc" "$at: EK \"L-1\": ek_spki_sha256 is \"abc\", the release has \"$(value 2 5)\""
changed "field 2 6 AAAA" "$at: EK \"L-1\": ek_public_tpm2b_base64 is not the EK of the release"
changed "field 2 7 abc" "$at: EK \"L-1\": ek_cert_serial is \"abc\", not that of the certificate"
changed "field 2 8 abc" "$at: EK \"L-1\": ek_cert_sha256 is \"abc\", the release has \"$(value 2 8)\""
changed "field 2 9 2026-01-02T00:00:00Z" "$at: EK \"L-1\": not_before is \"2026-01-02T00:00:00Z\", the release has \"20260101000000Z\""
changed "sed -i 2s/9999-12-31T/9998-12-31T/ $table" "$at: EK \"L-1\": not_after is \"9998-12-31T23:59:59Z\", the release has \"99991231235959Z\""
for text in 'see 2026-01-01T00:00:00Z' '2026-01-01T00:00:00Z +1' 20260101000000Z 2026-01-01T00:00:00; do
    changed "field 2 9 '$text'" "$at: EK \"L-1\": not_before is \"$text\", the release has \"20260101000000Z\""
done
changed "field 2 7 00$(value 2 7)" "$at: EK \"L-1\": ek_cert_serial is \"00$(value 2 7)\", not that of the certificate"
changed "sed -i 3d $table" "\"$table\": row 4: device $first: 2 rows, expected 3"
changed "sed -i 3p $table" "\"$table\": row 4: device $first: EK \"L-2\" stands there twice, or out of order"
changed "sed -i '8,\$d' $table" "it has 2 devices, expected 3"
changed "sed -i '9,\$d' $table" "device $third: 1 row, expected 3"
changed "cp $table devices-000002.csv" "\"devices-000002.csv\": row 2: device $first: stands behind device $third: twice, or out of order"
changed "sed -i '1s/serial/number/' $table" "\"$table\": row 1: column \"ek_cert_number\", expected \"ek_cert_serial\""
changed "sed -i 's/\r//' $table" "\"$table\": row 1: expected a comma or CR LF behind a field"
changed "printf x >>$table" "\"$table\": row 11: cut short, no CR LF"
changed "sed -i '3s/\$/,/' $table" "\"$table\": row 3: CR without LF"
changed "sed -i '3s/^/a,/' $table" "\"$table\": row 3: 11 fields, expected 10"
changed "field 2 3 '\"ms-159'" "\"$table\": row 2: a quoted field has no end"
formula="starts with one of = + - @, as a formula does, or holds a control character"
changed "field 2 3 '=1+1'" "\"$table\": row 2: field 3 $formula"
changed "field 2 3 '\"@x\"'" "\"$table\": row 2: field 3 $formula"
changed "printf '\\0' >>$table" "\"$table\": a NUL in it: no text"
changed "rm $table" "it has 0 devices, expected 3"
# Quoted where it need not be: the same table to every reader.
rm -rf copy && cp -r table copy
sed -i '2s/^\([^,]*\),\([^,]*\)/"\1","\2"/' copy/$table
run 0 enroll --unsigned csv $release --verify copy
refuse 3 "rotkit: \"l2\": \"$table\": row 2: device $first: EK \"L-2\", expected \"l-1\"" \
    enroll --unsigned csv $release --verify l2 --set template=l-1
refuse 3 "rotkit: \"single\": \"$table\": row 2: device $second: was not asked for" \
    enroll --unsigned csv $release --verify single --set template=l-1 --device $first

# ---- texts of device.json: quoted as RFC 4180 says, refused where a spreadsheet would run them
# profile TEXT: the first device's L-1 states this profile
profile() {
    rm -rf other
    cp -r $release other
    jq --arg text "$1" '.ek[0].profile = $text' $release/$bucket/$first/device.json >other/$bucket/$first/device.json
    python3 "$SOURCE/tests/support/reseal.py" other $bucket/$first/device.json
    run 0 verify other
}
for text in 'a "b", c' 'a, b' 'a "b"'; do
    profile "$text"
    rm -rf quoted
    run 0 enroll --unsigned csv other -o quoted
    [ "$(judge other quoted L-1 L-2 H-3)" = 9 ] || fail "quoted: $text"
    run 0 enroll --unsigned csv other --verify quoted
done
# A serial number whose first bit is set, so that DER puts a zero in front.
rm -rf other
cp -r $release other
python3 "$SOURCE/tests/support/reseal.py" --loosen serial-21 --key product/ca/issuing.key other $bucket/$first/ek-cert-l-1.der
run 0 enroll --unsigned csv other -o serial
[ "$(judge other serial L-1 L-2 H-3)" = 9 ] || fail "serial"
[ "$(sed -n 2p serial/$table | cut -d , -f 7)" = 8080808080808080808080808080808080808080 ] || fail "no such serial number"
run 0 enroll --unsigned csv other --verify serial
for text in '=1+1' '+1' '-1' '@x' "$(printf 'a\tb')" "$(printf 'a\nb')"; do
    profile "$text"
    refuse 2 "rotkit: device $first: profile $formula" enroll --unsigned csv other -o x
done

# ---- refused
refuse 2 "rotkit: device $first: the release states no EK \"h-1\" (it states: L-1, L-2, H-3)" \
    enroll --unsigned csv $release -o x --set template=h-1
example_roles product
run 0 build -q product/odm.yaml
run 0 build -q oem.yaml
refuse 2 "rotkit: device $first: the release states no EK (an OEM's does not, take the ODM's)" enroll --unsigned csv oem -o x
refuse 2 "rotkit: release \"oem\" has no ca/chain.pem: it certifies no EK (an OEM's does not, take the ODM's)" \
    enroll --unsigned keylime oem -o x

# ---- what a run that was killed leaves goes with the next, also of the same number, as each in a container has
sh -c 'mkdir "later.tmp-$$-0" "later.tmp-$$-1" && exec "$@"' sh "$ROTKIT" enroll --unsigned csv $release -o later -q ||
    fail "a folder left behind stops the next run"
diff -r table later || fail "later"
find . -name '*.tmp-*' >left
[ ! -s left ] || fail "left behind: $(cat left)"
shim=$BUILD/bin/disk_fault.so
[ -e "$shim" ] || fail "no $shim"
rm -r later
killed=0
for step in 2 4; do
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim DISK_FAULT_KILL=$step \
        "$ROTKIT" enroll --unsigned csv $release -o later -q 2>/dev/null && fail "not killed at step $step"
    [ -z "$(find . -name 'later.tmp-*')" ] || killed=$((killed + 1))
done
[ $killed -gt 0 ] || fail "the kills have left nothing"
run 0 enroll --unsigned csv $release -o later -q
diff -r table later || fail "later, behind kills"
find . -name '*.tmp-*' >left
[ ! -s left ] || fail "left behind by a kill: $(cat left)"
