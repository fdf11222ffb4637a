/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/images.h"

#include "pipeline/plan_values.h"
#include "base/digest.h"
#include "base/mem.h"
#include "rotkit/component.h"
#include "rotkit/counted.h"
#include "rotkit/format.h"
#include "rotkit/key.h"
#include "rotkit/mac.h"
#include "rotkit/publish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COMPONENT_MAX = 1 << 30, KEYS_MAX = 8, CERT_MAX = 1 << 20 };

enum state { TO_DO, AT_WORK, DONE, WAITING /* for a signature, its own or of a part */ };

struct made {
    const struct rk_mimage *image;
    struct rk_format_info format;
    enum state state;
    struct rk_bytes bytes;
    bool bare;                    /* the bytes are no file of the format */
    struct rk_bytes signer;       /* SubjectPublicKeyInfo of the main key; empty: not signed */
    const struct rk_bytes *input; /* what it was before; NULL: it was built of parts */
    const struct made *content;   /* the image that a detached signature is over; NULL: none */
    struct rk_image_signature signature[RK_IMAGE_SIGNATURES_MAX];
    size_t signature_count;
};

struct rk_images {
    const rk_ctx *ctx;
    const struct rk_plan *plan;
    const rk_release *previous;
    struct rk_wants *wants;
    bool dry_run;
    int64_t now;
    struct rk_component *component; /* in the manifest's order */
    struct made *made;              /* in the manifest's order */
};

static const struct rk_manifest *manifest_of(const rk_images *images)
{
    return images->plan->manifest;
}

void rk_images_free(rk_images *images)
{
    if (images == NULL)
        return;
    for (size_t i = 0; images->component != NULL && i < manifest_of(images)->components.count; i++)
        rk_bytes_done(&images->component[i].bytes);
    for (size_t i = 0; images->made != NULL && i < manifest_of(images)->images.count; i++) {
        struct made *made = &images->made[i];

        rk_bytes_done(&made->bytes);
        rk_bytes_done(&made->signer);
        for (size_t k = 0; k < made->signature_count; k++)
            rk_bytes_done(&made->signature[k].signature);
    }
    rk_free(images->component);
    rk_free(images->made);
    rk_free(images);
}

RK_CLEANUP(free_at_exit, rk_images, rk_images_free)

/* "manifest:line:col: images.NAME: what" in front of an error. */
static enum rk_rc at_image(const rk_images *images, const struct rk_mimage *image,
                           struct rk_where at, const char *what, struct rk_err *err)
{
    char name[256];

    (void)snprintf(name, sizeof name, "images.%.120s%s%s", image->name, what[0] == '\0' ? "" : ".",
                   what);
    return rk_plan_at(images->plan, at, name, err);
}

/* ---- what an image is made of ---- */

static enum rk_rc make(rk_images *images, struct made *made, struct rk_err *err);

struct source {
    const struct rk_bytes *bytes;
    const struct made *image; /* NULL: a component */
};

/* A component by name, or an image, which is made first if need be. */
static enum rk_rc find_source(rk_images *images, const char *name, struct source *ret,
                              struct rk_err *err)
{
    const struct rk_manifest *m = manifest_of(images);

    for (size_t i = 0; i < m->components.count; i++) {
        if (strcmp(m->components.v[i].name, name) == 0) {
            *ret = (struct source) { .bytes = &images->component[i].bytes };
            return RK_OK;
        }
    }
    for (size_t i = 0; i < m->images.count; i++) {
        if (strcmp(m->images.v[i].name, name) != 0)
            continue;
        if (images->made[i].state == AT_WORK)
            return rk_fail(err, RK_E_USAGE, "image \"%s\" is made of itself", name);
        if (images->made[i].state == TO_DO && make(images, &images->made[i], err))
            return err->rc;
        *ret = (struct source) { .bytes = &images->made[i].bytes, .image = &images->made[i] };
        return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE, "no component and no image is named \"%s\"", name);
}

static bool is_waiting(const struct source *source)
{
    return source->image != NULL && source->image->state == WAITING;
}

/* ---- the request ---- */

struct work {
    bool waits;                /* a part of it is not there yet */
    struct rk_request request; /* points into the rest */
    struct rk_input part[RK_MMAP_MAX];
    struct rk_setting setting[RK_MMAP_MAX];
    struct rk_heeded heeded; /* of all that is done with the image */
    struct rk_request_key key[KEYS_MAX];
    rk_signer *signer[KEYS_MAX];
    struct rk_bytes cert;
    struct rk_secret secret;
};

static void work_done(struct work **at)
{
    struct work *work = *at;

    if (work == NULL)
        return;
    for (size_t i = 0; i < KEYS_MAX; i++)
        rk_signer_free(work->signer[i]);
    rk_bytes_done(&work->cert);
    rk_secret_done(&work->secret);
    rk_free(work);
}

static enum rk_rc add_parts(rk_images *images, const struct rk_mimage *image, struct work *work,
                            struct rk_err *err)
{
    for (size_t i = 0; i < image->parts.count; i++) {
        const struct rk_mpair *pair = &image->parts.v[i];
        struct source source;

        if (find_source(images, pair->v, &source, err))
            return at_image(images, image, pair->at, "parts", err);
        work->waits = work->waits || is_waiting(&source);
        work->part[i] = (struct rk_input) { pair->name, source.bytes->p, source.bytes->len };
    }
    work->request.part = work->part;
    work->request.part_count = image->parts.count;
    return RK_OK;
}

static enum rk_rc add_key(rk_images *images, const struct rk_mimage *image, const char *role,
                          const char *uri, struct rk_where at, struct work *work,
                          struct rk_err *err)
{
    const struct rk_pin pin = RK_PIN_INIT(image->sign.passphrase.v);
    size_t i = work->request.key_count;

    if (i == KEYS_MAX)
        return rk_manifest_fail(manifest_of(images), at, err, RK_E_USAGE, "more than %s",
                                RK_COUNTED(KEYS_MAX, "key"));
    if (rk_signer_open(images->ctx, uri, &pin, &work->signer[i], err))
        return at_image(images, image, at, "sign", err);
    work->key[i] = (struct rk_request_key) { .role = role, .pub = rk_signer_pkey(work->signer[i]) };
    work->request.key_count++;
    return RK_OK;
}

/* Whether what is in the device takes this key: the fuses name one (design.md, trust rule 3). */
static enum rk_rc check_signer(const rk_images *images, const struct made *made,
                               const rk_signer *signer, struct rk_err *err)
{
    const struct rk_platform *platform = images->plan->lane.platform;
    const char *why = NULL;

    if (platform->check_image_signer != NULL &&
        platform->check_image_signer(images->ctx, &images->plan->given, &made->format, signer, &why,
                                     err))
        return err->rc;
    if (why == NULL)
        return RK_OK;
    return rk_manifest_fail(manifest_of(images), made->image->sign.key.at, err, RK_E_USAGE,
                            "images.%s.sign.key: %s", made->image->name, why);
}

static enum rk_rc add_keys(rk_images *images, struct made *made, struct work *work,
                           struct rk_err *err)
{
    const struct rk_mimage *image = made->image;

    work->request.key = work->key;
    if (image->sign.at.line == 0)
        return RK_OK;
    if (add_key(images, image, "", image->sign.key.v, image->sign.key.at, work, err) ||
        check_signer(images, made, work->signer[0], err))
        return err->rc;
    for (size_t i = 0; i < image->sign.keys.count; i++) {
        const struct rk_mpair *pair = &image->sign.keys.v[i];

        if (add_key(images, image, pair->name, pair->v, pair->at, work, err))
            return err->rc;
    }
    if (image->sign.scheme.v != NULL) {
        work->key[0].scheme = rk_scheme_find(image->sign.scheme.v);
        if (work->key[0].scheme == RK_SCHEME_NONE)
            return rk_manifest_fail(manifest_of(images), image->sign.scheme.at, err, RK_E_USAGE,
                                    "images.%s.sign.scheme: unknown scheme \"%s\"", image->name,
                                    image->sign.scheme.v);
    }
    if (image->sign.certificate.v == NULL)
        return RK_OK;
    if (rk_file_read(image->sign.certificate.v, CERT_MAX, &work->cert, err))
        return at_image(images, image, image->sign.certificate.at, "sign.certificate", err);
    work->request.cert = &work->cert;
    return RK_OK;
}

/* What the device decrypts with may be in the platform's plan. */
static enum rk_rc check_secret(const rk_images *images, const struct made *made,
                               const struct rk_secret *key, struct rk_err *err)
{
    const struct rk_platform *platform = images->plan->lane.platform;
    const char *why = NULL;

    if (platform->image_secret_fault != NULL && images->plan->of_platform != NULL)
        why = platform->image_secret_fault(images->plan->of_platform, &made->format, key);
    if (why == NULL)
        return RK_OK;
    return rk_manifest_fail(manifest_of(images), made->image->encrypt.key.at, err, RK_E_USAGE,
                            "images.%s.encrypt.key: %s", made->image->name, why);
}

static enum rk_rc add_secret(rk_images *images, struct made *made, struct work *work,
                             struct rk_err *err)
{
    const struct rk_mimage *image = made->image;

    if (image->encrypt.at.line == 0)
        return RK_OK;
    if (rk_secret_read(image->encrypt.key.v, 0, &work->secret, err))
        return at_image(images, image, image->encrypt.key.at, "encrypt.key", err);
    work->request.secret = &work->secret;
    return check_secret(images, made, &work->secret, err);
}

static enum rk_rc open_work(rk_images *images, struct made *made, struct work **ret,
                            struct rk_err *err)
{
    RK_AUTO(work_done) struct work *work = rk_alloc(1, sizeof *work);
    const struct rk_mimage *image = made->image;

    if (work == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < image->set.count; i++)
        work->setting[i] = (struct rk_setting) { image->set.v[i].name, image->set.v[i].v };
    /* A repeat of a build changes nothing, so IVs follow from key and content. */
    work->request.reproducible = true;
    work->request.heeded = &work->heeded;
    work->request.ctx = images->ctx;
    work->request.now = images->now;
    work->request.setting = work->setting;
    work->request.setting_count = image->set.count;
    work->request.firmware = (const char *const *)(const void *)image->firmware.v;
    work->request.firmware_count = image->firmware.count;
    if (add_parts(images, image, work, err) || add_keys(images, made, work, err) ||
        add_secret(images, made, work, err))
        return err->rc;
    *ret = work;
    work = NULL;
    return RK_OK;
}

/* ---- one image ---- */

/* The signature of the previous release over the same bytes, if it has one that holds. */
static enum rk_rc previous_of(const rk_images *images, const rk_signer *signer,
                              const struct rk_sign_request *request, struct rk_image_signature *ret,
                              struct rk_err *err)
{
    struct rk_err damage;

    if (images->previous == NULL)
        return RK_OK;
    if (rk_release_previous_signature(images->previous, ret, &ret->signature, err))
        return err->rc;
    if (ret->signature.p != NULL &&
        rk_signature_check(images->ctx, rk_signer_pkey(signer), request->scheme, request->message.p,
                           request->message.len, ret->signature.p, ret->signature.len,
                           &damage) != RK_OK)
        rk_bytes_done(&ret->signature);
    return RK_OK;
}

/* By the book, from the previous release, or by the key; empty when it is wanted. */
static enum rk_rc sign_request(const rk_images *images, rk_signer *signer,
                               const struct rk_sign_request *request,
                               struct rk_image_signature *ret, struct rk_err *err)
{
    const struct rk_bytes *spki = rk_signer_spki(signer);
    rk_sigbook *book = images->plan->lane.book;

    (void)snprintf(ret->role, sizeof ret->role, "%s", request->role);
    ret->scheme = rk_scheme_name(request->scheme);
    if (rk_sha256(spki->p, spki->len, ret->key_sha256, err) ||
        rk_sha256(request->message.p, request->message.len, ret->message_sha256, err) ||
        rk_sigbook_find(book, signer, request->scheme, &request->message, &ret->signature, err))
        return err->rc;
    if (ret->signature.p == NULL && previous_of(images, signer, request, ret, err))
        return err->rc;
    if (ret->signature.p != NULL)
        return RK_OK;
    return rk_sigbook_sign(book, signer, request->scheme, request->what, &request->message,
                           images->wants, &ret->signature, err);
}

static enum rk_rc sign_all(const rk_images *images, struct made *made, const struct work *work,
                           const struct rk_sign_requests *requests, bool *ret_whole,
                           struct rk_err *err)
{
    size_t wanted = images->wants->count;

    for (size_t i = 0; i < requests->count; i++) {
        size_t k = 0;

        while (k < work->request.key_count &&
               strcmp(work->key[k].role, requests->item[i].role) != 0)
            k++;
        made->signature_count = i + 1;
        if (sign_request(images, work->signer[k < work->request.key_count ? k : 0],
                         &requests->item[i], &made->signature[i], err))
            return rk_wrap(err, "%s", requests->item[i].what);
    }
    rk_wants_prefix(images->wants, wanted, made->image->name);
    *ret_whole = images->wants->count == wanted;
    return RK_OK;
}

/* *ret_whole false: a signature is wanted, and the image waits. */
static enum rk_rc sign(const rk_images *images, struct made *made, const struct work *work,
                       bool *ret_whole, struct rk_err *err)
{
    RK_AUTO(rk_sign_requests_done) struct rk_sign_requests requests = { .count = 0 };
    struct rk_bytes signatures[RK_IMAGE_SIGNATURES_MAX];
    struct rk_bytes made_signed = RK_BYTES_NONE;
    const char *format = made->format.name;

    *ret_whole = true;
    if (made->image->sign.at.line == 0)
        return RK_OK;
    if (rk_format_to_sign(format, &work->request, made->bytes.p, made->bytes.len, &requests, err) ||
        sign_all(images, made, work, &requests, ret_whole, err))
        return err->rc;
    if (!*ret_whole)
        return RK_OK;
    for (size_t i = 0; i < requests.count; i++)
        signatures[i] = made->signature[i].signature;
    if (rk_format_attach(format, &work->request, made->bytes.p, made->bytes.len, signatures,
                         requests.count, &made_signed, err))
        return err->rc;
    rk_bytes_done(&made->bytes);
    made->bytes = made_signed;
    return rk_bytes_copy(rk_signer_spki(work->signer[0])->p, rk_signer_spki(work->signer[0])->len,
                         &made->signer, err);
}

static enum rk_rc encrypt(struct made *made, const struct work *work, struct rk_err *err)
{
    struct rk_bytes encrypted = RK_BYTES_NONE;

    if (made->image->encrypt.at.line == 0)
        return RK_OK;
    if (rk_format_encrypt(made->format.name, &work->request, made->bytes.p, made->bytes.len,
                          &encrypted, err))
        return err->rc;
    rk_bytes_done(&made->bytes);
    made->bytes = encrypted;
    return RK_OK;
}

/*
 * The SBK's key tree is not public (boot-images.md 2.4): rotkit writes what the BSP's tool shall
 * encrypt and sign, and takes back what it made.
 */
static enum rk_rc hand_over(const rk_images *images, struct made *made, struct rk_err *err)
{
    const struct rk_mimage *image = made->image;
    RK_AUTO(rk_bytes_done) struct rk_bytes back = RK_BYTES_NONE;

    if (strcmp(image->encrypted_by.v, "bsp") != 0)
        return RK_OK;
    if (!images->dry_run &&
        rk_file_write(image->bsp.input.v, RK_FILE_PUBLIC, made->bytes.p, made->bytes.len, err))
        return at_image(images, image, image->bsp.input.at, "bsp.input", err);
    if (access(image->bsp.output.v, F_OK) != 0) {
        (void)rk_manifest_fail(manifest_of(images), image->bsp.output.at, err, RK_E_USAGE,
                               "images.%s: waits for the BSP's tool, since SBK encryption has no "
                               "public definition",
                               image->name);
        (void)rk_note(err, "encrypt and sign \"%s\" with it", image->bsp.input.v);
        return rk_note(err, "put what it makes at \"%s\", and build again", image->bsp.output.v);
    }
    if (rk_file_read(image->bsp.output.v, COMPONENT_MAX, &back, err) ||
        rk_format_check_handback(images->ctx, made->format.name, &made->bytes, &back, err))
        return at_image(images, image, image->bsp.output.at, "bsp.output", err);
    rk_bytes_done(&made->bytes);
    made->bytes = rk_bytes_take(&back);
    return RK_OK;
}

static enum rk_rc read_input(rk_images *images, struct made *made, bool *ret_waits,
                             struct rk_err *err)
{
    const struct rk_mimage *image = made->image;
    struct source source;

    if (find_source(images, image->input.v, &source, err))
        return at_image(images, image, image->input.at, "input", err);
    made->input = source.bytes;
    made->content = source.image;
    *ret_waits = is_waiting(&source);
    if (*ret_waits)
        return RK_OK;
    return rk_bytes_copy(source.bytes->p, source.bytes->len, &made->bytes, err);
}

/* Read back as a verifier does, and with the keys at hand what it cannot see. */
static enum rk_rc read_back(struct made *made, struct work *work, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    struct rk_input content = { .name = "content" };
    bool keyed = made->signer.p != NULL || work->request.secret != NULL;
    enum rk_rc rc;

    if (made->image->sign.at.line == 0)
        work->request.key_count = 0;
    if (made->format.detaches && made->input != NULL) {
        content.p = made->input->p;
        content.len = made->input->len;
        work->request.part = &content;
        work->request.part_count = 1;
    }
    if (!keyed || !made->format.checks || made->bare)
        return RK_OK;
    rc = rk_format_verify(made->format.name, &work->request, made->bytes.p, made->bytes.len, &map,
                          err);
    /* An input that came encrypted, under a key that is not ours to have. */
    return rc == RK_E_UNKNOWN && map.encrypted && work->request.secret == NULL ? RK_OK : rc;
}

/* What is packed or taken, before it is encrypted and signed. */
static enum rk_rc start(rk_images *images, struct made *made, struct work *work, struct rk_err *err)
{
    if (made->image->input.v != NULL)
        return read_input(images, made, &work->waits, err);
    if (!work->waits && rk_format_build(made->format.name, &work->request, &made->bytes, err))
        return at_image(images, made->image, made->image->at, "", err);
    return RK_OK;
}

static enum rk_rc process(rk_images *images, struct made *made, bool *ret_whole, struct rk_err *err)
{
    RK_AUTO(work_done) struct work *work = NULL;

    *ret_whole = false;
    if (open_work(images, made, &work, err) || start(images, made, work, err))
        return err->rc;
    if (work->waits)
        return RK_OK;
    made->bare = rk_format_makes_bare(made->format.name, &work->request);
    /* The parts were for packing alone. */
    work->request.part_count = 0;
    if ((made->format.encrypts_first && encrypt(made, work, err)) ||
        sign(images, made, work, ret_whole, err) ||
        (*ret_whole && !made->format.encrypts_first && encrypt(made, work, err)))
        return at_image(images, made->image, made->image->at, "", err);
    if (!*ret_whole)
        return RK_OK;
    if (read_back(made, work, err)) {
        (void)rk_wrap(err, "read back");
        return at_image(images, made->image, made->image->at, "", err);
    }
    if (rk_request_heeded(made->format.name, "build", &work->request, err))
        return at_image(images, made->image, made->image->at, "set", err);
    return hand_over(images, made, err);
}

static enum rk_rc make(rk_images *images, struct made *made, struct rk_err *err)
{
    bool whole;

    made->state = AT_WORK;
    if (process(images, made, &whole, err))
        return err->rc;
    made->state = whole ? DONE : WAITING;
    return RK_OK;
}

/* ---- all of them ---- */

static enum rk_rc load_components(rk_images *images, struct rk_err *err)
{
    const struct rk_mmap *map = &manifest_of(images)->components;

    images->component = rk_alloc(map->count + 1, sizeof *images->component);
    if (images->component == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < map->count; i++)
        images->component[i].path = map->v[i].v;
    if (rk_components_read(images->component, map->count, COMPONENT_MAX, err))
        return rk_plan_at(images->plan, map->at, "components", err);
    return RK_OK;
}

static enum rk_rc open_images(rk_images *images, struct rk_err *err)
{
    const struct rk_mimages *list = &manifest_of(images)->images;

    images->made = rk_alloc(list->count + 1, sizeof *images->made);
    if (images->made == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < list->count; i++) {
        images->made[i].image = &list->v[i];
        if (rk_format_find(images->ctx, list->v[i].format.v, &images->made[i].format, err))
            return at_image(images, &list->v[i], list->v[i].format.at, "format", err);
    }
    return RK_OK;
}

enum rk_rc rk_images_make(const rk_ctx *ctx, const struct rk_plan *plan, const rk_release *previous,
                          bool dry_run, struct rk_wants *wants, rk_images **ret, struct rk_err *err)
{
    RK_AUTO(free_at_exit) rk_images *images = rk_alloc(1, sizeof *images);

    if (images == NULL)
        return rk_fail_nomem(err);
    images->ctx = ctx;
    images->plan = plan;
    images->previous = previous;
    images->dry_run = dry_run;
    images->wants = wants;
    images->now = plan->lane.now;
    if (open_images(images, err) || load_components(images, err))
        return err->rc;
    for (size_t i = 0; i < manifest_of(images)->images.count; i++) {
        if (images->made[i].state == TO_DO && make(images, &images->made[i], err))
            return err->rc;
    }
    *ret = images;
    images = NULL;
    return RK_OK;
}

size_t rk_images_count(const rk_images *images)
{
    size_t count = 0;

    for (size_t i = 0; i < manifest_of(images)->images.count; i++)
        count += images->made[i].image->publish.v;
    return count;
}

enum rk_rc rk_images_publish(const rk_images *images, rk_release *release, struct rk_err *err)
{
    for (size_t i = 0; i < manifest_of(images)->images.count; i++) {
        const struct made *made = &images->made[i];
        const struct made *content = made->content;
        bool detached = content != NULL && content->image->publish.v;
        struct rk_release_image image = {
            .name = made->image->name,
            .format = made->format.name,
            .bare = made->bare,
            .bytes = &made->bytes,
            .signer = made->signer.p == NULL ? NULL : &made->signer,
            .content = detached && made->format.detaches ? content->image->name : NULL,
            .signature = made->signature,
            .signature_count = made->signature_count,
        };

        for (size_t k = 0; !made->image->publish.v && k < made->signature_count; k++)
            rk_release_keep_signature(release, &made->signature[k]);
        if (made->image->publish.v && rk_release_add_image(release, &image, err))
            return err->rc;
    }
    return RK_OK;
}
