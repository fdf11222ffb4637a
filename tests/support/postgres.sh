# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL of the test's own, below its scratch folder. Source it behind lib.sh, and call postgres_start: it sets
# $bin, where psql is, and $db, the folder of its socket; the superuser is called rotkit.

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -n "$bin" ] && [ -x "$bin/initdb" ] || skip "postgresql is absent"
need setpriv
db=$scratch/pg
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || skip "there is no user postgres"
    as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
else
    as() { "$@"; }
fi

pg() { # pg_ctl ARG...
    (cd "$db" && as "$bin/pg_ctl" -D "$db/data" -l "$db/log" -w -t 60 "$@" >/dev/null) ||
        { cat "$db/log" >&2; fail "pg_ctl $*"; }
}

postgres_stop() {
    [ ! -e "$db/data/postmaster.pid" ] || (cd "$db" && as "$bin/pg_ctl" -D "$db/data" -m immediate stop >/dev/null 2>&1) || true
    rm -rf "$scratch"
}

postgres_start() {
    mkdir "$db"
    chmod 755 "$scratch" "$scratch/work"
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$db"
    trap postgres_stop EXIT
    (cd "$db" && as "$bin/initdb" -D "$db/data" -U rotkit -A trust --no-sync >/dev/null 2>&1) || fail "initdb"
    echo "listen_addresses = ''
unix_socket_directories = '$db'" >>"$db/data/postgresql.conf"
    pg start
}
