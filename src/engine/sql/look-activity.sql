-- The sessions of the server as the caller may see them: one json object. Spliced into a statement.
-- 1 the pid whose whole statement is wanted, as text, or NULL. Of the others only the start is read:
-- the list shows no more. What pg_read_all_stats does not grant reads as null; whose session it is,
-- everybody may see. Our own reading session is left out.
SELECT jsonb_build_object(
           'total', (count(*))::int,
           'active', (count(*) FILTER (WHERE n.state = 'active'))::int,
           'idle_in_transaction', (count(*) FILTER (WHERE n.state LIKE 'idle in transaction%%'))::int,
           'waiting', (count(*) FILTER (WHERE n.wait_event_type = 'Lock'))::int,
           'hidden', (count(*) FILTER (WHERE n.query_hidden))::int,
           'max_connections', current_setting('max_connections')::int,
           'oldest_xact_s', max(n.xact_s),
           'sessions', coalesce(jsonb_agg(jsonb_build_object(
               'pid', n.pid, 'backend_start', n.backend_start::text, 'login', n.usename,
               'application', n.application_name, 'address', host(n.client_addr),
               'database', n.datname, 'kind', n.backend_type, 'state', n.state,
               'wait_type', n.wait_event_type, 'wait_event', n.wait_event,
               'xact_us', (extract(epoch FROM n.xact_start) * 1000000)::bigint,
               'query_us', (extract(epoch FROM n.query_start) * 1000000)::bigint,
               'xact_s', n.xact_s, 'query_s', n.query_s, 'state_s', n.state_s,
               'query', left(n.query, CASE WHEN n.pid::text = n.wanted THEN 16000 ELSE 160 END),
               'query_length', length(n.query), 'query_hidden', n.query_hidden,
               'ours', coalesce(n.application_name LIKE 'pgrollout/%%', false)))
               FILTER (WHERE n.place <= 500), '[]'::jsonb))
  FROM (SELECT a.*, %s::text AS wanted,
               a.query IS NOT DISTINCT FROM '<insufficient privilege>'
                   AND a.backend_type IS NULL AS query_hidden,
               extract(epoch FROM clock_timestamp() - a.xact_start) AS xact_s,
               CASE WHEN a.state = 'active'
                    THEN extract(epoch FROM clock_timestamp() - a.query_start) END AS query_s,
               extract(epoch FROM clock_timestamp() - a.state_change) AS state_s,
               row_number() OVER (ORDER BY a.wait_event_type = 'Lock' DESC NULLS LAST,
                                           a.xact_start NULLS LAST,
                                           a.state = 'active' DESC NULLS LAST,
                                           a.state_change DESC NULLS LAST, a.pid) AS place
          FROM pg_catalog.pg_stat_activity a
         WHERE a.pid <> pg_catalog.pg_backend_pid()
           AND (a.datid IS NOT NULL OR a.backend_type = 'walsender'
                OR a.backend_type IS NULL
                   AND a.pid IN (SELECT r.pid FROM pg_catalog.pg_stat_replication r))) n
