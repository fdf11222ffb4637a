/* SPDX-License-Identifier: Apache-2.0 */
/* What the release will state of itself for updates: release.version and release.update. */
#include "pipeline/plan.h"

#include "pipeline/plan_values.h"
#include "base/mem.h"
#include "rotkit/file.h"
#include "rotkit/hex.h"
#include "rotkit/request.h"
#include "rotkit/slots.h"

#include <stdio.h>
#include <string.h>

enum { LAYOUT_MAX = 1 << 20 };

static enum rk_rc bad(const struct rk_plan *plan, struct rk_where at, const char *key,
                      const char *text, const char *wanted, struct rk_err *err)
{
    return rk_manifest_fail(plan->manifest, at, err, RK_E_USAGE, "%s: \"%s\" is no %s", key, text,
                            wanted);
}

/* The component of this name, added when it is new. NULL: one too many. */
static struct rk_component_version *component_of(struct rk_release_version *version,
                                                 const char *name)
{
    for (size_t i = 0; i < version->component_count; i++) {
        if (strcmp(version->component[i].name, name) == 0)
            return &version->component[i];
    }
    if (version->component_count == RK_COMPONENTS_MAX || strlen(name) >= RK_COMPONENT_NAME)
        return NULL;
    struct rk_component_version *component = &version->component[version->component_count++];
    memcpy(component->name, name, strlen(name) + 1);
    return component;
}

static enum rk_rc set_component(const struct rk_plan *plan, const struct rk_mpair *pair, bool svn,
                                struct rk_err *err)
{
    struct rk_component_version *to = component_of(plan->version, pair->name);
    const char *key = svn ? "release.update.svn" : "release.update.components";
    struct rk_err why;

    if (to == NULL)
        return bad(plan, pair->at, key, pair->name, "name, or one component too many", err);
    if (svn) {
        to->has_svn = rk_parse_u64(pair->v, UINT32_MAX, &to->svn, &why) == RK_OK;
        return to->has_svn ? RK_OK : bad(plan, pair->at, key, pair->v, "number below 2^32", err);
    }
    if (!rk_version_is(pair->v))
        return bad(plan, pair->at, key, pair->v, "version: one to four dotted numbers", err);
    memcpy(to->version, pair->v, strlen(pair->v) + 1);
    return RK_OK;
}

/* "SIZE", or "SIZE-OF-A SIZE-OF-B" */
static bool read_sizes(const char *text, uint64_t ret[2])
{
    const char *blank = strchr(text, ' ');
    char first[24];
    struct rk_err why;

    if (blank == NULL)
        blank = text + strlen(text);
    if ((size_t)(blank - text) >= sizeof first)
        return false;
    (void)snprintf(first, sizeof first, "%.*s", (int)(blank - text), text);
    if (rk_parse_u64(first, INT64_MAX, &ret[0], &why))
        return false;
    ret[1] = ret[0];
    return *blank == '\0' || rk_parse_u64(blank + 1, INT64_MAX, &ret[1], &why) == RK_OK;
}

/* The slots of the flash layout, when there is one. */
static enum rk_rc set_layout(const struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_mstr *layout = &plan->manifest->release.update.layout;
    const struct rk_mstr *device = &plan->manifest->release.update.layout_device;
    struct rk_release_version *to = plan->version;
    RK_AUTO(rk_bytes_done) struct rk_bytes xml = RK_BYTES_NONE;

    if (layout->v == NULL)
        return device->v == NULL
                   ? RK_OK
                   : rk_manifest_fail(plan->manifest, device->at, err, RK_E_USAGE,
                                      "release.update.layout-device: needs release.update.layout");
    if (rk_file_read(layout->v, LAYOUT_MAX, &xml, err))
        return rk_plan_at(plan, layout->at, "release.update.layout", err);
    if (rk_slots_of_layout(&xml, device->v == NULL ? "spi" : device->v, to->slot, &to->slot_count,
                           err)) {
        (void)rk_wrap(err, "\"%s\"", layout->v);
        return rk_plan_at(plan, layout->at, "release.update.layout", err);
    }
    return RK_OK;
}

static enum rk_rc add_slot(const struct rk_plan *plan, const struct rk_mpair *pair,
                           struct rk_err *err)
{
    struct rk_release_version *to = plan->version;
    struct rk_slot_size *slot = &to->slot[to->slot_count];

    if (to->slot_count == RK_SLOTS_MAX || strlen(pair->name) >= sizeof slot->name)
        return bad(plan, pair->at, "release.update.slots", pair->name, "name, or one slot too many",
                   err);
    for (size_t i = 0; i < to->slot_count; i++) {
        if (strcmp(to->slot[i].name, pair->name) == 0)
            return rk_manifest_fail(plan->manifest, pair->at, err, RK_E_USAGE,
                                    "release.update.slots: \"%s\" has its sizes from "
                                    "release.update.layout",
                                    pair->name);
    }
    if (!read_sizes(pair->v, slot->size))
        return bad(plan, pair->at, "release.update.slots", pair->v, "size in bytes, or two of them",
                   err);
    memcpy(slot->name, pair->name, strlen(pair->name) + 1);
    to->slot_count++;
    return RK_OK;
}

static enum rk_rc set_slots(const struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_mmap *map = &plan->manifest->release.update.slots;

    if (set_layout(plan, err))
        return err->rc;
    for (size_t i = 0; i < map->count; i++) {
        if (add_slot(plan, &map->v[i], err))
            return err->rc;
    }
    return RK_OK;
}

static bool is_blob_version(const struct rk_platform *platform, const char *text, char *known)
{
    bool found = false;

    for (const char *const *v = platform->blob_versions; v != NULL && *v != NULL; v++) {
        rk_known_add(known, *v);
        found = found || strcmp(*v, text) == 0;
    }
    return found;
}

static enum rk_rc set_blobs(const struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_platform *platform = plan->lane.platform;
    const struct rk_mlist *list = &plan->manifest->release.update.reads_blobs;
    struct rk_release_version *to = plan->version;
    const char *made = platform->blob_version == NULL ? NULL : platform->blob_version(&plan->given);

    if (made != NULL)
        (void)snprintf(to->blob, sizeof to->blob, "%s", made);
    if (list->count == 0 && to->blob[0] != '\0') {
        memcpy(to->reads_blob[0], to->blob, sizeof to->blob);
        to->reads_blob_count = 1;
    }
    for (size_t i = 0; i < list->count; i++) {
        char known[RK_KNOWN_MAX] = "", wanted[RK_KNOWN_MAX + 32];

        if (!is_blob_version(platform, list->v[i], known)) {
            (void)snprintf(wanted, sizeof wanted, "key blob version (known: %s)",
                           known[0] == '\0' ? "none" : known);
            return bad(plan, list->at, "release.update.reads-blobs", list->v[i], wanted, err);
        }
        if (i == RK_BLOB_VERSIONS_MAX)
            return bad(plan, list->at, "release.update.reads-blobs", list->v[i],
                       "version more than there are", err);
        (void)snprintf(to->reads_blob[i], sizeof to->reads_blob[i], "%s", list->v[i]);
        to->reads_blob_count = i + 1;
    }
    return RK_OK;
}

/* The key of section devices that names where the units' secrets come from; "" without one. */
static const char *seeds_from(const struct rk_plan *plan)
{
    const struct rk_manifest *m = plan->manifest;
    const struct rk_device_file *file = plan->lane.platform->device_files;

    for (size_t i = 0; file != NULL && file[i].key != NULL; i++) {
        if (m->devices.file[i].v != NULL)
            return file[i].key;
    }
    return m->devices.master_key.v != NULL ? "master-key" : "";
}

/* What an EK follows from. */
static enum rk_rc set_derivation(const struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;
    struct rk_release_version *to = plan->version;
    const char *made_by = m->ek.profile.v, *profile = m->release.update.derivation.v;

    if (made_by == NULL)
        made_by = rk_platform_default_profile(plan->lane.platform);
    if (profile == NULL)
        profile = made_by;
    if (profile != NULL && rk_ek_profile_find(profile) == NULL)
        return bad(plan, m->release.update.derivation.at, "release.update.derivation", profile,
                   "known profile", err);
    if (m->ek.at.line != 0 && made_by != NULL && strcmp(profile, made_by) != 0)
        return rk_manifest_fail(m, m->release.update.derivation.at, err, RK_E_USAGE,
                                "release.update.derivation: \"%s\", but the EKs of this release "
                                "are made by ek.profile \"%s\"",
                                profile, made_by);
    (void)snprintf(to->profile, sizeof to->profile, "%s", profile == NULL ? "" : profile);
    (void)snprintf(to->seeds, sizeof to->seeds, "%s", seeds_from(plan));
    return RK_OK;
}

static enum rk_rc set_changes(const struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_mlist *list = &plan->manifest->release.update.changes;

    for (size_t i = 0; i < list->count; i++) {
        enum rk_update_change change = rk_update_change_find(list->v[i]);

        if (change == 0)
            return rk_manifest_fail(plan->manifest, list->at, err, RK_E_USAGE,
                                    "release.update.changes: unknown change \"%s\" (known: %s)",
                                    list->v[i], rk_update_change_names());
        plan->version->changes |= change;
    }
    return RK_OK;
}

/* What the platform makes of each unit has an SVN of its own. */
static enum rk_rc set_unit_svn(const struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_platform *platform = plan->lane.platform;
    struct rk_component_version *to;
    const char *name;
    uint64_t svn;

    if (platform->unit_svn == NULL || plan->manifest->devices.at.line == 0)
        return RK_OK;
    name = platform->unit_svn(&plan->given, &svn);
    if (name == NULL)
        return RK_OK;
    to = component_of(plan->version, name);
    if (to == NULL || to->has_svn)
        return bad(plan, plan->manifest->release.update.at, "release.update.svn", name,
                   "name for a component: the platform states its SVN", err);
    to->has_svn = true;
    to->svn = svn;
    return RK_OK;
}

static enum rk_rc set_components(const struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_mmap *versions = &plan->manifest->release.update.components;
    const struct rk_mmap *svns = &plan->manifest->release.update.svn;

    for (size_t i = 0; i < versions->count; i++) {
        if (set_component(plan, &versions->v[i], false, err))
            return err->rc;
    }
    for (size_t i = 0; i < svns->count; i++) {
        if (set_component(plan, &svns->v[i], true, err))
            return err->rc;
    }
    return set_unit_svn(plan, err);
}

enum rk_rc rk_plan_version(struct rk_plan *plan, struct rk_err *err)
{
    const struct rk_manifest *m = plan->manifest;

    if (m->release.version.v == NULL)
        return m->release.update.at.line == 0
                   ? RK_OK
                   : rk_manifest_fail(m, m->release.update.at, err, RK_E_USAGE,
                                      "release.version: is missing, and update needs it");
    if (!rk_version_is(m->release.version.v))
        return bad(plan, m->release.version.at, "release.version", m->release.version.v,
                   "version: one to four dotted numbers", err);
    plan->version = rk_alloc(1, sizeof *plan->version);
    if (plan->version == NULL)
        return rk_fail_nomem(err);
    memcpy(plan->version->version, m->release.version.v, strlen(m->release.version.v) + 1);
    plan->version->has_nv_layout = m->release.update.nv_layout.set;
    plan->version->nv_layout = (uint64_t)m->release.update.nv_layout.v;
    if (set_derivation(plan, err) || set_blobs(plan, err) || set_components(plan, err) ||
        set_slots(plan, err))
        return err->rc;
    return set_changes(plan, err);
}
