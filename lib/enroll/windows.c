/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CA certificates for the stores of Windows: of a certification authority (AD CS) that attests
 * keys, and of the Host Guardian Service. Source: formats/ek-certificate.md 4.5.
 */
#include "base/digest.h"
#include "base/wr.h"
#include "enroll/files.h"
#include "enroll/walk.h"
#include "rotkit/certs.h"
#include "rotkit/chain.h"
#include "rotkit/enroll_target.h"
#include "rotkit/hex.h"

#include <stdio.h>

enum { DIGEST = 32, SCRIPT_MAX = 1 << 16, NAME_MAX_LEN = 96 };

struct stores {
    const char *root, *between; /* also the folders that the files stand in */
    const char *about;          /* head of the script */
    const char *add;            /* its function that puts the file $Path into the store $Store */
};

/* PowerShell reads either line end; Notepad and cmd of older Windows want both characters. */
#define EOL "\r\n"

/* clang-format off */
static const struct stores adcs = {
    .root = "EKROOT",
    .between = "EKCA",
    .about =
        "# CA certificates of EK certificates, for the key attestation of Windows AD CS. Made by rotkit." EOL
        "#" EOL
        "# Run it as administrator on the certification authority:" EOL
        "#   powershell -NoProfile -ExecutionPolicy Bypass -File import.ps1" EOL
        "# Roots go into the store EKROOT (Endorsement Root), CAs below them into EKCA (Endorsement CA)." EOL
        "#" EOL
        "# There is no list of EK public keys (EKPub) here, whose files bear a hash of the key as their name:" EOL
        "# which bytes Windows hashes is in no document that rotkit goes by. Attestation by EK certificate" EOL
        "# does without it." EOL,
    .add =
        "    & certutil.exe -f -addstore $Store $Path" EOL
        "    if ($LASTEXITCODE -ne 0) { throw \"certutil cannot add $Path to $Store\" }" EOL,
};
static const struct stores hgs = {
    .root = "TrustedTPM_RootCA",
    .between = "TrustedTPM_IntermediateCA",
    .about =
        "# CA certificates of EK certificates, for the Host Guardian Service of Windows. Made by rotkit." EOL
        "#" EOL
        "# Run it as administrator on each HGS server:" EOL
        "#   powershell -NoProfile -ExecutionPolicy Bypass -File import.ps1" EOL
        "# Roots go into the store TrustedTPM_RootCA, CAs below them into TrustedTPM_IntermediateCA." EOL,
    .add =
        "    $null = Import-Certificate -FilePath $Path -CertStoreLocation \"Cert:\\LocalMachine\\$Store\" -ErrorAction Stop" EOL,
};
/* clang-format on */

static const char *store_of(const struct stores *stores, const struct rk_enroll_ca *ca)
{
    return ca->root ? stores->root : stores->between;
}

/* Names are of letters, digits, hyphens and underlines: nothing in them to quote. */
static enum rk_rc put_confirm(struct rk_wr *wr, const char *store, const struct rk_enroll_ca *ca,
                              struct rk_err *err)
{
    uint8_t digest[DIGEST];
    char hex[2 * DIGEST + 1];

    if (rk_sha256(ca->der.p, ca->der.len, digest, err))
        return err->rc;
    rk_hex_write(digest, DIGEST, hex);
    rk_wr_printf(wr, "Confirm-File '%s\\%s.cer' '%s'" EOL, store, ca->name, hex);
    return RK_OK;
}

/* Every file is held against its SHA-256 before the first is imported. */
static enum rk_rc write_script(const struct stores *stores, const struct rk_enroll_chain *chain,
                               struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(SCRIPT_MAX);

    rk_wr_str(&wr, stores->about);
    rk_wr_str(&wr, "$ErrorActionPreference = 'Stop'" EOL EOL
                   "function Confirm-File($Name, $Sha256) {" EOL
                   "    $Path = Join-Path $PSScriptRoot $Name" EOL
                   "    $Found = (Get-FileHash -Algorithm SHA256 -LiteralPath $Path).Hash" EOL
                   "    if ($Found -ne $Sha256) { throw \"SHA-256 of $Name is $Found, expected "
                   "$Sha256\" }" EOL "}" EOL EOL "function Add-File($Store, $Name) {" EOL
                   "    $Path = Join-Path $PSScriptRoot $Name" EOL);
    rk_wr_str(&wr, stores->add);
    rk_wr_str(&wr, "}" EOL EOL);
    for (size_t i = chain->count; i-- > 0;) {
        if (put_confirm(&wr, store_of(stores, &chain->ca[i]), &chain->ca[i], err))
            return err->rc;
    }
    rk_wr_str(&wr, EOL);
    for (size_t i = chain->count; i-- > 0;) {
        const char *store = store_of(stores, &chain->ca[i]);

        rk_wr_printf(&wr, "Add-File '%s' '%s\\%s.cer'" EOL, store, store, chain->ca[i].name);
    }
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc check_root(const struct rk_enroll_chain *chain, struct rk_err *err)
{
    if (chain->ca[chain->count - 1].root)
        return RK_OK;
    return rk_fail(err, RK_E_USAGE,
                   "the release's ca/chain.pem ends with an issued certificate, %s: Windows wants "
                   "the root as well",
                   chain->ca[chain->count - 1].name);
}

static enum rk_rc make(const struct rk_enroll_options *options, const struct stores *stores,
                       struct rk_enroll_out *out, struct rk_err *err)
{
    RK_AUTO(rk_enroll_chain_done) struct rk_enroll_chain chain = { .count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes script = RK_BYTES_NONE;
    char name[NAME_MAX_LEN];

    if (rk_enroll_ca_chain(options, &chain, err) || check_root(&chain, err) ||
        rk_enroll_device_count(options, &out->report.devices, err) ||
        write_script(stores, &chain, &script, err))
        return err->rc;
    for (size_t i = chain.count; i-- > 0;) {
        (void)snprintf(name, sizeof name, "%s/%s.cer", store_of(stores, &chain.ca[i]),
                       chain.ca[i].name);
        if (rk_enroll_put(out, name, &chain.ca[i].der, err))
            return err->rc;
    }
    return rk_enroll_put(out, "import.ps1", &script, err);
}

static enum rk_rc make_adcs(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                            struct rk_err *err)
{
    return make(options, &adcs, out, err);
}

static enum rk_rc make_hgs(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                           struct rk_err *err)
{
    return make(options, &hgs, out, err);
}

#define NO_DEVICES "is for CAs, not for devices: --device does not apply"

const struct rk_enroll_target rk_enroll_adcs = {
    .name = "adcs",
    .title = "Windows AD CS key attestation: CA certificates for EKROOT and EKCA, and their import",
    .no_devices = NO_DEVICES,
    .make = make_adcs,
};
const struct rk_enroll_target rk_enroll_hgs = {
    .name = "hgs",
    .title = "Windows Host Guardian Service: CA certificates for TrustedTPM_RootCA and "
             "TrustedTPM_IntermediateCA, and their import",
    .no_devices = NO_DEVICES,
    .make = make_hgs,
};
