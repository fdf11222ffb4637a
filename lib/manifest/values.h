/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a value to a member of the model: variables, paths, keys, numbers, choices. */
#pragma once

#include "manifest/faults.h"
#include "manifest/rows.h"
#include "rotkit/file.h"

#include <yaml.h>

struct rk_loading {
    struct rk_manifest *m;
    void *base; /* what the rows' members are offsets in: the manifest, or an image of it */
    yaml_document_t *yaml;
    struct rk_mfaults *faults;
    const struct rk_mrows *any; /* of all platforms, while the manifest's is not known; else NULL */
    char folder[RK_PATH_MAX];
};

/* Where a value stands and what it is called, for messages. */
struct rk_mplace {
    struct rk_where at;
    char name[128]; /* "ek.certificate.model" */
};

/* A copy of the text. */
enum rk_rc rk_manifest_keep_text(char **ret, const char *text, struct rk_err *err) RK_MUST_CHECK;
/* A single value into the member of its row; variables are replaced, paths made whole. */
enum rk_rc rk_manifest_set_scalar(const struct rk_loading *l, const struct rk_mplace *place,
                                  const struct rk_mrow *row, const char *text,
                                  struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_manifest_add_to_list(const struct rk_loading *l, const struct rk_mplace *place,
                                   const struct rk_mrow *row, const char *text,
                                   struct rk_err *err) RK_MUST_CHECK;
/* The value of a pair whose name is of the user's choice. */
enum rk_rc rk_manifest_keep_pair(const struct rk_loading *l, const struct rk_mplace *place,
                                 const struct rk_mrow *row, const char *text, char **ret,
                                 struct rk_err *err) RK_MUST_CHECK;
