-- Cancels one statement: 1 its session's pid, 2 and backend_start, 3 when it began (microseconds since
-- 1970), 4 what puts it on record, all spliced in. A row of a receipt. What was seen is what is hit: a
-- session that began at another time is another one, whatever its pid, and so is another statement.
WITH seen AS MATERIALIZED (
    SELECT (%s)::int AS pid, (%s)::timestamptz AS backend_start, (%s)::bigint AS us
), target AS MATERIALIZED (
    SELECT a.pid, a.backend_start, a.state LIKE 'idle%%' AS idle, a.query_start,
           coalesce((extract(epoch FROM a.query_start) * 1000000)::bigint, 0) = s.us AS same
      FROM seen s
      JOIN pg_catalog.pg_stat_activity a ON a.pid = s.pid AND a.backend_start = s.backend_start
), noted AS MATERIALIZED (
    SELECT t.pid, (%s) AS ok FROM target t WHERE t.same AND t.idle IS NOT TRUE
), sent AS MATERIALIZED (
    SELECT n.ok AS noted, CASE WHEN n.ok THEN pg_catalog.pg_cancel_backend(n.pid) END AS ok FROM noted n
)
SELECT coalesce(s.ok, false) AS ok,
       CASE WHEN t.pid IS NULL THEN 'that session has ended by itself: nothing was sent'
            WHEN t.idle AND t.same THEN 'that statement has ended by itself: nothing was sent; X ends the session'
            WHEN t.idle THEN 'that statement and another one after it have ended by themselves: nothing was sent; X ends the session'
            WHEN NOT t.same THEN format('that statement has ended by itself, and another one has run for %%s s: nothing was sent',
                                        round(extract(epoch FROM clock_timestamp() - t.query_start)::numeric, 1))
            WHEN s.noted IS NOT TRUE THEN 'nothing was sent: it could not be put on record; that takes the role pgrollout_viewer'
            WHEN NOT s.ok THEN 'the session is gone'
            ELSE 'the statement was told to stop'
                 || CASE WHEN pg_catalog.pg_is_in_recovery() THEN '; in no journal: this is a standby' ELSE '' END
       END AS receipt,
       NULL::bigint AS version
  FROM (SELECT) one LEFT JOIN target t ON true LEFT JOIN sent s ON true
