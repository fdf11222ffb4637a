/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/shard.h"
#include "rotkit/counted.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

bool rk_shard_has(const struct rk_shard *shard, const struct rk_unit_id *sn)
{
    uint64_t rest = 0;

    if (shard->count == 0)
        return true;
    for (size_t i = 0; i + 1 < sizeof sn->b; i++)
        rest = (rest << 8 | sn->b[i]) % shard->count;
    return rest == shard->index;
}

/* Decimal digits and nothing else, at most max. */
static bool read_number(const char *text, const char *end, uint32_t max, uint32_t *ret)
{
    uint32_t v = 0;

    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        v = v * 10 + (uint32_t)(*text - '0');
        if (v > max)
            return false;
    }
    *ret = v;
    return true;
}

enum { TASK_MAX = 100000000 };

/* What tells a task its number; each is read here alone. */
struct task {
    const char *name, *text; /* NULL: not set */
};

static struct task kubernetes_index(void)
{
    return (struct task) { "JOB_COMPLETION_INDEX", secure_getenv("JOB_COMPLETION_INDEX") };
}

static struct task slurm_id(void)
{
    return (struct task) { "SLURM_ARRAY_TASK_ID", secure_getenv("SLURM_ARRAY_TASK_ID") };
}

static enum rk_rc read_variable(const struct task *task, uint32_t *ret, struct rk_err *err)
{
    const char *text = task->text;

    if (text == NULL)
        return rk_fail(err, RK_E_USAGE, "%s is not set", task->name);
    if (!read_number(text, text + strlen(text), TASK_MAX, ret))
        return rk_fail(err, RK_E_USAGE, "%s: \"%s\" is no number", task->name, text);
    return RK_OK;
}

/* Slurm's array tells its first, last and step: --array=0-7, --array=1-15:2. */
static enum rk_rc read_slurm(struct rk_shard *ret, struct rk_err *err)
{
    const struct task tasks[] = {
        slurm_id(),
        { "SLURM_ARRAY_TASK_MIN", secure_getenv("SLURM_ARRAY_TASK_MIN") },
        { "SLURM_ARRAY_TASK_MAX", secure_getenv("SLURM_ARRAY_TASK_MAX") },
        { "SLURM_ARRAY_TASK_STEP", secure_getenv("SLURM_ARRAY_TASK_STEP") },
    };
    uint32_t id, min, max, step;

    if (read_variable(&tasks[0], &id, err) || read_variable(&tasks[1], &min, err) ||
        read_variable(&tasks[2], &max, err) || read_variable(&tasks[3], &step, err))
        return err->rc;
    if (step == 0 || id < min || id > max || (id - min) % step != 0)
        return rk_fail(err, RK_E_USAGE, "SLURM_ARRAY_TASK_ID: %u is not one of %u-%u:%u", id, min,
                       max, step);
    ret->index = (id - min) / step;
    ret->count = (max - min) / step + 1;
    return RK_OK;
}

static enum rk_rc read_index(uint32_t *ret, struct rk_err *err)
{
    const struct task kubernetes = kubernetes_index(), slurm = slurm_id();

    if (kubernetes.text != NULL && slurm.text != NULL)
        return rk_fail(err, RK_E_USAGE,
                       "JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are both set: give the "
                       "number of the shard");
    if (kubernetes.text == NULL && slurm.text == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set: give the "
                       "number of the shard");
    return read_variable(kubernetes.text != NULL ? &kubernetes : &slurm, ret, err);
}

static enum rk_rc fail_form(const char *text, struct rk_err *err)
{
    return rk_fail(err, RK_E_USAGE, "\"%s\": expected INDEX/COUNT such as 0/4, auto/COUNT, or auto",
                   text);
}

static enum rk_rc read_text(const char *text, struct rk_shard *ret, struct rk_err *err)
{
    const char *slash = strchr(text, '/');

    if (strcmp(text, "auto") == 0)
        return read_slurm(ret, err) ? rk_note(err, "\"auto\" is for Slurm arrays; elsewhere say "
                                                   "\"auto/N\"")
                                    : RK_OK;
    if (slash == NULL || !read_number(slash + 1, slash + strlen(slash), TASK_MAX, &ret->count))
        return fail_form(text, err);
    if (strncmp(text, "auto/", 5) == 0)
        return read_index(&ret->index, err);
    return read_number(text, slash, TASK_MAX, &ret->index) ? RK_OK : fail_form(text, err);
}

enum rk_rc rk_shard_parse(const char *text, struct rk_shard *ret, struct rk_err *err)
{
    struct rk_shard shard = { 0, 0 };

    if (read_text(text, &shard, err))
        return err->rc;
    if (shard.count == 0 || shard.count > RK_SHARDS_MAX)
        return rk_fail(err, RK_E_USAGE, "%s, expected 1 to %d", RK_COUNTED(shard.count, "shard"),
                       RK_SHARDS_MAX);
    if (shard.index >= shard.count)
        return rk_fail(err, RK_E_USAGE, "shard %u of %u: they count from 0 to %u", shard.index,
                       shard.count, shard.count - 1);
    *ret = shard;
    return RK_OK;
}
