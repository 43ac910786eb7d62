-- Sessions that wait for a lock, longest first, with whom they wait for: one json array. Spliced into
-- a statement. pg_blocking_pids holds up the lock manager, so only the 20 longest waiters are asked.
-- A session is ours by its application_name, which the engine and every console set.
SELECT coalesce(jsonb_agg(jsonb_build_object(
           'pid', w.pid, 'blocked_by', to_jsonb(w.blockers), 'waited_s', w.waited_s,
           'ours', w.application_name LIKE 'pgrollout/%',
           'on_us', EXISTS (SELECT FROM pg_catalog.pg_stat_activity b
                             WHERE b.pid = ANY (w.blockers)
                               AND b.application_name LIKE 'pgrollout/%'),
           'application', w.application_name, 'state', w.state, 'query', left(w.query, 500))
           ORDER BY w.waited_s DESC NULLS LAST, w.pid), '[]'::jsonb)
  FROM (SELECT l.pid, l.waited_s, a.application_name, a.state, a.query,
               pg_catalog.pg_blocking_pids(l.pid) AS blockers
          FROM (SELECT k.pid,
                       extract(epoch FROM clock_timestamp() - min(k.waitstart)) AS waited_s
                  FROM pg_catalog.pg_locks k
                 WHERE NOT k.granted AND k.pid IS NOT NULL
                 GROUP BY k.pid
                 ORDER BY 2 DESC NULLS LAST
                 LIMIT 20) l
          JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
         WHERE a.datname = current_database() OR a.datname IS NULL) w
