/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCTI whose TPM answers with the bytes it is fed with. Each answer is a length of two bytes and
 * what it says: a first byte, which tells how the answer's header is made, and the rest.
 *   0    the header fits, success, with sessions
 *   1    the header fits, success, without sessions
 *   2    the rest is the whole answer
 *   else a response code of two bytes, which the rest starts with
 * With TPM_RECORD=FILE it passes commands on to the TCTI that TPM_REAL names, and writes down the
 * answers as it would take them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tctildr.h>
#include <tss2/tss2_tpm2_types.h>

void fuzz_feed(const uint8_t *bytes, size_t len);

enum { HEADER = 10, ANSWER_MAX = 4096 };
enum how { SESSIONS, NO_SESSIONS, WHOLE };

static struct {
    const uint8_t *p;
    size_t left;
    uint8_t answer[ANSWER_MAX];
    size_t len;
    TSS2_TCTI_CONTEXT *real;
} state;

void fuzz_feed(const uint8_t *bytes, size_t len)
{
    state.p = bytes;
    state.left = len;
    state.len = 0;
}

/* ---- recording ---- */

static void record(const uint8_t *answer, size_t len)
{
    const char *path = getenv("TPM_RECORD");
    FILE *file = path == NULL ? NULL : fopen(path, "ab");
    const uint8_t head[] = { (uint8_t)((len + 1) >> 8), (uint8_t)(len + 1), WHOLE };

    if (file == NULL)
        return;
    (void)fwrite(head, 1, sizeof head, file);
    (void)fwrite(answer, 1, len, file);
    (void)fclose(file);
}

static TSS2_RC ask_real(const uint8_t *command, size_t len)
{
    TSS2_RC rc = TSS2_RC_SUCCESS;

    if (state.real == NULL)
        rc = Tss2_TctiLdr_Initialize(getenv("TPM_REAL"), &state.real);
    if (rc == TSS2_RC_SUCCESS)
        rc = Tss2_Tcti_Transmit(state.real, len, command);
    state.len = sizeof state.answer;
    if (rc == TSS2_RC_SUCCESS)
        rc = Tss2_Tcti_Receive(state.real, &state.len, state.answer, TSS2_TCTI_TIMEOUT_BLOCK);
    if (rc == TSS2_RC_SUCCESS)
        record(state.answer, state.len);
    return rc;
}

/* ---- answers ---- */

static void put_be(uint8_t *at, uint32_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static void make_answer(const uint8_t *p, size_t len)
{
    unsigned how = len == 0 ? TPM2_RC_FAILURE : p[0];
    size_t skip = len == 0 ? 0 : how > WHOLE && len >= 3 ? 3 : 1;
    uint32_t code = how <= WHOLE ? 0 : len >= 3 ? (uint32_t)p[1] << 8 | p[2] : TPM2_RC_FAILURE;
    size_t head = how == WHOLE ? 0 : HEADER;

    p += skip;
    len -= skip;
    if (len > sizeof state.answer - head)
        len = sizeof state.answer - head;
    memcpy(state.answer + head, p, len);
    state.len = head + len;
    if (head == 0)
        return;
    put_be(state.answer, how == SESSIONS ? TPM2_ST_SESSIONS : TPM2_ST_NO_SESSIONS, 2);
    put_be(state.answer + 2, (uint32_t)state.len, 4);
    put_be(state.answer + 6, code, 4);
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
    size_t len = 0;

    (void)tcti;
    if (getenv("TPM_RECORD") != NULL)
        return ask_real(command, size);
    if (state.left >= 2) {
        len = (size_t)state.p[0] << 8 | state.p[1];
        state.p += 2;
        state.left -= 2;
    }
    len = len < state.left ? len : state.left;
    make_answer(state.p, len);
    state.p = len == 0 ? state.p : state.p + len;
    state.left -= len;
    return TSS2_RC_SUCCESS;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *answer, int32_t timeout)
{
    size_t room = *size;

    (void)tcti;
    (void)timeout;
    *size = state.len;
    if (answer == NULL)
        return TSS2_RC_SUCCESS;
    if (room < state.len)
        return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
    memcpy(answer, state.answer, state.len);
    return TSS2_RC_SUCCESS;
}

static void finalize(TSS2_TCTI_CONTEXT *tcti)
{
    (void)tcti;
    if (state.real != NULL)
        Tss2_TctiLdr_Finalize(&state.real);
}

static TSS2_RC initialize(TSS2_TCTI_CONTEXT *tcti, size_t *size, const char *config)
{
    TSS2_TCTI_CONTEXT_COMMON_V1 *common = (TSS2_TCTI_CONTEXT_COMMON_V1 *)tcti;

    (void)config;
    if (tcti == NULL) {
        *size = sizeof(TSS2_TCTI_CONTEXT_COMMON_V2);
        return TSS2_RC_SUCCESS;
    }
    memset(tcti, 0, sizeof(TSS2_TCTI_CONTEXT_COMMON_V2));
    common->magic = 0x726b667a74706d21;
    common->version = 2;
    common->transmit = transmit;
    common->receive = receive;
    common->finalize = finalize;
    return TSS2_RC_SUCCESS;
}

const TSS2_TCTI_INFO *Tss2_Tcti_Info(void);
const TSS2_TCTI_INFO *Tss2_Tcti_Info(void)
{
    static const TSS2_TCTI_INFO info = { .version = 2, .name = "answers", .init = initialize };

    return &info;
}
