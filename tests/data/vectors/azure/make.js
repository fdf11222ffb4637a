// SPDX-License-Identifier: Apache-2.0
// Registration ids by Microsoft's own code: npm i azure-iot-security-tpm@1.9.3 --ignore-scripts, then
//   node make.js ../ek | sort -u
const { TpmSecurityClient } = require('azure-iot-security-tpm');
const fs = require('fs');
const folder = process.argv[2];
for (const name of fs.readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort())
    for (const line of fs.readFileSync(`${folder}/${name}`, 'utf8').split('\n').filter(Boolean)) {
        const record = JSON.parse(line);
        if (record.template !== 'L-1') continue;
        const ek = Buffer.from(record.public_tpm2b_hex, 'hex');
        const tpm = { getEndorsementKey: (done) => done(null, ek) };
        TpmSecurityClient.prototype.getRegistrationId.call(tpm, (_, id) =>
            console.log(JSON.stringify({ endorsement_key: ek.toString('base64'), registration_id: id })));
    }
