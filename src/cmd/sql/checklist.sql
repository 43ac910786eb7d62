-- purpose: the checklists of a migration, with their evidence and answers
-- $1: migration; columns: list, n, item, words, state, evidence, answered_by, answered_at, note
SELECT * FROM pgrollout.checklist(name => $1)
