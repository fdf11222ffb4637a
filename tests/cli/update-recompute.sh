# SPDX-License-Identifier: Apache-2.0
# Recomputation finds the devices whose seeds are wrong, and says the same on any number of threads.
# slow: EKs of many devices; update-check has the verb
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq
unset SOURCE_DATE_EPOCH
update_product product
run 0 device new -q --oem-id 0x0102 --first-sn 0x777 --count 20 --kdk-db more-kdk_db.csv --eps-seeds more-eps_seeds.csv \
    --pubkey-db more-public.csv --plaintext-secrets
for file in kdk_db eps_seeds; do
    cat more-$file.csv >>product/devices/$file.csv
done
first_release
good
firmware_only new

# wrong ROW...: seeds in which these rows have another EPS seed
wrong() {
    cp product/devices/kdk_db.csv product/devices/eps_seeds.csv .
    for row; do
        sed -i "${row}s/[0-9a-f]\{64\}/$(printf '%064x' "$row")/" eps_seeds.csv
    done
}
# on_threads CODE STDERR ARG...: the same answer on 1, 3 and 64 threads; it stays in $out
on_threads() {
    wanted=$1 text=$2
    shift 2
    run "$wanted" update check --kdk-db kdk_db.csv --eps-seeds eps_seeds.csv -j 1 "$@" old new
    stderr_is "$text"
    mv "$out" alone
    for jobs in 3 64; do
        run "$wanted" update check --kdk-db kdk_db.csv --eps-seeds eps_seeds.csv -j $jobs "$@" old new
        stderr_is "$text"
        same "the answer on $jobs threads" alone "$out"
    done
}

wrong 3 8 9 26
on_threads 3 'rotkit: the update from 1.0.0 to 1.1.0 breaks 4 of 26 devices (8 found)'
grep '^breaks: ' "$out" >lines
for row in 3 8 9 26; do
    sn=$(cut -d ' ' -f 1,2 kdk_db.csv | sed -n "${row}p" | tr -d ' ')
    for ek in L-1 L-2; do
        echo "breaks: device $sn: EK $ek: the seeds given do not make the one that is certified"
    done
done >wanted
same "what breaks" wanted lines

# A sample is of the same devices each time, at even distances: of 26 the 7th, 13th, 20th and 26th.
on_threads 3 'rotkit: the update from 1.0.0 to 1.1.0 breaks 1 of 26 devices (2 found)' --sample 4
grep -v '^holds: ' "$out" >lines
{
    tail -n 2 wanted
    echo 'not recomputed: device: 22 of 26 devices: not in the sample'
} >sampled
same "what breaks of the sample" sampled lines
run 3 update check --kdk-db kdk_db.csv --eps-seeds eps_seeds.csv --sample 4294967295 old new
stderr_is 'rotkit: the update from 1.0.0 to 1.1.0 breaks 4 of 26 devices (8 found)'

# What stands before a row that cannot be read is told before it.
sed -i '20s/[0-9a-f]\{8\}\r*$/what/' eps_seeds.csv
run 2 update check --kdk-db kdk_db.csv --eps-seeds eps_seeds.csv -j 1 old new
text=$(cat "$err")
on_threads 2 "$text"
grep '^breaks: ' "$out" >lines
head -n 6 wanted >first
same "what breaks before the row" first lines

# ---- options
refuse 2 "rotkit: --jobs needs --kdk-db, --eps-db or --master to recompute from
  see 'rotkit help update check'" update check --jobs 2 old new
for jobs in 0 65; do
    refuse 2 "rotkit: --jobs: $jobs, expected 1 to 64
  see 'rotkit help update check'" update check --kdk-db kdk_db.csv --eps-seeds eps_seeds.csv --jobs $jobs old new
done
