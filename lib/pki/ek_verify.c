/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates held against a CA chain. */
#include "rotkit/x509.h"

enum rk_rc rk_ekcert_verify(const rk_trust *trust, const uint8_t *der, size_t len, int64_t when,
                            struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (rk_x509_parse(der, len, &cert, err))
        return err->rc;
    return rk_trust_check(trust, cert, NULL, when, err);
}
