-- Purpose: who would keep a DDL statement waiting. {oids}: the tables', as a literal array.
-- Columns: blockers (text for people; NULL: nobody that has held the table for long, try now),
--          autovacuum (a plain autovacuum is in the way: take SHARE UPDATE EXCLUSIVE first),
--          holders (text: all that hold the table at the moment).
WITH RECURSIVE tables (relid) AS ( -- with its partitions; pg_partition_tree() would lock them
    SELECT unnest({oids}::pg_catalog.oid[])
    UNION ALL
    SELECT h.inhrelid FROM tables t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.relid
)
SELECT
    string_agg(b.who, ', ') FILTER (WHERE b.waits),
    coalesce(bool_or(b.plain_autovacuum), false),
    string_agg(b.who, ', ')
FROM (
    SELECT
        CASE WHEN l.pid IS NULL THEN format('a prepared transaction (%s)', coalesce(x.gid, '?'))
             WHEN a.backend_type = 'autovacuum worker' THEN format('autovacuum pid %s', l.pid)
             ELSE format('pid %s (%s, %s for %s s)', l.pid, coalesce(nullif(a.application_name, ''),
                         a.usename, a.backend_type), a.state,
                         round(extract(epoch FROM clock_timestamp() - a.xact_start))) END AS who,
        a.backend_type = 'autovacuum worker' AND a.query NOT LIKE '%to prevent wraparound%'
            AS plain_autovacuum,
        l.pid IS NULL
            OR a.query LIKE '%to prevent wraparound%' AND a.backend_type = 'autovacuum worker'
            OR (a.backend_type <> 'autovacuum worker'
                AND a.xact_start < clock_timestamp() - interval '500 milliseconds') AS waits
    FROM pg_catalog.pg_locks l
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_catalog.pg_prepared_xacts x
        ON l.pid IS NULL AND l.virtualtransaction = '-1/' || x.transaction::text
    WHERE l.locktype = 'relation' AND l.granted AND l.relation IN (SELECT t.relid FROM tables t)
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                        WHERE d.datname = pg_catalog.current_database())
      AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
) b
