-- Ends one session: 1 its pid, 2 its backend_start, 3 when the transaction began that it is ended for
-- (microseconds since 1970; 0: whatever it does), 4 what puts it on record, all spliced in. A row of a
-- receipt. A session that began at another time is another one, whatever its pid. Up to a second is
-- waited for its end.
WITH seen AS MATERIALIZED (
    SELECT (%s)::int AS pid, (%s)::timestamptz AS backend_start, (%s)::bigint AS us
), target AS MATERIALIZED (
    SELECT a.pid, a.backend_start, a.state,
           s.us IN (0, coalesce((extract(epoch FROM a.xact_start) * 1000000)::bigint, -1)) AS same
      FROM seen s
      JOIN pg_catalog.pg_stat_activity a ON a.pid = s.pid AND a.backend_start = s.backend_start
), noted AS MATERIALIZED (
    SELECT t.pid, (%s) AS ok FROM target t WHERE t.same
), sent AS MATERIALIZED (
    SELECT n.ok AS noted, CASE WHEN n.ok THEN pg_catalog.pg_terminate_backend(n.pid, 1000) END AS ok FROM noted n
)
SELECT coalesce(s.ok, false) AS ok,
       CASE WHEN t.pid IS NULL THEN 'that session had ended by itself: nothing was sent'
            WHEN NOT t.same THEN format('that transaction has ended by itself, the session is %%s now: nothing was sent',
                                        coalesce(t.state, 'in an unknown state'))
            WHEN s.noted IS NOT TRUE THEN 'nothing was sent: it could not be put on record; that takes the role pgrollout_viewer'
            WHEN NOT s.ok THEN 'the session was told to end, and has not ended within a second'
            ELSE 'the session has ended; its transaction was rolled back'
                 || CASE WHEN pg_catalog.pg_is_in_recovery() THEN '; in no journal: this is a standby' ELSE '' END
       END AS receipt,
       NULL::bigint AS version
  FROM (SELECT) one LEFT JOIN target t ON true LEFT JOIN sent s ON true
