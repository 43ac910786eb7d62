-- A page of the journal, newest first: 1 the migration's name, quoted, or NULL for all; 2 at most so many;
-- 3 older than this event (0: the newest ones), 4 newer than this one.
SELECT id, to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS'), who, kind, event,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), os_user, host(client), migration
  FROM pgrollout.journal_page(name => %s, max_rows => %d, before_id => nullif(%s, 0), after_id => %s)
 ORDER BY id DESC
