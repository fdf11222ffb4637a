/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/lint_profile.h"

#include <stdarg.h>
#include <stdio.h>

bool rk_say(struct rk_says *says, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(says->text, sizeof says->text, fmt, ap);
    va_end(ap);
    return true;
}

void rk_show(const struct rk_tlv *value, char text[RK_SHOWN_MAX + 1])
{
    size_t n = value->len < RK_SHOWN_MAX ? value->len : RK_SHOWN_MAX;

    for (size_t i = 0; i < n; i++)
        text[i] = value->p[i] >= ' ' && value->p[i] <= '~' ? (char)value->p[i] : '?';
    text[n] = '\0';
}
