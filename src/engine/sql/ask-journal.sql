-- The newest lines of a migration's journal, newest first: 1 its name, quoted, 2 how many.
SELECT id, to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS'), who, kind, event
  FROM pgrollout.journal(name => %s, max_rows => %d) ORDER BY id DESC
