/* SPDX-License-Identifier: Apache-2.0 */
/* "version" and "update" of release.json: written, and read back. */
#include "rotkit/version.h"

#include "base/beneath.h"
#include "base/digest.h"
#include "base/mem.h"
#include "release/release.h"

#include <string.h>

enum { PARTS = 4, DIGITS_MAX = 10 };

/* clang-format off */
static const struct change_row {
    const char *name;
    enum rk_update_change change;
} changes[] = {
    { "derivation", RK_CHANGE_DERIVATION },
    { "seeds",      RK_CHANGE_SEEDS },
    { "nv-layout",  RK_CHANGE_NV_LAYOUT },
    { "devices",    RK_CHANGE_DEVICES },
};
/* clang-format on */
enum { CHANGES = sizeof changes / sizeof changes[0] };

enum rk_update_change rk_update_change_find(const char *name)
{
    for (size_t i = 0; i < CHANGES; i++) {
        if (strcmp(changes[i].name, name) == 0)
            return changes[i].change;
    }
    return (enum rk_update_change)0;
}

const char *rk_update_change_names(void)
{
    return "derivation, seeds, nv-layout, devices";
}

void rk_release_version_free(struct rk_release_version *version)
{
    rk_free(version);
}

/* ---- version numbers ---- */

/* The number at *at, which moves behind it and its dot; 0 at the end. False when there is none. */
static bool next_part(const char **at, uint64_t *ret)
{
    size_t digits = strspn(*at, "0123456789");

    *ret = 0;
    if (digits == 0 || digits > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < digits; i++)
        *ret = *ret * 10 + (uint64_t)((*at)[i] - '0');
    *at += digits;
    if (**at == '.' && (*at)[1] != '\0')
        (*at)++;
    return *ret <= UINT32_MAX;
}

bool rk_version_is(const char *text)
{
    uint64_t part;

    if (strlen(text) >= RK_VERSION_TEXT)
        return false;
    for (size_t i = 0; i < PARTS; i++) {
        if (!next_part(&text, &part))
            return false;
        if (*text == '\0')
            return true;
    }
    return false;
}

int rk_version_compare(const char *a, const char *b)
{
    uint64_t left, right;

    for (size_t i = 0; i < PARTS; i++) {
        (void)next_part(&a, &left);
        (void)next_part(&b, &right);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

/* ---- writing ---- */

static void put_lists(struct rk_jv at, const struct rk_release_version *version)
{
    struct rk_jv list = rk_json_put_array(at, "reads_blobs"), entry;

    for (size_t i = 0; i < version->reads_blob_count; i++)
        rk_json_put_str(list, NULL, version->reads_blob[i]);
    list = rk_json_put_array(at, "changes");
    for (size_t i = 0; i < CHANGES; i++) {
        if ((version->changes & changes[i].change) != 0)
            rk_json_put_str(list, NULL, changes[i].name);
    }
    list = rk_json_put_array(at, "slots");
    for (size_t i = 0; i < version->slot_count; i++) {
        entry = rk_json_put_object(list, NULL);
        rk_json_put_str(entry, "name", version->slot[i].name);
        rk_json_put_u64(entry, "size_a", version->slot[i].size[0]);
        rk_json_put_u64(entry, "size_b", version->slot[i].size[1]);
    }
}

void rk_release_put_components(struct rk_jv at, const struct rk_release_version *version)
{
    struct rk_jv list = rk_json_put_array(at, "components"), entry;

    for (size_t i = 0; i < version->component_count; i++) {
        const struct rk_component_version *component = &version->component[i];

        entry = rk_json_put_object(list, NULL);
        rk_json_put_str(entry, "name", component->name);
        if (component->version[0] != '\0')
            rk_json_put_str(entry, "version", component->version);
        if (component->has_svn)
            rk_json_put_u64(entry, "svn", component->svn);
    }
}

void rk_release_put_version(struct rk_jv root, const struct rk_release_version *version)
{
    struct rk_jv at;

    if (version == NULL)
        return;
    rk_json_put_str(root, "version", version->version);
    at = rk_json_put_object(root, "update");
    rk_json_put_str(at, "derivation", version->profile);
    rk_json_put_str(at, "seeds", version->seeds);
    if (version->has_nv_layout)
        rk_json_put_u64(at, "nv_layout", version->nv_layout);
    rk_json_put_str(at, "blob", version->blob);
    rk_release_put_components(at, version);
    put_lists(at, version);
}

/* ---- reading ---- */

#define VERSION_WORDS "a version such as 1.2.3"

/* What it says ends up in messages of one line. */
static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == '\177')
            return false;
    }
    return true;
}

/* A list of at most max; one that is absent is empty. */
static enum rk_rc read_list(struct rk_jv at, const char *key, size_t max, struct rk_jv *ret,
                            struct rk_err *err)
{
    *ret = rk_json_get(at, key);
    char expected[32];

    if (ret->v == NULL || (rk_json_kind(*ret) == RK_JSON_ARRAY && rk_json_count(*ret) <= max))
        return RK_OK;
    (void)snprintf(expected, sizeof expected, "a list of at most %zu", max);
    return rk_json_unlike(key, expected, err);
}

static enum rk_rc read_text(struct rk_jv at, const char *key, char *ret, size_t size,
                            struct rk_err *err)
{
    if (rk_json_want_text(at, key, ret, size, err))
        return err->rc;
    return is_printable(ret) ? RK_OK : rk_json_unlike(key, "printable text", err);
}

static enum rk_rc twice(const char *key, const char *name, struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "\"%s\" names \"%s\" twice", key, name);
}

static enum rk_rc read_components(struct rk_jv at, struct rk_release_version *ret,
                                  struct rk_err *err)
{
    struct rk_jv list;

    if (read_list(at, "components", RK_COMPONENTS_MAX, &list, err))
        return err->rc;
    for (size_t i = 0; i < rk_json_count(list); i++) {
        struct rk_component_version *to = &ret->component[i];
        struct rk_jv from = rk_json_at(list, i);

        if (read_text(from, "name", to->name, sizeof to->name, err))
            return err->rc;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(ret->component[k].name, to->name) == 0)
                return twice("components", to->name, err);
        }
        if (rk_json_get(from, "version").v != NULL &&
            read_text(from, "version", to->version, sizeof to->version, err))
            return err->rc;
        if (to->version[0] != '\0' && !rk_version_is(to->version))
            return rk_json_unlike("version", VERSION_WORDS, err);
        to->has_svn = rk_json_get(from, "svn").v != NULL;
        if (to->has_svn && rk_json_want_u64(from, "svn", INT64_MAX, &to->svn, err))
            return err->rc;
        ret->component_count = i + 1;
    }
    return RK_OK;
}

static enum rk_rc read_slots(struct rk_jv at, struct rk_release_version *ret, struct rk_err *err)
{
    struct rk_jv list;

    if (read_list(at, "slots", RK_SLOTS_MAX, &list, err))
        return err->rc;
    for (size_t i = 0; i < rk_json_count(list); i++) {
        struct rk_slot_size *to = &ret->slot[i];
        struct rk_jv from = rk_json_at(list, i);

        if (read_text(from, "name", to->name, sizeof to->name, err))
            return err->rc;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(ret->slot[k].name, to->name) == 0)
                return twice("slots", to->name, err);
        }
        if (rk_json_want_u64(from, "size_a", INT64_MAX, &to->size[0], err) ||
            rk_json_want_u64(from, "size_b", INT64_MAX, &to->size[1], err))
            return err->rc;
        ret->slot_count = i + 1;
    }
    return RK_OK;
}

static enum rk_rc read_names(struct rk_jv at, struct rk_release_version *ret, struct rk_err *err)
{
    struct rk_jv blobs, list;

    if (read_list(at, "reads_blobs", RK_BLOB_VERSIONS_MAX, &blobs, err) ||
        read_list(at, "changes", CHANGES, &list, err))
        return err->rc;
    for (size_t i = 0; i < rk_json_count(blobs); i++) {
        const char *text = rk_json_str(rk_json_at(blobs, i));

        if (text == NULL || strlen(text) >= sizeof ret->reads_blob[0])
            return rk_json_unlike("reads_blobs", "versions of key blobs", err);
        memcpy(ret->reads_blob[i], text, strlen(text) + 1);
        ret->reads_blob_count = i + 1;
    }
    for (size_t i = 0; i < rk_json_count(list); i++) {
        const char *text = rk_json_str(rk_json_at(list, i));
        enum rk_update_change change = text == NULL ? 0 : rk_update_change_find(text);

        if (change == 0)
            return rk_json_unlike("changes", "names of changes", err);
        ret->changes |= change;
    }
    return RK_OK;
}

static enum rk_rc read_all(struct rk_jv root, struct rk_release_version *ret, struct rk_err *err)
{
    struct rk_jv at = rk_json_get(root, "update"), nv = rk_json_get(at, "nv_layout");

    if (read_text(root, "version", ret->version, sizeof ret->version, err) ||
        read_text(root, "product", ret->product, sizeof ret->product, err) ||
        read_text(root, "platform", ret->platform, sizeof ret->platform, err) ||
        read_text(at, "derivation", ret->profile, sizeof ret->profile, err) ||
        read_text(at, "seeds", ret->seeds, sizeof ret->seeds, err) ||
        read_text(at, "blob", ret->blob, sizeof ret->blob, err) || read_components(at, ret, err) ||
        read_slots(at, ret, err) || read_names(at, ret, err))
        return err->rc;
    if (!rk_version_is(ret->version))
        return rk_json_unlike("version", VERSION_WORDS, err);
    ret->has_nv_layout = nv.v != NULL;
    if (ret->has_nv_layout && rk_json_want_u64(at, "nv_layout", INT64_MAX, &ret->nv_layout, err))
        return err->rc;
    return rk_json_want_u64(root, "devices", INT64_MAX, &ret->devices, err);
}

static enum rk_rc read_version(const char *path, const struct rk_bytes *text, rk_json *doc,
                               struct rk_release_version **ret, struct rk_err *err)
{
    RK_AUTO(rk_release_version_done) struct rk_release_version *version = NULL;

    if (rk_json_get(rk_json_root(doc), "version").v == NULL) {
        (void)rk_fail(err, RK_E_USAGE, "release \"%s\" states no version", path);
        return rk_note(err, "give release.version in its manifest and build it again: the devices "
                            "stay as they are");
    }
    version = rk_alloc(1, sizeof *version);
    if (version == NULL)
        return rk_fail_nomem(err);
    if (read_all(rk_json_root(doc), version, err))
        return rk_wrap(err, "\"%s/release.json\"", path);
    if (rk_sha256(text->p, text->len, version->index_sha256, err))
        return err->rc;
    *ret = version;
    version = NULL;
    return RK_OK;
}

enum rk_rc rk_release_version_read(const char *path, struct rk_release_version **ret,
                                   struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;

    if (rk_beneath_read(path, "release.json", RK_RELEASE_JSON_MAX, &text, err) ||
        rk_json_parse(text.p, text.len, &doc, err))
        return rk_wrap(err, "\"%s/release.json\"", path);
    return read_version(path, &text, doc, ret, err);
}

enum rk_rc rk_release_view_version(const rk_release_view *view, struct rk_release_version **ret,
                                   struct rk_err *err)
{
    return read_version(view->root, &view->text, view->doc, ret, err);
}
