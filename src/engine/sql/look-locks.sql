-- Who waits for whom, and who holds what the next step needs: one json object. Spliced into a
-- statement. 1 "PID NAME" as text: of which session the whole statement is wanted ("-": of none), and
-- the migration; 2 what its next step needs (look-locks-next.sql), or NULL. The locks are read once;
-- pg_blocking_pids is asked for the 300 that wait longest, and what it answers is told apart: a hard
-- block holds a lock that conflicts, a queue block only stands before in the queue. pg_locks
-- is open to everybody; of the sessions themselves what pg_read_all_stats does not grant is null.
WITH RECURSIVE conflict (mode, against) AS (VALUES
    ('AccessShareLock', '{AccessExclusiveLock}'::text[]),
    ('RowShareLock', '{ExclusiveLock,AccessExclusiveLock}'),
    ('RowExclusiveLock', '{ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'),
    ('ShareUpdateExclusiveLock', '{ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'),
    ('ShareLock', '{RowExclusiveLock,ShareUpdateExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'),
    ('ShareRowExclusiveLock', '{RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'),
    ('ExclusiveLock', '{RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'),
    ('AccessExclusiveLock', '{AccessShareLock,RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}')
), asks AS MATERIALIZED (
    SELECT split_part(%s::text, ' ', 1) AS pid, (%s)::jsonb AS next
), here AS MATERIALIZED (
    SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()
), locks AS MATERIALIZED (
    SELECT l.* FROM pg_catalog.pg_locks l WHERE l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
), want AS MATERIALIZED (
    SELECT DISTINCT ON (l.pid) l.*,
           concat_ws('/', l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,
                     l.transactionid, l.classid, l.objid, l.objsubid) AS tag,
           extract(epoch FROM clock_timestamp() - l.waitstart) AS waited_s
      FROM locks l WHERE NOT l.granted AND l.pid IS NOT NULL
     ORDER BY l.pid
), hold AS MATERIALIZED (
    SELECT l.*, concat_ws('/', l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,
                          l.transactionid, l.classid, l.objid, l.objsubid) AS tag
      FROM locks l
     WHERE l.granted
       AND (l.locktype, coalesce(l.relation, 0)) IN (SELECT w.locktype, coalesce(w.relation, 0) FROM want w)
), asked AS MATERIALIZED (
    SELECT w.*, pg_catalog.pg_blocking_pids(w.pid) AS blockers
      FROM (SELECT * FROM want ORDER BY waited_s DESC NULLS LAST, pid LIMIT 300) w
), edge AS MATERIALIZED (
    SELECT a.pid, b.pid AS blocker, min(b.place) AS place,
           -- who neither holds nor waits for it does so for another one: a worker's leader
           bool_or(h.tag IS NOT NULL) OR NOT bool_or(w.tag IS NOT NULL) AS hard
      FROM asked a
     CROSS JOIN LATERAL unnest(a.blockers) WITH ORDINALITY b (pid, place)
      LEFT JOIN conflict c ON c.mode = a.mode
      LEFT JOIN hold h ON h.tag = a.tag AND coalesce(h.pid, 0) = b.pid AND h.mode = ANY (c.against)
      LEFT JOIN want w ON w.tag = a.tag AND w.pid = b.pid
     GROUP BY a.pid, b.pid
), blocked AS MATERIALIZED ( -- those first that wait for nobody themselves: there one can act
    SELECT e.pid, count(*)::int AS blockers,
           jsonb_agg(e.blocker ORDER BY e.nth) FILTER (WHERE e.hard AND e.nth <= 8) AS hard,
           jsonb_agg(e.blocker ORDER BY e.nth) FILTER (WHERE NOT e.hard AND e.nth <= 8) AS queue
      FROM (SELECT x.*, row_number() OVER (PARTITION BY x.pid, x.hard
                                              ORDER BY x.blocker IN (SELECT w.pid FROM want w), x.place) AS nth
              FROM edge x) e
     GROUP BY e.pid
), needed (relid) AS ( -- with their partitions
    SELECT r.relid::oid FROM asks, jsonb_array_elements_text(asks.next -> 'relids') r (relid)
    UNION
    SELECT h.inhrelid FROM needed n JOIN pg_catalog.pg_inherits h ON h.inhparent = n.relid
), meet AS MATERIALIZED (
    SELECT l.pid, (array_agg(l.mode ORDER BY array_position(n.modes, l.mode) DESC))[1] AS mode,
           (array_agg(l.relation ORDER BY array_position(n.modes, l.mode) DESC))[1] AS relation
      FROM locks l
      JOIN (SELECT c.against, (SELECT x.against FROM conflict x WHERE x.mode = 'AccessExclusiveLock') AS modes
              FROM asks JOIN conflict c ON c.mode = asks.next ->> 'mode') n ON l.mode = ANY (n.against)
     WHERE l.granted AND l.locktype = 'relation' AND l.relation IN (SELECT relid FROM needed)
       AND l.database IN (SELECT oid FROM here)
     GROUP BY l.pid
), named AS MATERIALIZED ( -- what is wanted, in words
    SELECT t.tag, CASE t.locktype
               WHEN 'relation' THEN t.object
               WHEN 'extend' THEN 'growth of ' || t.object
               WHEN 'page' THEN format('page %%s of %%s', t.page, t.object)
               WHEN 'tuple' THEN format('row (%%s,%%s) of %%s', t.page, t.tuple, t.object)
               WHEN 'transactionid' THEN 'xid ' || t.transactionid
               WHEN 'virtualxid' THEN 'transaction ' || t.virtualxid
               WHEN 'advisory' THEN format('advisory %%s/%%s', t.classid, t.objid)
               ELSE concat_ws(' ', t.locktype, t.classid, t.objid) END AS words
      FROM (SELECT DISTINCT ON (w.tag) w.*,
                   CASE WHEN w.database = 0 OR w.database IN (SELECT oid FROM here)
                        THEN w.relation::regclass::text
                        ELSE format('relation %%s of another database', w.relation) END AS object
              FROM want w ORDER BY w.tag) t
), held AS MATERIALIZED ( -- what each one holds of it
    SELECT x.pid, string_agg(x.words, ', ' ORDER BY x.nth) FILTER (WHERE x.nth <= 4) AS words
      FROM (SELECT DISTINCT coalesce(h.pid, 0) AS pid, replace(h.mode, 'Lock', '') || ' ' || n.words AS words,
                   dense_rank() OVER (PARTITION BY h.pid ORDER BY h.locktype <> 'relation', h.mode, n.words) AS nth
              FROM hold h JOIN named n ON n.tag = h.tag) x
     GROUP BY x.pid
), row_of AS MATERIALIZED ( -- who waits for a transaction because of a row holds that row's lock
    SELECT l.pid, min(l.relation::regclass::text) AS words
      FROM locks l WHERE l.granted AND l.locktype = 'tuple' AND l.database IN (SELECT oid FROM here)
     GROUP BY l.pid
), blockers AS MATERIALIZED (
    SELECT e.blocker AS pid FROM edge e
     GROUP BY e.blocker ORDER BY bool_or(e.hard) DESC, count(*) DESC LIMIT 300
), party (pid) AS MATERIALIZED (
    SELECT pid FROM asked UNION SELECT pid FROM blockers UNION
    (SELECT m.pid FROM meet m JOIN pg_catalog.pg_stat_activity a ON a.pid = m.pid
      WHERE coalesce(a.application_name NOT LIKE 'pgrollout/%%', true)
      ORDER BY a.xact_start NULLS LAST, m.pid LIMIT 50)
    UNION (SELECT 0 FROM meet m WHERE m.pid IS NULL)
), session AS MATERIALIZED (
    SELECT p.pid AS who, a.*,
           a.query IS NOT DISTINCT FROM '<insufficient privilege>' AND a.backend_type IS NULL AS query_hidden
      FROM party p LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
), prepared AS MATERIALIZED (
    SELECT string_agg(x.gid, ', ' ORDER BY x.prepared) AS gids, (array_agg(x.owner ORDER BY x.prepared))[1] AS owner,
           (array_agg(x.database ORDER BY x.prepared))[1] AS database,
           extract(epoch FROM clock_timestamp() - min(x.prepared)) AS age_s
      FROM (SELECT x.* FROM pg_catalog.pg_prepared_xacts x
             WHERE EXISTS (SELECT FROM party p WHERE p.pid = 0)
               AND EXISTS (SELECT FROM hold l WHERE l.pid IS NULL
                              AND l.virtualtransaction = '-1/' || x.transaction::text
                           UNION ALL
                           SELECT FROM locks l WHERE l.pid IS NULL AND l.relation IN (SELECT relid FROM needed)
                              AND l.virtualtransaction = '-1/' || x.transaction::text)
             ORDER BY x.prepared LIMIT 3) x
)
SELECT jsonb_build_object(
    'waiting', (SELECT count(*)::int FROM want),
    'longest_s', (SELECT max(w.waited_s) FROM want w),
    'next', asks.next,
    'sessions', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'pid', s.who, 'backend_start', s.backend_start::text,
        'login', coalesce(s.usename, p.owner), 'application', CASE WHEN s.who = 0 THEN 'prepared transaction' ELSE s.application_name END,
        'address', host(s.client_addr), 'database', coalesce(s.datname, p.database), 'kind', s.backend_type,
        'state', CASE WHEN s.who = 0 THEN 'prepared' ELSE s.state END,
        'wait_type', s.wait_event_type, 'wait_event', s.wait_event,
        'xact_us', (extract(epoch FROM s.xact_start) * 1000000)::bigint,
        'query_us', (extract(epoch FROM s.query_start) * 1000000)::bigint,
        'xact_s', coalesce(extract(epoch FROM clock_timestamp() - s.xact_start), p.age_s),
        'query_s', CASE WHEN s.state = 'active' THEN extract(epoch FROM clock_timestamp() - s.query_start) END,
        'state_s', coalesce(extract(epoch FROM clock_timestamp() - s.state_change), p.age_s),
        'query', left(coalesce(s.query, p.gids), CASE WHEN s.who::text = asks.pid THEN 16000 ELSE 160 END),
        'query_length', length(coalesce(s.query, p.gids)), 'query_hidden', s.query_hidden,
        'ours', coalesce(s.application_name LIKE 'pgrollout/%%', false),
        'waits', w.pid IS NOT NULL, 'waited_s', w.waited_s,
        'wants', replace(w.mode, 'Lock', '') || ' ' || n.words,
        'row_of', r.words, 'holds', g.words,
        'meets', replace(m.mode, 'Lock', '') || ' ' || m.relation::regclass::text,
        'hard', b.hard, 'queue', b.queue, 'blockers', b.blockers)), '[]'::jsonb)
      FROM session s
      LEFT JOIN prepared p ON s.who = 0
      LEFT JOIN want w ON w.pid = s.who
      LEFT JOIN named n ON n.tag = w.tag
      LEFT JOIN blocked b ON b.pid = s.who
      LEFT JOIN held g ON g.pid = s.who
      LEFT JOIN row_of r ON r.pid = s.who AND w.locktype = 'transactionid'
      LEFT JOIN meet m ON coalesce(m.pid, 0) = s.who))
  FROM asks
