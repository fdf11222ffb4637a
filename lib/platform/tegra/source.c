/* SPDX-License-Identifier: Apache-2.0 */
/* Units out of files: a KDK database with its EPS-seed file, or the containers an ODM handed over.
 */
#include "platform/tegra/plan.h"

#include "base/folder.h"
#include "base/mem.h"
#include "rotkit/nvftpm.h"
#include "rotkit/devicedb.h"
#include "rotkit/file.h"

#include <stdio.h>
#include <string.h>

enum { CONTAINER_MAX = 65536, NAMES_MAX = 1 << 24 };

struct source {
    rk_devicedb *kdk, *eps;
    const char *handover;       /* borrowed; NULL: databases */
    struct rk_names top, inner; /* handover: names, sorted */
    size_t top_at, inner_at;
    char folder[RK_PATH_MAX]; /* of the inner names */
};

static void source_close(void *arg)
{
    struct source *from = arg;

    if (from == NULL)
        return;
    rk_devicedb_close(from->kdk);
    rk_devicedb_close(from->eps);
    rk_names_done(&from->top);
    rk_names_done(&from->inner);
    rk_free(from);
}

RK_CLEANUP(close_at_exit, struct source, source_close)

/* Neither hidden files nor the index of a release are containers. */
static bool is_visible(const char *name)
{
    return name[0] != '.' && strcmp(name, "index.json") != 0;
}

static enum rk_rc source_open(const char *const path[RK_DEVICE_FILES_MAX],
                              const struct rk_cms_opener *opener, void **ret, struct rk_err *err)
{
    RK_AUTO(close_at_exit) struct source *from = rk_alloc(1, sizeof *from);

    if (from == NULL)
        return rk_fail_nomem(err);
    from->handover = path[RK_TEGRA_HANDOVER];
    if (path[RK_TEGRA_KDK_DB] != NULL &&
        (rk_devicedb_open(path[RK_TEGRA_KDK_DB], RK_DB_KDK, opener, &from->kdk, err) ||
         rk_devicedb_open(path[RK_TEGRA_EPS_SEEDS], RK_DB_EPS_SEED, opener, &from->eps, err)))
        return err->rc;
    if (from->eps != NULL)
        rk_devicedb_is_compared(from->eps);
    if (from->handover != NULL && rk_names_list(from->handover, NAMES_MAX, &from->top, err))
        return err->rc;
    *ret = from;
    from = NULL;
    return RK_OK;
}

static enum rk_rc rows_differ(const struct source *from, const struct rk_devicedb_row *kdk,
                              const struct rk_devicedb_row *eps, struct rk_err *err)
{
    char a[21], b[21];

    rk_unit_id_text(&kdk->sn, a);
    rk_unit_id_text(&eps->sn, b);
    (void)rk_fail_at(err, RK_E_USAGE, rk_devicedb_path(from->eps), (unsigned)eps->line, 0,
                     "row is for device %s, expected %s", b, a);
    return rk_note(err, "%s:%llu asks for it: both files need the same devices in the same order",
                   rk_devicedb_path(from->kdk), (unsigned long long)kdk->line);
}

static enum rk_rc length_differs(const struct source *from, bool kdk_more, struct rk_err *err)
{
    const char *longer = rk_devicedb_path(kdk_more ? from->kdk : from->eps);
    const char *shorter = rk_devicedb_path(kdk_more ? from->eps : from->kdk);

    return rk_fail(err, RK_E_USAGE, "%s: ends before \"%s\" does: both need the same devices",
                   shorter, longer);
}

static enum rk_rc next_of_databases(struct source *from, struct rk_unit *ret, bool *ret_more,
                                    struct rk_err *err)
{
    RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row kdk = { .line = 0 };
    RK_AUTO(rk_devicedb_row_done) struct rk_devicedb_row eps = { .line = 0 };
    bool kdk_more, eps_more;

    if (rk_devicedb_next(from->kdk, &kdk, &kdk_more, err) ||
        rk_devicedb_next(from->eps, &eps, &eps_more, err))
        return err->rc;
    if (kdk_more != eps_more)
        return length_differs(from, kdk_more, err);
    if (kdk_more && memcmp(kdk.sn.b, eps.sn.b, RK_UNIT_ID_LEN) != 0)
        return rows_differ(from, &kdk, &eps, err);
    *ret_more = kdk_more;
    if (kdk_more) {
        ret->sn = kdk.sn;
        ret->secret[RK_TEGRA_KDK0] = rk_secret_take(&kdk.value);
        ret->secret[RK_TEGRA_EPS_SEED] = rk_secret_take(&eps.value);
    }
    return RK_OK;
}

/* The next visible name of a folder, or NULL at its end. */
static const char *next_name(const struct rk_names *names, size_t *at)
{
    while (*at < names->count) {
        const char *name = names->name[(*at)++];

        if (is_visible(name))
            return name;
    }
    return NULL;
}

/* The path of the next container, through the buckets; "" at the end. */
static enum rk_rc next_path(struct source *from, char *ret, size_t size, struct rk_err *err)
{
    for (;;) {
        const char *name = next_name(&from->inner, &from->inner_at);

        if (name != NULL)
            return rk_path_join(from->folder, name, ret, size, err);
        name = next_name(&from->top, &from->top_at);
        ret[0] = '\0';
        if (name == NULL)
            return RK_OK;
        if (rk_path_join(from->handover, name, ret, size, err))
            return err->rc;
        if (!rk_tree_is_folder(ret))
            return RK_OK;
        (void)snprintf(from->folder, sizeof from->folder, "%s", ret);
        rk_names_done(&from->inner);
        from->inner_at = 0;
        if (rk_names_list(from->folder, NAMES_MAX, &from->inner, err))
            return err->rc;
    }
}

static void container_done(struct rk_nvftpm *container)
{
    rk_nvftpm_done(container);
}

static enum rk_rc next_of_handover(struct source *from, struct rk_unit *ret, bool *ret_more,
                                   struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(container_done) struct rk_nvftpm handed = { .minor = 0 };
    char path[RK_PATH_MAX];

    if (next_path(from, path, sizeof path, err))
        return err->rc;
    *ret_more = path[0] != '\0';
    if (!*ret_more)
        return RK_OK;
    if (rk_file_read(path, CONTAINER_MAX, &file, err))
        return err->rc;
    if (rk_nvftpm_read(file.p, file.len, &handed, err))
        return rk_wrap(err, "%s", path);
    if (handed.ek_cert_rsa.p == NULL || handed.ek_cert_ecc.p == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "%s: an online-mode container: it has no EK certificates, "
                       "and the build makes offline-mode blobs only",
                       path);
    ret->sn = handed.sn;
    ret->secret[RK_TEGRA_HANDED_SEED] = rk_secret_take(&handed.eps_seed);
    ret->cert[0] = rk_bytes_take(&handed.ek_cert_rsa);
    ret->cert[1] = rk_bytes_take(&handed.ek_cert_ecc);
    return RK_OK;
}

static enum rk_rc source_next(void *arg, struct rk_unit *ret, bool *ret_more, struct rk_err *err)
{
    struct source *from = arg;

    return from->kdk != NULL ? next_of_databases(from, ret, ret_more, err)
                             : next_of_handover(from, ret, ret_more, err);
}

const struct rk_unit_source rk_tegra_source = { source_open, source_next, source_close };
