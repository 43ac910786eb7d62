-- purpose: the rows of a migration that could not be filled, and what became of them
-- $1: migration; columns: step, key, state, sqlstate, message, detail, attempts, at, note
SELECT q.step, q.key, q.state, q.sqlstate, q.message, q.detail, q.attempts, q.at, q.note
FROM pgrollout.quarantine(name => $1) q
