/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fuses of each SoC. Sources: NVIDIA's Jetson Linux Developer Guide, reference fuse
 * configuration files of Orin and Thor (r38.4), their order as well; nv_fuse_read.sh (its names);
 * jetson-factory.md 1, 2; for bits 4 to 8 of BootSecurityInfo NVIDIA's fuse specification as a
 * user quotes it (forum 331919). Of Xavier no list is at hand: names and sizes of a file that
 * odmfuse.sh made, as published with the scripts of r32.7.1.
 */
#include "platform/tegra/fuse_table.h"

#include "rotkit/request.h"

#include <string.h>

enum { SN = 8, WORD = 4, HASH = 64, KEY = 32, T194_HASH = 32, T194_KEY = 16 };
#define ANY 0xffffffffu

/* clang-format off */
#define RESERVED_ODM                                                                              \
    { "ReservedOdm0", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm0" },                          \
    { "ReservedOdm1", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm1" },                          \
    { "ReservedOdm2", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm2" },                          \
    { "ReservedOdm3", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm3" },                          \
    { "ReservedOdm4", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm4" },                          \
    { "ReservedOdm5", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm5" },                          \
    { "ReservedOdm6", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm6" },                          \
    { "ReservedOdm7", WORD, RK_FUSE_PLAIN, false, ANY, "reserved_odm7" }

static const struct rk_fuse_row t234[] = {
    { "OdmId",            SN,   RK_FUSE_ODM_ID,  false, 0,      "odmid" },
    { "OdmInfo",          WORD, RK_FUSE_PLAIN,   false, 0xffff, "odminfo" },
    { "ArmJtagDisable",   WORD, RK_FUSE_PLAIN,   false, 1,      NULL },
    RESERVED_ODM,
    { "OptInEnable",      WORD, RK_FUSE_PLAIN,   false, 1,      "optin_enable" },
    { "PublicKeyHash",    HASH, RK_FUSE_HASH,    false, 0,      "public_key_hash" },
    { "PkcPubkeyHash1",   HASH, RK_FUSE_HASH,    false, 0,      "pk_h1" },
    { "PkcPubkeyHash2",   HASH, RK_FUSE_HASH,    false, 0,      "pk_h2" },
    { "SecureBootKey",    KEY,  RK_FUSE_SBK,     true,  0,      NULL },
    { "Kdk0",             KEY,  RK_FUSE_KDK,     true,  0,      NULL },
    { "PscOdmStatic",     WORD, RK_FUSE_PLAIN,   false, ANY,    NULL },
    { "OemK1",            KEY,  RK_FUSE_OEM_KEY, true,  0,      NULL },
    { "OemK2",            KEY,  RK_FUSE_OEM_KEY, true,  0,      NULL },
    { "BootSecurityInfo", WORD, RK_FUSE_BSI,     false, ANY,    "boot_security_info" },
    { "SecurityMode",     WORD, RK_FUSE_MODE,    false, 1,      "security_mode" },
    { NULL, 0, RK_FUSE_PLAIN, false, 0, NULL },
};

static const struct rk_fuse_row t194[] = {
    { "SecureBootKey",    T194_KEY,  RK_FUSE_SBK,     true,  0,   NULL },
    { "Kek2",             T194_KEY,  RK_FUSE_OEM_KEY, true,  0,   NULL },
    { "Kek256",           KEY,       RK_FUSE_PLAIN,   true,  0,   NULL },
    { "PublicKeyHash",    T194_HASH, RK_FUSE_HASH,    false, 0,   "public_key_hash" },
    { "BootSecurityInfo", WORD,      RK_FUSE_BSI,     false, ANY, "boot_security_info" },
    { "SecurityMode",     WORD,      RK_FUSE_MODE,    false, 1,   "security_mode" },
    { NULL, 0, RK_FUSE_PLAIN, false, 0, NULL },
};

static const struct rk_fuse_row t264[] = {
    { "OdmId",             SN,   RK_FUSE_ODM_ID,  false, 0,      "odmid" },
    { "OdmInfo",           WORD, RK_FUSE_PLAIN,   false, 0xffff, "odminfo" },
    RESERVED_ODM,
    { "OptInEnable",       WORD, RK_FUSE_PLAIN,   false, 1,      "optin_enable" },
    { "PublicKeyHash",     HASH, RK_FUSE_HASH,    false, 0,      "public_key_hash" },
    { "PscOemKdk0",        KEY,  RK_FUSE_KDK,     true,  0,      NULL },
    { "OespOemKdk0",       KEY,  RK_FUSE_KDK,     true,  0,      NULL },
    { "SbOemKdk0",         KEY,  RK_FUSE_KDK,     true,  0,      NULL },
    { "PscOemKdk1",        KEY,  RK_FUSE_OEM_KEY, true,  0,      NULL },
    { "OespOemKdk1",       KEY,  RK_FUSE_KDK,     true,  0,      NULL },
    { "SbOemKdk1",         KEY,  RK_FUSE_KDK,     true,  0,      NULL },
    { "PscSecureBootKey",  KEY,  RK_FUSE_SBK,     true,  0,      NULL },
    { "OespSecureBootKey", KEY,  RK_FUSE_SBK,     true,  0,      NULL },
    { "SbSecureBootKey",   KEY,  RK_FUSE_SBK,     true,  0,      NULL },
    { "BootSecurityInfo",  WORD, RK_FUSE_BSI,     false, ANY,    "boot_security_info" },
    { "SecurityMode",      WORD, RK_FUSE_MODE,    false, 1,      "security_mode" },
    { NULL, 0, RK_FUSE_PLAIN, false, 0, NULL },
};

static const struct rk_fuse_soc socs[] = {
    { "t234", "orin", t234, true,
      { true, .scheme = 7, .sbk = 1u << 3, .oem_key = 1u << 9, .ftpm = 1u << 9 | 1u << 11 | 1u << 13,
        .others = 0, .reserved = 0x1f0, .shipped = 0x1e0 },
      NULL, NULL },
    { "t194", "xavier", t194, false,
      { .known = false },
      "how PublicKeyHash of t194 follows from a key is not in a document at hand", NULL },
    { "t264", "thor", t264, true,
      { true, .sbk = 1u << 3, .others = 1u << 5 | 1u << 9 | 1u << 13 },
      "PublicKeyHash of t264 is the hash over a list of 16 keys, and how that is hashed is not public",
      "key blob 2.1 of t264 is not public" },
};

/* What people paste. platform NULL: of any. */
static const struct rk_fuse_mistake mistakes[] = {
    { "t234", "Kek0",           "a fuse of older SoCs; keys of t234 are OemK1 and OemK2" },
    { "t234", "Kek1",           "a fuse of older SoCs; keys of t234 are OemK1 and OemK2" },
    { "t234", "Kek2",           "a fuse of t194; keys of t234 are OemK1 and OemK2" },
    { "t234", "Kek256",         "a fuse of t194; keys of t234 are OemK1 and OemK2" },
    { "t234", "OdmKdk",         "the root of the fTPM is Kdk0" },
    { "t234", "OdmKdk0",        "the root of the fTPM is Kdk0" },
    { "t234", "PkcPubkeyHash0", "the first of the three hashes is PublicKeyHash" },
    { "t264", "Kdk0",           "a fuse of t234; t264 has PscOemKdk0, OespOemKdk0 and SbOemKdk0" },
    { "t264", "SecureBootKey",  "a fuse of t234; t264 has PscSecureBootKey, OespSecureBootKey and SbSecureBootKey" },
    { "t264", "OemK1",          "a fuse of t234; the key blob's key of t264 is PscOemKdk1" },
    { "t264", "OemK2",          "a fuse of t234; the key blob's key of t264 is PscOemKdk1" },
    { "t264", "PkcPubkeyHash1", "a fuse of t234; PublicKeyHash of t264 stands for up to 16 keys" },
    { "t264", "PkcPubkeyHash2", "a fuse of t234; PublicKeyHash of t264 stands for up to 16 keys" },
    { NULL, NULL, NULL },
};

/* What readers' lists have beside the fuses that a file can burn. */
static const char *const read_only[] = { "SwReserved", "DebugAuthentication", "OdmLock", NULL };

/* Values that NVIDIA's documents print; their private halves are nobody's secret. */
static const char *const samples[] = {
    "18e984f7d79f7a185039ec413ed2ff86227c8f0be639edde0cf23ab1f7910b759ede8fb0c20d02c68deb04a75226d632f9fe24c71dad4b302acdba13db658130",
    "3c67c6446176bab0a35c09fa77c77c14f2c690dad4f5afcbc6a5ac3c39a0231e192eea1aab469e086ffd42eded658d2317583d6b39bedb2e2ca3c5d0d09bcbea",
    "9f0ebf0aec1e2bb30c0838096a6d9de5fb86b1277f182acf135b081e345970167a88612b916128984564086129900066255a881948ab83bebf78c7d627f8fe84",
    "aa7ab9bf57a5747af4af080b86c1b7a651f839141da6ee80ebe3c562a5a8fb34e981d964bee653e93cd56e6b0896753d191ded586a12503fc8797d3d62ac3c08",
    "ad2474627c14e3f7f4944a832bd15d0640938a3dc162f558692458f3d12f9453e11bea2ec75df3f83e8b29c47fc3d2483d528d3e94a5469c4ba1ec61f1584b23",
    "123456789abcdef0fedcba987654321000112233445566778899aabbccddeeff",
    "123456789abcdef0fedcba987654321023456789abcdef01edcba9876543210f",
    "f3bedbff9cea44c05b08124e8242a71ec1871d55ef4841eb4e59a56b5f88fb2b",
    "6208e3cd81ed0cd77b214db0c875ade40c26bca09382ad82cd0e24046cc8c64e",
    "ac88dead695089ed2aee491b180264873e966a61b609db4977f073aea41b132b",
    "35e174674e5ab8168023b83063886ca252c018bca1015d86cfd7c0d1d09b6659",
    "112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
    "ae4052f4e52541b238d6c63123e768ef519a3cdc8ff2e7cbd759e03d68a8775e",
    "881b43f0d8985031df039339d4eff6b30513e272633b527513b358195821ee37",
    NULL,
};
/* clang-format on */

const struct rk_fuse_soc *rk_fuse_soc_at(size_t i)
{
    return i < sizeof socs / sizeof socs[0] ? &socs[i] : NULL;
}

enum rk_rc rk_fuse_soc_find(const char *name, const struct rk_fuse_soc **ret, struct rk_err *err)
{
    char known[RK_KNOWN_MAX] = "";
    const struct rk_fuse_soc *soc;

    for (size_t i = 0; (soc = rk_fuse_soc_at(i)) != NULL; i++) {
        if (strcmp(soc->name, name) == 0 || strcmp(soc->also, name) == 0) {
            *ret = soc;
            return RK_OK;
        }
        rk_known_add(known, soc->name);
    }
    return rk_fail(err, RK_E_USAGE, "unknown platform \"%s\" (known: %s)", name, known);
}

const struct rk_fuse_row *rk_fuse_row_find(const struct rk_fuse_soc *soc, const char *name)
{
    for (const struct rk_fuse_row *row = soc->rows; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

const char *rk_fuse_mistake(const struct rk_fuse_soc *soc, const char *name)
{
    for (const struct rk_fuse_mistake *m = mistakes; m->name != NULL; m++) {
        if (strcmp(m->platform, soc->name) == 0 && strcmp(m->name, name) == 0)
            return m->why;
    }
    return NULL;
}

bool rk_fuse_is_read_only(const char *name)
{
    for (size_t i = 0; read_only[i] != NULL; i++) {
        if (strcmp(read_only[i], name) == 0)
            return true;
    }
    return false;
}

const char *rk_fuse_sample_at(size_t i)
{
    return samples[i];
}
