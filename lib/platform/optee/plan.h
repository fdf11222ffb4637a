/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any Arm board with OP-TEE and the reference firmware TPM as a trusted application: section
 * ftpm-ta of the manifest, and the plan that follows from it. A unit's secret is its EPS; it
 * travels in the TA, which is encrypted under the key of the device, or of its class. Source:
 * optee-ftpm.md.
 */
#pragma once

#include "platform/optee/ta_elf.h"
#include "rotkit/devicedb.h"
#include "rotkit/platform.h"

/* The secrets of a unit. */
enum { RK_OPTEE_EPS, RK_OPTEE_HUK };
/* The manifest's device_files. */
enum { RK_OPTEE_EPS_DB };

struct rk_optee_settings {
    struct {
        struct rk_where at;
        struct rk_mstr elf, uuid, key, passphrase, algo, huk_db, class_key;
        struct rk_mnum version;
        struct {
            struct rk_where at;
        } encrypt;
    } ta;
};

struct rk_optee_plan;

/* settings.c */
extern const struct rk_init_file rk_optee_init_files[];
/* The TA of examples/optee, no TPM: for a product that builds before its own TA is there. */
extern const unsigned char rk_optee_stand_in[];
extern const size_t rk_optee_stand_in_len;
extern const struct rk_mrow rk_optee_sections[];
extern const struct rk_device_file rk_optee_device_files[];
enum rk_rc rk_optee_check_devices(const struct rk_given *given, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_optee_check_settings(const struct rk_given *given, struct rk_err *err) RK_MUST_CHECK;
const char *rk_optee_unit_svn(const struct rk_given *given, uint64_t *ret);
const char *rk_optee_secrets(const struct rk_given *given, struct rk_where *ret);

/* source.c */
extern const struct rk_unit_source rk_optee_source;

/* identity.c */
enum rk_rc rk_optee_from_master(const rk_mac *master, const struct rk_unit_id *sn,
                                struct rk_unit *ret, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_optee_derive(const rk_ctx *ctx, const struct rk_unit *unit, struct rk_identity *ret,
                           struct rk_err *err) RK_MUST_CHECK;

/*
 * huk_db.c: the HUKs of boards, CSV, in any order and of more boards than are built. They are
 * looked up in the file, since secure memory is small.
 */
typedef struct rk_huk_db rk_huk_db;
enum rk_rc rk_huk_db_open(const char *path, rk_huk_db **ret, struct rk_err *err) RK_MUST_CHECK;
void rk_huk_db_close(rk_huk_db *db);
/* RK_E_USAGE when there is no row of the unit. ret NULL: only whether there is. Any thread. */
enum rk_rc rk_huk_db_find(const rk_huk_db *db, const struct rk_unit_id *sn, struct rk_secret *ret,
                          struct rk_err *err) RK_MUST_CHECK;
/* Warns of HUKs that keep no secret: zeros, and those of several boards. */
void rk_huk_db_warn(const rk_ctx *ctx, rk_huk_db *db);
/* SHA-256 over all rows. */
const uint8_t *rk_huk_db_sha256(const rk_huk_db *db);

/* plan.c */
struct rk_optee_plan {
    rk_signer *key; /* of the TA; NULL: no TA is made */
    struct rk_bytes elf;
    struct rk_ta_elf place;
    uint8_t elf_sha256[32];
    char uuid[RK_GUID_TEXT], file[RK_GUID_TEXT + 3], version[11];
    const char *algo;
    struct rk_secret class_key; /* or */
    rk_huk_db *huks;
};
enum rk_rc rk_optee_prepare(const rk_ctx *ctx, const struct rk_given *given, void **ret,
                            bool *ret_unconfirmed, struct rk_err *err) RK_MUST_CHECK;
void rk_optee_plan_free(void *plan);
void rk_optee_put_inputs(const void *plan, struct rk_wr *wr);
enum rk_rc rk_optee_put_run_inputs(const void *plan, struct rk_wr *wr,
                                   struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_optee_complete(const void *plan, const struct rk_unit_id *sn, struct rk_unit *ret,
                             struct rk_err *err) RK_MUST_CHECK;

/* page.c */
extern const char rk_optee_page[];

/* makers.c */
extern const struct rk_maker rk_optee_makers[];
