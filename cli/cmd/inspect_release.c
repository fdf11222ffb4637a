/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd/inspect_release.h"

#include "cli/out.h"

#include "ftpmprov/public.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"
#include "rotkit/release.h"

#include <inttypes.h>
#include <string.h>

enum { RELEASE_JSON_MAX = 64 << 20, SPKI_MAX = 2048, NAME_TEXT = 128 };

static const char *text_of(struct rk_jv object, const char *key)
{
    const char *text = rk_json_str(rk_json_get(object, key));

    return text == NULL ? "" : text;
}

/* "ED25519, SHA-256 of the key 0123..." of a member with a SubjectPublicKeyInfo; "" without one. */
static enum rk_rc signer_of(const struct app *app, struct rk_jv object, char ret[NAME_TEXT],
                            struct rk_err *err)
{
    RK_AUTO(rk_public_done) rk_public *key = NULL;
    const char *hex = text_of(object, "signer");
    size_t len = strlen(hex) / 2;
    uint8_t spki[SPKI_MAX], digest[32];
    char text[65];

    ret[0] = '\0';
    if (len == 0)
        return RK_OK;
    if (len > sizeof spki || rk_hex_read(hex, 2 * len, spki, len, err) ||
        rk_public_from_bytes(app->ctx, spki, len, &key, err) || rk_public_sha256(key, digest, err))
        return rk_fail(err, RK_E_FORMAT, "release.json: \"signer\" is no public key");
    rk_hex_write(digest, sizeof digest, text);
    (void)snprintf(ret, NAME_TEXT, "%s, SHA-256 of the key %s", rk_public_type(key), text);
    return RK_OK;
}

static enum rk_rc put_file(const struct app *app, struct rk_jv file, struct rk_jv images,
                           struct rk_jv ca, struct rk_jv open, struct rk_err *err)
{
    bool image = strcmp(text_of(file, "role"), "image") == 0;
    struct rk_jv at;
    char signer[NAME_TEXT];
    uint64_t size;

    if (!image && strncmp(text_of(file, "path"), "ca/", 3) != 0)
        return RK_OK;
    at = rk_json_put_object(image ? images : ca, NULL);
    rk_json_put_words(at, "path", text_of(file, "path"));
    if (rk_json_u64(rk_json_get(file, "size"), &size))
        rk_json_put_u64(at, "size", size);
    rk_json_put_words(at, "sha256", text_of(file, "sha256"));
    if (!image)
        return RK_OK;
    rk_json_put_words(at, "format", text_of(file, "format"));
    if (signer_of(app, file, signer, err))
        return err->rc;
    if (signer[0] != '\0')
        rk_json_put_words(at, "signer", signer);
    else
        rk_json_put_words(open, NULL, text_of(file, "path"));
    return RK_OK;
}

/* What release.json says, in the shape that is told. */
static enum rk_rc describe(const struct app *app, struct rk_jv from, struct rk_jv to,
                           struct rk_err *err)
{
    static const char *const words[] = { "product", "platform", "version", "tool" };
    struct rk_jv files = rk_json_get(from, "files"), images, ca, open;
    struct rk_jv parts = rk_json_get(from, "components");
    char signer[NAME_TEXT];
    uint64_t devices = 0;

    rk_json_put_str(to, "format", "release");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_of(from, words[i])[0] != '\0')
            rk_json_put_words(to, words[i], text_of(from, words[i]));
    }
    (void)rk_json_u64(rk_json_get(from, "devices"), &devices);
    rk_json_put_u64(to, "devices", devices);
    if (signer_of(app, from, signer, err))
        return err->rc;
    if (signer[0] != '\0')
        rk_json_put_words(to, "signer", signer);
    images = rk_json_put_array(to, "images");
    ca = rk_json_put_array(to, "ca");
    open = rk_json_put_array(to, "unsigned");
    if (signer[0] == '\0')
        rk_json_put_str(open, NULL, "release.json");
    for (size_t i = 0; i < rk_json_count(files); i++) {
        if (put_file(app, rk_json_at(files, i), images, ca, open, err))
            return err->rc;
    }
    images = rk_json_put_array(to, "components");
    for (size_t i = 0; i < rk_json_count(parts); i++) {
        struct rk_jv at = rk_json_put_object(images, NULL);

        rk_json_put_words(at, "name", text_of(rk_json_at(parts, i), "name"));
        rk_json_put_words(at, "version", text_of(rk_json_at(parts, i), "version"));
    }
    return RK_OK;
}

static void print_list(FILE *to, struct rk_jv list, const char *title)
{
    for (size_t i = 0; i < rk_json_count(list); i++) {
        struct rk_jv at = rk_json_at(list, i);
        uint64_t size = 0;

        (void)rk_json_u64(rk_json_get(at, "size"), &size);
        (void)fprintf(to, "%-9s %s: %s%s%s, SHA-256 %s\n", title, text_of(at, "path"),
                      text_of(at, "format"), text_of(at, "format")[0] == '\0' ? "" : ", ",
                      RK_COUNTED(size, "byte"), text_of(at, "sha256"));
        if (text_of(at, "format")[0] != '\0')
            (void)fprintf(to, "          %s%s\n",
                          text_of(at, "signer")[0] == '\0' ? "not signed" : "signed: ",
                          text_of(at, "signer"));
    }
}

static void print_text(const struct app *app, struct rk_jv at)
{
    struct rk_jv list = rk_json_get(at, "components");
    FILE *to = app->out;
    uint64_t devices = 0;

    (void)rk_json_u64(rk_json_get(at, "devices"), &devices);
    (void)fprintf(to, "release   of product \"%s\", platform %s, by %s; nothing is verified here\n",
                  text_of(at, "product"), text_of(at, "platform"), text_of(at, "tool"));
    if (text_of(at, "version")[0] != '\0')
        (void)fprintf(to, "version   %s\n", text_of(at, "version"));
    for (size_t i = 0; i < rk_json_count(list); i++)
        (void)fprintf(to, "component %s %s\n", text_of(rk_json_at(list, i), "name"),
                      text_of(rk_json_at(list, i), "version"));
    (void)fprintf(to, "devices   %" PRIu64 "\nsigned    %s\n", devices,
                  text_of(at, "signer")[0] == '\0' ? "no" : text_of(at, "signer"));
    print_list(to, rk_json_get(at, "images"), "image");
    print_list(to, rk_json_get(at, "ca"), "ca");
    list = rk_json_get(at, "unsigned");
    for (size_t i = 0; i < rk_json_count(list); i++)
        (void)fprintf(to, "unsigned  %s\n", rk_json_str(rk_json_at(list, i)));
}

enum rk_rc inspect_release(const struct app *app, const char *path, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    RK_AUTO(rk_json_done) rk_json *doc = NULL;
    RK_AUTO(rk_json_done) rk_json *told = rk_json_new();
    uint64_t version;

    if (rk_release_file_find(path, "release.json", RELEASE_JSON_MAX, &text, err))
        return err->rc;
    if (text.p == NULL)
        return rk_fail(err, RK_E_USAGE, "\"%s\" has no release.json", path);
    if (rk_json_parse(text.p, text.len, &doc, err))
        return rk_wrap(err, "\"%s\"", path);
    if (!rk_json_u64(rk_json_get(rk_json_root(doc), "rotkit_release"), &version))
        return rk_fail(err, RK_E_FORMAT,
                       "\"%s\": its release.json is none of rotkit's: no \"rotkit_release\"", path);
    if (describe(app, rk_json_root(doc), rk_json_root(told), err))
        return rk_wrap(err, "\"%s\"", path);
    if (app->json)
        return out_json(app, told, err);
    print_text(app, rk_json_root(told));
    return RK_OK;
}
