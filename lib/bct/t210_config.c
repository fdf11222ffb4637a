/* SPDX-License-Identifier: Apache-2.0 */
/* A T210 BCT back to the configuration text that makes it. */
#include "bct/t210.h"

#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

static void write_key(struct rk_wr *wr, const struct t210_field *field, size_t index)
{
    size_t head = strcspn(field->name, ".");

    rk_wr_bytes(wr, field->name, head);
    if (rk_t210_groups[field->group].max != 0)
        rk_wr_printf(wr, "[%zu]", index);
    rk_wr_printf(wr, "%s = ", field->name + head);
}

static void write_field(struct rk_wr *wr, const uint8_t *bct, const struct t210_field *field,
                        size_t index)
{
    const uint8_t *at = bct + field->at + index * rk_t210_groups[field->group].stride;
    uint32_t number = field->width == 1 ? at[0] : rk_t210_get(at, 0);
    const struct t210_word *word = field->words;

    write_key(wr, field, index);
    while (word != NULL && word->name != NULL && word->value != number)
        word++;
    if (word != NULL && word->name != NULL) {
        rk_wr_printf(wr, "%s;\n", word->name);
    } else if (field->kind == T210_HEX) {
        rk_wr_str(wr, "0x");
        for (size_t i = field->width; i-- > 0;)
            rk_wr_printf(wr, "%02x", at[i]);
        rk_wr_str(wr, ";\n");
    } else {
        rk_wr_printf(wr, "0x%08x;\n", field->kind == T210_LOG2 ? 1U << (number & 31) : number);
    }
}

/* Does this BCT use the field? Parameters go with the device's type. */
static bool in_use(const uint8_t *bct, const struct t210_field *field, size_t index)
{
    const struct t210_group *group = &rk_t210_groups[field->group];

    if (group->max == 0)
        return index == 0 && (field->kind != T210_LOG2 || rk_t210_get(bct, field->at) != 0);
    return index < rk_t210_get(bct, group->count_at) &&
           (group->device == 0 || group->device == rk_t210_get(bct, T210_DEVICE_TYPE));
}

/* No text makes these: they come with signing, and with an image. */
static const struct {
    size_t start, end;
} apart[] = {
    { T210_KEY, T210_SIG + T210_RSA },
    { T210_LOADERS, T210_LOADER + T210_LOADER_MAX *T210_LOADER_LEN },
};

static bool is_apart(size_t at)
{
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        if (at >= apart[i].start && at < apart[i].end)
            return true;
    }
    return false;
}

static enum rk_rc same_again(const uint8_t *bct, const struct rk_bytes *text, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;
    const struct rk_input part = { "config", text->p, text->len };
    const struct rk_request request = { .part = &part, .part_count = 1 };

    if (rk_t210_build(&request, &again, err))
        return err->rc;
    for (size_t i = 0; i < T210_WIRE; i++) {
        if (!is_apart(i) && bct[i] != again.p[i])
            return rk_fail(err, RK_E_FORMAT,
                           "byte 0x%zx is 0x%02x, which no field placed by experiment sets", i,
                           bct[i]);
    }
    return RK_OK;
}

enum rk_rc rk_t210_config(const uint8_t *file, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 20);
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    struct t210_image image;

    if (rk_t210_open(file, len, &image, err))
        return err->rc;
    for (size_t index = 0; index < T210_SDRAM_MAX; index++) {
        for (size_t i = 0; i < rk_t210_field_count; i++) {
            struct t210_field field = rk_t210_field(i);

            if (in_use(file, &field, index))
                write_field(&wr, file, &field, index);
        }
    }
    if (rk_wr_end(&wr, &text, err) || same_again(file, &text, err))
        return err->rc;
    *ret = rk_bytes_take(&text);
    return RK_OK;
}
