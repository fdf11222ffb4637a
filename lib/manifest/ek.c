/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/rows.h"

/* clang-format off */
const struct rk_mrow rk_certificate_rows[] = {
    { "manufacturer", RK_M_TEXT, RK_M(ek.certificate.manufacturer), RK_M_REQUIRED, NULL, NULL, NULL, "\"id:00000000\"",
      "your TCG vendor id, of the TPM's maker: id: and 8 hex digits" },
    { "model", RK_M_TEXT, RK_M(ek.certificate.model), RK_M_REQUIRED, NULL, NULL, NULL, "demo fTPM",
      "model; should match TPM_PT_VENDOR_STRING" },
    { "version", RK_M_TEXT, RK_M(ek.certificate.version), RK_M_REQUIRED, NULL, NULL, NULL, "\"id:00010000\"",
      "firmware version: id: and hex digits" },
    { "spec-family", RK_M_TEXT, RK_M(ek.certificate.spec_family), 0, "2.0", NULL, NULL, NULL,
      "TPM specification family" },
    { "spec-level", RK_M_U32, RK_M(ek.certificate.spec_level), 0, "0", NULL, NULL, NULL,
      "TPM specification level" },
    { "spec-revision", RK_M_U32, RK_M(ek.certificate.spec_revision), 0, "159", NULL, NULL, "159",
      "TPM specification revision: 138, 159, 164, 183, 184" },
    { "not-before", RK_M_DATE, RK_M(ek.certificate.not_before), 0, NULL, NULL, NULL, "2026-01-01",
      "start of validity; without it SOURCE_DATE_EPOCH is needed" },
    { "not-after", RK_M_DATE, RK_M(ek.certificate.not_after), 0, NULL, NULL, NULL, NULL,
      "end of validity; without it and validity-days it never ends (99991231235959Z)" },
    { "validity-days", RK_M_U32, RK_M(ek.certificate.validity_days), 0, NULL, NULL, NULL, NULL,
      "instead of not-after: days from not-before" },
    { "aia", RK_M_LIST, RK_M(ek.certificate.aia), 0, NULL, NULL, NULL, NULL,
      "URLs of the issuing CA's certificate (caIssuers)" },
    { "crl", RK_M_LIST, RK_M(ek.certificate.crl), 0, NULL, NULL, NULL, NULL,
      "URLs of the CRL; a dead one makes verifiers refuse" },
    { "policies", RK_M_LIST, RK_M(ek.certificate.policies), 0, NULL, NULL, NULL, NULL,
      "certificate policy OIDs" },
    { "subject-cn", RK_M_TEXT, RK_M(ek.certificate.subject_cn), 0, NULL, NULL, NULL, NULL,
      "subject common name; without it the subject is empty and subjectAltName critical" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
const struct rk_mrow rk_ca_rows[] = {
    { "certificate", RK_M_PATH, RK_M(ek.ca.certificate), RK_M_REQUIRED, NULL, NULL, NULL, "ca/chain.pem",
      "PEM file: the issuing CA, then its issuers, root last" },
    { "key", RK_M_KEY, RK_M(ek.ca.key), RK_M_REQUIRED | RK_M_VARIABLES, NULL, NULL, NULL, "ca/issuing.key",
      "key of the issuing CA" },
    { "passphrase", RK_M_PASSPHRASE, RK_M(ek.ca.passphrase), 0, NULL, NULL, NULL, NULL,
      "where the key's passphrase comes from: fd:N, file:PATH, env:NAME" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
const struct rk_mrow rk_ek_rows[] = {
    { "profile", RK_M_TEXT, RK_M(ek.profile), 0, NULL, NULL, NULL, NULL,
      "EK derivation profile; default: that of the platform" },
    { "templates", RK_M_LIST, RK_M(ek.templates), 0, "L-1, L-2", NULL, NULL, "[L-1, L-2]",
      "EK templates to certify; a key blob of Jetson needs L-1 and L-2" },
    { "certificate", RK_M_SECTION, RK_M(ek.certificate.at), RK_M_REQUIRED, NULL, NULL, rk_certificate_rows, "",
      "what every EK certificate says" },
    { "ca", RK_M_SECTION, RK_M(ek.ca.at), RK_M_REQUIRED, NULL, NULL, rk_ca_rows, "",
      "who signs them" },
    { NULL, RK_M_TEXT, 0, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */
