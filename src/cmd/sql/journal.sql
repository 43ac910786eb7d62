-- purpose: what happened, oldest first
-- $1: migration, $2: at most so many, the newest; $3: only after this number
-- columns: id, at, who, os_user, client, kind, event
SELECT * FROM pgrollout.journal(name => $1, max_rows => $2, after_id => $3)
