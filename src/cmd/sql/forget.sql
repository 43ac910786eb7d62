-- purpose: takes an ended migration away
-- $1: migration, $2: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.forget(name => $1, reason => $2)
