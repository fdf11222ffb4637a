/* SPDX-License-Identifier: Apache-2.0 */
/* What firmware takes: the facts of a file against the rows of its format. */
#include "rotkit/format_table.h"

#include "base/ctx.h"
#include "rotkit/ctx.h"
#include "rotkit/request.h"

#include <stdbool.h>
#include <string.h>

/* "NAME+OPTION+OPTION", as a user names it. */
struct named {
    const char *name;
    size_t name_len;
    const char *options; /* "+OPTION+OPTION", or "" */
};

static struct named named_of(const char *text)
{
    size_t len = strcspn(text, "+");

    return (struct named) { text, len, text + len };
}

static bool is_word(const char *word, size_t len, const char *text)
{
    return strlen(text) == len && strncmp(word, text, len) == 0;
}

static bool is_of(const struct named *named, const struct rk_demand *demand)
{
    return is_word(named->name, named->name_len, demand->firmware);
}

static bool has_option(const struct named *named, const char *option)
{
    for (const char *at = named->options; *at == '+';) {
        size_t len = strcspn(at + 1, "+");

        if (is_word(at + 1, len, option))
            return true;
        at += 1 + len;
    }
    return false;
}

/* "rsa2048", "rsa*" */
static bool takes(const char *word, size_t len, const char *value)
{
    if (len != 0 && word[len - 1] == '*')
        return strncmp(word, value, len - 1) == 0;
    return is_word(word, len, value);
}

static bool lists(const char *words, const char *value)
{
    while (*words != '\0') {
        size_t len = strcspn(words, " ");

        if (takes(words, len, value))
            return true;
        words += len + strspn(words + len, " ");
    }
    return false;
}

/* ---- which there are ---- */

/* Every rule of every format, until `stop` says so; true when it did. */
static bool any_demand(const rk_ctx *ctx,
                       bool (*stop)(void *arg, const struct rk_format *format,
                                    const struct rk_demand *demand),
                       void *arg)
{
    for (const struct rk_format *const *row = ctx->tables->formats; *row != NULL; row++) {
        for (const struct rk_demand *d = (*row)->demands; d != NULL && d->firmware != NULL; d++) {
            if (stop(arg, *row, d))
                return true;
        }
    }
    return false;
}

struct known {
    const struct named *named;
    const char *option; /* NULL: the firmware itself */
    size_t option_len;
    char names[RK_KNOWN_MAX];
};

static void list_once(char names[RK_KNOWN_MAX], const char *name)
{
    size_t len = strlen(name);

    for (const char *at = names; *at != '\0'; at += strspn(at, ", ")) {
        size_t word = strcspn(at, ",");

        if (is_word(at, word, name))
            return;
        at += word;
    }
    if (len != 0)
        rk_known_add(names, name);
}

static bool is_known(void *arg, const struct rk_format *format, const struct rk_demand *demand)
{
    struct known *k = arg;

    (void)format;
    if (k->option == NULL) {
        list_once(k->names, demand->firmware);
        return is_of(k->named, demand);
    }
    if (!is_of(k->named, demand) || demand->option == NULL)
        return false;
    list_once(k->names, demand->option);
    return is_word(k->option, k->option_len, demand->option);
}

static enum rk_rc options_known(const rk_ctx *ctx, const struct named *named, struct rk_err *err)
{
    for (const char *at = named->options; *at == '+';) {
        struct known known = { .named = named, .option = at + 1 };

        known.option_len = strcspn(at + 1, "+");
        if (!any_demand(ctx, is_known, &known))
            return rk_fail(err, RK_E_USAGE, "no rule of %.*s asks for an option \"%.*s\"%s%s%s",
                           (int)named->name_len, named->name, (int)known.option_len, known.option,
                           known.names[0] == '\0' ? "" : " (known: ", known.names,
                           known.names[0] == '\0' ? "" : ")");
        at += 1 + known.option_len;
    }
    return RK_OK;
}

enum rk_rc rk_firmware_known(const struct rk_request *request, struct rk_err *err)
{
    for (size_t i = 0; i < request->firmware_count; i++) {
        const struct named named = named_of(request->firmware[i]);
        struct known known = { .named = &named };

        if (!any_demand(request->ctx, is_known, &known))
            return rk_fail(err, RK_E_USAGE, "unknown firmware \"%.*s\" (known: %s)",
                           (int)named.name_len, named.name, known.names);
        if (options_known(request->ctx, &named, err))
            return err->rc;
    }
    return RK_OK;
}

struct teller {
    void (*tell)(void *arg, const char *format, const struct rk_demand *demand);
    void *arg;
};

static bool tell_one(void *arg, const struct rk_format *format, const struct rk_demand *demand)
{
    const struct teller *to = arg;

    to->tell(to->arg, format->name, demand);
    return false;
}

void rk_firmware_rules(const rk_ctx *ctx,
                       void (*tell)(void *arg, const char *format, const struct rk_demand *demand),
                       void *arg)
{
    struct teller to = { tell, arg };

    (void)any_demand(ctx, tell_one, &to);
}

/* ---- what there is in a file ---- */

/* The facts of one file, which stands at `at` of the outermost. */
static enum rk_rc state_one(const struct rk_request *request, const struct rk_format *format,
                            const uint8_t *file, size_t len, uint64_t at, struct rk_map *map,
                            struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map own = { .format = format->name };

    if (format->facts == NULL)
        return RK_OK;
    if (format->facts(request, file, len, &own, err))
        return rk_wrap(err, "%s", format->name);
    for (size_t i = 0; i < own.fact_count; i++) {
        const struct rk_fact *fact = &own.fact[i];

        if (rk_map_fact(map, at + fact->offset, fact->len, fact->name, fact->value, err))
            return err->rc;
        map->fact[map->fact_count - 1].format = format->name;
    }
    return RK_OK;
}

/* The files inside, which parse has recognised. */
static enum rk_rc state_inside(const struct rk_request *request, const struct rk_region *list,
                               const uint8_t *file, struct rk_map *map, struct rk_err *err)
{
    for (const struct rk_region *region = list; region != NULL; region = region->next) {
        RK_AUTO(rk_bytes_done) struct rk_bytes room = RK_BYTES_NONE;
        const struct rk_format *format;
        const uint8_t *bytes;

        if (region->nested_format[0] != '\0' &&
            (rk_format_row(request->ctx, region->nested_format, &format, err) ||
             rk_format_align(file, region, &room, &bytes, err) ||
             state_one(request, format, bytes, (size_t)region->len, region->offset, map, err)))
            return err->rc;
        if (state_inside(request, region->child, file, map, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc state(const struct rk_request *request, const uint8_t *file, struct rk_map *map,
                        struct rk_err *err)
{
    const struct rk_format *format;

    if (map->root == NULL)
        return RK_OK;
    if (rk_format_row(request->ctx, map->format, &format, err) ||
        state_one(request, format, file, (size_t)map->root->len, 0, map, err))
        return err->rc;
    return state_inside(request, map->root->child, file, map, err);
}

/* ---- a file against the rules ---- */

/* Whether the file is of this format, or has one inside that states something. */
static bool stands_in(const struct rk_map *map, const struct rk_format *format)
{
    bool found = strcmp(map->format, format->name) == 0;

    for (size_t i = 0; i < map->fact_count && !found; i++)
        found = strcmp(map->fact[i].format, format->name) == 0;
    return found;
}

/* The first fact that breaks the rule; NULL: none does. */
static const struct rk_fact *breaker(const struct rk_map *map, const struct rk_format *format,
                                     const struct rk_demand *demand)
{
    for (size_t i = 0; i < map->fact_count; i++) {
        const struct rk_fact *fact = &map->fact[i];

        if (strcmp(fact->format, format->name) == 0 && strcmp(demand->fact, fact->name) == 0 &&
            !lists(demand->taken, fact->value))
            return fact;
    }
    return NULL;
}

/* One rule that is broken, in words. */
static enum rk_rc refuse(const struct rk_demand *demand, const struct rk_fact *fact, enum rk_rc as,
                         struct rk_err *err)
{
    (void)rk_fail(err, as, "%s does not take %s \"%s\": %s", demand->firmware, fact->name,
                  fact->value, demand->rule);
    return demand->option == NULL ? err->rc
                                  : rk_note(err, "where it is built with %s, say --for %s+%s",
                                            demand->option, demand->firmware, demand->option);
}

/* A file asked for one firmware. */
struct asking {
    const struct named *named;
    const struct rk_map *map;
    bool judged; /* a rule of it is known */
    const struct rk_demand *demand;
    const struct rk_fact *broken;
};

static bool is_broken(void *arg, const struct rk_format *format, const struct rk_demand *demand)
{
    struct asking *asking = arg;

    if (!is_of(asking->named, demand) || !stands_in(asking->map, format))
        return false;
    asking->judged = true;
    if (demand->option != NULL && has_option(asking->named, demand->option))
        return false;
    asking->demand = demand;
    asking->broken = breaker(asking->map, format, demand);
    return asking->broken != NULL;
}

static enum rk_rc meet_all(const struct rk_request *request, const struct rk_map *map,
                           enum rk_rc as, enum rk_rc as_unknown, const struct rk_fact **broken,
                           struct rk_err *err)
{
    for (size_t i = 0; i < request->firmware_count; i++) {
        const struct named named = named_of(request->firmware[i]);
        struct asking asking = { .named = &named, .map = map };

        if (any_demand(request->ctx, is_broken, &asking)) {
            *broken = asking.broken;
            return refuse(asking.demand, asking.broken, as, err);
        }
        if (!asking.judged)
            return rk_fail(err, as_unknown, "no rule of %.*s is known for what is in this %s",
                           (int)named.name_len, named.name, map->format);
    }
    return RK_OK;
}

struct warning {
    const rk_ctx *ctx;
    const struct rk_map *map;
    bool inside; /* the files inside too */
};

/* Once for each rule: a file may break it in a hundred places. */
static bool warn_of(void *arg, const struct rk_format *format, const struct rk_demand *demand)
{
    const struct warning *to = arg;
    bool asked = to->inside || strcmp(format->name, to->map->format) == 0;
    const struct rk_fact *fact = asked ? breaker(to->map, format, demand) : NULL;
    struct rk_err why;

    if (fact != NULL) {
        (void)refuse(demand, fact, RK_E_USAGE, &why);
        rk_warn(to->ctx, "%s", why.msg);
    }
    return false;
}

enum rk_rc rk_firmware_takes_made(const struct rk_request *request, const uint8_t *file,
                                  bool inside, struct rk_map *map, struct rk_err *err)
{
    const struct rk_fact *broken = NULL;

    if (state(request, file, map, err))
        return err->rc;
    if (request->firmware_count == 0) {
        struct warning to = { request->ctx, map, inside };

        (void)any_demand(request->ctx, warn_of, &to);
        return RK_OK;
    }
    return meet_all(request, map, RK_E_USAGE, RK_E_USAGE, &broken, err);
}

enum rk_rc rk_firmware_takes(const struct rk_request *request, const uint8_t *file,
                             struct rk_map *map, struct rk_err *err)
{
    const struct rk_fact *broken = NULL;
    struct rk_err ignored;

    if (request->firmware_count == 0)
        return RK_OK;
    if (state(request, file, map, err) ||
        meet_all(request, map, RK_E_VERIFY, RK_E_UNKNOWN, &broken, err)) {
        if (broken != NULL)
            (void)(rk_map_fails(map, broken->offset, broken->len, broken->name, &ignored) == RK_OK);
        return err->rc;
    }
    return RK_OK;
}
