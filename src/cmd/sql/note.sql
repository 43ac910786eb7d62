-- purpose: a line in the journal
-- $1: migration, $2: text; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.note(name => $1, note => $2)
