/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables, triggers and roles of a ledger on PostgreSQL. Who adds an entry adds nothing else: the
 * other tables are kept by a function of their owner, which the entry sets off. So a station needs
 * no right to change them, and none but an entry changes them.
 */
#include "ledger/postgres.h"

#include "base/wr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT   " text COLLATE \"C\" NOT NULL"
#define NUMBER " bigint NOT NULL"

/* clang-format off */
#define ENTRY                                                                                      \
    "CREATE TABLE rotkit_entry (seq bigint PRIMARY KEY, time" NUMBER ", kind" TEXT ", unit" TEXT   \
    ", licence" TEXT ", build" TEXT ", inputs" TEXT ", digest" TEXT ", keys" TEXT ", note" TEXT    \
    ", hash" TEXT ");"
#define CHECKPOINT                                                                                 \
    "CREATE TABLE rotkit_checkpoint (size" NUMBER ", head" TEXT ", time" NUMBER ", key" TEXT       \
    ", format" NUMBER ", sums" TEXT ", scheme" TEXT ", signature" TEXT                             \
    ", PRIMARY KEY (size, key, format));"
/* What can be made anew from entries. rotkit_format is what writers queue at, too. */
#define OTHERS                                                                                     \
    "CREATE TABLE rotkit_unit (unit" TEXT " PRIMARY KEY, seq" NUMBER ", state" TEXT ", licence"    \
    TEXT ", build" TEXT ", inputs" TEXT ", digest" TEXT ");"                                       \
    "CREATE TABLE rotkit_key (kind" TEXT ", value" TEXT ", unit" TEXT ", seq" NUMBER               \
    ", PRIMARY KEY (kind, value));"                                                                \
    "CREATE TABLE rotkit_licence (id" TEXT " PRIMARY KEY, terms" TEXT ", units" NUMBER ", reissues"\
    NUMBER ", spent" NUMBER " CHECK (spent >= 0), reissued" NUMBER " CHECK (reissued >= 0));"      \
    "CREATE TABLE rotkit_split (child" TEXT " PRIMARY KEY, licence" TEXT ", first_sn" TEXT         \
    ", last_sn" TEXT ", units" NUMBER ", reissues" NUMBER ", seq" NUMBER ");"                      \
    "CREATE INDEX rotkit_entry_unit ON rotkit_entry (unit, seq, kind);"                            \
    "CREATE INDEX rotkit_entry_split ON rotkit_entry (licence, seq) WHERE kind = 'split';"         \
    "CREATE TABLE rotkit_format AS SELECT 2::bigint AS format;"

static const char from_format_1[] =
    "DROP TABLE rotkit_unit, rotkit_key, rotkit_licence, rotkit_split;"
    "DROP FUNCTION rotkit_append_only();"
    "ALTER TABLE rotkit_checkpoint ADD COLUMN format bigint NOT NULL DEFAULT 1;"
    "ALTER TABLE rotkit_checkpoint ADD COLUMN sums text COLLATE \"C\" NOT NULL DEFAULT '';"
    "ALTER TABLE rotkit_checkpoint DROP CONSTRAINT rotkit_checkpoint_pkey;"
    "ALTER TABLE rotkit_checkpoint ADD PRIMARY KEY (size, key, format);" OTHERS;

static const char drop_triggers[] =
    "DO $do$ DECLARE t record; BEGIN FOR t IN SELECT tgname, tgrelid FROM pg_trigger"
    " JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND pg_table_is_visible(c.oid)"
    " AND c.relname LIKE 'rotkit\\_%' LOOP"
    " EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass); END LOOP; END $do$;";

/* Functions by their body, which is compared with what the database has. */
static const struct function {
    const char *name, *traits, *body;
} functions[] = {
    { "rotkit_refuse", "", "BEGIN RAISE EXCEPTION 'the ledger is append-only'; END" },
    { "rotkit_overdrawn", "", "BEGIN RAISE EXCEPTION 'licence % is overdrawn', NEW.id; END" },
    { "rotkit_apply", " SECURITY DEFINER",
      "DECLARE\n"
      " hash_before text := repeat('0', 64); was rotkit_unit%ROWTYPE; before text; after text;\n"
      " charge bigint; again bigint; part text[];\n"
      "BEGIN\n"
      " IF NEW.seq <> 1 THEN\n"
      "  SELECT hash INTO hash_before FROM rotkit_entry WHERE seq = NEW.seq - 1;\n"
      " END IF;\n"
      " IF hash_before IS NULL OR NEW.hash <> encode(sha256(decode(hash_before, 'hex') ||\n"
      "   convert_to(concat_ws(chr(9), NEW.seq, NEW.time, NEW.kind, NEW.unit, NEW.licence, NEW.build,\n"
      "   NEW.inputs, NEW.digest, NEW.keys, NEW.note), 'UTF8')), 'hex') THEN\n"
      "  RAISE EXCEPTION 'entry % does not follow the one before', NEW.seq;\n"
      " END IF;\n"
      " IF NEW.unit <> '' THEN\n"
      "  SELECT * INTO was FROM rotkit_unit WHERE unit = NEW.unit;\n"
      "  before := coalesce(was.state, 'void');\n"
      "  after := CASE\n"
      "   WHEN NEW.kind = 'reserve' AND before IN ('void', 'reserved') THEN 'reserved'\n"
      "   WHEN NEW.kind = 'reserve' AND before IN ('reissue', 'reissuing') THEN 'reissuing'\n"
      "   WHEN NEW.kind = 'commit' AND before IN ('reserved', 'reissuing') THEN 'issued'\n"
      "   WHEN NEW.kind = 'remake' AND before = 'issued' THEN 'issued'\n"
      "   WHEN NEW.kind = 'void' AND before = 'reserved' THEN 'void'\n"
      "   WHEN NEW.kind = 'void' AND before = 'reissuing' THEN 'reissue'\n"
      "   WHEN NEW.kind = 'reissue' AND before = 'issued' THEN 'reissue'\n"
      "   WHEN NEW.kind = 'retire' AND before IN ('issued', 'reissue') THEN 'retired' END;\n"
      "  IF after IS NULL OR (before <> 'void' AND was.licence <> NEW.licence) THEN\n"
      "   RAISE EXCEPTION 'entry % (%) cannot follow: unit % is %', NEW.seq, NEW.kind, NEW.unit, before;\n"
      "  END IF;\n"
      "  IF NEW.licence = '' AND NEW.kind IN ('reserve', 'reissue') AND\n"
      "    EXISTS (SELECT FROM rotkit_licence) THEN\n"
      "   RAISE EXCEPTION 'entry % (%) cannot follow: unit % stands under no licence', NEW.seq, NEW.kind,\n"
      "    NEW.unit;\n"
      "  END IF;\n"
      "  INSERT INTO rotkit_unit (unit, seq, state, licence, build, inputs, digest) VALUES\n"
      "   (NEW.unit, NEW.seq, after, NEW.licence, NEW.build, NEW.inputs, NEW.digest)\n"
      "   ON CONFLICT (unit) DO UPDATE SET seq = excluded.seq, state = excluded.state,\n"
      "   licence = excluded.licence, build = excluded.build, inputs = excluded.inputs,\n"
      "   digest = excluded.digest;\n"
      "  INSERT INTO rotkit_key (kind, value, unit, seq) SELECT split_part(k, '=', 1),\n"
      "   substr(k, strpos(k, '=') + 1), NEW.unit, NEW.seq FROM unnest(string_to_array(NEW.keys, ',')) k;\n"
      "  charge := (after <> 'void')::int - (before <> 'void')::int;\n"
      "  again := (NEW.kind = 'reissue')::int;\n"
      " ELSIF NEW.kind = 'licence' THEN\n"
      "  part := regexp_match(NEW.note, '^units=([0-9]+) reissues=([0-9]+)$');\n"
      "  IF part IS NULL THEN RAISE EXCEPTION 'entry % says no units', NEW.seq; END IF;\n"
      "  INSERT INTO rotkit_licence (id, terms, units, reissues, spent, reissued) VALUES\n"
      "   (NEW.licence, NEW.digest, part[1]::bigint, part[2]::bigint, 0, 0);\n"
      " ELSIF NEW.kind = 'split' THEN\n"
      "  part := regexp_match(NEW.note,\n"
      "   '^([^ ]+) units=([0-9]+) reissues=([0-9]+) first=([0-9a-f]{16}) last=([0-9a-f]{16})$');\n"
      "  IF part IS NULL THEN RAISE EXCEPTION 'entry % says no units', NEW.seq; END IF;\n"
      "  INSERT INTO rotkit_split (child, licence, first_sn, last_sn, units, reissues, seq) VALUES\n"
      "   (part[1], NEW.licence, part[4], part[5], part[2]::bigint, part[3]::bigint, NEW.seq);\n"
      "  charge := part[2]::bigint;\n"
      "  again := part[3]::bigint;\n"
      " ELSIF NOT (NEW.kind = 'time' OR (NEW.kind = 'ledger' AND NEW.seq = 1)) THEN\n"
      "  RAISE EXCEPTION 'entry % is of the unknown kind %', NEW.seq, NEW.kind;\n"
      " END IF;\n"
      " IF NEW.licence <> '' AND (charge <> 0 OR again <> 0) THEN\n"
      "  UPDATE rotkit_licence SET spent = spent + charge, reissued = reissued + again\n"
      "   WHERE id = NEW.licence;\n"
      "  IF NOT FOUND THEN RAISE EXCEPTION 'licence % is not in the ledger', NEW.licence; END IF;\n"
      " END IF;\n"
      " RETURN NULL;\n"
      "END" },
};

/* What pg_trigger.tgtype says of a trigger: PostgreSQL 15, catalog/pg_trigger.h. */
enum { ROW = 1, BEFORE = 2, INSERT = 4, DELETE = 8, UPDATE = 16, TRUNCATE = 32 };
#define CHANGES "BEFORE UPDATE OR DELETE OR TRUNCATE"
#define ANY     "BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE"
enum {
    CHANGES_TYPE = BEFORE | DELETE | UPDATE | TRUNCATE,
    ANY_TYPE = CHANGES_TYPE | INSERT,
};
#define BY_HAND "FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)"
static const struct guard {
    const char *table, *what, *name, *acts, *each, *function;
    int type;
} guards[] = {
    { "rotkit_entry",      "", "rotkit_entry_guard",      CHANGES, "FOR EACH STATEMENT", "rotkit_refuse", CHANGES_TYPE },
    { "rotkit_checkpoint", "", "rotkit_checkpoint_guard", CHANGES, "FOR EACH STATEMENT", "rotkit_refuse", CHANGES_TYPE },
    { "rotkit_format",     "", "rotkit_format_guard",     ANY, "FOR EACH STATEMENT", "rotkit_refuse", ANY_TYPE },
    { "rotkit_unit",       "", "rotkit_unit_guard",       ANY, BY_HAND, "rotkit_refuse", ANY_TYPE },
    { "rotkit_key",        "", "rotkit_key_guard",        ANY, BY_HAND, "rotkit_refuse", ANY_TYPE },
    { "rotkit_licence",    "", "rotkit_licence_guard",    ANY, BY_HAND, "rotkit_refuse", ANY_TYPE },
    { "rotkit_split",      "", "rotkit_split_guard",      ANY, BY_HAND, "rotkit_refuse", ANY_TYPE },
    { "rotkit_entry",      "", "rotkit_entry_apply", "AFTER INSERT", "FOR EACH ROW", "rotkit_apply", ROW | INSERT },
    /* when the transaction ends, so that whoever asks first may say it better */
    { "rotkit_licence", "CONSTRAINT ", "rotkit_licence_limit", "AFTER INSERT OR UPDATE",
      "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.spent > NEW.units OR NEW.reissued > NEW.reissues)",
      "rotkit_overdrawn", ROW | INSERT | UPDATE },
};
/* clang-format on */
enum {
    GUARDS = sizeof guards / sizeof guards[0],
    FUNCTIONS = sizeof functions / sizeof functions[0]
};

static enum rk_rc one_text(struct postgres *p, const char *query, char *ret, size_t size,
                           struct rk_err *err)
{
    RK_AUTO(rk_pg_result_done) PGresult *result = PQexec(p->conn, query);

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        return rk_pg_fail(p, result, err);
    (void)snprintf(ret, size, "%s", PQgetvalue(result, 0, 0));
    return RK_OK;
}

enum rk_rc rk_pg_format(struct postgres *p, int *ret, struct rk_err *err)
{
    char text[2];

    /* Not to_regclass: it asks a cache, which behind the lock still says what was so before it. */
    if (one_text(p,
                 "SELECT least(count(*), 2) FROM pg_class WHERE relname IN ('rotkit_entry',"
                 " 'rotkit_format') AND relkind = 'r' AND pg_table_is_visible(oid)",
                 text, sizeof text, err))
        return err->rc;
    *ret = text[0] - '0';
    return RK_OK;
}

static enum rk_rc make_functions(struct postgres *p, struct rk_err *err)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 16);

        rk_wr_printf(&wr, "CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql%s AS ",
                     functions[i].name, functions[i].traits);
        rk_wr_str(&wr, "$rotkit$");
        rk_wr_str(&wr, functions[i].body);
        rk_wr_str(&wr, "$rotkit$;");
        /* Whose tables it means is not for the caller's search path to say, nor for a temporary
         * table of theirs. */
        rk_wr_printf(&wr,
                     "DO $do$ BEGIN EXECUTE format('ALTER FUNCTION %s() SET search_path = %%I, "
                     "pg_temp', current_schema()); END $do$;",
                     functions[i].name);
        rk_wr_bytes(&wr, "", 1);
        if (wr.failed != RK_OK)
            return rk_fail_nomem(err);
        if (rk_pg_run_text(p, (const char *)wr.buf, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc make_guards(struct postgres *p, struct rk_err *err)
{
    if (make_functions(p, err))
        return err->rc;
    for (size_t i = 0; i < GUARDS; i++) {
        const struct guard *g = &guards[i];
        char text[512];

        if (snprintf(text, sizeof text, "CREATE %sTRIGGER %s %s ON %s %s EXECUTE FUNCTION %s()",
                     g->what, g->name, g->acts, g->table, g->each, g->function) >= (int)sizeof text)
            return rk_fail(err, RK_E_INTERNAL, "a trigger's text is too long");
        if (rk_pg_run_text(p, text, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_pg_make_tables(struct postgres *p, struct rk_err *err)
{
    return rk_pg_run_text(p, ENTRY CHECKPOINT OTHERS, err) || make_guards(p, err) ? err->rc : RK_OK;
}

/* ---- whether it is still so ---- */

/* "table.name type function" of each trigger on our tables that is on, and "table.name off". */
static const char list_triggers[] =
    "SELECT c.relname, t.tgname, CASE WHEN t.tgenabled = 'O' THEN t.tgtype ELSE 0 END, p.proname"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE NOT t.tgisinternal AND c.relname LIKE 'rotkit\\_%' AND pg_table_is_visible(c.oid)";
static const char list_functions[] =
    "SELECT proname, prosrc FROM pg_proc WHERE proname IN ('rotkit_refuse', 'rotkit_overdrawn',"
    " 'rotkit_apply') AND pg_function_is_visible(oid)";

static enum rk_rc check_trigger(const PGresult *result, int row, bool found[GUARDS],
                                struct rk_err *err)
{
    const char *table = PQgetvalue(result, row, 0), *name = PQgetvalue(result, row, 1);

    for (size_t i = 0; i < GUARDS; i++) {
        char type[16];

        if (strcmp(guards[i].name, name) != 0 || strcmp(guards[i].table, table) != 0)
            continue;
        found[i] = true;
        (void)snprintf(type, sizeof type, "%d", guards[i].type);
        return strcmp(PQgetvalue(result, row, 2), type) == 0 &&
                       strcmp(PQgetvalue(result, row, 3), guards[i].function) == 0
                   ? RK_OK
                   : rk_fail(err, RK_E_VERIFY, "trigger \"%s\" of the ledger was changed", name);
    }
    return rk_fail(err, RK_E_VERIFY, "trigger \"%s\" does not belong to the ledger", name);
}

static enum rk_rc check_triggers(struct postgres *p, struct rk_err *err)
{
    RK_AUTO(rk_pg_result_done) PGresult *result = PQexec(p->conn, list_triggers);
    bool found[GUARDS] = { false };

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return rk_pg_fail(p, result, err);
    for (int row = 0; row < PQntuples(result); row++) {
        if (check_trigger(result, row, found, err))
            return err->rc;
    }
    for (size_t i = 0; i < GUARDS; i++) {
        if (!found[i])
            return rk_fail(err, RK_E_VERIFY, "trigger \"%s\" of the ledger is gone",
                           guards[i].name);
    }
    return RK_OK;
}

enum rk_rc rk_pg_check_schema(rk_db *db, struct rk_err *err)
{
    struct postgres *p = (struct postgres *)db;
    RK_AUTO(rk_pg_result_done) PGresult *result = NULL;
    size_t same = 0;

    if (check_triggers(p, err))
        return err->rc;
    result = PQexec(p->conn, list_functions);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return rk_pg_fail(p, result, err);
    for (int row = 0; row < PQntuples(result); row++) {
        for (size_t i = 0; i < FUNCTIONS; i++)
            same += strcmp(PQgetvalue(result, row, 0), functions[i].name) == 0 &&
                    strcmp(PQgetvalue(result, row, 1), functions[i].body) == 0;
    }
    return same == FUNCTIONS && PQntuples(result) == FUNCTIONS
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "a trigger function of the ledger was changed");
}

/* ---- made anew ---- */

enum rk_rc rk_pg_schema(rk_db *db, enum rk_schema_act act, struct rk_err *err)
{
    struct postgres *p = (struct postgres *)db;

    db->keeps_tables = act == RK_SCHEMA_GUARDED;
    if (act == RK_SCHEMA_GUARDED)
        return make_guards(p, err);
    if (rk_pg_run_text(p, drop_triggers, err))
        return err->rc;
    return rk_pg_run_text(p,
                          db->format == 1 ? from_format_1
                                          : "DELETE FROM rotkit_unit; DELETE FROM rotkit_key;"
                                            "DELETE FROM rotkit_licence; DELETE FROM rotkit_split;",
                          err);
}

/* ---- roles ---- */

#define TABLES                                                                                     \
    "rotkit_entry, rotkit_checkpoint, rotkit_unit, rotkit_key, rotkit_licence, rotkit_split,"      \
    " rotkit_format"

static void free_text(char **text)
{
    PQfreemem(*text);
}

enum rk_rc rk_pg_grant(rk_db *db, const char *role, struct rk_err *err)
{
    struct postgres *p = (struct postgres *)db;
    RK_AUTO(free_text) char *name = PQescapeIdentifier(p->conn, role, strlen(role));
    RK_AUTO(free_text) char *text = PQescapeLiteral(p->conn, role, strlen(role));
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(1 << 14);
    char query[512], count[2], schema[128];

    if (name == NULL || text == NULL || strlen(role) > 63)
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no name of a role", role);
    (void)snprintf(query, sizeof query, "SELECT count(*) FROM pg_roles WHERE rolname = %s", text);
    if (one_text(p, query, count, sizeof count, err) ||
        one_text(p, "SELECT quote_ident(current_schema())", schema, sizeof schema, err))
        return err->rc;
    if (count[0] == '0')
        return rk_fail(err, RK_E_USAGE, "ledger \"%s\": there is no role \"%s\"", p->uri, role);
    /* UPDATE of rotkit_format: to queue at it, PostgreSQL asks for that; its guard lets none. */
    rk_wr_printf(&wr, "REVOKE ALL ON " TABLES " FROM %s;", name);
    rk_wr_printf(&wr, "GRANT USAGE ON SCHEMA %s TO %s;", schema, name);
    rk_wr_printf(&wr, "GRANT SELECT ON " TABLES " TO %s;", name);
    rk_wr_printf(&wr, "GRANT INSERT ON rotkit_entry, rotkit_checkpoint TO %s;", name);
    rk_wr_printf(&wr, "GRANT UPDATE ON rotkit_format TO %s;", name);
    rk_wr_bytes(&wr, "", 1);
    return wr.failed != RK_OK ? rk_fail_nomem(err) : rk_pg_run_text(p, (const char *)wr.buf, err);
}
