-- Cancels the statement of one session: 1 its pid, 2 its backend_start, both spliced in quoted. A row of
-- a receipt. A session that began at another time is another one, whatever its pid.
SELECT coalesce(bool_or(e.sent), false) AS ok,
       CASE WHEN count(*) = 0 THEN 'that session has ended by itself: nothing was sent'
            WHEN bool_or(e.sent) THEN 'the statement was told to stop'
            WHEN bool_or(e.idle) THEN 'no statement runs there: nothing was sent; X ends the session'
            ELSE 'the session is gone' END AS receipt,
       NULL::bigint AS version
  FROM (SELECT a.state LIKE 'idle%%' AS idle,
               CASE WHEN a.state LIKE 'idle%%' THEN false
                    ELSE pg_catalog.pg_cancel_backend(a.pid) END AS sent
          FROM pg_catalog.pg_stat_activity a
         WHERE a.pid = (%s)::int AND a.backend_start = (%s)::timestamptz) e
