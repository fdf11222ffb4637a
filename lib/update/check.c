/* SPDX-License-Identifier: Apache-2.0 */
/* A newer release held against an older one, rule by rule. */
#include "update/update.h"

#include "update/findings.h"
#include "rotkit/counted.h"
#include "rotkit/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *declared_or_not(enum rk_update_result result)
{
    return result == RK_UPDATE_DECLARED ? "declared" : "not declared";
}

/* A text of both that must not change. */
static void same_text(struct rk_updating *u, const char *rule, const char *was, const char *now,
                      enum rk_update_change change)
{
    enum rk_update_result result = rk_updating_changed(u, change);

    if (strcmp(was, now) == 0)
        rk_updating_report(u, RK_UPDATE_HOLDS, rule, NULL, "\"%s\" as before", now);
    else
        rk_updating_report(u, result, rule, NULL, "\"%s\", was \"%s\": %s", now, was,
                           declared_or_not(result));
}

/* ---- versions ---- */

static void check_version(struct rk_updating *u)
{
    const char *was = u->was->version, *now = u->now->version;

    if (rk_version_compare(now, was) > 0)
        rk_updating_report(u, RK_UPDATE_HOLDS, "version", NULL, "%s to %s", was, now);
    else
        rk_updating_report(u, RK_UPDATE_BREAKS, "version", NULL, "%s is not above %s", now, was);
}

static const struct rk_component_version *find_component(const struct rk_release_version *in,
                                                         const char *name)
{
    for (size_t i = 0; i < in->component_count; i++) {
        if (strcmp(in->component[i].name, name) == 0)
            return &in->component[i];
    }
    return NULL;
}

/* One that the older release has; false when it falls. */
static bool component_holds(struct rk_updating *u, const struct rk_component_version *was)
{
    const struct rk_component_version *now = find_component(u->now, was->name);
    size_t before = rk_updating_found(u);

    if (now == NULL) {
        rk_updating_report(u, RK_UPDATE_BREAKS, "component", NULL, "\"%s\" is gone", was->name);
        return false;
    }
    if (was->version[0] != '\0' && now->version[0] == '\0')
        rk_updating_report(u, RK_UPDATE_UNKNOWN, "component", NULL,
                           "\"%s\" states no version, was %s", was->name, was->version);
    else if (was->version[0] != '\0' && rk_version_compare(now->version, was->version) < 0)
        rk_updating_report(u, RK_UPDATE_BREAKS, "component", NULL,
                           "\"%s\" falls from version %s to %s", was->name, was->version,
                           now->version);
    if (was->has_svn && !now->has_svn)
        rk_updating_report(u, RK_UPDATE_UNKNOWN, "svn", NULL, "\"%s\" states no SVN, was %" PRIu64,
                           was->name, was->svn);
    else if (was->has_svn && now->svn < was->svn)
        rk_updating_report(u, RK_UPDATE_BREAKS, "svn", NULL,
                           "\"%s\" falls from SVN %" PRIu64 " to %" PRIu64, was->name, was->svn,
                           now->svn);
    return rk_updating_found(u) == before;
}

static void check_components(struct rk_updating *u)
{
    bool hold = true;

    for (size_t i = 0; i < u->was->component_count; i++)
        hold &= component_holds(u, &u->was->component[i]);
    if (hold)
        rk_updating_report(u, RK_UPDATE_HOLDS, "component", NULL, "%s, no version or SVN falls",
                           RK_COUNTED(u->was->component_count, "component"));
}

/* The values that the images themselves carry. */
static enum rk_rc check_images(struct rk_updating *u, struct rk_err *err)
{
    if (rk_release_view_not_older(u->newer, u->older, err) == RK_OK) {
        rk_updating_report(u, RK_UPDATE_HOLDS, "image", NULL, "no anti-rollback value falls");
        return RK_OK;
    }
    if (err->rc != RK_E_VERIFY)
        return err->rc;
    rk_updating_report(u, RK_UPDATE_BREAKS, "image", NULL, "%.*s", (int)strcspn(err->msg, "\n"),
                       err->msg);
    return RK_OK;
}

/* ---- what an EK and its certificate live on ---- */

static void check_nv_layout(struct rk_updating *u)
{
    enum rk_update_result result = rk_updating_changed(u, RK_CHANGE_NV_LAYOUT);

    if (!u->was->has_nv_layout || !u->now->has_nv_layout)
        rk_updating_report(u, RK_UPDATE_UNKNOWN, "nv-layout", NULL,
                           "the %s release does not state its version",
                           u->now->has_nv_layout ? "older" : "newer");
    else if (u->was->nv_layout == u->now->nv_layout)
        rk_updating_report(u, RK_UPDATE_HOLDS, "nv-layout", NULL, "version %" PRIu64 " as before",
                           u->now->nv_layout);
    else
        rk_updating_report(u, result, "nv-layout", NULL,
                           "version %" PRIu64 ", was %" PRIu64
                           ": %s; certificates and persistent EKs in NV would not be found",
                           u->now->nv_layout, u->was->nv_layout, declared_or_not(result));
}

static bool reads(const struct rk_release_version *release, const char *blob)
{
    for (size_t i = 0; i < release->reads_blob_count; i++) {
        if (strcmp(release->reads_blob[i], blob) == 0)
            return true;
    }
    return false;
}

static void report_unstated(struct rk_updating *u, const char *release, const char *blob)
{
    rk_updating_report(u, RK_UPDATE_UNKNOWN, "blob", NULL,
                       "the %s release does not state whether its firmware reads key blobs %s",
                       release, blob);
}

/* After the update one slot runs the newer firmware, and the other one the older. */
static void check_blob(struct rk_updating *u)
{
    const char *was = u->was->blob, *now = u->now->blob;
    size_t before = rk_updating_found(u);

    if (was[0] != '\0' && u->now->reads_blob_count == 0)
        report_unstated(u, "newer", was);
    else if (was[0] != '\0' && !reads(u->now, was))
        rk_updating_report(u, RK_UPDATE_BREAKS, "blob", NULL,
                           "the newer firmware does not read key blobs %s, which every device has",
                           was);
    if (now[0] != '\0' && u->was->reads_blob_count == 0)
        report_unstated(u, "older", now);
    else if (now[0] != '\0' && !reads(u->was, now))
        rk_updating_report(u, RK_UPDATE_BREAKS, "blob", NULL,
                           "the older firmware, in the other slot, does not read key blobs %s",
                           now);
    if (rk_updating_found(u) != before)
        return;
    if (was[0] == '\0' && now[0] == '\0')
        rk_updating_report(u, RK_UPDATE_HOLDS, "blob", NULL, "neither release has key blobs");
    else
        rk_updating_report(u, RK_UPDATE_HOLDS, "blob", NULL, "both slots read key blobs %s",
                           now[0] != '\0' ? now : was);
}

static void check_derivation(struct rk_updating *u)
{
    same_text(u, "derivation", u->was->profile, u->now->profile, RK_CHANGE_DERIVATION);
    if (u->was->seeds[0] == '\0' || u->now->seeds[0] == '\0')
        rk_updating_report(u, RK_UPDATE_HOLDS, "seeds", NULL,
                           "one release has no devices, so their seeds stay");
    else
        same_text(u, "seeds", u->was->seeds, u->now->seeds, RK_CHANGE_SEEDS);
}

/* ---- all of it ---- */

static enum rk_rc verify(struct rk_updating *u, const char *path, rk_release_view **ret_view,
                         struct rk_release_version **ret, struct rk_err *err)
{
    const struct rk_release_asked asked = { .pub = u->options->pub };

    if (!rk_release_is(path))
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no release: it has no release.json", path);
    if (rk_release_view_open(u->ctx, path, &asked, ret_view, err))
        return rk_wrap(err, "\"%s\"", path);
    return rk_release_view_version(*ret_view, ret, err);
}

static enum rk_rc same_product(const struct rk_updating *u, struct rk_err *err)
{
    const struct rk_release_version *was = u->was, *now = u->now;

    if (strcmp(was->product, now->product) != 0)
        return rk_fail(err, RK_E_VERIFY, "another product: \"%s\", was \"%s\"", now->product,
                       was->product);
    if (strcmp(was->platform, now->platform) != 0)
        return rk_fail(err, RK_E_VERIFY, "another platform: \"%s\", was \"%s\"", now->platform,
                       was->platform);
    return RK_OK;
}

enum rk_rc rk_updating_open(struct rk_updating *u, struct rk_err *err)
{
    return verify(u, u->options->older, &u->older, &u->was, err) ||
                   verify(u, u->options->newer, &u->newer, &u->now, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc check(struct rk_updating *u, struct rk_err *err)
{
    if (same_product(u, err))
        return err->rc;
    u->verdict.devices = u->was->devices;
    memcpy(u->verdict.from, u->was->version, sizeof u->verdict.from);
    memcpy(u->verdict.to, u->now->version, sizeof u->verdict.to);
    check_version(u);
    check_components(u);
    if (check_images(u, err))
        return err->rc;
    check_derivation(u);
    check_nv_layout(u);
    check_blob(u);
    if (rk_update_size(u, err) || rk_update_demands(u, err))
        return err->rc;
    return rk_update_devices(u, err);
}

void rk_updating_done(struct rk_updating *u)
{
    rk_release_version_free(u->was);
    rk_release_version_free(u->now);
    rk_release_view_free(u->older);
    rk_release_view_free(u->newer);
}

enum rk_rc rk_updating_check(struct rk_updating *u, struct rk_err *err)
{
    if (check(u, err))
        return err->rc;
    if (u->for_all)
        u->verdict.broken = u->verdict.devices;
    return RK_OK;
}

enum rk_rc rk_update_check(const rk_ctx *ctx, const struct rk_update_options *options,
                           struct rk_update_verdict *ret, struct rk_err *err)
{
    RK_AUTO(rk_updating_done) struct rk_updating u = { .ctx = ctx, .options = options };

    if (rk_updating_open(&u, err) || rk_updating_check(&u, err))
        return err->rc;
    *ret = u.verdict;
    return RK_OK;
}
