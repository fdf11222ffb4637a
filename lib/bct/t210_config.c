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
    const char *dot = strchr(field->name, '.');
    bool indexed = dot != NULL || field->at == T210_DEVICE_TYPE;
    size_t head = dot == NULL ? strlen(field->name) : (size_t)(dot - field->name);

    rk_wr_bytes(wr, field->name, head);
    if (indexed)
        rk_wr_printf(wr, "[%zu]", index);
    rk_wr_printf(wr, "%s = ", field->name + head);
}

static void write_field(struct rk_wr *wr, const uint8_t *bct, const struct t210_field *field,
                        size_t index)
{
    const uint8_t *at = bct + field->at + index * T210_SDRAM_LEN;
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
static bool in_use(const uint8_t *bct, const struct t210_field *field)
{
    uint32_t device = rk_t210_get(bct, T210_DEVICES), type = rk_t210_get(bct, T210_DEVICE_TYPE);

    if (field->kind == T210_LOG2)
        return rk_t210_get(bct, field->at) != 0;
    if (field->at < T210_DEVICE_TYPE || field->at >= T210_SDRAM_COUNT)
        return true;
    if (device == 0 || strcmp(field->name, "DevType") == 0)
        return device != 0;
    return strstr(field->name, type == 3 ? ".Spi" : ".Sdmmc") != NULL && (type == 3 || type == 4);
}

static enum rk_rc same_again(const uint8_t *bct, const struct rk_bytes *text, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;
    const struct rk_input part = { "config", text->p, text->len };
    const struct rk_job job = { .part = &part, .part_count = 1 };

    if (rk_t210_build(&job, &again, err))
        return err->rc;
    for (size_t i = 0; i < T210_WIRE; i++) {
        bool apart = (i >= T210_KEY && i < T210_SIG + T210_RSA) ||
                     (i >= T210_LOADERS && i < T210_LOADER + T210_LOADER_MAX * T210_LOADER_LEN);

        if (!apart && bct[i] != again.p[i])
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
    size_t sets;

    if (rk_t210_open(file, len, &image, err))
        return err->rc;
    sets = rk_t210_get(file, T210_SDRAM_COUNT);
    for (size_t i = 0; i < rk_t210_field_count && rk_t210_fields[i].at != T210_SDRAM; i++) {
        if (in_use(file, &rk_t210_fields[i]))
            write_field(&wr, file, &rk_t210_fields[i], 0);
    }
    for (size_t set = 0; set < sets; set++) {
        for (size_t i = 0; i < rk_t210_field_count; i++) {
            if (strncmp(rk_t210_fields[i].name, "SDRAM.", 6) == 0)
                write_field(&wr, file, &rk_t210_fields[i], set);
        }
    }
    if (rk_wr_end(&wr, &text, err) || same_again(file, &text, err))
        return err->rc;
    *ret = rk_bytes_take(&text);
    return RK_OK;
}
