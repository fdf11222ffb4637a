/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an enrolment target (FUZZ_TARGET), one of them (FUZZ_FILE) replaced. */
#include "fuzz.h"

#include "rotkit/enroll.h"
#include "rotkit/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rk_setting vendor = { "vendor", "fuzz" }; /* which corim alone takes */
static struct rk_request request;
static const struct rk_enroll_options options = { .target = FUZZ_TARGET,
                                                  .release = FUZZ_RELEASE,
                                                  .request = &request };

static enum rk_rc sink(void *arg, const char *name, const struct rk_bytes *bytes,
                       struct rk_err *err)
{
    char path[300];

    (void)arg;
    (void)err;
    (void)snprintf(path, sizeof path, "out/%s", name);
    fuzz_put(path, bytes->p, bytes->len);
    return RK_OK;
}

static void begin(void)
{
    struct rk_enroll_report report = { .devices = 0 };
    struct rk_err err;

    if (request.ctx != NULL)
        return;
    FUZZ_HOLDS(setenv("SOURCE_DATE_EPOCH", "1800000000", 1) == 0);
    request.ctx = fuzz_ctx();
    request.now = 1800000000;
    request.setting = &vendor;
    request.setting_count = strcmp(FUZZ_TARGET, "corim") == 0;
    FUZZ_DO(rk_enroll(&options, sink, NULL, &report, &err));
}

void fuzz_example(struct rk_bytes *ret)
{
    struct rk_err err;

    begin();
    FUZZ_DO(rk_file_read(fuzz_path("out/" FUZZ_FILE), 1 << 20, ret, &err));
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_enroll_report report = { .devices = 0 };
    struct rk_err err;

    begin();
    fuzz_put("out/" FUZZ_FILE, data, size);
    return rk_enroll_check(&options, fuzz_path("out"), &report, &err) == RK_OK;
}
