-- The replicas as the caller may see them, worst first: one json array. Spliced into a statement.
-- lag_s is replay_lag where it is known and the replica is behind; a replica that has replayed all
-- lags by nothing. What pg_monitor does not grant reads as null.
SELECT coalesce(jsonb_agg(jsonb_build_object(
           'name', coalesce(nullif(r.application_name, ''), host(r.client_addr), 'pid ' || r.pid),
           'state', r.state,
           'lag_s', CASE WHEN r.behind = 0 THEN 0 ELSE extract(epoch FROM r.replay_lag) END,
           'lag_bytes', r.behind)
           ORDER BY r.behind DESC NULLS FIRST, r.application_name), '[]'::jsonb)
  FROM (SELECT s.pid, s.application_name, s.client_addr, s.state, s.replay_lag,
               CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
                    ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.replay_lsn)
               END AS behind
          FROM pg_catalog.pg_stat_replication s) r
