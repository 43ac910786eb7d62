-- What the next step of a migration that takes a lock on a table needs: one jsonb value. Spliced into
-- look-locks.sql where the control schema is there. 1 "PID NAME" as text.
SELECT pgrollout.next_lock(nullif(split_part(%s::text, ' ', 2), ''))
