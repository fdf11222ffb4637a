/* SPDX-License-Identifier: Apache-2.0 */
/* Making a subkey or a TA below a subkey: what goes in front of it, its UUID, who signs it. */
#include "image/optee.h"

#include "base/ossl.h"
#include "base/wr.h"
#include "rotkit/counted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FRONT_MAX = 1 << 20 };

/* The name in its field, which ends in zeros; a whole field's worth of bytes may be a name. */
static enum rk_rc put_name(const struct rk_optee_subkey *above, const char *name, struct rk_wr *wr,
                           struct rk_err *err)
{
    size_t len = name == NULL ? 0 : strlen(name);

    if (above->name_size == 0 && name != NULL)
        return rk_fail(err, RK_E_USAGE,
                       "setting \"name\": the subkey above takes none (name_size 0): what it signs "
                       "has its own UUID");
    if (above->name_size != 0 && len == 0)
        return rk_fail(err, RK_E_USAGE,
                       "setting \"name\" is needed: the subkey above gives what it signs a UUID by "
                       "its name");
    if (len > above->name_size)
        return rk_fail(err, RK_E_USAGE,
                       "setting \"name\": %s, at most %" PRIu32 " (name_size of the subkey)",
                       RK_COUNTED(len, "byte"), above->name_size);
    rk_wr_bytes(wr, name, len);
    rk_wr_zero(wr, above->name_size - len);
    return RK_OK;
}

static enum rk_rc read_above(const struct rk_input *part, struct rk_optee_chain *ret,
                             struct rk_err *err)
{
    if (rk_optee_chain_read(part->p, part->len, ret, err) || rk_optee_chain_holds(ret, err))
        return err->rc;
    if (ret->count == 0 || ret->end != part->len || ret->subkey[ret->count - 1].name != NULL)
        return rk_fail(err, RK_E_FORMAT, "no OP-TEE subkey");
    for (size_t i = 0; i < ret->count; i++) {
        if (!rk_optee_is_signed(&ret->subkey[i].head))
            return rk_fail(err, RK_E_USAGE, "subkey %zu is not signed: sign it first", i + 1);
    }
    return RK_OK;
}

enum rk_rc rk_optee_above(const struct rk_request *request, const struct rk_format *format,
                          struct rk_optee_chain *ret_above, struct rk_bytes *ret_front,
                          uint8_t ret_uuid[RK_OPTEE_UUID], struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(FRONT_MAX);
    const struct rk_input *part = rk_request_part(request, RK_OPTEE_PART_SUBKEY);
    const char *name = rk_request_text(request, format, "name");
    const struct rk_optee_subkey *last;

    ret_above->count = 0;
    if (part == NULL)
        return name == NULL
                   ? RK_OK
                   : rk_fail(err, RK_E_USAGE,
                             "setting \"name\" is for what stands below a part \"subkey\"");
    if (read_above(part, ret_above, err))
        return rk_wrap(err, "part \"subkey\"");
    last = &ret_above->subkey[ret_above->count - 1];
    rk_wr_bytes(&wr, part->p, part->len);
    if (put_name(last, name, &wr, err) ||
        rk_optee_next_uuid(last->uuid, name, last->name_size == 0 ? 0 : strlen(name) + 1, ret_uuid,
                           err))
        return err->rc;
    return rk_wr_end(&wr, ret_front, err);
}

enum rk_rc rk_optee_signs_below(const struct rk_request *request,
                                const struct rk_optee_chain *chain, EVP_PKEY *key,
                                struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *above = NULL;
    char uuid[RK_GUID_TEXT];
    const struct rk_optee_subkey *last;

    if (chain->count == 0)
        return RK_OK;
    last = &chain->subkey[chain->count - 1];
    if (rk_optee_subkey_key(request->ctx, last, &above, err))
        return err->rc;
    if (EVP_PKEY_eq(above, key) == 1)
        return RK_OK;
    ERR_clear_error();
    rk_uuid_text(last->uuid, uuid);
    return rk_fail(err, RK_E_KEY,
                   "another key than that of subkey %zu above it (%s), which must sign",
                   chain->count, uuid);
}

enum rk_rc rk_optee_uuid(const struct rk_request *request, const struct rk_format *format,
                         bool given, uint8_t ret[RK_OPTEE_UUID], struct rk_err *err)
{
    const char *text = rk_request_text(request, format, "uuid");
    uint8_t stated[RK_OPTEE_UUID];
    char wanted[RK_GUID_TEXT];

    if (text == NULL && given)
        return RK_OK;
    if (text == NULL || rk_uuid_parse(text, stated, err))
        return rk_fail(err, RK_E_USAGE,
                       "setting \"uuid\": expected the form 8aaaf200-2450-11e4-abe2-0002a5d5c51b");
    if (given && memcmp(stated, ret, sizeof stated) != 0) {
        rk_uuid_text(ret, wanted);
        return rk_fail(err, RK_E_USAGE,
                       "setting \"uuid\": the subkey above gives what it signs under this name %s, "
                       "and OP-TEE takes no other",
                       wanted);
    }
    memcpy(ret, stated, sizeof stated);
    return RK_OK;
}
